/*
 * Loads libsilt.so into a process that runs, has it record there, and ends that.
 *
 * How: one thread of the process is stopped (ptrace) where it holds no lock of the dynamic linker's
 * or the allocator's, by its call stack; all others run on. It is set to a piece of code in a
 * mapping of its own, with a stack of its own, which opens the library and calls silt_lib_attach()
 * (preload/control/attach.c), and then set back to where it was: registers, signal mask, errno and
 * the system call that it slept in, which it makes again as if nothing had been.
 *
 * What keeps the process safe:
 * - All of that is done by a guardian, a process of its own that no signal for `silt attach`
 *   reaches, in a session of its own. Where even that is killed, the thread comes back by itself:
 *   by a signal frame on its stack until the piece of code is in place, then by that.
 * - A thread that sleeps in a system call that cannot be made again without a trace (a write, a
 *   wait in a queue) is left alone; so is one within malloc, dlopen, fork, exit or the like: it is
 *   let go and looked at again, or another is, until a limit.
 * - All signals of the thread are held back meanwhile; a fault ends the attempt, and the thread
 *   goes on where it was.
 * - The process is refused where it cannot work, before anything is touched.
 * The library is opened by its path, or, where the process cannot see or read that (another mount
 * namespace, another user), from an anonymous file that it makes (memfd).
 *
 * Rooms: target.c (what /proc says, refusals), elf.c (symbols in files), frames.c (is this a safe
 * point), calls.c (the interrupted call), signal_frame.c (the way back), stub.c (the piece of
 * code), tracee.c (ptrace), guardian.c (the attempt), attach.c (what a command calls).
 * Must not: be a thread of the process's children, wait without a limit, leave a thread stopped.
 */
#ifndef SILT_ATTACH_ATTACH_H
#define SILT_ATTACH_ATTACH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define ATTACH_TIMEOUT_NS 5000000000ull /* unless asked for */

struct attach_request {
	pid_t pid;
	/* libsilt.so */
	const char *library;
	/* SILT_ variables, each terminated; an empty one ends them */
	const char *settings;
	size_t settings_size;
	/* for finding a safe point */
	uint64_t timeout_ns;
};

/* What came of it. */
struct attach_answer {
	/* why not, and what would help; NULL: it is done */
	char *refusal;
	/* words that led to malloc */
	uint32_t redirected;
	/* how long the thread was not its own */
	uint64_t stopped_ns;
};

/* True: done. The answer is to be freed in either case. */
bool attach_start(const struct attach_request *request, struct attach_answer *answer);
bool attach_end(const struct attach_request *request, struct attach_answer *answer);
/* The same without a last snapshot. */
bool attach_end_at_once(const struct attach_request *request, struct attach_answer *answer);
void attach_answer_free(struct attach_answer *answer);

/* Makes the directory for runs, where it is missing, for the user that the process is, or gives it
 * to that user where it was made for this (`own`); NULL, or why that user cannot write there, to be
 * freed. */
char *attach_prepare_out(pid_t pid, const char *out, bool own);
/* The SILT_ variables of the environment as one text: each terminated, ended by an empty one.
 * To be freed. */
char *attach_settings(size_t *size);
/* The run directory of a process that is recorded, where the process sees other files than we
 * do by way of its root; to be freed. NULL: it is not recorded. */
char *attach_find_run(pid_t pid);
/* Does the process see the same files by the same names? */
bool attach_same_files(pid_t pid);

#endif
