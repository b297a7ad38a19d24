/*
 * Announces the stop signal to the processes of a soak, so that what they free while they end is
 * not judged: see soak.h.
 * Must not: wait for long; a process may be stuck, or its heap graph take long.
 */
#include <fts.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "soak/soak.h"
#include "util/control.h"
#include "util/mem.h"
#include "util/monotonic.h"

#define ANSWER_SECONDS 30 /* for all processes together */

struct asked {
	struct pollfd *polls;
	size_t count, capacity;
};

static void ask(struct asked *asked, const char *run_directory)
{
	static const char request[] = "ending before the stop signal\n";
	int connection = control_connect_in(run_directory);

	if (connection < 0)
		return;
	if (send(connection, request, sizeof request - 1, MSG_NOSIGNAL) != sizeof request - 1) {
		close(connection);
		return;
	}
	MEM_GROW(asked->polls, asked->count, asked->capacity);
	asked->polls[asked->count++] = (struct pollfd){.fd = connection, .events = POLLIN};
}

/* Asks every run directory that has a socket: only processes that run have one. */
static void ask_all(struct asked *asked, const char *directory)
{
	char *paths[] = {(char *)directory, NULL};
	FTS *fts = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	FTSENT *entry;

	while (fts && (entry = fts_read(fts))) {
		if (entry->fts_info != FTS_DEFAULT || !S_ISSOCK(entry->fts_statp->st_mode) ||
		    strcmp(entry->fts_name, "control") != 0)
			continue;
		char *run = mem_substring(entry->fts_path, entry->fts_pathlen - strlen("/control"));

		ask(asked, run);
		free(run);
	}
	if (fts)
		fts_close(fts);
}

/* Closes the sockets that have answered, or whose process has ended. Returns the number of open
 * sockets. */
static size_t take_answers(struct asked *asked)
{
	size_t left = 0;

	for (size_t i = 0; i < asked->count; i++) {
		if (asked->polls[i].fd >= 0 && asked->polls[i].revents) {
			close(asked->polls[i].fd);
			asked->polls[i].fd = -1;
		}
		left += asked->polls[i].fd >= 0;
	}
	return left;
}

static int64_t now_ms(void)
{
	return (int64_t)(monotonic_ns() / 1000000);
}

void soak_announce_stop(const char *directory)
{
	struct asked asked = {0};
	int64_t end = now_ms() + ANSWER_SECONDS * 1000, left;
	size_t waiting;

	ask_all(&asked, directory);
	waiting = asked.count;
	while (waiting && (left = end - now_ms()) > 0 &&
	       poll(asked.polls, asked.count, (int)left) >= 0)
		waiting = take_answers(&asked);
	for (size_t i = 0; i < asked.count; i++)
		if (asked.polls[i].fd >= 0)
			close(asked.polls[i].fd);
	free(asked.polls);
}
