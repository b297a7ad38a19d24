/*
 * The analyzer's end of a running process's control socket: see control.h.
 * Called by commands. Must not: trust what answers: it must belong to the same user, or to root.
 */
#include "util/control.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* A socket's path may have 107 bytes only: the directory is named by descriptor. */
static int connect_in(int parent, const char *name)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct ucred who;
	socklen_t size = sizeof who;
	int directory = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), connection, saved;

	if (directory < 0)
		return -1;
	snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/control", directory);
	connection = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (connection < 0 || connect(connection, (struct sockaddr *)&address, sizeof address) < 0 ||
	    getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &who, &size) < 0 ||
	    (who.uid != 0 && who.uid != geteuid() && geteuid() != 0 && (errno = EPERM))) {
		saved = errno;
		close(directory);
		if (connection >= 0)
			close(connection);
		errno = saved;
		return -1;
	}
	close(directory);
	return connection;
}

/* NAME.PID or NAME.PID.N */
static bool names_process(const char *name, pid_t pid)
{
	char wanted[32];
	size_t length = (size_t)snprintf(wanted, sizeof wanted, ".%d", (int)pid);

	for (const char *at = name; (at = strstr(at, wanted)); at++) {
		const char *rest = at + length;

		if (*rest == 0 || (*rest == '.' && rest[1] && rest[1 + strspn(rest + 1, "0123456789")] == 0))
			return true;
	}
	return false;
}

int control_connect(const char *out, pid_t pid)
{
	DIR *parent = opendir(out);
	int connection = -1, error = ENOENT;
	struct dirent *entry;

	if (!parent)
		return -1;
	while (connection < 0 && (entry = readdir(parent))) {
		if (!names_process(entry->d_name, pid))
			continue;
		connection = connect_in(dirfd(parent), entry->d_name);
		if (connection < 0) /* ENOENT: a run that has ended */
			error = errno == ENOENT ? ECONNREFUSED : errno;
	}
	closedir(parent);
	errno = error;
	return connection;
}

ssize_t control_ask(int connection, const char *request, char *answer, size_t size)
{
	size_t length = 0;
	ssize_t n;

	if (send(connection, request, strlen(request), MSG_NOSIGNAL) < 0)
		return -1;
	while (length + 1 < size && (n = read(connection, answer + length, size - 1 - length)) > 0) {
		char *end = memchr(answer + length, '\n', (size_t)n);

		length += (size_t)n;
		if (end) {
			length = (size_t)(end - answer);
			break;
		}
	}
	answer[length] = 0;
	return (ssize_t)length;
}
