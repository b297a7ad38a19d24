/*
 * Code made at run time that allocates: functions with a frame pointer, and without. Each is
 * written anew, at changing places, some where others were before. Argument: frames, or none.
 * Prints the blocks kept. Run by tests/e2e/torture.sh.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

typedef void *generated(void *(*function)(size_t), size_t size);

static void *volatile kept;

static __attribute__((noinline)) void *keep_block(size_t size)
{
	void *block = malloc(size);

	__asm__ volatile("");
	return block;
}

#if defined(__x86_64__)
/* push %rbp; mov %rsp, %rbp; mov %rdi, %rax; mov %rsi, %rdi; call *%rax; pop %rbp; ret */
static const unsigned char with_frame[] = {0x55, 0x48, 0x89, 0xe5, 0x48, 0x89, 0xf8,
					   0x48, 0x89, 0xf7, 0xff, 0xd0, 0x5d, 0xc3};
/* sub $24, %rsp; mov %rdi, %rax; mov %rsi, %rdi; call *%rax; add $24, %rsp; ret */
static const unsigned char without_frame[] = {0x48, 0x83, 0xec, 24,   0x48, 0x89, 0xf8, 0x48, 0x89,
					      0xf7, 0xff, 0xd0, 0x48, 0x83, 0xc4, 24,	0xc3};
#elif defined(__aarch64__)
/* stp x29, x30, [sp, -16]!; mov x29, sp; mov x2, x0; mov x0, x1; blr x2; ldp x29, x30, [sp],
 * 16; ret */
static const unsigned with_frame[] = {0xa9bf7bfd, 0x910003fd, 0xaa0003e2, 0xaa0103e0,
				      0xd63f0040, 0xa8c17bfd, 0xd65f03c0};
/* str x30, [sp, -16]!; mov x2, x0; mov x0, x1; blr x2; ldr x30, [sp], 16; ret */
static const unsigned without_frame[] = {0xf81f0ffe, 0xaa0003e2, 0xaa0103e0,
					 0xd63f0040, 0xf84107fe, 0xd65f03c0};
#endif

int main(int argc, char **argv)
{
	int frames = argc > 1 && strcmp(argv[1], "frames") == 0;
	const void *code = frames ? (const void *)with_frame : (const void *)without_frame;
	size_t size = frames ? sizeof with_frame : sizeof without_frame;

	for (int i = 0; i < 500; i++) {
		unsigned char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
					   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (page == MAP_FAILED)
			return 1;
		memcpy(page + i % 64 * 32, code, size);
		mprotect(page, 4096, PROT_READ | PROT_EXEC);
		__builtin___clear_cache((char *)page, (char *)page + 4096);
		kept = ((generated *)(void *)(page + i % 64 * 32))(keep_block,
								   (size_t)(100 + i % 3));
		__asm__ volatile("");
		munmap(page, 4096);
	}
	printf("%d\n", 500);
	return 0;
}
