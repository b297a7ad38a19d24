/*
 * The piece of code that a thread of the process runs: keeps the processor's state and errno, opens the library, calls its function, puts
 * both back, and says so by a system call that does nothing (gettid). There the attacher takes over. If it is gone, the code goes
 * on: it gives the thread its signal mask, its registers and its stack back, and jumps to where it was.
 * Must not: need anything but its own page and the data that rbx points to.
 */
#include "attach/stub.h"

#include <string.h>

#ifdef __x86_64__

_Static_assert(offsetof(struct stub_data, entry) == 32 && offsetof(struct stub_data, error) == 40 &&
		       offsetof(struct stub_data, saved) == 72 && offsetof(struct stub_data, flags) == 88 &&
		       offsetof(struct stub_data, r15) == 200 && offsetof(struct stub_data, attach) == 256 &&
		       offsetof(struct stub_data, symbol) == 288 && offsetof(struct stub_data, path) == 320,
	       "offsets in the code below");

extern const unsigned char stub_begin[], stub_mark[], stub_end[];
extern const unsigned char stub_kept[]; /* rsp, rbx, rip */

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
	"mov $2, %esi\n" /* RTLD_NOW */
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
	"2: call *16(%rbx)\n"
	"mov %rax, 40(%rbx)\n"
	"3: mov 48(%rbx), %rax\n"
	"mov 56(%rbx), %ecx\n"
	"mov %ecx, (%rax)\n"
	"mov 72(%rbx), %rcx\n"
	"mov $-1, %eax\n"
	"mov $-1, %edx\n"
	"xrstor64 (%rcx)\n"
	"mov $186, %eax\n" /* gettid */
	"syscall\n"
	"stub_mark:\n"
	"mov $2, %edi\n" /* SIG_SETMASK */
	"lea 80(%rbx), %rsi\n"
	"xor %edx, %edx\n"
	"mov $8, %r10d\n"
	"mov $14, %eax\n" /* rt_sigprocmask */
	"syscall\n"
	"pushq 88(%rbx)\n"
	"popfq\n"
	"mov 96(%rbx), %rax\n"
	"mov 104(%rbx), %rcx\n"
	"mov 112(%rbx), %rdx\n"
	"mov 120(%rbx), %rsi\n"
	"mov 128(%rbx), %rdi\n"
	"mov 136(%rbx), %rbp\n"
	"mov 144(%rbx), %r8\n"
	"mov 152(%rbx), %r9\n"
	"mov 160(%rbx), %r10\n"
	"mov 168(%rbx), %r11\n"
	"mov 176(%rbx), %r12\n"
	"mov 184(%rbx), %r13\n"
	"mov 192(%rbx), %r14\n"
	"mov 200(%rbx), %r15\n"
	"mov stub_kept(%rip), %rsp\n"
	"mov stub_kept + 8(%rip), %rbx\n"
	"jmp *stub_kept + 16(%rip)\n"
	".p2align 3\n"
	"stub_kept: .quad 0, 0, 0\n"
	"stub_end:\n"
	".text\n");

static size_t distance(const unsigned char *from, const unsigned char *to)
{
	return (uintptr_t)to - (uintptr_t)from;
}

size_t stub_code(unsigned char *code, size_t room, const struct user_regs_struct *registers, size_t *mark)
{
	const uint64_t kept[] = {registers->rsp, registers->rbx, registers->rip};
	size_t size = distance(stub_begin, stub_end);

	if (size > room)
		return 0;
	memcpy(code, stub_begin, size);
	memcpy(code + distance(stub_begin, stub_kept), kept, sizeof kept);
	*mark = distance(stub_begin, stub_mark);
	return size;
}

void stub_note(struct stub_data *data, const struct user_regs_struct *registers, uint64_t mask)
{
	data->mask = mask;
	data->flags = registers->eflags;
	data->rax = registers->rax;
	data->rcx = registers->rcx;
	data->rdx = registers->rdx;
	data->rsi = registers->rsi;
	data->rdi = registers->rdi;
	data->rbp = registers->rbp;
	data->r8 = registers->r8;
	data->r9 = registers->r9;
	data->r10 = registers->r10;
	data->r11 = registers->r11;
	data->r12 = registers->r12;
	data->r13 = registers->r13;
	data->r14 = registers->r14;
	data->r15 = registers->r15;
}
#endif
