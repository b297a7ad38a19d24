/* Puts signals off: see interruption.h. */
#include "cli/interruption.h"

#include <signal.h>
#include <stddef.h>
#include <sys/socket.h>

static volatile sig_atomic_t came, awaited = -1;

static void interrupt(int number)
{
	came = number;
	if (awaited >= 0)
		shutdown(awaited, SHUT_RDWR);
}

static void set(void (*handler)(int))
{
	static const int ends[] = {SIGINT, SIGTERM, SIGHUP};
	struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART}, before;

	for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
		if (sigaction(ends[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
			sigaction(ends[i], &action, NULL);
}

void interruption_begin(void)
{
	set(interrupt);
}

bool interruption_of(int connection)
{
	awaited = connection;
	return !came;
}

bool interruption_came(void)
{
	return came;
}

void interruption_end(void)
{
	set(SIG_DFL);
	if (came)
		raise(came);
}
