/*
 * Builds what the kernel puts on a thread's stack before it runs a signal handler, and restores at
 * rt_sigreturn(): registers, the other processor state, the signal mask. A thread whose stack
 * pointer is at the frame returns to where it was with a `ret`, even if whoever redirected it is
 * gone.
 * Must not: touch the process.
 */
#ifndef SILT_ATTACH_SIGNAL_FRAME_H
#define SILT_ATTACH_SIGNAL_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/user.h>

#define SIGNAL_FRAME_MAX (20ul << 10) /* bytes; AVX-512 and AMX need 11 KiB */

struct signal_frame {
	/* address on the thread's stack, which holds the return address */
	uint64_t at;
	/* in bytes */
	size_t size;
	unsigned char bytes[SIGNAL_FRAME_MAX];
};

/* Builds the frame below the stack pointer of a thread that the caller traces and has stopped.
 * `mask`: the thread's signal mask. `sigreturn`: address of code that calls rt_sigreturn.
 * Returns false if the kernel does not report the processor state. */
bool signal_frame_build(struct signal_frame *frame, pid_t tid,
			const struct user_regs_struct *registers, uint64_t mask,
			uint64_t sigreturn);

#endif
