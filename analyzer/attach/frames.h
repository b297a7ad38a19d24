/*
 * Whether a stopped thread is at a safe point: neither it nor what it has called into, outwards to
 * its start, is at work in the dynamic linker, the allocator or other code that takes locks which
 * loading a library needs.
 * Must not: trust the stack of the process.
 */
#ifndef SILT_ATTACH_FRAMES_H
#define SILT_ATTACH_FRAMES_H

#include "attach/elf.h"
#include "attach/target.h"

struct frames;
/* Reads what is mapped, before a thread is stopped; `libc`: what the C library exports. NULL:
 * it cannot be read. */
struct frames *frames_open(const struct target *target, const struct elf_functions *libc);
void frames_close(struct frames *frames);
/* The thread is stopped by us. True: safe. Else `why`, for a sentence that begins "it is", to
 * be freed. `asleep`: it was stopped in a system call. */
bool frames_are_safe(struct frames *frames, pid_t tid, bool asleep, char **why);

#endif
