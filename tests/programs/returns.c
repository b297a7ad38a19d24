/*
 * Blocks that lose their last pointer when a function returns, main among them, beside some that a
 * live frame holds: `returns CASE`. What is lost is compared with what Valgrind says. `returns
 * check`: 18 blocks are lost and 3 are not when a check for leaks is asked for, in the middle of
 * the program. Run by tests/e2e/lost.sh.
 */
#include <err.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int __lsan_do_recoverable_leak_check(void) __attribute__((weak));

struct node {
	struct node *next;
	char *name;
	char data[40];
};

static jmp_buf out;
static void *global;

static struct node *make_list(int count)
{
	struct node *list = NULL;

	for (int i = 0; i < count; i++) {
		struct node *node = malloc(sizeof *node);

		node->next = list;
		node->name = strdup("a name");
		list = node;
	}
	return list;
}

/* Leaves words behind in the stack below its caller. */
static __attribute__((noinline)) void leave_words(void *block)
{
	void *volatile words[600];

	for (int i = 0; i < 600; i++)
		words[i] = block;
	(void)words[0];
}

static __attribute__((noinline)) void forget(int count)
{
	for (int i = 0; i < count; i++)
		leave_words(malloc(64));
}

static __attribute__((noinline)) int by_recursion(int levels, void *block)
{
	void *volatile kept = block;

	return levels ? by_recursion(levels - 1, malloc(24)) + (kept != NULL) : 0;
}

static __attribute__((noinline)) void exit_below(struct node *list)
{
	struct node *volatile kept = list;

	leave_words(malloc(72));
	exit(kept == NULL);
}

static int compare_and_exit(const void *a, const void *b)
{
	void *volatile kept = malloc(80);

	exit(kept == NULL || a == b);
}

static void *run(void *unused)
{
	void *volatile kept = make_list(3);

	return kept ? unused : NULL;
}

static void at_end(void)
{
	forget(2);
}

static __attribute__((noinline)) void jump_out(void)
{
	void *volatile kept = make_list(2);

	longjmp(out, kept != NULL);
}

/* Different blocks in each place. */
static __attribute__((noinline)) void forget_many(int count)
{
	void *volatile words[600];

	for (int i = 0; i < 600; i++)
		words[i] = i < count ? malloc(16) : words[i % count];
	(void)words[0];
}

/* What is held by a register or a local of a live frame is not lost. */
static __attribute__((noinline)) int check(void)
{
	void *volatile on_stack = malloc(33);
	void *in_register = malloc(34), *another = malloc(35);
	int lost;

	forget_many(18);
	lost = __lsan_do_recoverable_leak_check ? __lsan_do_recoverable_leak_check() : -1;
	free(on_stack);
	free(in_register);
	free(another);
	return lost;
}

static int local(void)
{
	char *volatile kept = malloc(100);

	return kept == NULL;
}

static int list(void)
{
	struct node *volatile kept = make_list(5);

	return kept == NULL;
}

static int in_order(const char *what, struct node **kept, int count)
{
	if (strcmp(what, "threads") == 0) {
		pthread_t thread;

		pthread_create(&thread, NULL, run, NULL);
		pthread_join(thread, NULL);
	} else if (strcmp(what, "sort") == 0) {
		int numbers[3] = {3, 1, 2};

		qsort(numbers, 3, sizeof numbers[0], compare_and_exit);
	} else if (strcmp(what, "array") == 0) {
		for (int i = 0; i < count; i++)
			kept[i] = make_list(i);
	} else if (strcmp(what, "overwritten") == 0) {
		for (int i = 0; i < 10; i++)
			kept[0] = (struct node *)strdup("each time around the loop");
	} else if (strcmp(what, "jump") == 0) {
		if (setjmp(out) == 0)
			jump_out();
	} else if (strcmp(what, "error") == 0) {
		kept[0] = make_list(4);
		leave_words(malloc(48));
		errx(3, "ends in the C library");
	} else if (strcmp(what, "check") == 0) {
		return check() == 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	struct node *kept[8] = {0};

	if (strcmp(what, "local") == 0)
		return local();
	if (strcmp(what, "list") == 0)
		return list();
	if (strcmp(what, "main") == 0)
		kept[3] = make_list(6);
	else if (strcmp(what, "words") == 0)
		forget(30);
	else if (strcmp(what, "recursion") == 0)
		by_recursion(40, malloc(24));
	else if (strcmp(what, "exit") == 0)
		exit_below(make_list(2));
	else if (strcmp(what, "exit in main") == 0)
		exit((kept[1] = make_list(3)) == NULL);
	else if (strcmp(what, "atexit") == 0)
		return atexit(at_end);
	else if (strcmp(what, "many") == 0)
		forget_many(17);
	else if (strcmp(what, "global") == 0)
		global = make_list(2);
	else if (in_order(what, kept, 8))
		return 1;
	leave_words(kept[0]);
	return kept[7] != NULL && global != NULL;
}
