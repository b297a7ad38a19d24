/*
 * A process that is to be attached to, as /proc tells it.
 * Must not: touch it.
 */
#ifndef SILT_ATTACH_TARGET_H
#define SILT_ATTACH_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* A file that is mapped, from its first byte. */
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
	/* its mount namespace and root are ours: paths mean the same */
	bool same_files;
	uid_t user;
	gid_t group;
};

/* Reads what is mapped, as far as that is ours to see; false: there is no such process. */
bool target_read(struct target *target, pid_t pid);
void target_free(struct target *target);
/* Why it cannot be attached to, and what would help; NULL: nothing is known against it. To be
 * freed. */
char *target_refusal(const struct target *target);
/* Whether ptrace was refused, and by what. To be freed. */
char *target_forbidden(const struct target *target);

/* The module whose file's name begins like that ("libc.so.6"); NULL: there is none. */
const struct target_module *target_find(const struct target *target, const char *name);
/* glibc's, by the name of either form of its file. */
const struct target_module *target_libc(const struct target *target);
const struct target_module *target_at(const struct target *target, uint64_t address);
/* A descriptor of the module's very file, also where it has been replaced since; below 0: it
 * cannot be opened. */
int target_open(const struct target *target, const struct target_module *module);

/* Where the writable memory begins that the address lies in; UINT64_MAX: in none. */
uint64_t target_writable_from(const struct target *target, uint64_t address);

/* Where a thread is. */
struct target_place {
	bool asleep;
	/* as in /proc/PID/stat; 0: it is gone */
	char state;
	/* of the system call it sleeps in; below 0: none */
	long number;
	uint64_t arguments[6];
};
void target_look(const struct target *target, pid_t tid, struct target_place *place);
/* Is the thread traced by silt's own helper, which takes a heap graph? It is let go soon. */
bool target_is_traced_by_helper(const struct target *target, pid_t tid);
/* The threads, the first one first; to be freed. */
pid_t *target_threads(const struct target *target, size_t *count);

#endif
