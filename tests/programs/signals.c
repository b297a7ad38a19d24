/*
 * A signal handler that allocates, on a stack of its own, while the program allocates (which the C
 * library allows only as long as it does not interrupt malloc: here it comes by raise()). Prints
 * the counts. Run by tests/e2e/record.sh.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

static void *kept[100];
static int count;

static __attribute__((noinline)) void handler_allocates(int number)
{
	(void)number;
	kept[count++] = malloc(321);
}

static __attribute__((noinline)) void raise_signal(void)
{
	raise(SIGUSR1);
}

int main(void)
{
	static char stack[64 << 10];
	stack_t other = {.ss_sp = stack, .ss_size = sizeof stack};
	struct sigaction action = {.sa_handler = handler_allocates, .sa_flags = SA_ONSTACK};

	sigaltstack(&other, NULL);
	sigaction(SIGUSR1, &action, NULL);
	for (int i = 0; i < 100; i++) {
		free(malloc(10));
		raise_signal();
	}
	printf("%d\n", count);
	return 0;
}
