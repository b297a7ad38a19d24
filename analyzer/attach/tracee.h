/*
 * One thread of the process, stopped and set to other work (ptrace).
 * Must not: wait without a limit; leave it anywhere but where it was, or at work that brings it
 * back by itself.
 */
#ifndef SILT_ATTACH_TRACEE_H
#define SILT_ATTACH_TRACEE_H

#include <sys/user.h>

#include "attach/elf.h"
#include "attach/target.h"

struct tracee {
	const struct target *target;
	pid_t tid;
	/* before it was stopped */
	struct target_place place;
	/* as it was stopped, and as it is to go on */
	struct user_regs_struct registers, mended;
	/* of signals */
	uint64_t mask;
	/* of a wait: where the kernel writes it; 0: nowhere */
	uint64_t time_left_at;
	/* what was there */
	unsigned char time_left[16];
	/* of the C library */
	struct elf_calls calls;
	/* by which it comes back by itself: an address on its stack; 0: it was not prepared */
	uint64_t signal_frame;
	/* /proc/PID/mem */
	int memory;
};

enum tracee_stop {
	TRACEE_STOPPED,
	TRACEE_FORBIDDEN, /* it may not be traced */
	TRACEE_BUSY,	  /* it sleeps where it is left alone, or did not stop in time */
	TRACEE_GONE,
	TRACEE_SUSPENDED, /* the whole process is, by SIGSTOP */
};

/* Stops a thread, if it is where it can be stopped. `memory`, `calls`: as above. */
enum tracee_stop tracee_stop(struct tracee *thread, const struct target *target, pid_t tid);
/* Sets it so that it comes back by itself if the caller ends, at any time from then on, and holds
 * its signals back. False: its stack has no room; nothing has changed. */
bool tracee_prepare(struct tracee *thread);
/* Has it make a system call; its result, -EINTR if it could not. */
long tracee_call(struct tracee *thread, long number, uint64_t a, uint64_t b, uint64_t c, uint64_t d,
		 uint64_t e, uint64_t f);

enum tracee_run {
	TRACEE_DONE,
	TRACEE_FAULT, /* a signal of a fault, which it does not get */
	TRACEE_LATE,
	TRACEE_ENDED,
};
/* Has it run from `registers` (NULL: from where it is) until it has made the system call before
 * `mark`. */
enum tracee_run tracee_run(struct tracee *thread, const struct user_regs_struct *registers,
			   uint64_t mark, uint64_t timeout_ns);
/* Sets it back to where it was, with its signals, and lets it go. */
void tracee_let_go(struct tracee *thread);

/* Copies memory of the process; false: not all of it can be read, or written. */
bool tracee_read(const struct tracee *thread, uint64_t address, void *data, size_t size);
/* Also where it is not mapped for writing. */
bool tracee_write(const struct tracee *thread, uint64_t address, const void *data, size_t size);

#endif
