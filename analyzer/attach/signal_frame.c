/*
 * Builds a signal frame: see signal_frame.h. The layout is that of arch/x86/include/asm/sigframe.h
 * and arch/x86/include/uapi/asm/sigcontext.h of Linux.
 */
#include "attach/signal_frame.h"

#include <cpuid.h>
#include <elf.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/ucontext.h>
#include <sys/uio.h>

#ifdef __x86_64__

/* uc_flags: XSAVE state, and a stack segment to be restored unchanged */
#define UC_FLAGS 7ul
#define NO_SUCH_STACK 0x7fff /* flags with which the kernel leaves the alternate stack alone */
#define RED_ZONE 128u
#define XSAVE_LEAST 576u /* bytes of FXSAVE and the XSAVE header */
#define SIZES_AT (sizeof(struct _libc_fpstate) - sizeof(struct _fpx_sw_bytes))
#define AMX (3ul << 17) /* features: tile configuration and tile data */

/* the kernel's struct rt_sigframe with struct ucontext */
struct head {
	uint64_t return_to;
	uint64_t flags, link;
	stack_t stack;
	mcontext_t registers;
	uint64_t mask;
	siginfo_t info;
};
_Static_assert(sizeof(mcontext_t) == 256 && offsetof(struct head, mask) == 304,
	       "struct ucontext of the kernel");

/* Returns the bytes of the XSAVE area with these features: Intel SDM, CPUID leaf 0DH. */
static size_t size_of(uint64_t features)
{
	size_t size = XSAVE_LEAST;

	for (unsigned i = 2; i < 63; i++) {
		unsigned length, offset, c, d;

		if (features >> i & 1 && __get_cpuid_count(0xd, i, &length, &offset, &c, &d) &&
		    offset + length > size)
			size = offset + length;
	}
	return size;
}

/* Stores the processor state as XSAVE writes it, and what follows it. Returns the bytes; 0: the
 * kernel does not report it. */
static size_t take_state(unsigned char *room, size_t room_size, pid_t tid)
{
	/* ptrace() reads whole words only */
	struct iovec area = {room, (room_size - FP_XSTATE_MAGIC2_SIZE) / 8 * 8};
	struct _fpx_sw_bytes *sizes = (void *)(room + SIZES_AT);
	const uint32_t magic = FP_XSTATE_MAGIC2;
	uint64_t features, used;
	size_t size;

	if (ptrace(PTRACE_GETREGSET, tid, (void *)NT_X86_XSTATE, &area) < 0)
		return 0;
	memcpy(&features, room + SIZES_AT, sizeof features); /* where a frame has its sizes */
	memcpy(&used, room + sizeof(struct _libc_fpstate), sizeof used);
	/* the kernel refuses tiles for a thread that never asked for them */
	features &= ~AMX | used;
	size = size_of(features);
	if (size > area.iov_len)
		return 0;
	*sizes = (struct _fpx_sw_bytes){
		.magic1 = FP_XSTATE_MAGIC1,
		.extended_size = (uint32_t)(size + FP_XSTATE_MAGIC2_SIZE),
		.xstate_bv = features,
		.xstate_size = (uint32_t)size,
	};
	memcpy(room + size, &magic, sizeof magic);
	return size + sizeof magic;
}

bool signal_frame_build(struct signal_frame *frame, pid_t tid,
			const struct user_regs_struct *registers, uint64_t mask, uint64_t sigreturn)
{
	/* the state is aligned to 64 bytes */
	const size_t before = (sizeof(struct head) + 63) / 64 * 64;
	size_t state = take_state(frame->bytes + before, sizeof frame->bytes - before, tid);
	struct head *head = (void *)frame->bytes;
	greg_t *general = head->registers.gregs;

	if (!state)
		return false;
	frame->size = before + state;
	frame->at = (registers->rsp - RED_ZONE - frame->size) / 64 * 64;
	*head = (struct head){.return_to = sigreturn, .flags = UC_FLAGS, .mask = mask};
	head->stack.ss_flags = NO_SUCH_STACK;
	general[REG_R8] = (greg_t)registers->r8;
	general[REG_R9] = (greg_t)registers->r9;
	general[REG_R10] = (greg_t)registers->r10;
	general[REG_R11] = (greg_t)registers->r11;
	general[REG_R12] = (greg_t)registers->r12;
	general[REG_R13] = (greg_t)registers->r13;
	general[REG_R14] = (greg_t)registers->r14;
	general[REG_R15] = (greg_t)registers->r15;
	general[REG_RDI] = (greg_t)registers->rdi;
	general[REG_RSI] = (greg_t)registers->rsi;
	general[REG_RBP] = (greg_t)registers->rbp;
	general[REG_RBX] = (greg_t)registers->rbx;
	general[REG_RDX] = (greg_t)registers->rdx;
	general[REG_RAX] = (greg_t)registers->rax;
	general[REG_RCX] = (greg_t)registers->rcx;
	general[REG_RSP] = (greg_t)registers->rsp;
	general[REG_RIP] = (greg_t)registers->rip;
	general[REG_EFL] = (greg_t)registers->eflags;
	general[REG_CSGSFS] = (greg_t)(registers->cs | registers->ss << 48);
	head->registers.fpregs = (fpregset_t)(uintptr_t)(frame->at + before);
	return true;
}
#endif
