/*
 * Stops one thread of the process and makes it execute other code (ptrace).
 * Must not: wait without a limit; leave the thread anywhere except where it was, or in code that
 * returns there by itself.
 */
#ifndef SILT_ATTACH_TRACEE_H
#define SILT_ATTACH_TRACEE_H

#include <sys/user.h>

#include "attach/elf.h"
#include "attach/stragglers.h"
#include "attach/target.h"

struct tracee {
	const struct target *target;
	pid_t tid;
	/* what the thread was doing before it was stopped */
	struct target_place place;
	/* registers at the stop, and registers with which the thread goes on */
	struct user_regs_struct registers, mended;
	/* signal mask */
	uint64_t mask;
	/* of a wait: address where the kernel writes the remaining time; 0: nowhere */
	uint64_t time_left_at;
	/* the bytes that were there */
	unsigned char time_left[16];
	/* instructions in the C library */
	struct elf_calls calls;
	/* address on its stack of the frame by which it returns by itself; 0: tracee_prepare()
	 * was not called */
	uint64_t signal_frame;
	/* descriptor of /proc/PID/mem */
	int memory;
	/* SIGSTOP at its last stop, to be delivered as it goes on; 0: none. All others are
	 * blocked, and the kernel delivers them once the thread is released. */
	int signal;
	/* other threads */
	struct stragglers stragglers;
};

enum tracee_stop {
	TRACEE_STOPPED,
	TRACEE_FORBIDDEN, /* tracing is not permitted */
	/* it sleeps in a call that must not be interrupted, or did not stop in time */
	TRACEE_BUSY,
	TRACEE_GONE,
	TRACEE_SUSPENDED, /* the whole process is stopped by SIGSTOP */
};

/* Stops a thread, if it may be stopped where it is. The caller sets thread->memory and
 * thread->calls before. */
enum tracee_stop tracee_stop(struct tracee *thread, const struct target *target, pid_t tid);
/* Makes the thread return by itself if the caller ends at any time from now on, and blocks its
 * signals. Returns false, without a change, if its stack has no room. */
bool tracee_prepare(struct tracee *thread);
/* Makes the thread execute a system call. Returns its result; -EINTR if it could not. */
long tracee_call(struct tracee *thread, long number, uint64_t a, uint64_t b, uint64_t c, uint64_t d,
		 uint64_t e, uint64_t f);

enum tracee_run {
	TRACEE_DONE,
	TRACEE_FAULT, /* it got a signal of a fault, which is not delivered */
	TRACEE_LATE,
	TRACEE_ENDED,
};
/* Runs the thread from `registers` (NULL: from where it is) until it has made the system call
 * before `mark`. */
enum tracee_run tracee_run(struct tracee *thread, const struct user_regs_struct *registers,
			   uint64_t mark, uint64_t timeout_ns);
/* Runs the thread from `registers` until the word at `noted` is not 0, without a stop at its system
 * calls. Then writes 1 to the word at `taken`, and runs the thread until it has made the system
 * call before `mark`. */
enum tracee_run tracee_run_noting(struct tracee *thread, const struct user_regs_struct *registers,
				  uint64_t noted, uint64_t taken, uint64_t mark,
				  uint64_t timeout_ns);
/* Restores the thread's registers and signals, and releases it. */
void tracee_let_go(struct tracee *thread);

/* Copies memory of the process. Returns false if not all of it can be read. */
bool tracee_read(const struct tracee *thread, uint64_t address, void *data, size_t size);
/* Writes memory of the process, also where it is not mapped writable. Returns false if not all
 * of it can be written. */
bool tracee_write(const struct tracee *thread, uint64_t address, const void *data, size_t size);

#endif
