/*
 * x86-64: see arch.h for the meaning of each definition. Sources: System V ABI, AMD64 supplement;
 * Linux, arch/x86.
 * Path: hot in unwinding. Threads: all. Memory: none.
 * Must not: know what it is used for.
 */
#ifndef SILT_ARCH_X86_64_H
#define SILT_ARCH_X86_64_H

#include <elf.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/ucontext.h>
#include <sys/user.h>

#define ARCH_MACHINE EM_X86_64

static inline long arch_syscall(long number, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return result;
}

static inline long arch_clone(unsigned long flags, void *stack_top, int (*run)(void *),
			      void *argument, _Atomic uint32_t *parent_tid,
			      _Atomic uint32_t *child_tid)
{
	uintptr_t *stack = stack_top;
	register long r10 __asm__("r10") = (long)child_tid;
	register long r8 __asm__("r8") = 0;
	long result;

	*--stack = (uintptr_t)argument;
	*--stack = (uintptr_t)run;
	__asm__ volatile("syscall\n\t"
			 "test %%rax, %%rax\n\t"
			 "jnz 1f\n\t"
			 "xor %%ebp, %%ebp\n\t"
			 "pop %%rax\n\t"
			 "pop %%rdi\n\t"
			 "call *%%rax\n\t"
			 "ud2\n"
			 "1:"
			 : "=a"(result)
			 : "a"(SYS_clone), "D"(flags), "S"(stack), "d"(parent_tid), "r"(r10),
			   "r"(r8)
			 : "rcx", "r11", "memory");
	return result;
}

/* One instruction instead of three, which the compiler does not make of an atomic store. */
static inline __attribute__((always_inline)) void arch_add(uint64_t *counter, uint64_t value)
{
	__asm__ volatile("addq %1, %0" : "+m"(*counter) : "er"(value) : "cc");
}

static inline __attribute__((always_inline)) void arch_add_last(uint64_t *counter, uint64_t value)
{
	__asm__ volatile("addq %1, %0" : "+m"(*counter) : "er"(value) : "cc", "memory");
}

/* Reads memory of the thread. Not in the helper: the thread that started it, whose fs it has, may
 * have ended. Volatile, so that it is not moved before a test. */
static inline uintptr_t arch_thread_pointer(void)
{
	uintptr_t pointer;

	__asm__ volatile("mov %%fs:0, %0" : "=r"(pointer));
	return pointer;
}

static inline __attribute__((always_inline)) uintptr_t arch_stack_pointer(void)
{
	uintptr_t pointer;

	__asm__ volatile("mov %%rsp, %0" : "=r"(pointer));
	return pointer;
}

#define ARCH_CALL_SIZE_MAX 7u
#define ARCH_JUMP_SIZE_MAX 16u

static inline uintptr_t arch_relative(uintptr_t after)
{
	int32_t offset;

	__builtin_memcpy(&offset, (const void *)(after - 4), 4);
	return after + (uintptr_t)(intptr_t)offset;
}

static inline bool arch_call_before(uintptr_t after, uintptr_t *target)
{
	const unsigned char *code = (const unsigned char *)after;

	if (code[-5] == 0xe8) {
		*target = arch_relative(after);
		return true;
	}
	if (code[-6] == 0xff && code[-5] == 0x15) { /* call *slot(%rip) */
		*target = *(const uintptr_t *)arch_relative(after);
		return true;
	}
	*target = 0;
	return (code[-2] == 0xff && (code[-1] & 0x38) == 0x10) ||
	       (code[-3] == 0xff && (code[-2] & 0xf8) == 0x50) ||
	       (code[-4] == 0xff && code[-3] == 0x54) ||
	       (code[-6] == 0xff && (code[-5] & 0xf8) == 0x90) ||
	       (code[-7] == 0xff && code[-6] == 0x94);
}

static inline bool arch_is_jump(uintptr_t address)
{
	return *(const unsigned char *)address == 0xe9;
}

static inline uintptr_t arch_jump_target(uintptr_t address)
{
	return arch_relative(address + 5);
}

/* endbr64, bnd, jmp *slot(%rip) */
static inline uintptr_t arch_jump_slot(uintptr_t address)
{
	static const unsigned char endbr[] = {0xf3, 0x0f, 0x1e, 0xfa};
	const unsigned char *code = (const unsigned char *)address;

	if (__builtin_memcmp(code, endbr, sizeof endbr) == 0)
		code += sizeof endbr;
	if (*code == 0xf2)
		code++;
	return code[0] == 0xff && code[1] == 0x25 ? arch_relative((uintptr_t)code + 6) : 0;
}

/* A call pushes the return address, and a function with a frame pointer pushes its caller's. */
#define ARCH_CALLER_SP ((uintptr_t)__builtin_frame_address(0) + 2 * sizeof(void *))

/* -- unwinding -- */

enum { ARCH_DWARF_FP = 6, ARCH_DWARF_SP = 7, ARCH_DWARF_RA = 16 };

#define ARCH_RETURN_IN_REGISTER 0
#define ARCH_RED_ZONE 128u
#define ARCH_ADDRESS_BITS 47u

static inline uintptr_t arch_return_address(uintptr_t word)
{
	return word;
}

/* Empty: a call pushes the return address, so it is always just below the caller's stack
 * pointer. */
struct arch_place {
};
struct arch_link {
};

static inline struct arch_place arch_place(uintptr_t cfa, int slot)
{
	(void)cfa;
	(void)slot;
	return (struct arch_place){};
}

static inline struct arch_place arch_place_of(const uintptr_t *word)
{
	(void)word;
	return (struct arch_place){};
}

static inline bool arch_is_above(struct arch_place place, uintptr_t low)
{
	(void)place;
	(void)low;
	return true;
}

static inline const uintptr_t *arch_place_word(struct arch_place place, uintptr_t sp)
{
	(void)place;
	return (const uintptr_t *)sp - 1;
}

static inline uintptr_t arch_pc_at(struct arch_place place, uintptr_t sp)
{
	(void)place;
	return ((const uintptr_t *)sp)[-1];
}

static inline uintptr_t arch_linked(struct arch_link link)
{
	(void)link;
	return 0;
}

static inline uintptr_t arch_untag(uintptr_t word)
{
	return word;
}

static inline const ucontext_t *arch_signal_context(uintptr_t sp)
{
	return (const ucontext_t *)sp;
}

#define ARCH_SIGRETURN_UNTOLD 1
#define ARCH_SIGRETURN_IN_MODULE 1
#define ARCH_SIGRETURN_SIZE_MAX 9u
/* mov $__NR_rt_sigreturn, %rax (or %eax); syscall. glibc marks this code as a signal frame in its
 * unwind information, musl has none for it. */
static inline bool arch_is_sigreturn(uintptr_t pc)
{
	static const unsigned char wide[] = {0x48, 0xc7, 0xc0, 0x0f, 0, 0, 0, 0x0f, 0x05},
				   narrow[] = {0xb8, 0x0f, 0, 0, 0, 0x0f, 0x05};

	return __builtin_memcmp((const void *)pc, wide, sizeof wide) == 0 ||
	       __builtin_memcmp((const void *)pc, narrow, sizeof narrow) == 0;
}

static inline uintptr_t arch_context_pc(const ucontext_t *context)
{
	return (uintptr_t)context->uc_mcontext.gregs[REG_RIP];
}

static inline struct arch_link arch_context_link(const ucontext_t *context)
{
	(void)context;
	return (struct arch_link){};
}

static inline uintptr_t arch_context_sp(const ucontext_t *context)
{
	return (uintptr_t)context->uc_mcontext.gregs[REG_RSP];
}

static inline uintptr_t arch_context_fp(const ucontext_t *context)
{
	return (uintptr_t)context->uc_mcontext.gregs[REG_RBP];
}

/* -- threads that were stopped -- */

#define ARCH_REGISTER(name) (offsetof(struct user_regs_struct, name) / 8)
#define ARCH_REGISTERS (sizeof(struct user_regs_struct) / 8)
static inline struct arch_link arch_register_link(const uintptr_t *registers)
{
	(void)registers;
	return (struct arch_link){};
}
#define ARCH_REGISTER_PC ARCH_REGISTER(rip)
#define ARCH_REGISTER_SP ARCH_REGISTER(rsp)
#define ARCH_REGISTER_FP ARCH_REGISTER(rbp)
#define ARCH_REGISTER_RESULT ARCH_REGISTER(rax)
#define ARCH_REGISTER_ARGUMENT ARCH_REGISTER(rdi)
#define ARCH_REGISTER_ARGUMENTS                                                                    \
	ARCH_REGISTER(rdi), ARCH_REGISTER(rsi), ARCH_REGISTER(rdx), ARCH_REGISTER(r10),            \
		ARCH_REGISTER(r8), ARCH_REGISTER(r9)
#define ARCH_REGISTER_CALL ARCH_REGISTER(orig_rax)
#define ARCH_REGISTER_FLAGS ARCH_REGISTER(eflags)
#define ARCH_REGISTER_THREAD ARCH_REGISTER(fs_base)
#define ARCH_THREAD_SET 0
#define ARCH_VECTOR_SETS NT_X86_XSTATE
#define ARCH_CALL_FORGOTTEN 0
#define ARCH_CAN_REST 1
#define ARCH_CALL_SIZE 2u
#define ARCH_TLS_VARIANT 2

/* -- libunwind -- */

#define ARCH_LIBUNWIND_HEADER <libunwind-x86_64.h>
#define ARCH_LIBUNWIND "libunwind-x86_64.so.8"
#define ARCH_UNWIND_PREFIX "_Ux86_64_"
#define ARCH_UNWIND_REGISTERS 17
#define ARCH_UNWIND_PC UNW_X86_64_RIP
#define ARCH_UNWIND_RETURN UNW_X86_64_RIP
#define ARCH_UNWIND_SP UNW_X86_64_RSP
#define ARCH_UNWIND_PRESERVED                                                                      \
	{UNW_X86_64_RBX, ARCH_REGISTER(rbx)}, {UNW_X86_64_RBP, ARCH_REGISTER(rbp)},                \
		{UNW_X86_64_R12, ARCH_REGISTER(r12)}, {UNW_X86_64_R13, ARCH_REGISTER(r13)},        \
		{UNW_X86_64_R14, ARCH_REGISTER(r14)},                                              \
	{                                                                                          \
		UNW_X86_64_R15, ARCH_REGISTER(r15)                                                 \
	}
#define ARCH_UNWIND_NOTE(values)                                                                   \
	__asm__ volatile(                                                                          \
		"mov %%rbx, %0\n\tmov %%rbp, %1\n\tmov %%r12, %2\n\tmov %%r13, %3\n\tmov %%r14, "  \
		"%4\n\t"                                                                           \
		"mov %%r15, %5\n\tmov %%rsp, %6\n\tlea 0f(%%rip), %%rax\n0:\tmov %%rax, %7"        \
		: "=m"((values)[UNW_X86_64_RBX]), "=m"((values)[UNW_X86_64_RBP]),                  \
		  "=m"((values)[UNW_X86_64_R12]), "=m"((values)[UNW_X86_64_R13]),                  \
		  "=m"((values)[UNW_X86_64_R14]), "=m"((values)[UNW_X86_64_R15]),                  \
		  "=m"((values)[UNW_X86_64_RSP]), "=m"((values)[UNW_X86_64_RIP])                   \
		:                                                                                  \
		: "rax")

#endif
