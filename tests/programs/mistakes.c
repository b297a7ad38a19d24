/*
 * Mistakes of one kind each, side by side: objects with a count of references that an index leads
 * to, too, and one path that does not give its reference back; events that point to themselves and
 * are forgotten; owners and parts that point to each other; threads that nobody joins. It takes its
 * snapshots itself. mistakes all; mistakes names: an index of names with their lengths, as many as
 * a few blocks have pointers; mistakes texts: one line makes what is kept and what is lost;
 * mistakes threads: only threads, and the machine is slow for the first third of the work and for
 * the last; mistakes fragments: small blocks keep large holes apart, and most of what is resident
 * is no heap.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "silt.h"

#define NOINLINE __attribute__((noinline))
/* What is written before is not left out, though nobody reads it. */
#define WRITTEN() __asm__ volatile("" ::: "memory")

static void *make(size_t size)
{
	void *memory = calloc(1, size);

	if (!memory)
		exit(1);
	return memory;
}

/* -- an index that does not count -- */

struct tile {
	struct tile *next;
	long key;
	int references;
	char pixels[48];
};
static struct tile *tiles[256];
static struct tile *shown[40][2];

static NOINLINE struct tile *get_tile(long key)
{
	struct tile *tile = make(sizeof *tile),
		    **at = &tiles[(unsigned long)key * 2654435761u >> 7 & 255];

	tile->key = key;
	tile->references = 1;
	tile->next = *at;
	*at = tile;
	return tile;
}

static void put_tile(struct tile *tile)
{
	struct tile **at = &tiles[(unsigned long)tile->key * 2654435761u >> 7 & 255];

	if (--tile->references > 0)
		return;
	while (*at != tile)
		at = &(*at)->next;
	*at = tile->next;
	free(tile);
}

static void show(long n)
{
	struct tile **at = shown[n % 40];

	for (int i = 0; i < 2; i++)
		if (at[i])
			put_tile(at[i]);
	at[0] = get_tile(n);
	at[1] = at[0];
	at[0]->references++;
	if (n % 2)
		at[0]->references++; /* looked at, and not given back */
}

/* -- a number that is no count, beside an index -- */

struct name {
	struct name *next, *before;
	long key;
	unsigned length; /* grows with the number */
	char text[20];
};
static struct name *names[256];
static struct name *newest;
__attribute__((used)) static struct name *short_ones[12];

static NOINLINE void enter_name(long n)
{
	struct name *name = make(sizeof *name),
		    **at = &names[(unsigned long)n * 2654435761u >> 7 & 255];

	snprintf(name->text, sizeof name->text, "entry%ld", n);
	name->length = (unsigned)strlen(name->text);
	if (n >= 400 && n < 412) { /* by chance */
		name->length = 2;
		short_ones[n - 400] = name;
	}
	name->key = n;
	name->next = *at;
	name->before = newest;
	*at = newest = name;
}

/* -- one line makes what is kept and what is lost -- */

struct text {
	struct text *next;
	char letters[100];
};
static struct text *texts;

static NOINLINE void *copy_text(const char *letters)
{
	return strcpy(make(strlen(letters) + 1), letters);
}

static NOINLINE void keep_text(long n)
{
	static char letters[90];
	void **text;

	memset(letters, 'k', sizeof letters - 1);
	letters[8 + n % 80] = '\0';
	text = copy_text(letters);
	*text = texts;
	texts = (struct text *)text;
}

static NOINLINE void lose_text(void)
{
	copy_text("lost");
	WRITTEN();
}

/* -- pieces cut from larger blocks, by a function that is called as GLib's is, and what they lead
 * to -- */

#define PIECES 64

struct piece {
	struct piece *next;
	char *text;
};
static struct piece *pieces;

/* It gives out one piece each, and is called for the next block by the first of them. */
struct piece *g_slice_alloc(void);
NOINLINE struct piece *g_slice_alloc(void)
{
	static struct piece *block;
	static int used = PIECES;

	if (used == PIECES) {
		block = make(PIECES * sizeof *block);
		used = 0;
	}
	return &block[used++];
}

static NOINLINE void hang_text(void)
{
	struct piece *piece = g_slice_alloc();

	piece->text = make(100);
	piece->next = pieces;
	pieces = piece;
}

/* -- a table of entries, and one of a name for each -- */

static struct {
	long **entries;
	char (*names)[32];
	size_t count, capacity;
} columns;

static NOINLINE void add_row(long n)
{
	if (columns.count == columns.capacity) {
		columns.capacity += columns.capacity / 8 + 16;
		columns.entries = realloc(columns.entries, columns.capacity * sizeof(long *));
		columns.names = realloc(columns.names, columns.capacity * sizeof *columns.names);
		if (!columns.entries || !columns.names)
			exit(1);
	}
	columns.entries[columns.count] = make(200);
	snprintf(columns.names[columns.count++], sizeof *columns.names, "%ld", n);
}

/* -- streams that are not closed: the C library has a list of them -- */

/* inlined, so that a register of main still points to the last one */
static inline __attribute__((always_inline)) void open_stream(void)
{
	FILE *stream = fopen("/proc/self/stat", "r");
	char line[64];

	while (stream && fgets(line, sizeof line, stream))
		;
	if (stream && ferror(stream))
		fclose(stream);
}

/* -- a block that points to itself -- */

struct event {
	long when;
	long more;
	void *argument;
};

static NOINLINE void forget_event(long n)
{
	struct event *event = make(sizeof *event);

	event->when = n;
	event->argument = event;
	WRITTEN();
}

/* -- small ones and a large one that lead to the same -- */

static NOINLINE void **make_record(void)
{
	return make(1000);
}

static NOINLINE void forget_record(void)
{
	void *shared = make(40), **record = make_record();

	record[3] = shared;
	for (int i = 0; i < 3; i++) {
		void **handle = make(16);

		*handle = shared;
		WRITTEN();
	}
}

/* -- blocks that point to each other -- */

struct part;
struct owner {
	struct part *part;
	char name[40];
};
struct part {
	long number;
	struct owner *owner;
};

static NOINLINE struct owner *make_owner(void)
{
	return make(sizeof(struct owner));
}

static NOINLINE void forget_owner(long n)
{
	struct owner *owner = make_owner();

	owner->part = make(sizeof *owner->part);
	owner->part->number = n;
	owner->part->owner = owner;
	WRITTEN();
}

/* -- threads -- */

static _Thread_local char *mine;

static NOINLINE void *work(void *argument)
{
	mine = make(5000);
	mine[0] = 1;
	return argument;
}

static NOINLINE void *wait_for_good(void *argument)
{
	mine = make(5000);
	for (;;)
		pause();
	return argument;
}

static void start(void *(*function)(void *))
{
	pthread_attr_t attributes;
	pthread_t thread;

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, 65536);
	if (pthread_create(&thread, &attributes, function, NULL) != 0)
		exit(1);
	pthread_attr_destroy(&attributes);
}

/* -- fragments -- */

#define HOLES 8000
static char *notes[HOLES];

static NOINLINE char *keep_note(void)
{
	return make(40);
}

#define OUTSIDE (96u << 20)

static void fragment(void)
{
	char *outside =
		mmap(NULL, OUTSIDE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	static char *pages[HOLES];

	for (int i = 0; i < HOLES; i++) {
		pages[i] = make(3000);
		notes[i] = keep_note();
	}
	for (int i = 0; i < HOLES; i++)
		free(pages[i]);
	if (outside == MAP_FAILED)
		exit(1);
	memset(outside, 1, OUTSIDE);
}

#define SNAPSHOTS 24
#define BETWEEN 40

int main(int argc, char **argv)
{
	int fragments = argc > 1 && strcmp(argv[1], "fragments") == 0,
	    threads = argc > 1 && strcmp(argv[1], "threads") == 0,
	    waiting = argc > 1 && strcmp(argv[1], "waiting") == 0,
	    only_texts = argc > 1 && strcmp(argv[1], "texts") == 0,
	    streams = argc > 1 && strcmp(argv[1], "streams") == 0,
	    rows = argc > 1 && strcmp(argv[1], "rows") == 0,
	    slices = argc > 1 && strcmp(argv[1], "slices") == 0,
	    only_names = argc > 1 && strcmp(argv[1], "names") == 0;

	if (fragments)
		fragment();
	for (long n = 0; n < SNAPSHOTS * BETWEEN; n++) {
		free(make(100));
		if (only_names) {
			enter_name(n);
		} else if (rows) {
			add_row(n);
		} else if (slices) {
			hang_text();
		} else if (streams) {
			if (n % 8 == 0)
				open_stream();
		} else if (only_texts) {
			keep_text(n);
			lose_text();
		}
		if (!fragments && !threads && !waiting && !slices && !rows && !streams &&
		    !only_names && !only_texts) {
			show(n);
			forget_event(n);
			forget_owner(n);
			forget_record();
		}
		if (!fragments && !slices && !rows && !streams && !only_names && !only_texts &&
		    n % 8 == 0)
			start(waiting ? wait_for_good : work);
		silt_iteration();
		usleep(threads && n * 3 / (SNAPSHOTS * BETWEEN) != 1 ? 2000 : 100);
		if (n % BETWEEN == BETWEEN - 1)
			silt_snapshot(NULL);
	}
	return 0;
}
