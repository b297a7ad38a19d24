/*
 * A server: sessions are opened by two kinds of request, by the same line. Those of connections are
 * closed again, those of upgrades are not (a leak); log lines are kept for good; a buffer grows by
 * realloc. Arguments: the number of rounds; "threads": sessions are closed by threads of their own;
 * "fork": a child goes on from there where a third is done.
 */
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "silt.h"

#define SNAPSHOTS 24
#define KEEP __attribute__((noinline, noclone))

struct session {
	struct session *next;
	char data[200];
};

struct session *open_sessions;
static struct session *sessions_of_connections[4];
static struct session *log_lines;
static char *buffer;

KEEP static struct session *session_open(void)
{
	struct session *session = malloc(sizeof *session);

	memset(session, 1, sizeof *session);
	return session;
}

KEEP static void session_close(struct session *session)
{
	free(session);
	__asm__ volatile("");
}

KEEP static void on_disconnect(int number)
{
	session_close(sessions_of_connections[number]);
	sessions_of_connections[number] = NULL;
	__asm__ volatile("");
}

static void *close_all(void *argument)
{
	for (int k = 0; k < 4; k++)
		on_disconnect(k);
	return argument;
}

KEEP static void on_connect(int number)
{
	sessions_of_connections[number] = session_open();
	__asm__ volatile("");
}

KEEP static void on_upgrade(void)
{
	struct session *session = session_open();

	session->next = open_sessions;
	open_sessions = session;
}

KEEP static void write_log(void)
{
	struct session *line = calloc(1, sizeof *line);

	line->next = log_lines;
	log_lines = line;
}

KEEP static void append(int round)
{
	buffer = realloc(buffer, 64 + (size_t)round % 1000);
	__asm__ volatile("");
}

int main(int argc, char **argv)
{
	int rounds = argc > 1 ? atoi(argv[1]) : 100;
	bool threads = argc > 2 && strcmp(argv[2], "threads") == 0;
	bool forks = argc > 2 && strcmp(argv[2], "fork") == 0;
	pthread_t thread;

	for (int i = 0; i < rounds; i++) {
		for (int k = 0; k < 4; k++)
			on_connect(k);
		on_upgrade();
		write_log();
		append(i);
		if (forks && i == rounds / 3 && fork() != 0)
			_exit(wait(NULL) < 0);
		if (!threads || pthread_create(&thread, NULL, close_all, NULL) != 0)
			close_all(NULL);
		else
			pthread_join(thread, NULL);
		if (i % (rounds / SNAPSHOTS + 1) == 0)
			silt_snapshot(NULL);
	}
	return 0;
}
