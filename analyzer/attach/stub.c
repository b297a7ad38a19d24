/*
 * The piece of code that a thread of the process executes. It saves the processor state and errno,
 * opens the library, calls silt_lib_attach(), restores both, and notes that it has. It then waits,
 * for a limited time, until the attacher has seen the note, and reports by a system call without
 * effect (gettid). So it is not stopped at each of the hundreds of system calls before. Then, with
 * the stack pointer below the thread's own stack, it unmaps its data and reports again. There the
 * attacher restores the thread. If the attacher is gone, at any time, the code goes on: it restores
 * the signal mask and the registers, and jumps to where the thread was.
 * Must not: need anything except its own page and the data that rbx points to.
 */
#include "attach/stub.h"

#include <string.h>

#ifdef __x86_64__

_Static_assert(offsetof(struct stub_data, entry) == 32 && offsetof(struct stub_data, error) == 40 &&
		       offsetof(struct stub_data, saved) == 72 &&
		       offsetof(struct stub_data, mode) == 80 &&
		       offsetof(struct stub_data, noted) == 88 &&
		       offsetof(struct stub_data, taken) == 92 &&
		       offsetof(struct stub_data, attacher) == 96 &&
		       offsetof(struct stub_data, linger) == 104 && STUB_LINGERS == 5000 &&
		       STUB_LINGER_NS == 200000 && offsetof(struct stub_data, attach) == 256 &&
		       offsetof(struct stub_data, symbol) == 288 &&
		       offsetof(struct stub_data, path) == 320 &&
		       offsetof(struct stub_kept, flags) == 16 &&
		       offsetof(struct stub_kept, r15) == 136 &&
		       offsetof(struct stub_kept, mask) == 144 &&
		       offsetof(struct stub_kept, file) == 168,
	       "offsets in the code below");

extern const unsigned char stub_begin[], stub_answered[], stub_cleared[], stub_kept[], stub_end[];

__asm__(".section .rodata\n"
	".p2align 4\n"
	"stub_begin:\n"
	"mov 72(%rbx), %rcx\n"
	"mov $-1, %eax\n"
	"mov $-1, %edx\n"
	"xsave64 (%rcx)\n"
	"call *24(%rbx)\n" /* errno */
	"mov %rax, 48(%rbx)\n"
	"mov (%rax), %ecx\n"
	"mov %rcx, 56(%rbx)\n"
	"mov 32(%rbx), %rax\n"
	"test %rax, %rax\n"
	"jnz 1f\n"
	"lea 320(%rbx), %rdi\n"
	"mov 80(%rbx), %rsi\n"
	"call *(%rbx)\n"
	"test %rax, %rax\n"
	"jz 2f\n"
	"mov %rax, %rdi\n"
	"lea 288(%rbx), %rsi\n"
	"call *8(%rbx)\n"
	"test %rax, %rax\n"
	"jz 2f\n"
	"mov %rax, 32(%rbx)\n"
	"1: lea 256(%rbx), %rdi\n"
	"call *%rax\n"
	"mov %rax, 64(%rbx)\n"
	"jmp 3f\n"
	"2: mov 16(%rbx), %rax\n"
	"test %rax, %rax\n"
	"jz 3f\n"
	"call *%rax\n"
	"mov %rax, 40(%rbx)\n"
	"3: mov 48(%rbx), %rax\n"
	"mov 56(%rbx), %ecx\n"
	"mov %ecx, (%rax)\n"
	"mov 72(%rbx), %rcx\n"
	"mov $-1, %eax\n"
	"mov $-1, %edx\n"
	"xrstor64 (%rcx)\n"
	"movl $1, 88(%rbx)\n"
	"mov $5000, %r12d\n"
	"5: cmpl $0, 92(%rbx)\n"
	"jne 6f\n"
	"movq $0, 104(%rbx)\n"
	"movq $200000, 112(%rbx)\n"
	"xor %edi, %edi\n"
	"xor %esi, %esi\n"
	"lea 104(%rbx), %rdx\n"
	"xor %r10d, %r10d\n"
	"mov $271, %eax\n" /* ppoll: no call that the kernel has a block for to make it again: */
	"syscall\n"	   /* that is the interrupted one's */
	"mov 96(%rbx), %rdi\n"
	"xor %esi, %esi\n"
	"mov $62, %eax\n" /* kill */
	"syscall\n"
	"cmp $-3, %rax\n" /* ESRCH */
	"je 6f\n"
	"dec %r12d\n"
	"jnz 5b\n"
	"6: mov $186, %eax\n" /* gettid */
	"syscall\n"
	"stub_answered:\n"
	"mov stub_kept + 168(%rip), %rdi\n"
	"test %rdi, %rdi\n"
	"js 4f\n"
	"mov $3, %eax\n" /* close */
	"syscall\n"
	"4: mov stub_kept(%rip), %rsp\n" /* below the thread's own data */
	"lea -256(%rsp), %rsp\n"
	"and $-16, %rsp\n"
	"mov stub_kept + 152(%rip), %rdi\n"
	"mov stub_kept + 160(%rip), %rsi\n"
	"mov $11, %eax\n" /* munmap */
	"syscall\n"
	"mov $186, %eax\n"
	"syscall\n"
	"stub_cleared:\n"
	"mov $2, %edi\n" /* SIG_SETMASK */
	"lea stub_kept + 144(%rip), %rsi\n"
	"xor %edx, %edx\n"
	"mov $8, %r10d\n"
	"mov $14, %eax\n" /* rt_sigprocmask */
	"syscall\n"
	"pushq stub_kept + 16(%rip)\n"
	"popfq\n"
	"mov stub_kept + 24(%rip), %rax\n"
	"mov stub_kept + 32(%rip), %rbx\n"
	"mov stub_kept + 40(%rip), %rcx\n"
	"mov stub_kept + 48(%rip), %rdx\n"
	"mov stub_kept + 56(%rip), %rsi\n"
	"mov stub_kept + 64(%rip), %rdi\n"
	"mov stub_kept + 72(%rip), %rbp\n"
	"mov stub_kept + 80(%rip), %r8\n"
	"mov stub_kept + 88(%rip), %r9\n"
	"mov stub_kept + 96(%rip), %r10\n"
	"mov stub_kept + 104(%rip), %r11\n"
	"mov stub_kept + 112(%rip), %r12\n"
	"mov stub_kept + 120(%rip), %r13\n"
	"mov stub_kept + 128(%rip), %r14\n"
	"mov stub_kept + 136(%rip), %r15\n"
	"mov stub_kept(%rip), %rsp\n"
	"jmp *stub_kept + 8(%rip)\n"
	".p2align 3\n"
	"stub_kept: .fill 22, 8, 0\n"
	"stub_end:\n"
	".text\n");

static size_t distance(const unsigned char *from, const unsigned char *to)
{
	return (uintptr_t)to - (uintptr_t)from;
}

size_t stub_code(unsigned char *code, size_t room, const struct user_regs_struct *registers,
		 uint64_t mask, uint64_t area, int file, struct stub_marks *marks)
{
	const struct stub_kept kept = {
		.rsp = registers->rsp,
		.rip = registers->rip,
		.flags = registers->eflags,
		.rax = registers->rax,
		.rbx = registers->rbx,
		.rcx = registers->rcx,
		.rdx = registers->rdx,
		.rsi = registers->rsi,
		.rdi = registers->rdi,
		.rbp = registers->rbp,
		.r8 = registers->r8,
		.r9 = registers->r9,
		.r10 = registers->r10,
		.r11 = registers->r11,
		.r12 = registers->r12,
		.r13 = registers->r13,
		.r14 = registers->r14,
		.r15 = registers->r15,
		.mask = mask,
		.area = area,
		.area_size = STUB_AREA,
		.file = file,
	};
	size_t size = distance(stub_begin, stub_end);

	if (size > room)
		return 0;
	memcpy(code, stub_begin, size);
	memcpy(code + distance(stub_begin, stub_kept), &kept, sizeof kept);
	marks->answered = distance(stub_begin, stub_answered);
	marks->cleared = distance(stub_begin, stub_cleared);
	return size;
}
#endif
