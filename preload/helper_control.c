/*
 * The helper's control socket: answers `silt snap`. See helper.h.
 * Called by helper_main.c. Path: cold. Threads: the helper. Memory: the stack.
 * Must not: use thread-local storage or errno, call libc beyond string functions, trust who asks.
 */
#include "helper_state.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>

#include "settings.h"

/* A socket named `control` in the run directory, which is its owner's alone. */
int helper_open_control(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "control"};
	int directory = run_directory();
	long fd;

	if (directory < 0)
		return -1;
	/* The name is relative: a socket's path may have 107 bytes only. Nothing else uses our working
	 * directory. */
	rt_syscall(SYS_fchdir, directory, 0, 0, 0, 0, 0);
	rt_syscall(SYS_close, directory, 0, 0, 0, 0, 0);
	fd = rt_syscall(SYS_socket, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, 0, 0, 0);
	if (fd < 0)
		return -1;
	rt_syscall(SYS_umask, 077, 0, 0, 0, 0, 0);
	if (rt_syscall(SYS_bind, fd, (long)&address, sizeof address, 0, 0, 0) < 0 ||
	    rt_syscall(SYS_listen, fd, 8, 0, 0, 0, 0) < 0) {
		rt_syscall(SYS_close, fd, 0, 0, 0, 0, 0);
		return -1;
	}
	return (int)fd;
}

static bool answer(long peer, const char *a, const char *b, const char *c)
{
	char buffer[RUN_PATH_MAX + 64];
	struct rt_text text = {buffer, sizeof buffer, 0};

	rt_text(&text, a);
	rt_text(&text, b);
	rt_text(&text, c);
	return rt_syscall(SYS_sendto, peer, (long)buffer, (long)text.length, MSG_NOSIGNAL, 0, 0) > 0;
}

/* Does the line ask for a snapshot, and for which? "snapshot LABEL"; "graph LABEL": with the heap graph; "ending LABEL": the program is
 * about to be stopped, what comes after is not judged. */
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

/* One request, a line; the answer: "ok PATH\n" or "error TEXT\n". */
void helper_serve(void)
{
	char request[16 + HELPER_MAX_LABEL], path[RUN_PATH_MAX], *end;
	struct run_request wanted = {.trigger = SILT_TRIGGER_REQUEST, .in_helper = true};
	struct timeval patience = {2, 0};
	struct ucred who;
	uint32_t size = sizeof who;
	size_t length = 0;
	long peer = rt_syscall(SYS_accept4, helper.control, 0, 0, SOCK_CLOEXEC, 0, 0), n, result;

	if (peer < 0)
		return;
	rt_syscall(SYS_setsockopt, peer, SOL_SOCKET, SO_RCVTIMEO, (long)&patience, sizeof patience, 0);
	do {
		n = rt_syscall(SYS_read, peer, (long)(request + length), (long)(sizeof request - 1 - length),
			       0, 0, 0);
		length += n > 0 ? (size_t)n : 0;
		request[length] = 0;
		end = strchr(request, '\n');
	} while (n > 0 && !end && length < sizeof request - 1);
	/* Only now: a socket that is closed with something unread takes the answer with it. */
	if (rt_syscall(SYS_getsockopt, peer, SOL_SOCKET, SO_PEERCRED, (long)&who, (long)&size, 0) < 0 ||
	    (who.uid != 0 && who.uid != (uid_t)rt_syscall(SYS_geteuid, 0, 0, 0, 0, 0, 0))) {
		answer(peer, "error ", "this process belongs to another user", "\n");
		goto out;
	}
	if (end && asks_for_snapshot(request, &wanted)) {
		*end = 0;
		helper_read_heap();
		wanted.label = strchr(request, ' ') + 1;
		result = run_snapshot(&wanted, path);
		if (result == 0)
			answer(peer, "ok ", path, "\n");
		else
			answer(peer, "error ",
			       result == -ENOSPC ? "no space left" : "the snapshot could not be written",
			       "\n");
	} else if (end && strcmp(request, "wait\n") == 0) {
		return; /* kept open: its end tells that the helper is done */
	} else if (n > 0) {
		answer(peer, "error ", "unknown request", "\n");
	}
out:
	rt_syscall(SYS_close, peer, 0, 0, 0, 0, 0);
}
