/*
 * One way for a block to be held, or lost, per mode: `lost_cases MODE` (no MODE: lists them).
 * tests/e2e/lost.sh knows what `silt lost` must say of each; tests/graph-cases.md tells where the
 * modes come from. Sizes are told apart by the test.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <search.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#ifndef __GLIBC__ /* musl has none of these */
#define getcontext(context) abort()
#define setcontext(context) abort()
#define makecontext(context, function, count) ((void)(function))
#define swapcontext(from, to) abort()
#define on_exit(function, argument) ((void)(function), (void)(argument))
#endif

#include "machine.h"

#define NOINLINE __attribute__((noinline))
#define PAGE 4096ul

extern void __lsan_ignore_object(const void *) __attribute__((weak));
extern void __lsan_disable(void) __attribute__((weak));
extern void __lsan_enable(void) __attribute__((weak));
extern void __lsan_register_root_region(const void *, size_t) __attribute__((weak));
extern int __lsan_do_recoverable_leak_check(void) __attribute__((weak));

struct node {
	struct node *volatile next, *volatile prev, *volatile third;
};

static int something;
static void *volatile initialized = &something;
static void *volatile uninitialized;
static char bytes[64] __attribute__((aligned(8)));
static volatile uintptr_t hidden;
static __thread void *volatile local_to_thread;

static NOINLINE void *block(size_t size)
{
	void *p = malloc(size);

	memset(p, 0, size);
	return p;
}

/* What was on the stack and in registers is gone. */
static NOINLINE void scrub(void)
{
	volatile char stack[32768];

	for (size_t i = 0; i < sizeof stack; i++)
		stack[i] = 0;
	machine_scrub_registers();
}

/* -- held by globals -- */

static NOINLINE void global_initialized(void)
{
	initialized = block(1009);
}

static NOINLINE void global_uninitialized(void)
{
	uninitialized = block(1009);
}

static NOINLINE void static_local(void)
{
	static void *volatile kept;

	kept = block(1009);
	(void)kept;
}

static NOINLINE void interior(void)
{
	uninitialized = (char *)block(1009) + 500;
}

static NOINLINE void unaligned(void)
{
	void *p = block(1009);

	memcpy(bytes + 1, &p, sizeof p);
}

static NOINLINE void past_the_end(void)
{
	uninitialized = (char *)block(1016) + 1016;
}

static NOINLINE void hidden_bits(void)
{
	hidden = (uintptr_t)block(1009) ^ ~0ul;
}

static NOINLINE void large(void)
{
	char *p = malloc(64 << 20);

	p[0] = 1;
	uninitialized = p + (63 << 20);
	((void **)p)[1 << 20] = block(1009); /* far inside */
}

static NOINLINE void large_lost(void)
{
	((volatile char *)malloc(33 << 20))[0] = 1;
}

static NOINLINE void empty(void)
{
	uninitialized = malloc(0);
}

static NOINLINE void empty_lost(void)
{
	(void)!malloc(0);
}

static NOINLINE void overwritten(void)
{
	uninitialized = block(1009);
	uninitialized = block(503);
}

/* -- shapes of what is lost -- */

static NOINLINE void simple(void)
{
	block(1009);
}

static NOINLINE void other_calls(void)
{
	void *p = NULL;

	(void)!calloc(10, 101);
	(void)!realloc(block(10), 2003);
	(void)!posix_memalign(&p, 256, 3001);
	(void)!strdup("seven b");
	(void)!aligned_alloc(64, 4096);
}

static NOINLINE void chain(void)
{
	struct node *a = block(1009);

	a->next = block(503);
	a->next->next = block(211);
}

static NOINLINE void tree(void)
{
	struct node *root = block(1009);

	root->next = block(503);
	root->prev = block(503);
	root->next->next = block(211);
	root->next->prev = block(211);
	root->prev->next = block(211);
}

static NOINLINE void two_into_one(void)
{
	struct node *a = block(1009), *b = block(1013);

	a->next = b->next = block(503);
}

static NOINLINE void cycle(void)
{
	struct node *a = block(1009), *b = block(503);

	a->next = b;
	b->next = a;
}

static NOINLINE void cycle_with_tail(void)
{
	struct node *a = block(1009), *b = block(1009), *c = block(1009);

	a->next = b;
	b->next = c;
	c->next = a;
	c->prev = block(503);
	c->prev->next = block(211);
}

static NOINLINE void cycle_pointed_to(void)
{
	struct node *first = block(211), *a = block(1009), *b = block(503);

	a->next = b;
	b->next = a;
	first->next = a;
}

static NOINLINE void cycle_that_points_to_cycle(void)
{
	struct node *a = block(1009), *b = block(1009), *c = block(503), *d = block(503);

	a->next = b;
	b->next = a;
	b->prev = c;
	c->next = d;
	d->next = c;
}

static NOINLINE void self(void)
{
	struct node *a = block(1009);

	a->third = a;
}

static NOINLINE void doubly_linked(void)
{
	struct node *a = block(1009), *b = block(1009), *c = block(1009);

	a->next = b;
	b->prev = a;
	b->next = c;
	c->prev = b;
}

static NOINLINE void empty_intrusive_list(void)
{
	struct node *a = block(1009), *b = block(503);

	a->next = a->prev = a;			      /* the head is the block's first member */
	b->prev = b->third = (struct node *)&b->prev; /* and here its second */
}

static NOINLINE void string_in_place(void)
{
	struct node *a = block(1009);

	a->next = (struct node *)((char *)a + 16);
}

static NOINLINE void reachable_points_to_lost(void)
{
	struct node *a = block(1009);

	block(503);
	a->next = block(211);
	uninitialized = a;
}

static NOINLINE void lost_points_to_reachable(void)
{
	struct node *a = block(1009);

	uninitialized = a->next = block(503);
}

static NOINLINE void many(void)
{
	struct node *list = NULL;

	for (int i = 0; i < 100000; i++) {
		struct node *n = malloc(sizeof *n);

		n->prev = n->third = NULL;
		n->next = list;
		list = n;
	}
}

static NOINLINE void in_freed_memory(void)
{
	struct node *a = block(1009);

	a->third = block(503);
	free(a);
}

static NOINLINE void in_freed_large(void)
{
	struct node **a = malloc(100000), *b = block(211);

	a[5000] = block(503);
	free(a); /* stays in the arena: another block lies above */
	uninitialized = b;
}

/* -- stacks and threads -- */

static NOINLINE void stack(void)
{
	void *volatile here = block(1009);

	exit(here == NULL);
}

static void *hold_and_return(void *argument)
{
	void *volatile here = block(503);

	(void)here;
	return argument;
}

static void *hold_and_end(void *argument)
{
	void *volatile here = block(1009);

	(void)here;
	return argument;
}

static NOINLINE void joined_stack(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, hold_and_end, NULL);
	pthread_join(thread, NULL);
}

static NOINLINE void not_joined_result(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, hold_and_return, block(1009));
	usleep(100000);
}

static void *set_local(void *argument)
{
	local_to_thread = block(1009);
	return argument;
}

static NOINLINE void tls_of_ended_thread(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, set_local, NULL);
	pthread_join(thread, NULL);
}

static NOINLINE void tls_static(void)
{
	local_to_thread = block(1009);
}

static void *wait_with_local(void *ready)
{
	local_to_thread = block(1009);
	scrub();
	*(volatile int *)ready = 1;
	for (;;)
		pause();
	return NULL;
}

static NOINLINE void tls_of_thread(void)
{
	static volatile int ready;
	pthread_t thread;

	pthread_create(&thread, NULL, wait_with_local, (void *)&ready);
	while (!ready)
		usleep(1000);
}

static void *wait_with_argument(void *argument)
{
	(void)argument;
	for (;;)
		pause();
	return NULL;
}

static NOINLINE void thread_argument(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, wait_with_argument, block(1009));
	usleep(50000);
}

static NOINLINE void specific(void)
{
	pthread_key_t key;

	pthread_key_create(&key, NULL);
	pthread_setspecific(key, block(1009));
}

static NOINLINE void specific_second_level(void)
{
	pthread_key_t key = 0;

	for (int i = 0; i < 100; i++)
		pthread_key_create(&key, NULL);
	pthread_setspecific(key, block(1009));
}

static ucontext_t main_context, other_context;

static void in_other_context(void)
{
	void *volatile here = block(1009);

	swapcontext(&other_context, &main_context);
	uninitialized = here;
}

static NOINLINE void switch_to(char *memory, size_t size)
{
	getcontext(&other_context);
	other_context.uc_stack.ss_sp = memory;
	other_context.uc_stack.ss_size = size;
	other_context.uc_link = &main_context;
	makecontext(&other_context, in_other_context, 0);
	swapcontext(&main_context, &other_context);
}

static NOINLINE void context_on_heap(void)
{
	initialized = malloc(65536);
	switch_to(initialized, 65536);
}

static NOINLINE void context_on_mapping(void)
{
	switch_to(mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
		  65536);
}

static void exit_in_context(void)
{
	void *volatile here = block(1009);

	exit(here == NULL);
}

static NOINLINE void runs_on_heap(void)
{
	getcontext(&other_context);
	other_context.uc_stack.ss_sp = malloc(65536); /* known to nobody but the stack pointer */
	other_context.uc_stack.ss_size = 65536;
	makecontext(&other_context, exit_in_context, 0);
	hidden = (uintptr_t)other_context.uc_stack.ss_sp;
	setcontext(&other_context);
}

static void on_signal(int number)
{
	void *volatile here = block(1009);

	(void)number;
	exit(here == NULL);
}

static NOINLINE void alternate_stack(void)
{
	stack_t other = {.ss_size = 65536};
	struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_ONSTACK};

	other.ss_sp = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	sigaltstack(&other, NULL);
	sigaction(SIGUSR1, &action, NULL);
	raise(SIGUSR1);
}

/* -- modules -- */

static NOINLINE void *plugin(const char *function)
{
	char path[4096];
	ssize_t length = readlink("/proc/self/exe", path, sizeof path - 32);
	void *handle;
	void (*hold)(void *);

	path[length] = 0;
	strcpy(strrchr(path, '/') + 1, "hold_plugin.so");
	handle = dlopen(path, RTLD_NOW);
	if (!handle)
		exit(3);
	hold = (void (*)(void *))dlsym(handle, function);
	hold(block(1009));
	return handle;
}

static NOINLINE void module_global(void)
{
	plugin("hold_global");
}

static NOINLINE void module_tls(void)
{
	plugin("hold_local");
}

static NOINLINE void module_gone(void)
{
	dlclose(plugin("hold_global"));
}

/* -- other memory -- */

static NOINLINE void mapping(void)
{
	void **memory =
		mmap(NULL, 16 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	memory[7777] = block(1009);
}

static NOINLINE void root_region(void)
{
	/* Shared with nobody, but not private: only what is named counts on every system. */
	char *memory =
		mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (__lsan_register_root_region)
		__lsan_register_root_region(memory, 3 * PAGE);
	*(void **)memory = block(1009);
	*(void **)(memory + 2 * PAGE) = block(503);
	mprotect(memory + PAGE, PAGE, PROT_NONE);
}

static NOINLINE void block_with_a_guard(void)
{
	char *p = NULL;

	if (posix_memalign((void **)&p, PAGE, 4 * PAGE) != 0)
		exit(3);
	memset(p, 0, 4 * PAGE);
	*(void **)p = block(1009);
	mprotect(p + PAGE, PAGE, PROT_NONE);
	uninitialized = p;
	p = NULL;
	if (posix_memalign((void **)&p, PAGE, PAGE) != 0)
		exit(3);
	mprotect(p, PAGE, PROT_NONE);
	initialized = p;
}

static NOINLINE void environment(void)
{
	char *entry = block(1009);

	strcpy(entry, "LOST_CASES=here");
	putenv(entry);
}

static NOINLINE void open_file(void)
{
	/* only the C library's list of files knows it */
	(void)!fgetc(fopen("/proc/self/exe", "r"));
}

static NOINLINE void buffer_of_file(void)
{
	setvbuf(stdout, block(1009), _IOFBF, 1009);
}

static void at_exit(int status, void *argument)
{
	(void)status;
	(void)argument;
}

static NOINLINE void exit_argument(void)
{
	on_exit(at_exit, block(1009));
}

static int compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

static NOINLINE void search_tree(void)
{
	static void *root;
	char key[2] = "a";

	for (; key[0] < 'z';
	     key[0]++) /* glibc keeps the colour of a node in the low bit of a pointer in it */
		tsearch(strdup(key), &root, compare);
}

static NOINLINE void line_buffer(void)
{
	char *line = NULL;
	size_t size = 0;
	FILE *file = fopen("/proc/self/cmdline", "r");

	(void)!getdelim(&line, &size, 1, file);
	fclose(file);
	if (size != 120)
		exit(3);
}

/* -- what the program says -- */

static NOINLINE void ignored(void)
{
	struct node *a = block(1009);

	a->next = block(503);
	if (__lsan_ignore_object)
		__lsan_ignore_object(a);
}

static NOINLINE void disabled(void)
{
	if (__lsan_disable)
		__lsan_disable();
	block(1009);
	if (__lsan_enable)
		__lsan_enable();
	block(503);
}

static NOINLINE void check_now(void)
{
	void *volatile here;

	if (!__lsan_do_recoverable_leak_check)
		return;
	if (__lsan_do_recoverable_leak_check() != 0)
		exit(4);
	here = block(1009);
	if (__lsan_do_recoverable_leak_check() != 0)
		exit(5);
	here = NULL;
	scrub();
	if (__lsan_do_recoverable_leak_check() != 1)
		exit(6);
	(void)here;
}

static NOINLINE void not_dumpable(void)
{
	prctl(PR_SET_DUMPABLE, 0);
	block(1009);
}

static NOINLINE void in_child(void)
{
	pid_t child = fork();

	if (child == 0) {
		block(1009);
		scrub();
		exit(0);
	}
	waitpid(child, NULL, 0);
}

static void *just_wait(void *argument)
{
	return wait_with_argument(argument);
}

static NOINLINE void in_child_of_threads(void)
{
	pthread_t thread;
	pid_t child;

	for (int i = 0; i < 4; i++)
		pthread_create(&thread, NULL, just_wait, NULL);
	child = fork();
	if (child == 0) {
		block(1009);
		scrub();
		exit(0);
	}
	waitpid(child, NULL, 0);
}

#define MODE(name)                                                                                 \
	{                                                                                          \
#name, name                                                                        \
	}
static const struct {
	const char *name;
	void (*run)(void);
} modes[] = {MODE(global_initialized),
	     MODE(global_uninitialized),
	     MODE(static_local),
	     MODE(interior),
	     MODE(unaligned),
	     MODE(past_the_end),
	     MODE(hidden_bits),
	     MODE(large),
	     MODE(large_lost),
	     MODE(empty),
	     MODE(empty_lost),
	     MODE(overwritten),
	     MODE(simple),
	     MODE(other_calls),
	     MODE(chain),
	     MODE(tree),
	     MODE(two_into_one),
	     MODE(cycle),
	     MODE(cycle_with_tail),
	     MODE(cycle_pointed_to),
	     MODE(cycle_that_points_to_cycle),
	     MODE(self),
	     MODE(doubly_linked),
	     MODE(empty_intrusive_list),
	     MODE(string_in_place),
	     MODE(reachable_points_to_lost),
	     MODE(lost_points_to_reachable),
	     MODE(many),
	     MODE(in_freed_memory),
	     MODE(in_freed_large),
	     MODE(stack),
	     MODE(joined_stack),
	     MODE(not_joined_result),
	     MODE(tls_of_ended_thread),
	     MODE(tls_static),
	     MODE(tls_of_thread),
	     MODE(thread_argument),
	     MODE(specific),
	     MODE(specific_second_level),
	     MODE(context_on_heap),
	     MODE(context_on_mapping),
	     MODE(runs_on_heap),
	     MODE(alternate_stack),
	     MODE(module_global),
	     MODE(module_tls),
	     MODE(module_gone),
	     MODE(mapping),
	     MODE(root_region),
	     MODE(block_with_a_guard),
	     MODE(environment),
	     MODE(open_file),
	     MODE(buffer_of_file),
	     MODE(exit_argument),
	     MODE(search_tree),
	     MODE(line_buffer),
	     MODE(ignored),
	     MODE(disabled),
	     MODE(check_now),
	     MODE(not_dumpable),
	     MODE(in_child),
	     MODE(in_child_of_threads)};

int main(int argc, char **argv)
{
	for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
		if (argc < 2) {
			puts(modes[i].name);
		} else if (strcmp(argv[1], modes[i].name) == 0) {
			modes[i].run();
			scrub();
			exit(0);
		}
	}
	return argc < 2 ? 0 : 2;
}
