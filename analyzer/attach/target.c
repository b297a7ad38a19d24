/* Reads from /proc about a process: see target.h. */
#include "attach/target.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "util/mem.h"

static FILE *open_file(pid_t pid, const char *name)
{
	char *path = mem_format("/proc/%d/%s", (int)pid, name);
	FILE *file = fopen(path, "re");

	free(path);
	return file;
}

/* -- what is mapped -- */

static bool is_same_as_ours(pid_t pid, const char *name)
{
	char *theirs = mem_format("/proc/%d/%s", (int)pid, name),
	     *ours = mem_format("/proc/self/%s", name);
	struct stat a, b;
	bool same = stat(theirs, &a) == 0 && stat(ours, &b) == 0 && a.st_dev == b.st_dev &&
		    a.st_ino == b.st_ino;

	free(theirs);
	free(ours);
	return same;
}

static void add_module(struct target *target, struct target_module module)
{
	struct target_module *list;

	MEM_GROW(target->modules, target->module_count, target->module_capacity);
	list = target->modules;
	if (list) /* always */
		list[target->module_count++] = module;
}

static void take_mapping(struct target *target, const char *line)
{
	struct target_module *last =
		target->module_count ? &target->modules[target->module_count - 1] : NULL;
	uint64_t start, end, offset, inode;
	unsigned major_number, minor_number;
	int at = 0;
	char *path, *deleted;

	if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %*s %" SCNx64 " %x:%x %" SCNu64 " %n", &start,
		   &end, &offset, &major_number, &minor_number, &inode, &at) < 6 ||
	    at == 0 || line[at] != '/')
		return;
	path = mem_substring(line + at, strcspn(line + at, "\n"));
	deleted = strstr(path, " (deleted)");
	if (deleted && !deleted[10])
		*deleted = 0;
	if (last && last->inode == inode && strcmp(last->path, path) == 0 && offset) {
		last->end = end;
		free(path);
		return;
	}
	add_module(target, (struct target_module){start, end, makedev(major_number, minor_number),
						  inode, path});
}

/* Returns the number after a key in /proc/PID/status, in that base; -1: none. */
static long long status_number(pid_t pid, const char *key, int base)
{
	FILE *file = open_file(pid, "status");
	char line[512];
	long long number = -1;

	while (file && number < 0 && fgets(line, sizeof line, file))
		if (strncmp(line, key, strlen(key)) == 0)
			number = strtoll(line + strlen(key), NULL, base);
	if (file)
		fclose(file);
	return number;
}

bool target_read(struct target *target, pid_t pid)
{
	FILE *file = open_file(pid, "maps");
	char *line = NULL;
	size_t size = 0;

	*target = (struct target){.pid = pid};
	if (!file && errno == ENOENT)
		return false;
	while (file && getline(&line, &size, file) > 0)
		take_mapping(target, line);
	free(line);
	if (file)
		fclose(file);
	target->same_files = is_same_as_ours(pid, "ns/mnt") && is_same_as_ours(pid, "root");
	target->same_processes = is_same_as_ours(pid, "ns/pid");
	target->user = (uid_t)status_number(pid, "Uid:", 10);
	target->group = (gid_t)status_number(pid, "Gid:", 10);
	return true;
}

void target_free(struct target *target)
{
	for (size_t i = 0; i < target->module_count; i++)
		free(target->modules[i].path);
	free(target->modules);
	*target = (struct target){0};
}

const struct target_module *target_find(const struct target *target, const char *name)
{
	for (size_t i = 0; i < target->module_count; i++) {
		const char *path = target->modules[i].path, *slash = strrchr(path, '/');
		const char *file = slash + 1;

		if (strncmp(file, "memfd:", 6) == 0)
			file += 6;
		if (strncmp(file, name, strlen(name)) == 0)
			return &target->modules[i];
	}
	return NULL;
}

const struct target_module *target_libc(const struct target *target)
{
	const struct target_module *libc = target_find(target, "libc.so.6");

	return libc ? libc : target_find(target, "libc-2.");
}

const struct target_module *target_at(const struct target *target, uint64_t address)
{
	for (size_t i = 0; i < target->module_count; i++)
		if (address >= target->modules[i].start && address < target->modules[i].end)
			return &target->modules[i];
	return NULL;
}

static bool is_file(int fd, const struct target_module *module)
{
	struct stat status;

	return fstat(fd, &status) == 0 && status.st_ino == module->inode;
}

int target_open(const struct target *target, const struct target_module *module)
{
	char *path = mem_format("/proc/%d/root%s", (int)target->pid, module->path);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	DIR *files;
	struct dirent *entry;

	free(path);
	if (fd >= 0 && is_file(fd, module))
		return fd;
	if (fd >= 0)
		close(fd);
	path = mem_format("/proc/%d/map_files", (int)target->pid);
	files = opendir(path);
	free(path);
	for (fd = -1; files && fd < 0 && (entry = readdir(files));) {
		if (strtoull(entry->d_name, NULL, 16) == module->start)
			fd = openat(dirfd(files), entry->d_name, O_RDONLY | O_CLOEXEC);
	}
	if (files)
		closedir(files);
	return fd;
}

uint64_t target_writable_from(const struct target *target, uint64_t address)
{
	FILE *file = open_file(target->pid, "maps");
	uint64_t start, end, found = UINT64_MAX;
	char *line = NULL, writable;
	size_t size = 0;

	while (file && found == UINT64_MAX && getline(&line, &size, file) > 0)
		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %*c%c", &start, &end, &writable) == 3 &&
		    address >= start && address < end && writable == 'w')
			found = start;
	free(line);
	if (file)
		fclose(file);
	return found;
}

/* -- threads -- */

static char read_state(const struct target *target, pid_t tid)
{
	char *name = mem_format("task/%d/stat", (int)tid), line[512] = "", *end;
	FILE *file = open_file(target->pid, name);

	free(name);
	if (!file)
		return 0;
	if (!fgets(line, sizeof line, file))
		line[0] = 0;
	fclose(file);
	end = strrchr(line, ')');
	return end && end[1] == ' ' ? end[2] : 0;
}

void target_look(const struct target *target, pid_t tid, struct target_place *place)
{
	char *name = mem_format("task/%d/syscall", (int)tid), line[512] = "";
	FILE *file;
	uint64_t *a = place->arguments;

	*place = (struct target_place){.state = read_state(target, tid), .number = -1};
	file = open_file(target->pid, name);
	free(name);
	if (!file)
		return;
	if (!fgets(line, sizeof line, file))
		line[0] = 0;
	fclose(file);
	if (strncmp(line, "running", 7) == 0)
		return;
	place->asleep =
		sscanf(line,
		       "%ld %" SCNx64 " %" SCNx64 " %" SCNx64 " %" SCNx64 " %" SCNx64 " %" SCNx64,
		       &place->number, &a[0], &a[1], &a[2], &a[3], &a[4], &a[5]) == 7;
	if (!place->asleep)
		place->number = -1;
}

pid_t *target_threads(const struct target *target, size_t *count)
{
	char *path = mem_format("/proc/%d/task", (int)target->pid);
	DIR *tasks = opendir(path);
	struct dirent *entry;
	size_t capacity = 0;
	pid_t *threads = NULL;

	free(path);
	*count = 0;
	while (tasks && (entry = readdir(tasks))) {
		pid_t tid = (pid_t)atoi(entry->d_name);

		if (tid <= 0)
			continue;
		MEM_GROW(threads, *count, capacity);
		threads[(*count)++] = tid;
		if (tid == target->pid) {
			threads[*count - 1] = threads[0];
			threads[0] = tid;
		}
	}
	if (tasks)
		closedir(tasks);
	return threads;
}
