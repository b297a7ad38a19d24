/*
 * What /proc tells of the program's threads: which exist, where each sleeps, whether it has moved
 * since.
 * Path: cold, part of the program's pause. Threads: the stopper, the helper, the twin. Memory:
 * none.
 * Must not: map memory, use thread-local storage, interrupt a thread.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "base/rt.h"
#include "graph/stop.h"

#define LINE 256u
#define MOST_FILES 16384u /* each takes the kernel 5 KB of memory */
#define FILES_AT_ONCE 16u

/* Opens a file of a thread's directory. Returns the descriptor or -errno. */
static long open_small(const struct graph_stop *stop, uint32_t tid, const char *file)
{
	char name[40];
	struct rt_text text = {name, sizeof name, 0};

	rt_text_number(&text, tid);
	rt_text(&text, file);
	return rt_syscall(SYS_openat, stop->tasks, (long)name, O_RDONLY | O_CLOEXEC, 0, 0, 0);
}

/* Reads a file of a thread's directory, in one read. False: it is gone, or may not be read. */
static bool read_small(const struct graph_stop *stop, uint32_t tid, const char *file, char *buffer,
		       size_t size)
{
	long fd = open_small(stop, tid, file), length;

	if (fd < 0)
		return false;
	length = rt_syscall(SYS_read, fd, (long)buffer, (long)size - 1, 0, 0, 0);
	rt_syscall(SYS_close, fd, 0, 0, 0, 0, 0);
	buffer[length > 0 ? length : 0] = 0;
	return length > 0;
}

void graph_task_name(const struct graph_stop *stop, struct graph_thread *thread)
{
	char line[LINE];
	char *end;

	if (!read_small(stop, thread->tid, "/comm", line, sizeof line))
		return;
	if ((end = strchr(line, '\n')))
		*end = 0;
	memcpy(thread->name, line, sizeof thread->name - 1);
}

static const char *number(const char *p, unsigned base, uint64_t *value)
{
	*value = 0;
	for (;; p++) {
		unsigned digit = *p >= '0' && *p <= '9'	  ? (unsigned)(*p - '0')
				 : *p >= 'a' && *p <= 'f' ? (unsigned)(*p - 'a') + 10
							  : base;

		if (digit >= base)
			return p;
		*value = *value * base + digit;
	}
}

uint64_t graph_task_waits(const struct graph_stop *stop, uint32_t tid)
{
	char status[3072];

	return read_small(stop, tid, "/status", status, sizeof status)
		       ? rt_field(status, "\nvoluntary_ctxt_switches:")
		       : 0;
}

/* How often the thread of this schedstat was given a processor, from "NS NS TIMES"; 0: it has
 * ended, or the kernel does not count that (CONFIG_SCHED_INFO). */
static uint64_t read_runs(long file)
{
	char line[LINE];
	long length = rt_syscall(SYS_pread64, file, (long)line, sizeof line - 1, 0, 0, 0);
	uint64_t value = 0;
	const char *p = line;

	if (length <= 0)
		return 0;
	line[length] = 0;
	for (int i = 0; i < 3; i++, p += *p == ' ')
		p = number(p, 10, &value);
	return value;
}

/* The same of a thread whose file may be open. Opening a file of /proc takes five times as long as
 * reading it again. */
static uint64_t count_runs(const struct graph_stop *stop, const struct graph_thread *thread,
			   uint32_t *kept)
{
	uint64_t runs;
	long file;

	if (thread->runs_file)
		return read_runs(thread->runs_file - 1);
	file = open_small(stop, thread->tid, "/schedstat");
	if (file < 0)
		return 0;
	runs = read_runs(file);
	if (kept && file < (long)stop->files)
		*kept = (uint32_t)file + 1;
	else
		rt_syscall(SYS_close, file, 0, 0, 0, 0, 0);
	return runs;
}

/* proc(5): "63 0x3 0x7ffc 0x1 0x0 0x0 0x0 0x7ffb 0x7f12": number, six arguments, stack pointer, pc.
 * "-1 0x7ffb 0x7f12": asleep, but in no call. "running": awake. */
static bool parse_place(const char *line, struct graph_place *place)
{
	uint64_t values[8] = {0}, call = 0;
	bool none = strncmp(line, "-1 ", 3) == 0;
	const char *p = none ? line + 2 : number(line, 10, &call);
	int first = none ? 6 : 0;

	if (p == line)
		return false;
	for (int i = first; i < 8; i++) {
		if (strncmp(p, " 0x", 3) != 0)
			return false;
		p = number(p + 3, 16, &values[i]);
	}
	place->number = none ? -1 : (long)call;
	for (int i = 0; i < 6; i++)
		place->arguments[i] = values[i];
	place->sp = values[6];
	place->pc = values[7];
	return true;
}

void graph_task_look(const struct graph_stop *stop, struct graph_thread *thread)
{
	struct graph_place *place = &thread->place;
	char line[LINE];

	/* The count first: if it is unchanged later, the thread has not moved since what is read
	 * after it. */
	*place = (struct graph_place){.number = -1,
				      .runs = count_runs(stop, thread, &thread->runs_file)};
	if (!place->runs)
		place->waits = graph_task_waits(stop, thread->tid);
	place->asleep = read_small(stop, thread->tid, "/syscall", line, sizeof line) &&
			parse_place(line, place);
}

bool graph_task_sleeps(const struct graph_stop *stop, uint32_t tid)
{
	struct graph_place place;
	char line[LINE];

	return read_small(stop, tid, "/syscall", line, sizeof line) && parse_place(line, &place);
}

bool graph_task_is_still(const struct graph_stop *stop, const struct graph_thread *thread)
{
	const struct graph_place *place = &thread->place;
	struct graph_place now;
	char line[LINE];

	if (!place->asleep)
		return false;
	if (place->runs)
		return count_runs(stop, thread, NULL) == place->runs;
	/* A thread that wakes up counts its next wait only when it sleeps again; until then it is
	 * not asleep. */
	return read_small(stop, thread->tid, "/syscall", line, sizeof line) &&
	       parse_place(line, &now) && graph_task_waits(stop, thread->tid) == place->waits;
}

struct entry {
	uint64_t inode, offset;
	unsigned short size;
	unsigned char type;
	char name[];
};

bool graph_task_each(struct graph_stop *stop, bool (*visit)(struct graph_stop *stop, uint32_t tid))
{
	char buffer[2048] __attribute__((aligned(8)));
	bool all = true;
	long length;

	stop->listings++;
	stop->listed = 0;
	if (stop->tasks < 0 || rt_syscall(SYS_lseek, stop->tasks, 0, SEEK_SET, 0, 0, 0) < 0)
		return false;
	while ((length = rt_syscall(SYS_getdents64, stop->tasks, (long)buffer, sizeof buffer, 0, 0,
				    0)) > 0) {
		for (long at = 0; at < length;) {
			const struct entry *entry = (const struct entry *)(buffer + at);
			uint64_t tid;

			if (rt_parse_number(entry->name, &tid))
				all = visit(stop, (uint32_t)tid) && all;
			at += entry->size;
		}
	}
	return all && length == 0;
}

/* Leaves room for the files that are opened and closed. Returns 0 if the limit is unknown. */
static uint32_t files_to_keep(void)
{
	struct rlimit limit;

	if (rt_syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, 0, (long)&limit, 0, 0) != 0)
		return 0;
	if (limit.rlim_cur != limit.rlim_max) {
		struct rlimit raised = {limit.rlim_max, limit.rlim_max};

		if (rt_syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, (long)&raised, 0, 0, 0) == 0)
			limit = raised;
	}
	if (limit.rlim_cur > MOST_FILES)
		return MOST_FILES;
	return limit.rlim_cur > FILES_AT_ONCE ? (uint32_t)limit.rlim_cur - FILES_AT_ONCE : 0;
}

void graph_task_close(struct graph_stop *stop)
{
	for (uint32_t i = 0; i < stop->count; i++) {
		if (stop->threads[i].runs_file)
			rt_syscall(SYS_close, stop->threads[i].runs_file - 1, 0, 0, 0, 0, 0);
		stop->threads[i].runs_file = 0;
	}
}

bool graph_task_open(struct graph_stop *stop)
{
	char path[40];
	struct rt_text text = {path, sizeof path, 0};

	rt_text(&text, "/proc/");
	rt_text_number(&text, stop->pid);
	rt_text(&text, "/task");
	stop->files = files_to_keep();
	stop->tasks = rt_syscall(SYS_openat, AT_FDCWD, (long)path,
				 O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0, 0, 0);
	return stop->tasks >= 0;
}

static bool read_process_status(uint32_t pid, char *status, size_t size)
{
	char path[40];
	struct rt_text text = {path, sizeof path, 0};

	rt_text(&text, "/proc/");
	rt_text_number(&text, pid);
	rt_text(&text, "/status");
	return rt_read_file(path, status, size) > 0;
}

static uint64_t signal_set(const char *status, const char *key)
{
	const char *p = rt_find(status, key);
	uint64_t set = 0;

	if (p)
		number(p + strlen(key), 16, &set);
	return set;
}

bool graph_task_drops_signal(uint32_t pid)
{
	char status[3072];

	if (!read_process_status(pid, status, sizeof status))
		return false;
	return (signal_set(status, "\nShdPnd:\t") & ~signal_set(status, "\nSigBlk:\t") &
		~signal_set(status, "\nSigCgt:\t")) != 0;
}

bool graph_task_handles(const struct graph_stop *stop, uint32_t tid, uint32_t signal)
{
	char status[3072];

	if (!read_small(stop, tid, "/status", status, sizeof status))
		return true;
	return signal && signal_set(status, "\nSigCgt:\t") >> (signal - 1) & 1;
}

uint32_t graph_task_count(uint32_t pid)
{
	char status[3072];

	return read_process_status(pid, status, sizeof status)
		       ? (uint32_t)rt_field(status, "\nThreads:")
		       : 0;
}

bool graph_task_has_ended(uint32_t pid)
{
	char status[3072];
	const char *state;

	if (!read_process_status(pid, status, sizeof status))
		return true;
	state = rt_find(status, "\nState:\t");
	return state && (state[8] == 'Z' || state[8] == 'X');
}
