/*
 * Finds why a process cannot be attached to: see target.h.
 * Must not: touch the process.
 */
#include <fcntl.h>
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "attach/target.h"
#include "load/program.h"
#include "util/mem.h"
#include "util/processes.h"

/* Reads a line of /proc/PID/status; "" if there is none. */
static void status_line(const char *pid, const char *key, char *value, size_t size)
{
	char *path = mem_format("/proc/%s/status", pid), line[512];
	FILE *file = fopen(path, "re");

	free(path);
	value[0] = 0;
	while (file && fgets(line, sizeof line, file)) {
		if (strncmp(line, key, strlen(key)) != 0)
			continue;
		line[strcspn(line, "\n")] = 0;
		snprintf(value, size, "%s", line + strlen(key) + strspn(line + strlen(key), " \t"));
		break;
	}
	if (file)
		fclose(file);
}

static char *process_name(const char *pid)
{
	char *path = mem_format("/proc/%s/comm", pid), name[64] = "";
	FILE *file = fopen(path, "re");

	free(path);
	if (file && !fgets(name, sizeof name, file))
		name[0] = 0;
	if (file)
		fclose(file);
	name[strcspn(name, "\n")] = 0;
	return mem_string(name);
}

static char *traced_by(const char *pid)
{
	char *name = process_name(pid);
	char *text = mem_format("it is traced by process %s (%s): end that first", pid, name);

	free(name);
	return text;
}

static bool is_helper(const char *pid)
{
	char *name = process_name(pid);
	bool helper = strcmp(name, "silt-helper") == 0;

	free(name);
	return helper;
}

bool target_is_traced_by_helper(const struct target *target, pid_t tid)
{
	char *task = mem_format("%d/task/%d", (int)target->pid, (int)tid), value[128];

	status_line(task, "TracerPid:", value, sizeof value);
	free(task);
	return value[0] && strcmp(value, "0") != 0 && is_helper(value);
}

/* Each thread has a filter of its own, or none. */
static bool is_confined(const struct target *target)
{
	size_t count;
	pid_t *threads = target_threads(target, &count);
	bool confined = false;

	for (size_t i = 0; i < count && !confined; i++) {
		char *task = mem_format("%d/task/%d", (int)target->pid, (int)threads[i]), value[16];

		status_line(task, "Seccomp:", value, sizeof value);
		confined = value[0] && strcmp(value, "0") != 0;
		free(task);
	}
	free(threads);
	return confined;
}

static char *of_state(const struct target *target, const char *pid)
{
	char value[128];

	status_line(pid, "State:", value, sizeof value);
	if (value[0] == 'Z' || value[0] == 'X')
		return mem_string(
			processes_has_ended(target->pid)
				? "it has ended and waits to be reaped: there is nothing to record"
				: "its first thread has ended, and the kernel shows nothing of "
				  "such a process: start it with `silt run`");
	status_line(pid, "TracerPid:", value, sizeof value);
	if (value[0] && strcmp(value, "0") != 0 && !is_helper(value))
		return traced_by(value);
	status_line(pid, "State:", value, sizeof value);
	if (value[0] == 'T')
		return mem_format("it is stopped: kill -CONT %s, then try again", pid);
	if (is_confined(target))
		return mem_string(
			"a filter of system calls (seccomp) may end it for what the library has "
			"to do: start it with `silt run`, or without the filter");
	status_line(pid, "Kthread:", value, sizeof value);
	if (strcmp(value, "1") == 0)
		return mem_string("it is a thread of the kernel");
	return NULL;
}

static char *of_allocator(const struct program *program)
{
	const char *name = program->allocator ? program->allocator : "an allocator";

	if (program->malloc == PROGRAM_MALLOC_EXPORTED ||
	    program->malloc == PROGRAM_MALLOC_HIDDEN || program->malloc == PROGRAM_MALLOC_RENAMED)
		return mem_format("it has %s built in, whose functions cannot be redirected while "
				  "the program runs: start it with `silt run`",
				  name);
	return NULL;
}

/* Looks at the executable. */
static char *of_program(const struct program *program)
{
	const char *slash = program->loader ? strrchr(program->loader, '/') : NULL;

	if (!program->elf)
		return mem_string("its executable cannot be read");
	if (program->elf_class != ELFCLASS64)
		return mem_string("it is a 32-bit program, and libsilt.so is a library for "
				  "64-bit ones: build it for 64 bits to look for the leak");
	if (program->sanitizer)
		return mem_format(
			"it is built with %s, which stands in for malloc itself: run a build "
			"without -fsanitize",
			program->sanitizer);
	if (program->go)
		return mem_string("it is a Go program, and Go's heap is not malloc's: use the "
				  "heap profile of runtime/pprof");
	if (!program->loader)
		return mem_string(
			"it is statically linked: there is no dynamic linker to load libsilt.so; "
			"link it without -static");
	if (slash && strncmp(slash + 1, "ld-musl", 7) == 0)
		return mem_string(
			"it is linked to musl, whose programs cannot be attached to: start it "
			"with `silt run`");
	return of_allocator(program);
}

static char *of_executable(const struct target *target)
{
	char *path = mem_format("/proc/%d/exe", (int)target->pid), *refusal;
	struct program program = {0};
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	free(path);
	if (fd >= 0)
		program_read_elf(&program, fd);
	refusal = of_program(&program);
	if (fd >= 0)
		close(fd);
	free(program.loader);
	return refusal;
}

static char *of_modules(const struct target *target)
{
	static const char *const sanitizers[] = {"libasan.so", "libtsan.so", "libhwasan.so",
						 "libclang_rt."};

	for (size_t i = 0; i < sizeof sanitizers / sizeof sanitizers[0]; i++)
		if (target_find(target, sanitizers[i]))
			return mem_format(
				"%s is loaded, which stands in for malloc itself: run it without",
				sanitizers[i]);
	if (!target_libc(target))
		return mem_string("glibc's libc.so.6 is not mapped in it: libsilt.so needs that");
	return NULL;
}

char *target_refusal(const struct target *target)
{
	char *pid = mem_format("%d", (int)target->pid), *refusal = of_state(target, pid);

#ifndef __x86_64__
	if (!refusal)
		refusal = mem_string(
			"attaching is known on x86-64 only: start the program with `silt run`");
#endif
	if (!refusal && target->module_count == 0)
		refusal = target_forbidden(target);
	if (!refusal)
		refusal = of_executable(target);
	free(pid);
	return refusal ? refusal : of_modules(target);
}

char *target_forbidden(const struct target *target)
{
	FILE *file = fopen("/proc/sys/kernel/yama/ptrace_scope", "re");
	char *path = mem_format("/proc/%d", (int)target->pid);
	struct stat status;
	int scope = 0;
	bool other = stat(path, &status) == 0 && status.st_uid != geteuid();

	free(path);
	if (file && fscanf(file, "%d", &scope) != 1)
		scope = 0;
	if (file)
		fclose(file);
	if (scope == 3)
		return mem_string("the kernel forbids tracing until the next start of the "
				  "machine (kernel.yama.ptrace_scope is 3)");
	if (other && geteuid() != 0)
		return mem_string(
			"it belongs to another user, or has rights of its own: run silt as root");
	if (scope && geteuid() != 0)
		return mem_format("the kernel lets no process trace another of the same user "
				  "(kernel.yama.ptrace_scope is %d): run silt as root, or sysctl "
				  "kernel.yama.ptrace_scope=0",
				  scope);
	return mem_string(
		"the kernel does not let it be traced: run silt as root, in a container with "
		"--cap-add SYS_PTRACE, or from the host");
}
