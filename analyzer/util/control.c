/*
 * The analyzer's end of a control socket: see control.h.
 * Must not: trust what answers (unless it belongs to the same user, or to root), wait for it
 * without a limit.
 */
#include "util/control.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "util/mem.h"
#include "util/monotonic.h"

#define CONNECT_MS 1000
#define ANSWER_MS 300000 /* a heap graph may take a minute, unless SILT_GRAPH_LIMIT allows more */

static int64_t now_ms(void)
{
	return (int64_t)(monotonic_ns() / 1000000);
}

/* A process that does not accept has a full queue, in which connect() would wait. */
static int connect_within(int connection, const struct sockaddr_un *address, int64_t timeout_ms)
{
	int64_t deadline = now_ms() + timeout_ms;
	int result;

	while ((result = connect(connection, (const struct sockaddr *)address, sizeof *address)) <
		       0 &&
	       errno == EAGAIN && now_ms() < deadline)
		nanosleep(&(struct timespec){0, 20000000}, NULL);
	if (result < 0 && errno == EAGAIN)
		errno = ETIMEDOUT;
	return result;
}

/* The path of a socket has at most 107 bytes: the directory is named by descriptor. */
static int connect_in(int parent, const char *name)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct ucred who;
	socklen_t size = sizeof who;
	int directory = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC),
	    connection, saved;

	if (directory < 0)
		return -1;
	snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/control", directory);
	connection = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (connection < 0 || connect_within(connection, &address, CONNECT_MS) < 0 ||
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
bool control_names_process(const char *name, pid_t pid)
{
	char wanted[32];
	size_t length = (size_t)snprintf(wanted, sizeof wanted, ".%d", (int)pid);

	for (const char *at = name; (at = strstr(at, wanted)); at++) {
		const char *rest = at + length;

		if (*rest == 0 ||
		    (*rest == '.' && rest[1] && rest[1 + strspn(rest + 1, "0123456789")] == 0))
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
		if (!control_names_process(entry->d_name, pid))
			continue;
		connection = connect_in(dirfd(parent), entry->d_name);
		if (connection < 0) /* ENOENT: the run has ended */
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

/* -- the helper of a process -- */

/* Returns the last number in a line of /proc/PID/status; 0: none. The last of NSpid is the pid
 * as the process itself sees it. */
static long last_number(const char *pid, const char *key)
{
	char *path = mem_format("/proc/%s/status", pid), line[512], *last;
	FILE *file = fopen(path, "re");
	long number = 0;

	free(path);
	while (file && fgets(line, sizeof line, file)) {
		if (strncmp(line, key, strlen(key)) != 0)
			continue;
		line[strcspn(line, "\n")] = 0;
		last = strrchr(line, '\t');
		number = last ? strtol(last + 1, NULL, 10) : 0;
		break;
	}
	if (file)
		fclose(file);
	return number;
}

static bool is_helper(const char *pid)
{
	char *path = mem_format("/proc/%s/comm", pid), name[32] = "";
	FILE *file = fopen(path, "re");

	free(path);
	if (file) {
		if (!fgets(name, sizeof name, file))
			name[0] = 0;
		fclose(file);
	}
	return strcmp(name, "silt-helper\n") == 0;
}

/* Returns the target of a link in /proc/PID, which the caller frees; NULL: it cannot be read. */
static char *read_link(const char *pid, const char *name)
{
	char *path = mem_format("/proc/%s/%s", pid, name), target[PATH_MAX];
	ssize_t length = readlink(path, target, sizeof target);

	free(path);
	return length > 0 ? mem_substring(target, (size_t)length) : NULL;
}

/* Returns true if the helper belongs to the program's user or to root: programs give up
 * privileges, helpers do not. */
static bool has_owner_of(const char *helper, const char *program)
{
	struct stat a, b;
	char *x = mem_format("/proc/%s", helper), *y = mem_format("/proc/%s", program);
	bool same = stat(x, &a) == 0 && stat(y, &b) == 0 && (a.st_uid == 0 || a.st_uid == b.st_uid);

	free(x);
	free(y);
	return same;
}

/* Returns the working directory of a helper if it is a run directory of the program, named by
 * the pid in their namespace. */
static char *directory_of(const char *helper, const char *program)
{
	char *directory = NULL, *a, *b, *slash;

	if (!is_helper(helper) || !has_owner_of(helper, program))
		return NULL;
	a = read_link(helper, "ns/pid");
	b = read_link(program, "ns/pid");
	if (a && b && strcmp(a, b) == 0)
		directory = read_link(helper, "cwd");
	free(a);
	free(b);
	slash = directory ? strrchr(directory, '/') : NULL;
	if (slash && control_names_process(slash + 1, (pid_t)last_number(program, "NSpid:")))
		return directory;
	free(directory);
	return NULL;
}

char *control_find(pid_t pid)
{
	DIR *processes = opendir("/proc");
	char *directory = NULL, *program = mem_format("%d", (int)pid);
	struct dirent *entry;

	while (processes && !directory && (entry = readdir(processes)))
		if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9')
			directory = directory_of(entry->d_name, program);
	if (processes)
		closedir(processes);
	free(program);
	return directory;
}

ssize_t control_ask_within(int connection, const char *request, char *answer, size_t size,
			   int64_t timeout_ms)
{
	int64_t deadline = now_ms() + timeout_ms, left;
	struct pollfd readable = {connection, POLLIN, 0};
	size_t length = 0;
	char *end = NULL;

	if (send(connection, request, strlen(request), MSG_NOSIGNAL) < 0)
		return -1;
	while (length + 1 < size && !end) {
		ssize_t n;

		left = deadline - now_ms();
		if (left <= 0 || poll(&readable, 1, left < INT_MAX ? (int)left : INT_MAX) == 0) {
			errno = ETIMEDOUT;
			return -1;
		}
		n = read(connection, answer + length, size - 1 - length);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (n <= 0)
			break;
		end = memchr(answer + length, '\n', (size_t)n);
		length = end ? (size_t)(end - answer) : length + (size_t)n;
	}
	answer[length] = 0;
	return (ssize_t)length;
}

ssize_t control_ask(int connection, const char *request, char *answer, size_t size)
{
	return control_ask_within(connection, request, answer, size, ANSWER_MS);
}
