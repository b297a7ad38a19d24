/*
 * Gives up its rights step by step and compares those of its helper with its own after each:
 *   libc   by the C library's functions, also through syscall(): the helper has no more when the call returns
 *   raw    by system calls of its own: the helper has no more soon after it has woken up, and there is one again
 *   wreck  becomes another user, then overwrites all memory it can write to but its stack and its thread's record
 *   often  changes them a hundred times at once: there is no helper for a while, then one again
 * Run by tests/e2e/helper.sh, as root.
 */
#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "machine.h"

#define NOBODY 65534
#define MAX_RANGES 1000

static void *volatile kept;

static long raw(long number, long a, long b, long c, long d)
{
#ifdef __x86_64__
	register long r10 __asm__("r10") = d;
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10)
			 : "rcx", "r11", "memory");
	return result;
#else
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;

	__asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3) : "memory");
	return x0;
#endif
}

static void read_file(const char *path, char *buffer, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, buffer, size - 1) : 0;

	buffer[n > 0 ? n : 0] = 0;
	if (fd >= 0)
		close(fd);
}

/* The lines that say what a process may. */
static void rights_of(int pid, char *buffer, size_t size)
{
	static const char *const keys[] = {"Uid:",    "Gid:",	 "Groups:", "CapInh:",	  "CapPrm:",
					   "CapEff:", "CapBnd:", "CapAmb:", "NoNewPrivs:"};
	char path[64], status[8192], *line;

	snprintf(path, sizeof path, "/proc/%d/status", pid);
	read_file(path, status, sizeof status);
	buffer[0] = 0;
	for (line = strtok(status, "\n"); line; line = strtok(NULL, "\n"))
		for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
			if (strncmp(line, keys[i], strlen(keys[i])) == 0 &&
			    strlen(buffer) + strlen(line) + 2 < size)
				strcat(strcat(buffer, line), "\n");
}

/* 0: there is none. */
static int find_helper(void)
{
	char path[300], stat[512];
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	int found = 0;

	while (proc && !found && (entry = readdir(proc))) {
		int pid = 0, parent = 0;

		snprintf(path, sizeof path, "/proc/%s/stat", entry->d_name);
		read_file(path, stat, sizeof stat);
		if (sscanf(stat, "%d (silt-helper) %*c %d", &pid, &parent) == 2 &&
		    parent == getpid())
			found = pid;
	}
	if (proc)
		closedir(proc);
	return found;
}

static int has_no_more(int helper)
{
	char own[4096], other[4096];

	rights_of(getpid(), own, sizeof own);
	rights_of(helper, other, sizeof other);
	return strcmp(own, other) == 0 || other[0] == 0;
}

static void allocate(void)
{
	for (int i = 0; i < 10; i++) {
		free(kept);
		kept = malloc(1000);
		usleep(1000);
	}
}

static void after(const char *step, long result, int at_once)
{
	int helper = find_helper(), good = helper && has_no_more(helper);

	/* One that has just been started has not got its name yet. */
	for (int i = 0; i < 500 && !good && (!at_once || !helper); i++) {
		allocate();
		helper = find_helper();
		good = helper && has_no_more(helper);
	}
	printf("%s: %s, %s\n", step, result < 0 ? "failed" : "done",
	       good	? "the same"
	       : helper ? "more"
			: "none");
	if (!good && helper) {
		char text[4096];

		rights_of(getpid(), text, sizeof text);
		fputs(text, stdout);
		rights_of(helper, text, sizeof text);
		fputs(text, stdout);
	}
	fflush(stdout);
}

static long capabilities(int by_syscall, uint64_t permitted)
{
	struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct data[2] = {
		{(uint32_t)permitted, (uint32_t)permitted, 0},
		{(uint32_t)(permitted >> 32), (uint32_t)(permitted >> 32), 0}};

	return by_syscall ? syscall(SYS_capset, &header, data)
			  : raw(SYS_capset, (long)&header, (long)data, 0, 0);
}

static void by_libc(void)
{
	gid_t groups[] = {1, 2, 3};

	after("start", 0, 1);
	after("setgroups", setgroups(3, groups), 1);
	after("setegid", setegid(NOBODY), 1);
	after("setresgid", setresgid(NOBODY, NOBODY, NOBODY), 1);
	after("bounding set", prctl(PR_CAPBSET_DROP, CAP_SYS_MODULE, 0, 0, 0), 1);
	after("seteuid", seteuid(NOBODY), 1);
	after("seteuid back", seteuid(0), 1);
	after("keepcaps", prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0), 1);
	after("setresuid", setresuid(NOBODY, NOBODY, NOBODY), 1);
	after("capset", capabilities(1, 1ul << CAP_NET_BIND_SERVICE), 1);
	after("no new privileges", prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 1);
	after("no capabilities", capabilities(1, 0), 1);
}

static void by_itself(void)
{
	gid_t groups[] = {1, 2, 3};

	setgroups(3, groups);
	after("start", 0, 1);
	after("setgroups", raw(SYS_setgroups, 1, (long)groups, 0, 0), 0);
	after("setresgid", raw(SYS_setresgid, NOBODY, NOBODY, NOBODY, 0), 0);
	after("capset", capabilities(0, 1ul << CAP_SETUID), 0);
	after("setresuid", raw(SYS_setresuid, NOBODY, NOBODY, NOBODY, 0), 0);
	after("no new privileges", raw(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0), 0);
}

static __attribute__((noinline)) void wreck(void)
{
	struct range {
		uintptr_t start, end;
	} ranges[MAX_RANGES];
	struct timespec pause = {1, 500000000};
	uintptr_t here = (uintptr_t)__builtin_frame_address(0);
	/* the kernel looks there, too (rseq) */
	uintptr_t thread = machine_thread_pointer();
	char line[512], page[4096], *at = line, c;
	int fd, memory = open("/proc/self/mem", O_RDWR | O_CLOEXEC), count = 0;

	for (size_t i = 0; i < sizeof page; i++)
		page[i] = (char)0xa5;
	if (setgroups(0, NULL) < 0 || setresgid(NOBODY, NOBODY, NOBODY) < 0 ||
	    setresuid(NOBODY, NOBODY, NOBODY) < 0)
		return;
	allocate();
	fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
	while (fd >= 0 && count < MAX_RANGES && read(fd, &c, 1) == 1) {
		struct range range;
		char writable;

		*at++ = c;
		if (c != '\n' && at < line + sizeof line - 1)
			continue;
		*at = 0;
		at = line;
		if (sscanf(line, "%lx-%lx r%c", &range.start, &range.end, &writable) == 3 &&
		    writable == 'w' && !(here >= range.start && here < range.end) &&
		    !(thread >= range.start && thread < range.end))
			ranges[count++] = range;
	}
	/* From here on nothing but the stack and system calls: one that fails where a mapping
	 * has gone meanwhile. A page of a reserved mapping costs memory: not the large ones
	 * whole. */
	for (int i = 0; i < count; i++) {
		bool large = ranges[i].end - ranges[i].start > 1ul << 26;

		for (uintptr_t place = ranges[i].start; place < ranges[i].end;
		     place += large ? 65536 : sizeof page)
			raw(SYS_pwrite64, memory, (long)page, large ? 64 : sizeof page,
			    (long)place);
	}
	raw(SYS_nanosleep, (long)&pause, 0, 0, 0);
	for (;;)
		raw(SYS_exit_group, count > 3 ? 7 : 8, 0, 0, 0);
}

/* More often than 16 times a second, at whichever moment the seconds turn. */
static void often(void)
{
	int helper = 0;

	for (int round = 0; round < 50 && (round == 0 || find_helper()); round++)
		for (int i = 0; i < 100; i++)
			setegid((gid_t)(i % 2));
	printf("%s\n", find_helper() ? "one is started each time" : "none for a while");
	for (int i = 0; i < 200 && !helper; i++) {
		usleep(50000);
		allocate();
		helper = find_helper();
	}
	printf("%s\n", helper && has_no_more(helper) ? "then one with the same" : "no other");
}

int main(int argc, char **argv)
{
	allocate();
	usleep(50000);
	if (argc > 1 && strcmp(argv[1], "libc") == 0)
		by_libc();
	else if (argc > 1 && strcmp(argv[1], "raw") == 0)
		by_itself();
	else if (argc > 1 && strcmp(argv[1], "often") == 0)
		often();
	else
		wreck();
	allocate();
	return 0;
}
