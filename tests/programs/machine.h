/*
 * What test programs need of the machine: registers that functions preserve, the thread pointer.
 */
#ifndef TESTS_PROGRAMS_MACHINE_H
#define TESTS_PROGRAMS_MACHINE_H

#include <stdint.h>
#include <time.h>

/* What thread-local variables are addressed by. */
static inline uintptr_t machine_thread_pointer(void)
{
	uintptr_t pointer;

#if defined(__x86_64__)
	__asm__("mov %%fs:0, %0" : "=r"(pointer));
#elif defined(__aarch64__)
	__asm__("mrs %0, tpidr_el0" : "=r"(pointer));
#endif
	return pointer;
}

/* What those registers held is gone. */
static inline __attribute__((always_inline)) void machine_scrub_registers(void)
{
#if defined(__x86_64__)
	__asm__ volatile("xor %%ebx, %%ebx\n\txor %%r12d, %%r12d\n\txor %%r13d, %%r13d\n\txor "
			 "%%r14d, %%r14d\n\t"
			 "xor %%r15d, %%r15d"
			 :
			 :
			 : "rbx", "r12", "r13", "r14", "r15");
#elif defined(__aarch64__)
	__asm__ volatile(
		"mov x19, xzr\n\tmov x20, xzr\n\tmov x21, xzr\n\tmov x22, xzr\n\tmov x23, xzr\n\t"
		"mov x24, xzr\n\tmov x25, xzr\n\tmov x26, xzr\n\tmov x27, xzr\n\tmov x28, xzr"
		:
		:
		: "x19", "x20", "x21", "x22", "x23", "x24", "x25", "x26", "x27", "x28");
#else
#error "which registers do functions preserve on this machine?"
#endif
}

/* Takes *pointer into such a register, clears it, and sleeps in a bare system call: it is
 * nowhere else meanwhile. */
static inline void machine_sleep_with_pointer(void **pointer, const struct timespec *time)
{
#if defined(__x86_64__)
	__asm__ volatile("mov (%0), %%r12\n\t"
			 "movq $0, (%0)\n\t"
			 "mov $35, %%eax\n\t" /* nanosleep */
			 "syscall"
			 :
			 : "r"(pointer), "D"(time), "S"(0)
			 : "rax", "rcx", "r11", "r12", "memory");
#elif defined(__aarch64__)
	__asm__ volatile("ldr x19, [%0]\n\t"
			 "str xzr, [%0]\n\t"
			 "mov x0, %1\n\t"
			 "mov x1, xzr\n\t"
			 "mov x8, #101\n\t" /* nanosleep */
			 "svc #0"
			 :
			 : "r"(pointer), "r"(time)
			 : "x0", "x1", "x8", "x19", "cc", "memory");
#endif
}

#endif
