/*
 * What the kernel puts on a thread's stack before it runs a handler, and takes back at
 * rt_sigreturn(): registers, the processor's other state, the signal mask. A thread whose stack
 * pointer is there comes back to where it was with a return, whoever set it to other work.
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
	/* address on the thread's stack, of the address returned to */
	uint64_t at;
	/* bytes */
	size_t size;
	unsigned char bytes[SIGNAL_FRAME_MAX];
};

/* The frame below the stack pointer of a thread that the caller traces and has stopped. `mask`: of
 * its signals. `sigreturn`: address of code that makes the system call rt_sigreturn. False: the
 * kernel does not tell the processor's state. */
bool signal_frame_build(struct signal_frame *frame, pid_t tid,
			const struct user_regs_struct *registers, uint64_t mask,
			uint64_t sigreturn);

#endif
