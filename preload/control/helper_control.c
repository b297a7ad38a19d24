/*
 * The helper's control socket: answers `silt snap`. See helper.h.
 * Path: cold. Threads: the helper. Memory: a buffer for each of a few clients.
 * Must not: use thread-local storage or errno, call libc beyond string functions, trust a client,
 * wait for a client.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>

#include "base/rt.h"
#include "control/helper_state.h"
#include "control/run.h"
#include "control/run_directory.h"
#include "control/settings.h"
#include "silt_snapshot.h"

#define REQUEST_NS (2 * HELPER_SECOND_NS) /* for a whole request */

int helper_open_control(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "control"};
	int directory = run_directory();
	long fd;

	if (directory < 0)
		return -1;
	/* Bind by a relative name: a socket's path is limited to 107 bytes. Nothing else uses the
	 * helper's working directory. */
	rt_syscall(SYS_fchdir, directory, 0, 0, 0, 0, 0);
	rt_syscall(SYS_close, directory, 0, 0, 0, 0, 0);
	fd = rt_syscall(SYS_socket, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, 0, 0,
			0);
	if (fd < 0)
		return -1;
	rt_syscall(SYS_umask, 077, 0, 0, 0, 0, 0);
	/* A helper that was killed has left its socket. */
	rt_syscall(SYS_unlinkat, AT_FDCWD, (long)address.sun_path, 0, 0, 0, 0);
	if (rt_syscall(SYS_bind, fd, (long)&address, sizeof address, 0, 0, 0) < 0 ||
	    rt_syscall(SYS_listen, fd, 8, 0, 0, 0, 0) < 0) {
		rt_syscall(SYS_close, fd, 0, 0, 0, 0, 0);
		return -1;
	}
	return (int)fd;
}

static void hang_up(struct helper_client *client)
{
	rt_syscall(SYS_close, client->fd, 0, 0, 0, 0, 0);
	client->fd = -1;
}

/* An unused entry, or, if there is none, that of a client which only waits for the helper's end.
 * NULL: there is none either. */
static struct helper_client *free_client(void)
{
	struct helper_client *client = NULL;

	for (int i = 0; i < HELPER_MAX_CLIENTS; i++) {
		if (helper.clients[i].fd < 0)
			return &helper.clients[i];
		if (helper.clients[i].waits)
			client = &helper.clients[i];
	}
	return client;
}

bool helper_has_room(void)
{
	return free_client() != NULL;
}

void helper_accept(void)
{
	struct helper_client *client = free_client();
	long fd;

	if (!client)
		return; /* one of the clients reaches its deadline within two seconds */
	if (client->fd >= 0)
		hang_up(client);
	fd = rt_syscall(SYS_accept4, helper.control_fd, 0, 0, SOCK_CLOEXEC | SOCK_NONBLOCK, 0, 0);
	if (fd < 0)
		return;
	*client = (struct helper_client){.fd = (int)fd,
					 .deadline_ns = rt_monotonic_ns() + REQUEST_NS};
}

uint64_t helper_end_late_clients(void)
{
	uint64_t now = rt_monotonic_ns(), next = 0;

	for (int i = 0; i < HELPER_MAX_CLIENTS; i++) {
		struct helper_client *client = &helper.clients[i];

		if (client->fd < 0 || client->waits)
			continue;
		if (client->deadline_ns <= now)
			hang_up(client);
		else if (!next || client->deadline_ns < next)
			next = client->deadline_ns;
	}
	return next;
}

static void answer(const struct helper_client *client, const char *a, const char *b)
{
	char buffer[RUN_PATH_MAX + 64];
	struct rt_text text = {buffer, sizeof buffer, 0};

	rt_text(&text, a);
	rt_text(&text, b);
	rt_text(&text, "\n");
	rt_syscall(SYS_sendto, client->fd, (long)buffer, (long)text.length,
		   MSG_NOSIGNAL | MSG_DONTWAIT, 0, 0);
}

static bool may_ask(const struct helper_client *client)
{
	struct ucred who;
	uint32_t size = sizeof who;

	return rt_syscall(SYS_getsockopt, client->fd, SOL_SOCKET, SO_PEERCRED, (long)&who,
			  (long)&size, 0) >= 0 &&
	       (who.uid == 0 || who.uid == (uid_t)rt_syscall(SYS_geteuid, 0, 0, 0, 0, 0, 0));
}

/* True if the line asks for a snapshot: "snapshot LABEL"; "graph LABEL": with the heap graph;
 * "ending LABEL": the program is about to be stopped, and what comes later is not judged. */
static bool asks_for_snapshot(const char *line, struct run_request *wanted)
{
	bool ending = strncmp(line, "ending ", 7) == 0, graph = strncmp(line, "graph ", 6) == 0;

	if (ending) {
		run_end_begins(SILT_END_STOP);
		wanted->trigger = SILT_TRIGGER_ENDING;
	}
	wanted->graph = graph || run_wants_graph(wanted->trigger);
	return ending || graph || strncmp(line, "snapshot ", 9) == 0;
}

static void take(struct helper_client *client, struct run_request *wanted)
{
	char path[RUN_PATH_MAX];
	long result;

	wanted->label = strchr(client->request, ' ') + 1;
	helper_read_heap();
	helper_set_timeout(helper_snapshot_timeout(wanted->graph));
	result = run_snapshot(wanted, path);
	helper_set_timeout(0);
	if (result == 0)
		answer(client, "ok ", path);
	else
		answer(client, "error ",
		       result == -ENOSPC ? "no space left" : "the snapshot could not be written");
}

/* A request is one line. The answer is "ok PATH\n" or "error TEXT\n". */
void helper_serve(struct helper_client *client)
{
	struct run_request wanted = {.trigger = SILT_TRIGGER_REQUEST, .in_helper = true};
	size_t room;
	char *end;
	long n;

	if (client->fd < 0)
		return;
	room = client->length < sizeof client->request ? sizeof client->request - 1 - client->length
						       : 0;
	n = rt_syscall(SYS_recvfrom, client->fd, (long)(client->request + client->length),
		       (long)room, MSG_DONTWAIT, 0, 0);
	if (n == -EAGAIN || n == -EINTR)
		return;
	if (n <= 0 || client->waits) { /* the client has closed, or sends more than one request */
		hang_up(client);
		return;
	}
	client->length += (size_t)n;
	client->request[client->length] = 0;
	end = strchr(client->request, '\n');
	if (!end && client->length < sizeof client->request - 1)
		return;
	/* Only now: closing a socket with unread data would discard the answer. */
	if (!may_ask(client)) {
		answer(client, "error ", "this process belongs to another user");
	} else if (end && asks_for_snapshot(client->request, &wanted)) {
		*end = 0;
		take(client, &wanted);
	} else if (end && strcmp(client->request, "wait\n") == 0) {
		client->waits = true; /* closing the connection tells that the helper has ended */
		return;
	} else {
		answer(client, "error ", "unknown request");
	}
	hang_up(client);
}
