/*
 * Coroutines by makecontext(), on stacks of their own.
 *   (none)     1000 of them on 8 KiB each take turns and allocate; blocks of from_coroutine() stay
 *   leave      on a stack of a thread, which is unmapped then, and on one below it; blocks of from_coroutine() stay
 *   shrink     on a stack of its own, of which the upper half is unmapped then; the next coroutine, on what is left, allocates in the
 *              same place; blocks of from_coroutine() stay
 *   measure    how many bytes of stack an allocation takes at most, as seen on a stack filled with a pattern: of a call stack never
 *              seen before, with a signal's frame in it, and where frames need a general unwinder; run with and without silt
 * Run by tests/e2e/torture.sh.
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#define COROUTINES 1000
#define STACK (8ul << 10)
#define TURNS 10
#define MEASURED (256ul << 10)
#define PATTERN 0xa5

static ucontext_t main_context, contexts[COROUTINES];
static int finished;
static void *volatile kept;

static __attribute__((noinline)) void *from_coroutine(int levels)
{
	void *block = levels ? from_coroutine(levels - 1) : malloc(88);

	__asm__ volatile("");
	return block;
}

static void coroutine(int number)
{
	for (int turn = 0; turn < TURNS; turn++) {
		kept = from_coroutine((number + turn) % 4);
		free(from_coroutine(turn % 3));
		swapcontext(&contexts[number], &main_context);
	}
	finished++;
}

static int take_turns(void)
{
	char *stacks = mmap(NULL, COROUTINES * STACK, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (stacks == MAP_FAILED)
		return 1;
	for (int i = 0; i < COROUTINES; i++) {
		getcontext(&contexts[i]);
		contexts[i].uc_stack.ss_sp = stacks + (size_t)i * STACK;
		contexts[i].uc_stack.ss_size = STACK;
		contexts[i].uc_link = &main_context;
		makecontext(&contexts[i], (void (*)(void))coroutine, 1, i);
	}
	for (int turn = 0; turn <= TURNS; turn++)
		for (int i = 0; i < COROUTINES; i++)
			swapcontext(&main_context, &contexts[i]);
	printf("%d %d\n", finished, COROUTINES * TURNS);
	return 0;
}

/* -- stacks that go, below a thread's own -- */

static void brief_coroutine(void)
{
	for (int i = 0; i < 10; i++)
		kept = from_coroutine(i % 4);
}

static void on_stack(char *stack)
{
	getcontext(&contexts[0]);
	contexts[0].uc_stack.ss_sp = stack;
	contexts[0].uc_stack.ss_size = STACK;
	contexts[0].uc_link = &main_context;
	makecontext(&contexts[0], brief_coroutine, 0);
	swapcontext(&main_context, &contexts[0]);
}

static void *leave_stacks(void *unused)
{
	const size_t apart = 1ul << 20;

	for (int i = 0; i < 50; i++) {
		char *low = mmap(NULL, apart + STACK, PROT_READ | PROT_WRITE,
				 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		on_stack(low + apart);
		munmap(low + STACK, apart);
		on_stack(low);
		munmap(low, STACK);
	}
	return unused;
}

static size_t left_above;

static __attribute__((noinline)) void far_down(size_t bytes)
{
	volatile char *room = __builtin_alloca(bytes);

	room[0] = 1;
	kept = from_coroutine(0);
}

static void deep_coroutine(void)
{
	far_down(left_above);
}

static int shrink(void)
{
	const size_t half = 512ul << 10;

	for (int i = 0; i < 50; i++) {
		char *stack = mmap(NULL, 2 * half, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		for (size_t size = 2 * half; size >= half; size -= half) {
			left_above = size - 400000;
			getcontext(&contexts[0]);
			contexts[0].uc_stack.ss_sp = stack;
			contexts[0].uc_stack.ss_size = size;
			contexts[0].uc_link = &main_context;
			makecontext(&contexts[0], deep_coroutine, 0);
			swapcontext(&main_context, &contexts[0]);
			munmap(stack + size - half, half);
		}
	}
	return 0;
}

/* -- measuring -- */

static char *measured;
static int how;

#if defined(__x86_64__)
/* Whose caller is found by an expression that no simple rule describes: CFA = *(rsp + 8). */
void call_hard(void (*function)(void));
__asm__(".text\n"
	".type call_hard, @function\n"
	"call_hard:\n"
	".cfi_startproc\n\t"
	"sub $24, %rsp\n\t"
	".cfi_def_cfa_offset 32\n\t"
	"lea 32(%rsp), %rax\n\t"
	"mov %rax, 8(%rsp)\n\t"
	".cfi_escape 0x0f, 3, 0x77, 8, 6\n\t"
	"call *%rdi\n\t"
	".cfi_def_cfa rsp, 32\n\t"
	"add $24, %rsp\n\t"
	".cfi_def_cfa_offset 8\n\t"
	"ret\n\t"
	".cfi_endproc\n"
	".size call_hard, .-call_hard\n");
#else
static __attribute__((noinline)) void call_hard(void (*function)(void))
{
	function();
	__asm__ volatile("");
}
#endif

static void allocate(void)
{
	kept = malloc(55);
	kept = realloc((void *)kept, 5555);
	free((void *)kept);
}

static void on_signal(int number)
{
	(void)number;
	allocate();
}

static void measured_coroutine(void)
{
	if (how == 0)
		allocate();
	else if (how == 1)
		raise(SIGUSR1); /* on this stack */
	else
		call_hard(allocate);
	__asm__ volatile("");
}

static size_t measure(int way)
{
	size_t untouched = 0;

	how = way;
	memset(measured, PATTERN, MEASURED);
	getcontext(&contexts[0]);
	contexts[0].uc_stack.ss_sp = measured;
	contexts[0].uc_stack.ss_size = MEASURED;
	contexts[0].uc_link = &main_context;
	makecontext(&contexts[0], measured_coroutine, 0);
	swapcontext(&main_context, &contexts[0]);
	while (untouched < MEASURED && (unsigned char)measured[untouched] == PATTERN)
		untouched++;
	return MEASURED - untouched;
}

int main(int argc, char **argv)
{
	pthread_t thread;

	if (argc > 1 && strcmp(argv[1], "leave") == 0)
		return pthread_create(&thread, NULL, leave_stacks, NULL) ||
		       pthread_join(thread, NULL);
	if (argc > 1 && strcmp(argv[1], "shrink") == 0)
		return shrink();
	if (argc < 2 || strcmp(argv[1], "measure") != 0)
		return take_turns();
	signal(SIGUSR1, on_signal);
	measured = mmap(NULL, MEASURED, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	free(malloc(10));
	printf("plain %zu\n", measure(0));
	printf("signal %zu\n", measure(1));
	printf("hard %zu\n", measure(2));
	return 0;
}
