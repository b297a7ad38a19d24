/*
 * Text, small files and messages to the user: see rt.h.
 * Path: cold. Threads: all. Memory: none.
 * Must not: use stdio, touch errno, raise SIGPIPE or SIGXFSZ in the program.
 */
#include "base/rt.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

void rt_text_bytes(struct rt_text *text, const char *bytes, size_t length)
{
	size_t room = text->size - text->length - 1;

	if (length > room)
		length = room;
	memcpy(text->buffer + text->length, bytes, length);
	text->length += length;
	text->buffer[text->length] = 0;
}

void rt_text(struct rt_text *text, const char *piece)
{
	rt_text_bytes(text, piece, strlen(piece));
}

void rt_text_number(struct rt_text *text, uint64_t number)
{
	char digits[20];
	size_t n = sizeof digits;

	do
		digits[--n] = (char)('0' + number % 10);
	while (number /= 10);
	rt_text_bytes(text, digits + n, sizeof digits - n);
}

long rt_write(long fd, const void *data, size_t size)
{
	uint64_t set = 1ull << (SIGPIPE - 1) | 1ull << (SIGXFSZ - 1), old, pending = 0;
	long result;

	rt_syscall(SYS_rt_sigprocmask, SIG_BLOCK, (long)&set, (long)&old, 8, 0, 0);
	rt_syscall(SYS_rt_sigpending, (long)&pending, 8, 0, 0, 0, 0);
	result = rt_syscall(SYS_write, fd, (long)data, (long)size, 0, 0, 0);
	set &= ~pending; /* a signal that was pending before is the program's */
	if ((result == -EPIPE || result == -EFBIG) && set)
		rt_syscall(SYS_rt_sigtimedwait, (long)&set, 0, (long)&(struct timespec){0, 0}, 8, 0,
			   0);
	rt_syscall(SYS_rt_sigprocmask, SIG_SETMASK, (long)&old, 0, 8, 0, 0);
	return result;
}

void rt_say(const char *a, const char *b, const char *c)
{
	char buffer[1024];
	struct rt_text line = {buffer, sizeof buffer - 1, 0};

	rt_text(&line, "silt: ");
	rt_text(&line, a);
	if (b)
		rt_text(&line, b);
	if (c)
		rt_text(&line, c);
	buffer[line.length++] = '\n';
	rt_write(2, buffer, line.length);
}

static const char *parse_digits(const char *text, uint64_t *number)
{
	const char *p = text;

	*number = 0;
	for (; *p >= '0' && *p <= '9'; p++)
		if (__builtin_mul_overflow(*number, 10ul, number) ||
		    __builtin_add_overflow(*number, (uint64_t)(*p - '0'), number))
			return NULL;
	return p == text ? NULL : p;
}

bool rt_parse_number(const char *text, uint64_t *number)
{
	const char *rest = parse_digits(text, number);

	return rest && *rest == 0;
}

long rt_read_file(const char *path, char *buffer, size_t size)
{
	long fd = rt_syscall(SYS_openat, AT_FDCWD, (long)path, O_RDONLY | O_CLOEXEC, 0, 0, 0);
	size_t length = 0;

	if (fd < 0)
		return fd;
	while (length + 1 < size) {
		long n = rt_syscall(SYS_read, fd, (long)(buffer + length),
				    (long)(size - length - 1), 0, 0, 0);

		if (n <= 0)
			break;
		length += (size_t)n;
	}
	buffer[length] = 0;
	rt_syscall(SYS_close, fd, 0, 0, 0, 0, 0);
	return (long)length;
}

const char *rt_find(const char *text, const char *words)
{
	size_t length = strlen(words);

	while (length && (text = strchr(text, words[0])) && strncmp(text, words, length) != 0)
		text++;
	return text;
}

const char *rt_find_name(const char *text)
{
	while (*text && *text != '/' && *text != '[')
		text++;
	return *text ? text : NULL;
}

uint64_t rt_field(const char *text, const char *key)
{
	const char *p = rt_find(text, key);
	uint64_t number;

	if (!p)
		return 0;
	for (p += strlen(key); *p == ' ' || *p == '\t'; p++)
		;
	return parse_digits(p, &number) ? number : 0;
}

int rt_high_descriptor(int descriptor)
{
	struct rlimit limit = {1024, 1024};
	long floor, moved;

	rt_syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, 0, (long)&limit, 0, 0);
	/* Not above 1024: the kernel's descriptor table grows with the highest number. */
	floor = (limit.rlim_cur < 1024 ? (long)limit.rlim_cur : 1024) - 24;
	moved = rt_syscall(SYS_fcntl, descriptor, F_DUPFD_CLOEXEC, floor > 3 ? floor : 3, 0, 0, 0);
	rt_syscall(SYS_close, descriptor, 0, 0, 0, 0, 0);
	return (int)moved;
}
