/*
 * Finds whether a stopped thread is at a safe point: none of the functions on its call stack is in
 * the dynamic linker, the allocator or other code that holds locks which loading a library needs.
 * Must not: trust the stack of the process.
 */
#ifndef SILT_ATTACH_FRAMES_H
#define SILT_ATTACH_FRAMES_H

#include "attach/elf.h"
#include "attach/target.h"

struct frames;
/* Reads what is mapped, before a thread is stopped. `libc`: the functions that the C library
 * exports. Returns NULL if it cannot be read. Free with frames_close(). */
struct frames *frames_open(const struct target *target, const struct elf_functions *libc);
void frames_close(struct frames *frames);
/* Returns true if a thread, which the caller has stopped, is at a safe point. Otherwise stores
 * in `why` the end of a sentence that begins "it is", which the caller frees. `asleep`: the
 * thread was stopped in a system call. */
bool frames_are_safe(struct frames *frames, pid_t tid, bool asleep, char **why);

#endif
