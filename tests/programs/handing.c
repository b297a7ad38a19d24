/* An allocator of the program's own, under a name that says nothing, and functions that look
 * like one and are not. */
#include <stdlib.h>
#include <string.h>

/* hands the size on: its callers are to be blamed */
static void *obtain(size_t size)
{
	void *block = malloc(size);

	if (!block)
		abort();
	return block;
}

/* another one on top of it */
static void *obtain_clear(size_t size)
{
	return memset(obtain(size), 0, size);
}

/* The same, mostly for strings, and for records that are made once. */
__attribute__((noinline)) static char *acquire(size_t size)
{
	char *block = malloc(size);

	if (!block)
		abort();
	return block;
}

/* The same for two callers, of which one asks once: only its type says that it hands the size
 * on. */
static void *fetch(unsigned size)
{
	void *block = malloc(size);

	if (!block)
		abort();
	return block;
}

/* It has such a type, too, but makes one kind. */
static void *new_number(int number)
{
	int *block = malloc(24);

	*block = number;
	return block;
}

/* one kind of object for many callers */
static void *new_item(void)
{
	return malloc(40);
}

/* strings: many sizes for each caller */
static char *copy(const char *text)
{
	return strcpy(malloc(strlen(text) + 1), text);
}

#define ROUNDS 5
static void *kept[200];
static int count;

static void keep(void *block)
{
	kept[count++] = block;
}

static void sessions(void)
{
	for (int i = 0; i < ROUNDS; i++)
		keep(obtain(64));
}

static void requests(void)
{
	for (int i = 0; i < ROUNDS; i++)
		keep(obtain(200));
}

static void pages(void)
{
	for (int i = 0; i < ROUNDS; i++)
		keep(obtain_clear(1000));
}

static void indexes(void)
{
	for (int i = 0; i < ROUNDS; i++)
		keep(obtain_clear(3000));
}

static void logs(void)
{
	for (int i = 0; i < ROUNDS; i++)
		keep(obtain_clear(80));
}

static void routes(void)
{
	for (int i = 0; i < ROUNDS; i++)
		keep(fetch(120));
	keep(new_number(1));
}

static void table(void)
{
	keep(fetch(4000));
	for (int i = 0; i < ROUNDS; i++)
		keep(new_number(i));
}

static void items_here(void)
{
	for (int i = 0; i < ROUNDS; i++)
		keep(new_item());
}

static void items_there(void)
{
	for (int i = 0; i < ROUNDS; i++)
		keep(new_item());
	keep(copy("a longer name"));
}

static void items_elsewhere(void)
{
	for (int i = 0; i < ROUNDS; i++)
		keep(new_item());
	keep(copy("name"));
	keep(copy("another name"));
}

static void names(void)
{
	static const char *const list[] = {"a", "bcd", "efghij", "klmnopqr", "st"};

	for (int i = 0; i < ROUNDS; i++)
		keep(strcpy(acquire(strlen(list[i]) + 1), list[i]));
}

static void header(void)
{
	keep(memset(acquire(72), 0, 72));
}

static void trailer(void)
{
	keep(memset(acquire(408), 0, 408));
}

static void buffer(void)
{
	keep(memset(acquire(2048), 0, 2048));
}

int main(void)
{
	names();
	header();
	trailer();
	buffer();
	sessions();
	requests();
	pages();
	indexes();
	logs();
	routes();
	table();
	items_here();
	items_there();
	items_elsewhere();
	keep(copy("x"));
	return kept[0] == NULL;
}
