/*
 * Signal handlers that interrupt the allocation functions; over allocator_plugin.c, which bears
 * that.
 *   handlers   a timer every 50 us, whose handler allocates and frees, beside threads that do too
 *   jump       a handler that interrupts the allocator jumps out of it, again and again; blocks of kept_after() come later
 *   timer      the same by a timer, wherever it strikes
 *   fork       a handler that interrupts the allocator forks, and the child allocates
 *   cancel     threads that are cancelled while they allocate
 * Prints what it kept: blocks. Run by tests/e2e/torture.sh.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

static sigjmp_buf out;
static volatile sig_atomic_t jumping, handled;
static void *volatile kept;
static volatile int stop;

static __attribute__((noinline)) void *kept_after(void)
{
	return malloc(777);
}

static __attribute__((noinline)) void *deeper(int levels, size_t size)
{
	void *block = levels ? deeper(levels - 1, size) : malloc(size);

	__asm__ volatile("");
	return block;
}

static void on_signal(int number)
{
	(void)number;
	handled++;
	if (jumping)
		siglongjmp(out, 1);
	free(deeper(3, 50));
	free(realloc(malloc(10), 400));
}

static void every_50us(void (*handler)(int), int flags)
{
	struct sigaction action = {.sa_handler = handler, .sa_flags = flags};
	struct itimerval timer = {{0, 50}, {0, 50}};

	sigaction(SIGALRM, &action, NULL);
	sigaction(SIGUSR1, &action, NULL);
	setitimer(ITIMER_REAL, &timer, NULL);
}

static void stop_timer(void)
{
	setitimer(ITIMER_REAL, &(struct itimerval){{0, 0}, {0, 0}}, NULL);
}

static void *churn(void *unused)
{
	while (!stop)
		for (int i = 0; i < 20; i++)
			free(deeper(i, 64));
	return unused;
}

static void handlers(void)
{
	static char stack[64 << 10];
	stack_t other = {.ss_sp = stack, .ss_size = sizeof stack};
	pthread_t threads[2];

	for (int i = 0; i < 2; i++)
		pthread_create(&threads[i], NULL, churn, NULL);
	for (int round = 0; round < 2; round++) {
		every_50us(on_signal, SA_RESTART | (round ? SA_ONSTACK : 0));
		for (int i = 0; handled < 3000 * (round + 1); i++)
			free(deeper(i % 30, (size_t)(i % 500)));
		stop_timer();
		sigaltstack(&other, NULL);
	}
	stop = 1;
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
}

static void jump(void)
{
	void (*interrupt)(long) = (void (*)(long))dlsym(RTLD_DEFAULT, "allocator_interrupt");
	volatile int round = 0;

	signal(SIGUSR1, on_signal);
	jumping = 1;
	for (; round < 2000; round++) {
		if (sigsetjmp(out, 1) == 0) {
			if (interrupt)
				interrupt(1);
			kept = deeper(round % 20, 30);
			if (interrupt)
				_exit(99); /* it was interrupted in there */
		}
		kept = kept_after();
	}
}

static void timer(void)
{
	volatile int i = 0;

	jumping = 1;
	every_50us(on_signal, 0);
	while (handled < 5000) {
		if (sigsetjmp(out, 1) == 0)
			for (;; i++)
				free(deeper(i % 40, (size_t)(i % 900)));
	}
	stop_timer();
	for (int j = 0; j < 2000; j++)
		kept = kept_after();
}

static void fork_in_handler(int number)
{
	pid_t pid = fork();
	int status;

	(void)number;
	if (pid == 0) {
		for (int i = 0; i < 20; i++)
			free(deeper(i, 70));
		_exit(3);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status) ||
	    WEXITSTATUS(status) != 3)
		_exit(98);
	handled++;
}

static void fork_it(void)
{
	void (*interrupt)(long) = (void (*)(long))dlsym(RTLD_DEFAULT, "allocator_interrupt");

	signal(SIGUSR1, fork_in_handler);
	for (int i = 0; i < 100; i++) {
		if (interrupt)
			interrupt(1 + i % 3);
		for (int j = 0; j < 20; j++)
			kept = kept_after();
	}
	if (interrupt && handled != 100)
		_exit(97);
}

static void *allocate_until_cancelled(void *type)
{
	pthread_setcanceltype(*(int *)type, NULL);
	while (!stop) {
		free(deeper(5, 100));
		pthread_testcancel();
	}
	return NULL;
}

static void cancel(void)
{
	/* At any instruction, also in the allocator: without it this would be the program's
	 * fault, over the plugin it is not. */
	static int types[] = {PTHREAD_CANCEL_DEFERRED, PTHREAD_CANCEL_ASYNCHRONOUS};
	pthread_t thread;

	for (int i = 0; i < 400; i++) {
		if (pthread_create(&thread, NULL, allocate_until_cancelled, &types[i % 2]) != 0)
			exit(2);
		for (int j = 0; j < i * 10; j++)
			free(deeper(2, 20));
		pthread_cancel(thread);
		pthread_join(thread, NULL);
	}
	for (int i = 0; i < 2000; i++)
		kept = kept_after();
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (strcmp(what, "handlers") == 0)
		handlers();
	else if (strcmp(what, "jump") == 0)
		jump();
	else if (strcmp(what, "timer") == 0)
		timer();
	else if (strcmp(what, "fork") == 0)
		fork_it();
	else if (strcmp(what, "cancel") == 0)
		cancel();
	else
		return 2;
	puts("2000");
	return 0;
}
