/*
 * Compares the helper's rights with the program's. When the program changes its rights by a
 * function of the C library, the helper is replaced by one with the new rights (identity.c). So
 * only changes by raw system calls are found here, each time the helper wakes up.
 * Path: cold, a few dozen microseconds. Threads: the helper. Memory: two buffers.
 * Must not: trust what the program can write to, except to judge that program.
 */
#include "control/rights.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "base/rt.h"

/* bytes; with over a thousand groups the text is cut, and counts as more rights */
#define STATUS_SIZE 16384
#define IDS 4 /* real, effective, saved, of the file system */
#define MAX_GROUPS 1024

struct rights {
	uint32_t users[IDS], groups[IDS];
	uint32_t more_groups[MAX_GROUPS];
	uint32_t more_group_count;
	uint64_t inheritable, permitted, effective, bounding, ambient;
	uint64_t no_new_privileges;
};

static struct {
	/* /proc/PID/status */
	int program_fd, own_fd;
	/* the helper's user namespace */
	ino_t namespace;
	char namespace_path[40];
	char theirs[STATUS_SIZE], ours[STATUS_SIZE];
	struct rights their_rights, our_rights;
} rights;

static ino_t namespace_of(const char *path)
{
	struct stat status;

	return rt_syscall(SYS_newfstatat, AT_FDCWD, (long)path, (long)&status, 0, 0, 0) == 0
		       ? status.st_ino
		       : 0;
}

static int open_file(const char *path)
{
	return (int)rt_syscall(SYS_openat, AT_FDCWD, (long)path, O_RDONLY | O_CLOEXEC, 0, 0, 0);
}

void rights_start(uint32_t program)
{
	char path[40];
	struct rt_text text = {path, sizeof path, 0},
		       namespace = {rights.namespace_path, sizeof rights.namespace_path, 0};

	rt_text(&text, "/proc/");
	rt_text_number(&text, program);
	rt_text(&text, "/status");
	rt_text(&namespace, "/proc/");
	rt_text_number(&namespace, program);
	rt_text(&namespace, "/ns/user");
	rights.program_fd = open_file(path);
	rights.own_fd = open_file("/proc/self/status");
	rights.namespace = namespace_of("/proc/self/ns/user");
}

/* -- reading -- */

static bool read_status(int fd, char buffer[STATUS_SIZE])
{
	long length = rt_syscall(SYS_pread64, fd, (long)buffer, STATUS_SIZE - 1, 0, 0, 0);

	buffer[length > 0 ? length : 0] = 0;
	return length > 0;
}

/* True if both texts have the same lines from `from` to before `to`. */
static bool same_lines(const char *a, const char *b, const char *from, const char *to)
{
	const char *a_start = rt_find(a, from), *b_start = rt_find(b, from), *a_end, *b_end;

	if (!a_start || !b_start)
		return false;
	a_end = rt_find(a_start, to);
	b_end = rt_find(b_start, to);
	return a_end && b_end && a_end - a_start == b_end - b_start &&
	       memcmp(a_start, b_start, (size_t)(a_end - a_start)) == 0;
}

static uint32_t digit(char c)
{
	return c >= '0' && c <= '9'   ? (uint32_t)(c - '0')
	       : c >= 'a' && c <= 'f' ? (uint32_t)(c - 'a') + 10
				      : 16;
}

static const char *parse(const char *at, uint32_t base, uint64_t *number)
{
	while (*at == ' ' || *at == '\t')
		at++;
	if (digit(*at) >= base)
		return NULL;
	for (*number = 0; digit(*at) < base; at++)
		*number = *number * base + digit(*at);
	return at;
}

/* Parses the numbers after `key`, at most `room`. Returns how many there are. */
static uint32_t parse_list(const char *text, const char *key, uint32_t *numbers, uint32_t room)
{
	const char *at = rt_find(text, key);
	uint32_t count = 0;
	uint64_t number;

	at = at ? at + strlen(key) : NULL;
	while (at && count < room && (at = parse(at, 10, &number)))
		numbers[count++] = (uint32_t)number;
	return count;
}

static bool parse_one(const char *text, const char *key, uint64_t *number)
{
	const char *at = rt_find(text, key);

	return at && parse(at + strlen(key), 16, number);
}

static bool parse_status(const char *text, struct rights *of)
{
	memset(of, 0, sizeof *of);
	of->more_group_count = parse_list(text, "\nGroups:", of->more_groups, MAX_GROUPS);
	return parse_list(text, "\nUid:", of->users, IDS) == IDS &&
	       parse_list(text, "\nGid:", of->groups, IDS) == IDS &&
	       of->more_group_count < MAX_GROUPS &&
	       parse_one(text, "\nCapInh:", &of->inheritable) &&
	       parse_one(text, "\nCapPrm:", &of->permitted) &&
	       parse_one(text, "\nCapEff:", &of->effective) &&
	       parse_one(text, "\nCapBnd:", &of->bounding) &&
	       parse_one(text, "\nCapAmb:", &of->ambient) &&
	       parse_one(text, "\nNoNewPrivs:", &of->no_new_privileges);
}

/* -- comparing -- */

static bool is_among(uint32_t id, const uint32_t *ids, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (ids[i] == id)
			return true;
	return false;
}

static bool are_within(const struct rights *ours, const struct rights *theirs)
{
	for (int i = 0; i < IDS; i++)
		if (!is_among(ours->users[i], theirs->users, IDS) ||
		    !is_among(ours->groups[i], theirs->groups, IDS))
			return false;
	for (uint32_t i = 0; i < ours->more_group_count; i++)
		if (!is_among(ours->more_groups[i], theirs->more_groups, theirs->more_group_count))
			return false;
	return !(ours->inheritable & ~theirs->inheritable) &&
	       !(ours->permitted & ~theirs->permitted) && !(ours->effective & ~theirs->effective) &&
	       !(ours->bounding & ~theirs->bounding) && !(ours->ambient & ~theirs->ambient) &&
	       ours->no_new_privileges >= theirs->no_new_privileges;
}

/* The program's rights at its end are unknown: keeps only the user, which the last snapshot
 * needs. */
static void give_up_capabilities(void)
{
	struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {0};

	rt_syscall(SYS_capset, (long)&header, (long)none, 0, 0, 0, 0);
}

bool rights_exceed_program(void)
{
	ino_t namespace;

	if (!read_status(rights.own_fd, rights.ours))
		return false; /* no /proc */
	if (!read_status(rights.program_fd, rights.theirs)) {
		give_up_capabilities();
		return false;
	}
	namespace = namespace_of(rights.namespace_path);
	if (namespace && namespace != rights.namespace)
		return true;
	if (same_lines(rights.ours, rights.theirs, "\nUid:", "\nFDSize:") &&
	    same_lines(rights.ours, rights.theirs, "\nGroups:", " \n") &&
	    same_lines(rights.ours, rights.theirs, "\nCapInh:", "\nSeccomp:"))
		return false;
	return !parse_status(rights.ours, &rights.our_rights) ||
	       !parse_status(rights.theirs, &rights.their_rights) ||
	       !are_within(&rights.our_rights, &rights.their_rights);
}

bool rights_are_special(void)
{
	return rt_syscall(SYS_geteuid, 0, 0, 0, 0, 0, 0) == 0 ||
	       (read_status(rights.own_fd, rights.ours) &&
		parse_status(rights.ours, &rights.our_rights) && rights.our_rights.permitted);
}
