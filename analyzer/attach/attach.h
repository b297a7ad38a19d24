/*
 * Loads libsilt.so into a process that runs, makes it record there, and ends the recording.
 *
 * How: one thread of the process is stopped (ptrace) at a point where, by its call stack, it holds
 * no lock of the dynamic linker or the allocator; all others run on. The thread executes a piece of
 * code in a mapping of its own, with a stack of its own, which opens the library and calls
 * silt_lib_attach() (preload/control/attach.c). Then its registers, signal mask, errno and the
 * system call that it slept in are restored, and it makes that call again.
 *
 * What keeps the process safe:
 * - A guardian does all this: a process in a session of its own, which no signal for `silt attach`
 *   reaches. Even if the guardian is killed, the thread returns by itself: by a signal frame on its
 *   stack until the piece of code is in place, then by that code.
 * - A thread that sleeps in a system call that cannot be repeated without effect (a write, a wait
 *   in a queue) is left alone. So is a thread within malloc, dlopen, fork, exit or the like: it is
 *   released and looked at again, or another thread is, up to a limit.
 * - All signals of the thread are blocked meanwhile; a fault ends the attempt, and the thread goes
 *   on where it was.
 * - A process where this cannot work is refused before anything is touched.
 *
 * The library is opened by its path or, if the process cannot see or read that (another mount
 * namespace, another user), from an anonymous file that the process makes (memfd).
 *
 * Must not: wait without a limit, leave a thread stopped.
 */
#ifndef SILT_ATTACH_ATTACH_H
#define SILT_ATTACH_ATTACH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define ATTACH_TIMEOUT_NS 5000000000ull /* default of --timeout */

struct attach_request {
	pid_t pid;
	/* path of libsilt.so */
	const char *library;
	/* SILT_ variables, each terminated by NUL; an empty one ends them */
	const char *settings;
	size_t settings_size;
	/* for finding a safe point */
	uint64_t timeout_ns;
};

/* The result of an attempt. */
struct attach_answer {
	/* why it failed, and what would help; NULL: it succeeded */
	char *refusal;
	/* words of the process that led to malloc, and were redirected */
	uint32_t redirected;
	/* how long the thread was stopped or did other work */
	uint64_t stopped_ns;
};

/* Start and end the recording of a process. Return true on success. Call attach_answer_free() in
 * both cases. */
bool attach_start(const struct attach_request *request, struct attach_answer *answer);
bool attach_end(const struct attach_request *request, struct attach_answer *answer);
/* Ends the recording without a last snapshot. */
bool attach_end_at_once(const struct attach_request *request, struct attach_answer *answer);
void attach_answer_free(struct attach_answer *answer);

/* Makes the directory for runs, if it is missing, for the user of the process; if it was made
 * for this process (`own`), gives it to that user. Returns NULL, or why that user cannot write
 * there, which the caller frees. */
char *attach_prepare_out(pid_t pid, const char *out, bool own);
/* Returns the SILT_ variables of the environment in the form of attach_request.settings; the
 * caller frees them. */
char *attach_settings(size_t *size);
/* Returns the run directory of a recorded process, through the root of the process if that sees
 * other files; the caller frees it. NULL: the process is not recorded. */
char *attach_find_run(pid_t pid);
/* Returns true if paths mean the same files to the process as to us. */
bool attach_same_files(pid_t pid);

#endif
