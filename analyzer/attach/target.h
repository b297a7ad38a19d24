/*
 * Reads from /proc about a process to attach to.
 * Must not: touch it.
 */
#ifndef SILT_ATTACH_TARGET_H
#define SILT_ATTACH_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* A file that is mapped from its first byte. */
struct target_module {
	uint64_t start, end;
	uint64_t device, inode;
	/* as the process sees it, without " (deleted)" */
	char *path;
};

struct target {
	pid_t pid;
	struct target_module *modules;
	size_t module_count, module_capacity;
	/* mount namespace and root are ours: paths mean the same files */
	bool same_files;
	/* its pid namespace is ours */
	bool same_processes;
	uid_t user;
	gid_t group;
};

/* Reads what is mapped, as far as we may. Returns false if there is no such process. Free with
 * target_free(). */
bool target_read(struct target *target, pid_t pid);
void target_free(struct target *target);
/* Returns why the process cannot be attached to, and what would help, which the caller frees;
 * NULL: nothing is known against it. */
char *target_refusal(const struct target *target);
/* Returns why ptrace was refused, which the caller frees. */
char *target_forbidden(const struct target *target);

/* Returns the module whose file name begins with `name` ("libc.so.6"); NULL: there is none. */
const struct target_module *target_find(const struct target *target, const char *name);
/* Returns the module of glibc, by either form of its file name. */
const struct target_module *target_libc(const struct target *target);
const struct target_module *target_at(const struct target *target, uint64_t address);
/* Opens the file that is mapped, also if another file has replaced it. Returns a descriptor;
 * below 0: it cannot be opened. */
int target_open(const struct target *target, const struct target_module *module);

/* Returns where the writable mapping that contains the address begins; UINT64_MAX: there is
 * none. */
uint64_t target_writable_from(const struct target *target, uint64_t address);

/* What a thread is doing. */
struct target_place {
	bool asleep;
	/* as in /proc/PID/stat; 0: the thread is gone */
	char state;
	/* number of the system call that it sleeps in; below 0: none */
	long number;
	uint64_t arguments[6];
};
void target_look(const struct target *target, pid_t tid, struct target_place *place);
/* Returns true if silt's own helper traces the thread, for a heap graph. It will release the
 * thread soon. */
bool target_is_traced_by_helper(const struct target *target, pid_t tid);
/* Returns the threads, the main thread first; the caller frees the array. */
pid_t *target_threads(const struct target *target, size_t *count);

#endif
