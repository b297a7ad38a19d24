/*
 * The piece of code that a thread of the process executes, and its data: see stub.c.
 */
#ifndef SILT_ATTACH_STUB_H
#define SILT_ATTACH_STUB_H

#include <stddef.h>
#include <stdint.h>
#include <sys/user.h>

#include "silt_attach.h"

#define STUB_PATH_MAX 4096u
/* bytes of the processor state besides general registers (XSAVE) */
#define STUB_SAVED_MAX (16ul << 10)
#define STUB_STACK (512ul << 10)

struct stub_data {
	/* functions of the C library in the process; dlerror may be 0 */
	uint64_t dlopen, dlsym, dlerror, errno_location;
	/* address of silt_lib_attach(); 0: open the library first */
	uint64_t entry;
	/* -- results -- */
	/* address of a text that says why the library could not be opened; 0: none */
	uint64_t error;
	uint64_t errno_at, saved_errno;
	/* enum silt_attach_result; -1: silt_lib_attach() was not called */
	int64_t result;
	/* address of STUB_SAVED_MAX bytes, aligned to 64 */
	uint64_t saved;
	/* flags of dlopen */
	uint64_t mode;
	/* 1: all above is noted, and the code waits for `taken`: STUB_LINGERS times for
	 * STUB_LINGER_NS, unless there is no process `attacher` any more (0: it is not asked) */
	uint32_t noted, taken;
	int64_t attacher;
	/* how long it waits each time: a struct timespec */
	uint64_t linger[2];
	uint64_t reserved[17];
	struct silt_attach attach;
	char symbol[32];
	char path[STUB_PATH_MAX];
	char settings[SILT_ATTACH_SETTINGS_SIZE];
	_Alignas(64) char room[STUB_SAVED_MAX];
};

#define STUB_LINGERS 5000
#define STUB_LINGER_NS 200000

/* size of the mapping: the stack, and the data above it */
#define STUB_AREA (STUB_STACK + sizeof(struct stub_data))

/* What the code needs after its data are unmapped; in the code's own page. */
struct stub_kept {
	uint64_t rsp, rip, flags;
	uint64_t rax, rbx, rcx, rdx, rsi, rdi, rbp, r8, r9, r10, r11, r12, r13, r14, r15;
	uint64_t mask, area, area_size;
	/* descriptor to close; below 0: none */
	int64_t file;
};

/* Offsets of the instructions after the system calls that report progress. */
struct stub_marks {
	/* from here on the data can be read */
	size_t answered;
	/* from here on the data are unmapped, and the thread can be restored */
	size_t cleared;
};

/* Writes the code for a thread that will go on with these registers and signal mask. Returns its
 * size. */
size_t stub_code(unsigned char *code, size_t room, const struct user_regs_struct *registers,
		 uint64_t mask, uint64_t area, int file, struct stub_marks *marks);

#endif
