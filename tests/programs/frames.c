/*
 * Allocates under frames that are hard to step over: alloca() and arrays of variable length,
 * realigned stacks, assembly whose unwind information uses other registers, expressions, a moved
 * return address, states remembered and restored, or that a signal interrupts at its end; longjmp
 * out of deep recursion. Prints the blocks it keeps. Run by tests/e2e/torture.sh, with the
 * self-check.
 */
#include <alloca.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *volatile kept;
static long blocks;
static volatile signed char sink;
static jmp_buf out;

static __attribute__((noinline)) void keep_block(void *size)
{
	kept = malloc((size_t)size);
	blocks++;
	__asm__ volatile("");
}

static __attribute__((noinline)) void with_alloca(int levels)
{
	char *room = alloca((size_t)(levels * 37 + 1));

	memset(room, levels, (size_t)(levels * 37 + 1));
	if (levels)
		with_alloca(levels - 1);
	else
		keep_block((void *)61);
	sink = room[levels];
}

#pragma GCC diagnostic ignored "-Wvla"
static __attribute__((noinline)) void with_array(int size, int levels)
{
	int room[size];

	for (int i = 0; i < size; i++)
		room[i] = i;
	if (levels)
		with_array(size + 5, levels - 1);
	else
		keep_block((void *)62);
	sink = (signed char)room[size / 2];
}

/* The compiler aligns the stack anew: the CFA is found through a saved pointer. */
#if defined(__x86_64__)
__attribute__((force_align_arg_pointer))
#endif
static __attribute__((noinline)) void
realigned(int levels)
{
	_Alignas(64) volatile char room[64];
	char *more = alloca((size_t)(levels + 1) * 3);

	room[levels & 63] = (char)levels;
	more[0] = room[levels & 63];
	if (levels)
		realigned(levels - 1);
	else
		keep_block((void *)63);
	sink = more[0];
}

#if defined(__x86_64__)
/* name(function, argument): calls it. */
#define ASSEMBLY(name, body)                                                                       \
	void name(void (*function)(void *), void *argument);                                       \
	__asm__(".text\n.type " #name ", @function\n" #name ":\n.cfi_startproc\n\t" body           \
		"\n\t.cfi_endproc\n.size " #name ", .-" #name "\n")

ASSEMBLY(cfa_in_rbx, "push %rbx\n\t.cfi_def_cfa_offset 16\n\t.cfi_offset rbx, -16\n\t"
		     "mov %rsp, %rbx\n\t.cfi_def_cfa_register rbx\n\t"
		     "sub $104, %rsp\n\tand $-32, %rsp\n\t"
		     "mov %rdi, %rax\n\tmov %rsi, %rdi\n\tcall *%rax\n\t"
		     "mov %rbx, %rsp\n\t.cfi_def_cfa_register rsp\n\t"
		     "pop %rbx\n\t.cfi_def_cfa_offset 8\n\t.cfi_restore rbx\n\tret");
ASSEMBLY(cfa_by_expression,
	 "sub $24, %rsp\n\t.cfi_def_cfa_offset 32\n\t"
	 "lea 32(%rsp), %rax\n\tmov %rax, 8(%rsp)\n\t"
	 ".cfi_escape 0x0f, 3, 0x77, 8, 6\n\t" /* CFA = *(rsp + 8) */
	 "mov %rdi, %rax\n\tmov %rsi, %rdi\n\tcall *%rax\n\t"
	 ".cfi_def_cfa rsp, 32\n\tadd $24, %rsp\n\t.cfi_def_cfa_offset 8\n\tret");
ASSEMBLY(rbp_in_r12, "push %r12\n\t.cfi_def_cfa_offset 16\n\t.cfi_offset r12, -16\n\t"
		     "mov %rbp, %r12\n\t.cfi_register rbp, r12\n\t"
		     "mov $0x1234567, %rbp\n\t"
		     "mov %rdi, %rax\n\tmov %rsi, %rdi\n\tcall *%rax\n\t"
		     "mov %r12, %rbp\n\t.cfi_restore rbp\n\t"
		     "pop %r12\n\t.cfi_def_cfa_offset 8\n\t.cfi_restore r12\n\tret");
ASSEMBLY(rbp_by_expression,
	 "push %rbp\n\t.cfi_def_cfa_offset 16\n\t"
	 "mov %rsp, %rbp\n\t.cfi_escape 0x10, 6, 2, 0x76, 0\n\t" /* rbp at *(rbp + 0) */
	 ".cfi_escape 0x0f, 2, 0x76, 16\n\t"			 /* CFA = rbp + 16 */
	 "sub $48, %rsp\n\t"
	 "mov %rdi, %rax\n\tmov %rsi, %rdi\n\tcall *%rax\n\t"
	 "mov %rbp, %rsp\n\tpop %rbp\n\t.cfi_def_cfa rsp, 8\n\t.cfi_restore rbp\n\tret");
ASSEMBLY(return_in_r13, "sub $24, %rsp\n\t.cfi_def_cfa_offset 32\n\t"
			"mov %r13, 8(%rsp)\n\t.cfi_offset r13, -24\n\t"
			"mov 24(%rsp), %rax\n\tmov %rax, (%rsp)\n\t"
			".cfi_offset rip, -32\n\t" /* it stands elsewhere, too */
			"movq $0, 24(%rsp)\n\t"
			"mov %rdi, %rax\n\tmov %rsi, %rdi\n\tcall *%rax\n\t"
			"mov (%rsp), %rax\n\tmov %rax, 24(%rsp)\n\t.cfi_offset rip, -8\n\t"
			"mov 8(%rsp), %r13\n\t.cfi_restore r13\n\t"
			"add $24, %rsp\n\t.cfi_def_cfa_offset 8\n\tret");
ASSEMBLY(states,
	 "test %rsi, %rsi\n\tjnz 1f\n\tret\n1:\n\t"
	 "push %rbx\n\t.cfi_adjust_cfa_offset 8\n\t.cfi_rel_offset rbx, 0\n\t"
	 ".cfi_remember_state\n\tsub $64, %rsp\n\t.cfi_adjust_cfa_offset 64\n\t"
	 "push %rdi\n\t.cfi_adjust_cfa_offset 8\n\tpush %rsi\n\t.cfi_adjust_cfa_offset 8\n\t"
	 "mov %rdi, %rax\n\tmov %rsi, %rdi\n\tcall *%rax\n\t"
	 "add $80, %rsp\n\t.cfi_restore_state\n\t"
	 "pop %rbx\n\t.cfi_adjust_cfa_offset -8\n\t.cfi_restore rbx\n\tret");
/* As compilers end functions: a register that was taken back is still said to be in its place,
 * below the stack pointer by now. */
ASSEMBLY(interrupted_at_its_end, "push %r15\n\t.cfi_def_cfa_offset 16\n\t.cfi_offset r15, -16\n\t"
				 "push %r14\n\t.cfi_def_cfa_offset 24\n\t.cfi_offset r14, -24\n\t"
				 "push %rbp\n\t.cfi_def_cfa_offset 32\n\t.cfi_offset rbp, -32\n\t"
				 "pop %rbp\n\t.cfi_def_cfa_offset 24\n\t"
				 "pop %r14\n\t.cfi_def_cfa_offset 16\n\t"
				 "int3\n\t"
				 "pop %r15\n\t.cfi_def_cfa_offset 8\n\tret");
#else
static __attribute__((noinline)) void states(void (*function)(void *), void *argument)
{
	function(argument);
	__asm__ volatile("");
}
#define cfa_in_rbx states
#define cfa_by_expression states
#define rbp_in_r12 states
#define rbp_by_expression states
#define return_in_r13 states
#define interrupted_at_its_end states
#endif

static void inner(void *size)
{
	with_alloca(2);
	keep_block(size);
	__asm__ volatile("");
}

static void on_trap(int number)
{
	(void)number;
	keep_block((void *)80);
}

static __attribute__((noinline)) void jump_out(int levels)
{
	keep_block((void *)(size_t)(levels + 10));
	if (levels > 0)
		jump_out(levels - 1);
	if (sink != -100) /* always, but the compiler cannot know */
		longjmp(out, 1);
}

int main(void)
{
	static void (*const calls[])(void (*)(void *), void *) = {
		cfa_in_rbx, cfa_by_expression,	   rbp_in_r12, rbp_by_expression, return_in_r13,
		states,	    interrupted_at_its_end};

	signal(SIGTRAP, on_trap);
	for (volatile int round = 0; round < 50; round++) {
		with_alloca(round % 12);
		with_array(round + 1, round % 7);
		realigned(round % 9);
		for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++)
			calls[i](inner, (void *)(70 + i));
		if (setjmp(out) == 0)
			jump_out(round % 30);
	}
	printf("%ld\n", blocks);
	return 0;
}
