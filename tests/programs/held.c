/*
 * What a program may do while locks of a library in it are held: end, jump away, fork in every
 * manner, lose whoever holds them. Each says "done" where it comes to its end.
 *   hard         one thread allocates through frames that need a general unwinder, at thousands of places; another forks
 *   copies       children made without fork's handlers, which allocate and end
 *   killed       kills its helper while that writes, and returns from main; before that waits until there is one
 *   sudden       a signal handler ends the program by _exit() in the middle of malloc
 *   snapshot     the same in the middle of silt_snapshot(); prints "done" there
 *   jump         a handler jumps out of silt_snapshot()
 *   clear        silt_clear_traces() in two threads beside snapshots in two others
 *   pool-fork    a handler forks in the middle of a pool's allocation
 *   pool-exit    a handler ends the program there
 *   clear-exit   a handler ends the program there, while another thread clears traces
 *   load FILE    loads a library
 *   abort        survives an abort() by a jump, and goes on for a second
 *   strict       forbids itself all system calls, then allocates at new places from what malloc has
 *   strict-free  the same, then frees what another thread allocated
 *   empty        realloc(NULL, 0) by the thousand
 * Run by tests/e2e/torture.sh.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <silt.h>

static void *volatile kept;
static sigjmp_buf away;
static _Atomic int stop;

static void nap(long ns)
{
	nanosleep(&(struct timespec){ns / 1000000000, ns % 1000000000}, NULL);
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void after(long us, void (*handler)(int))
{
	struct itimerval timer = {{0, 0}, {0, us}};

	signal(SIGALRM, handler);
	setitimer(ITIMER_REAL, &timer, NULL);
}

static void every(long us, void (*handler)(int))
{
	struct itimerval timer = {{0, us}, {0, us}};

	signal(SIGALRM, handler);
	setitimer(ITIMER_REAL, &timer, NULL);
}

/* Many call stacks: `levels` deep, two ways at each. */
static __attribute__((noinline)) void branch(int levels, size_t size)
{
	free(malloc(size));
	if (levels == 0)
		return;
	branch(levels - 1, size);
	__asm__ volatile("");
	branch(levels - 1, size);
	__asm__ volatile("");
}

static void *start(void *(*function)(void *))
{
	pthread_t thread;

	return pthread_create(&thread, NULL, function, NULL) ? NULL : (void *)thread;
}

/* -- hard -- */

#if defined(__x86_64__)
/* Whose caller is found by an expression that no simple rule describes: CFA = *(rsp + 8). From
 * 4000 places, one by one. */
void hard_places(void (*function)(void));
void call_hard_too(void (*function)(void));
__asm__(".text\n"
	".type call_hard_too, @function\n"
	"call_hard_too:\n"
	".cfi_startproc\n"
	"	leaq 8(%rsp), %rax\n"
	"	subq $24, %rsp\n"
	".cfi_adjust_cfa_offset 24\n"
	"	movq %rax, 8(%rsp)\n"
	".cfi_escape 0x0f,0x03,0x77,0x08,0x06\n"
	"	call *%rdi\n"
	"	addq $24, %rsp\n"
	".cfi_def_cfa %rsp, 8\n"
	"	ret\n"
	".cfi_endproc\n"
	".size call_hard_too, .-call_hard_too\n"
	".type hard_places, @function\n"
	"hard_places:\n"
	".cfi_startproc\n"
	"	pushq %rbx\n"
	".cfi_adjust_cfa_offset 8\n"
	"	movq %rdi, %rbx\n"
	".rept 4000\n"
	"	movq %rbx, %rdi\n"
	"	call call_hard_too\n"
	".endr\n"
	"	popq %rbx\n"
	".cfi_adjust_cfa_offset -8\n"
	"	ret\n"
	".cfi_endproc\n"
	".size hard_places, .-hard_places\n");

static void allocate_once(void)
{
	free(malloc(16));
}

static void *hard_thread(void *unused)
{
	hard_places(allocate_once);
	stop = 1;
	return unused;
}

static int hard(void)
{
	start(hard_thread);
	do {
		pid_t pid = fork();

		if (pid == 0)
			_exit(0);
		waitpid(pid, NULL, 0);
	} while (!stop);
	return 0;
}
#else
static int hard(void)
{
	return 0;
}
#endif

/* -- copies -- */

extern pid_t _Fork(void) __attribute__((weak)); /* glibc 2.34 */

static int copies(void)
{
	double end = now() + 1;

	branch(9, 16);
	for (int i = 0; now() < end; i++) {
		pid_t pid = _Fork ? _Fork() : (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);

		if (pid == 0) {
			branch(i % 5, 24);
			_exit(0);
		}
		waitpid(pid, NULL, 0);
	}
	return 0;
}

/* -- killed -- */

static int read_of(const char *pid, const char *file, char *buffer, int size)
{
	char path[300];
	FILE *stream;
	int n;

	snprintf(path, sizeof path, "/proc/%s/%s", pid, file);
	stream = fopen(path, "r");
	n = stream ? (int)fread(buffer, 1, (size_t)size - 1, stream) : 0;
	if (stream)
		fclose(stream);
	buffer[n] = 0;
	return n;
}

/* It has our command line, and a name of its own. */
static int find_helper(void)
{
	char own[500], other[500], name[20];
	int n = read_of("self", "cmdline", own, sizeof own), found = 0;
	DIR *proc = opendir("/proc");
	struct dirent *entry;

	while (proc && !found && (entry = readdir(proc)))
		if (read_of(entry->d_name, "comm", name, sizeof name) &&
		    strcmp(name, "silt-helper\n") == 0 &&
		    read_of(entry->d_name, "cmdline", other, sizeof other) == n &&
		    memcmp(own, other, (size_t)n) == 0)
			found = atoi(entry->d_name);
	if (proc)
		closedir(proc);
	return found;
}

static int killed(void)
{
	int helper;

	branch(13, 16);
	while (!(helper = find_helper()))
		nap(1000000);
	nap(50000000);
	kill(helper, SIGKILL);
	nap(1000000);
	branch(5, 32);
	return 0;
}

/* -- sudden -- */

static void end_at_once(int number)
{
	(void)number;
	if (write(1, "done\n", 5) == 5)
		_exit(0);
}

static void *churn(void *unused)
{
	while (!stop)
		free(malloc(2000 + (size_t)now() % 1000));
	return unused;
}

static int sudden(void)
{
	silt_snapshot("before");
	start(churn);
	nap(2000000);
	after(3000, end_at_once);
	for (size_t i = 0; !stop; i++) {
		void *block = malloc(1000 + i * 37 % 100000);

		kept = block;
		free(block);
	}
	return 1;
}

/* -- snapshot, jump -- */

static void jump(int number)
{
	(void)number;
	siglongjmp(away, 1);
}

static int snapshot(void)
{
	branch(12, 16);
	after(20000, end_at_once);
	while (!stop)
		silt_snapshot("again");
	return 1;
}

static int jumps(void)
{
	volatile int times = 0;

	branch(12, 16);
	if (sigsetjmp(away, 1))
		times++;
	if (times < 5) {
		every(5000, jump);
		for (;;)
			silt_snapshot("left");
	}
	every(0, SIG_IGN);
	return silt_snapshot("last");
}

/* -- clear -- */

static void *clears(void *unused)
{
	while (!stop)
		silt_clear_traces();
	return unused;
}

static void *writes(void *unused)
{
	while (!stop)
		silt_snapshot("beside");
	return unused;
}

static int clear(void)
{
	branch(13, 16);
	start(clears);
	start(clears);
	start(writes);
	start(writes);
	for (int i = 0; i < 50; i++) {
		branch(8, 24);
		nap(10000000);
	}
	stop = 1;
	nap(100000000);
	return 0;
}

/* -- pools -- */

static char arena[1 << 16];

static void fork_and_wait(int number)
{
	pid_t pid = fork();

	(void)number;
	if (pid == 0)
		_exit(0);
	waitpid(pid, NULL, 0);
}

static void use_pool(void)
{
	silt_pool_alloc(arena, arena + 64, 32);
	silt_pool_free(arena, arena + 64);
}

static int pool_fork(void)
{
	double end = now() + 0.5;

	silt_pool_create(arena);
	every(1000, fork_and_wait);
	while (now() < end)
		use_pool();
	every(0, SIG_IGN);
	return 0;
}

static int pool_exit(void)
{
	silt_pool_create(arena);
	after(20000, end_at_once);
	while (!stop)
		use_pool();
	return 1;
}

static int clear_exit(void)
{
	start(clears);
	return pool_exit();
}

/* -- abort -- */

static int abort_and_live(void)
{
	signal(SIGABRT, jump);
	if (!sigsetjmp(away, 1))
		abort();
	for (int i = 0; i < 100; i++) {
		kept = malloc(1000);
		nap(10000000);
	}
	return 0;
}

/* -- strict -- */

static int strict(void)
{
	free(malloc(100000));
	branch(1, 16);
	if (prctl(PR_SET_SECCOMP, 1) != 0)
		return 1;
	branch(11, 16);
	if (write(1, "done\n", 5) != 5)
		return 1;
	syscall(SYS_exit, 0);
	return 0;
}

static void *blocks[8192];
static size_t block_count;

static __attribute__((noinline)) void branch_and_keep(int levels)
{
	blocks[block_count++] = malloc(16);
	if (levels == 0)
		return;
	branch_and_keep(levels - 1);
	__asm__ volatile("");
	branch_and_keep(levels - 1);
	__asm__ volatile("");
}

static void *keep_many(void *unused)
{
	branch_and_keep(12);
	return unused;
}

static int strict_free(void)
{
	pthread_t thread;

	free(malloc(100000));
	if (pthread_create(&thread, NULL, keep_many, NULL) || pthread_join(thread, NULL) ||
	    prctl(PR_SET_SECCOMP, 1) != 0)
		return 1;
	for (size_t i = 0; i < block_count; i++)
		free(blocks[i]);
	if (write(1, "done\n", 5) != 5)
		return 1;
	syscall(SYS_exit, 0);
	return 0;
}

/* -- empty -- */

static int empty(void)
{
	static void *emptied[100000];

	for (int i = 0; i < 100000; i++)
		emptied[i] = realloc(NULL, 0);
	for (int i = 0; i < 100000; i++)
		free(emptied[i]);
	return 0;
}

static const struct {
	const char *name;
	int (*run)(void);
} modes[] = {
	{"hard", hard},
	{"copies", copies},
	{"killed", killed},
	{"sudden", sudden},
	{"snapshot", snapshot},
	{"jump", jumps},
	{"clear", clear},
	{"pool-fork", pool_fork},
	{"pool-exit", pool_exit},
	{"clear-exit", clear_exit},
	{"abort", abort_and_live},
	{"strict", strict},
	{"strict-free", strict_free},
	{"empty", empty},
};

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "load") == 0)
		return !dlopen(argv[2], RTLD_NOW) || puts("done") < 0;
	for (size_t i = 0; argc == 2 && i < sizeof modes / sizeof modes[0]; i++) {
		if (strcmp(argv[1], modes[i].name) == 0) {
			int status = modes[i].run();

			puts("done");
			return status;
		}
	}
	return 2;
}
