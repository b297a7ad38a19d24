/*
 * aarch64: see arch.h for the meaning of each definition. Sources: Procedure Call Standard for the
 * Arm 64-bit Architecture and its DWARF supplement; Linux, arch/arm64 and Documentation/arm64
 * (pointer-authentication, tagged-pointers).
 * Path: hot in unwinding. Threads: all. Memory: none.
 * Must not: know what it is used for.
 */
#ifndef SILT_ARCH_AARCH64_H
#define SILT_ARCH_AARCH64_H

#include <elf.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/ucontext.h>
#include <sys/user.h>

#define ARCH_MACHINE EM_AARCH64

static inline long arch_syscall(long number, long a, long b, long c, long d, long e, long f)
{
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	register long x5 __asm__("x5") = f;

	__asm__ volatile("svc #0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
			 : "memory", "cc");
	return x0;
}

static inline long arch_clone(unsigned long flags, void *stack_top, int (*run)(void *),
			      void *argument, _Atomic uint32_t *parent_tid,
			      _Atomic uint32_t *child_tid)
{
	uintptr_t *stack = stack_top;
	register long x8 __asm__("x8") = SYS_clone;
	register long x0 __asm__("x0") = (long)flags;
	register long x1 __asm__("x1");
	register long x2 __asm__("x2") = (long)parent_tid;
	register long x3 __asm__("x3") = 0;
	register long x4 __asm__("x4") = (long)child_tid;

	*--stack = (uintptr_t)argument;
	*--stack = (uintptr_t)run;
	x1 = (long)stack;
	__asm__ volatile("svc #0\n\t"
			 "cbnz x0, 1f\n\t"
			 "mov x29, xzr\n\t"
			 "ldp x1, x0, [sp], #16\n\t"
			 "blr x1\n\t"
			 "brk #1\n"
			 "1:"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4)
			 : "memory", "cc");
	return x0;
}

static inline void arch_add(uint64_t *counter, uint64_t value)
{
	__atomic_store_n(counter, *counter + value, __ATOMIC_RELAXED);
}

static inline void arch_add_last(uint64_t *counter, uint64_t value)
{
	__atomic_store_n(counter, *counter + value, __ATOMIC_RELEASE);
}

static inline uintptr_t arch_thread_pointer(void)
{
	return (uintptr_t)__builtin_thread_pointer();
}

static inline __attribute__((always_inline)) uintptr_t arch_stack_pointer(void)
{
	uintptr_t pointer;

	__asm__ volatile("mov %0, sp" : "=r"(pointer));
	return pointer;
}

/* The frame record may be anywhere in the frame; the compiler knows where. */
#define ARCH_CALLER_SP ((uintptr_t)__builtin_dwarf_cfa())

/* -- unwinding -- */

enum { ARCH_DWARF_FP = 29, ARCH_DWARF_SP = 31, ARCH_DWARF_RA = 30 };

#define ARCH_RETURN_IN_REGISTER 1
#define ARCH_RED_ZONE 0u
#define ARCH_ADDRESS_BITS 48u

/* XPACLRI, which removes the signature, however many bits it has. A no-op on processors without
 * pointer authentication. */
static inline uintptr_t arch_return_address(uintptr_t word)
{
	register uintptr_t x30 __asm__("x30") = word;

	__asm__("hint #7" : "+r"(x30));
	return x30;
}

/* A function saves the return address anywhere in its frame. */
struct arch_place {
	const uintptr_t *word;
};
struct arch_link {
	uintptr_t word;
};

static inline struct arch_place arch_place(uintptr_t cfa, int slot)
{
	return (struct arch_place){(const uintptr_t *)cfa + slot};
}

static inline struct arch_place arch_place_of(const uintptr_t *word)
{
	return (struct arch_place){word};
}

static inline bool arch_is_above(struct arch_place place, uintptr_t low)
{
	return (uintptr_t)place.word >= low;
}

static inline const uintptr_t *arch_place_word(struct arch_place place, uintptr_t sp)
{
	(void)sp;
	return place.word;
}

static inline uintptr_t arch_pc_at(struct arch_place place, uintptr_t sp)
{
	(void)sp;
	return arch_return_address(*place.word);
}

static inline uintptr_t arch_linked(struct arch_link link)
{
	return arch_return_address(link.word);
}

/* The top byte is free for programs (memory tagging, HWASan); bit 55 of a user address is 0. */
static inline uintptr_t arch_untag(uintptr_t word)
{
	return word & ~(0xfful << 56);
}

/* Linux, arch/arm64/kernel/signal.c, struct rt_sigframe: a siginfo of 128 bytes comes first. */
static inline const ucontext_t *arch_signal_context(uintptr_t sp)
{
	return (const ucontext_t *)(sp + 128);
}

#define ARCH_SIGRETURN_UNTOLD 1
#define ARCH_SIGRETURN_IN_MODULE 0
#define ARCH_SIGRETURN_SIZE_MAX 8u
/* mov x8, #__NR_rt_sigreturn; svc #0: since Linux 5.8 the vDSO has no unwind information for it. */
static inline bool arch_is_sigreturn(uintptr_t pc)
{
	const uint32_t *code = (const uint32_t *)pc;

	return pc % 4 == 0 && code[0] == 0xd2801168 && code[1] == 0xd4000001;
}

static inline uintptr_t arch_context_pc(const ucontext_t *context)
{
	return context->uc_mcontext.pc;
}

static inline struct arch_link arch_context_link(const ucontext_t *context)
{
	return (struct arch_link){context->uc_mcontext.regs[30]};
}

static inline uintptr_t arch_context_sp(const ucontext_t *context)
{
	return context->uc_mcontext.sp;
}

static inline uintptr_t arch_context_fp(const ucontext_t *context)
{
	return context->uc_mcontext.regs[29];
}

/* -- threads that were stopped -- */

#define ARCH_REGISTER(name) (offsetof(struct user_regs_struct, name) / 8)
#define ARCH_REGISTERS (sizeof(struct user_regs_struct) / 8)
static inline struct arch_link arch_register_link(const uintptr_t *registers)
{
	return (struct arch_link){registers[ARCH_REGISTER(regs[30])]};
}
#define ARCH_REGISTER_PC ARCH_REGISTER(pc)
#define ARCH_REGISTER_SP ARCH_REGISTER(sp)
#define ARCH_REGISTER_FP ARCH_REGISTER(regs[29])
#define ARCH_REGISTER_RESULT ARCH_REGISTER(regs[0])
#define ARCH_REGISTER_ARGUMENT ARCH_REGISTER(regs[0])
#define ARCH_REGISTER_ARGUMENTS                                                                    \
	ARCH_REGISTER(regs[0]), ARCH_REGISTER(regs[1]), ARCH_REGISTER(regs[2]),                    \
		ARCH_REGISTER(regs[3]), ARCH_REGISTER(regs[4]), ARCH_REGISTER(regs[5])
#define ARCH_REGISTER_CALL ARCH_REGISTER(regs[8])
#define ARCH_REGISTER_THREAD 0
#define ARCH_THREAD_SET NT_ARM_TLS
/* The SVE set includes the others: a header, then each register whole (Linux,
 * Documentation/arm64/sve). */
#define ARCH_VECTOR_SETS NT_ARM_SVE, NT_PRFPREG
#define ARCH_CALL_FORGOTTEN 1
#define ARCH_CALL_SIZE 4u
#define ARCH_TLS_VARIANT 1

/* -- libunwind -- */

#define ARCH_LIBUNWIND_HEADER <libunwind-aarch64.h>
#define ARCH_LIBUNWIND "libunwind-aarch64.so.8"
#define ARCH_UNWIND_PREFIX "_Uaarch64_"
#define ARCH_UNWIND_REGISTERS 34
#define ARCH_UNWIND_PC UNW_AARCH64_PC
/* after a step, libunwind's cursor has the pc in UNW_REG_IP */
#define ARCH_UNWIND_RETURN UNW_AARCH64_X30
#define ARCH_UNWIND_SP UNW_AARCH64_SP
#define ARCH_UNWIND_PRESERVED                                                                      \
	{UNW_AARCH64_X19, ARCH_REGISTER(regs[19])}, {UNW_AARCH64_X20, ARCH_REGISTER(regs[20])},    \
		{UNW_AARCH64_X21, ARCH_REGISTER(regs[21])},                                        \
		{UNW_AARCH64_X22, ARCH_REGISTER(regs[22])},                                        \
		{UNW_AARCH64_X23, ARCH_REGISTER(regs[23])},                                        \
		{UNW_AARCH64_X24, ARCH_REGISTER(regs[24])},                                        \
		{UNW_AARCH64_X25, ARCH_REGISTER(regs[25])},                                        \
		{UNW_AARCH64_X26, ARCH_REGISTER(regs[26])},                                        \
		{UNW_AARCH64_X27, ARCH_REGISTER(regs[27])},                                        \
		{UNW_AARCH64_X28, ARCH_REGISTER(regs[28])},                                        \
		{UNW_AARCH64_X29, ARCH_REGISTER(regs[29])},                                        \
	{                                                                                          \
		UNW_AARCH64_X30, ARCH_REGISTER(regs[30])                                           \
	}
#define ARCH_UNWIND_NOTE(values)                                                                   \
	__asm__ volatile("stp x19, x20, [%0, #152]\n\tstp x21, x22, [%0, #168]\n\t"                \
			 "stp x23, x24, [%0, #184]\n\tstp x25, x26, [%0, #200]\n\t"                \
			 "stp x27, x28, [%0, #216]\n\tstp x29, x30, [%0, #232]\n\t"                \
			 "mov x9, sp\n\tadr x10, 0f\n0:\tstp x9, x10, [%0, #248]"                  \
			 :                                                                         \
			 : "r"(values)                                                             \
			 : "x9", "x10", "memory")

#endif
