/*
 * Reads a module's unwind tables (.eh_frame, DWARF 5 section 6.4 and the LSB's .eh_frame_hdr): how
 * to step from a frame to its caller at one program counter.
 * Path: cold, once per program counter. Threads: any. Memory: the stack, about 500 bytes.
 * Must not: read outside the module, loop without bound on damaged tables.
 */
#ifndef SILT_CFI_H
#define SILT_CFI_H

#include "unwind/modules.h"

enum cfi_kind {
	CFI_NONE = 0, /* no unwind information covers this pc */
	CFI_SP,	      /* CFA = stack pointer + cfa_offset */
	CFI_FP,	      /* CFA = frame pointer + cfa_offset */
	CFI_DEREF_FP, /* CFA = *(frame pointer + cfa_offset): functions that realign their stack */
	/* the kernel's signal frame: the registers are in the ucontext at the stack pointer */
	CFI_SIGNAL,
	CFI_OUTERMOST, /* no caller */
	CFI_HARD,      /* anything else: needs libunwind */
};

enum cfi_fp {
	CFI_FP_SAME,   /* the frame pointer still holds the caller's */
	CFI_FP_AT_CFA, /* saved at CFA + fp_offset */
	CFI_FP_AT_FP,  /* saved at frame pointer + fp_offset */
};

/* How to get from one frame to its caller. */
struct cfi_rule {
	/* enum cfi_kind */
	uint8_t kind;
	/* enum cfi_fp */
	uint8_t fp;
	/* the return address is at CFA + 8 * ra_slot; 0: still in its register; always -1 on
	 * x86-64 */
	int16_t ra_slot;
	int32_t cfa_offset;
	int32_t fp_offset;
};

/* The rule at `pc`. For a return address pass the address before it. */
struct cfi_rule cfi_rule(const struct module *module, uintptr_t pc);

#endif
