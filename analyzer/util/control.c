/*
 * The analyzer's end of a running process's control socket: see control.h.
 * Called by commands.
 * Must not: trust what answers: it must belong to the same user, or to root.
 */
#include "util/control.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "util/mem.h"

/* A socket's path may have 107 bytes only: the directory is named by descriptor. */
static int connect_in(int parent, const char *name)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct ucred who;
	socklen_t size = sizeof who;
	int directory = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), connection,
	    saved;

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

int control_connect_in(const char *run_directory)
{
	return connect_in(AT_FDCWD, run_directory);
}

/* Is `name` in /proc a process named silt-helper and made by `parent`? */
static bool is_helper_of(const char *name, pid_t parent)
{
	char *path = mem_format("/proc/%s/stat", name), line[256] = "", *rest;
	FILE *file = fopen(path, "re");
	int found_parent = 0;
	bool is = false;

	free(path);
	if (!file)
		return false;
	if (fgets(line, sizeof line, file) && (rest = strstr(line, "(silt-helper) ")))
		is = sscanf(rest, "(silt-helper) %*c %d", &found_parent) == 1 && found_parent == (int)parent;
	fclose(file);
	return is;
}

char *control_find(pid_t pid)
{
	DIR *processes = opendir("/proc");
	char *directory = NULL;
	struct dirent *entry;

	while (processes && !directory && (entry = readdir(processes))) {
		char target[PATH_MAX], *path;
		ssize_t length;

		if (entry->d_name[0] < '1' || entry->d_name[0] > '9' || !is_helper_of(entry->d_name, pid))
			continue;
		path = mem_format("/proc/%s/cwd", entry->d_name);
		length = readlink(path, target, sizeof target);
		if (length > 0)
			directory = mem_substring(target, (size_t)length);
		free(path);
	}
	if (processes)
		closedir(processes);
	return directory;
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
