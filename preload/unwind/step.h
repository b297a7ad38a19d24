/*
 * One step of a walk, from a frame to its caller by a rule; and how far the stack is readable.
 * Path: hot, except what is in unwind/step.c. Threads: each with its own struct unwind_walk.
 * Memory: the stack.
 * Must not: read above what is known to be readable.
 */
#ifndef SILT_UNWIND_STEP_H
#define SILT_UNWIND_STEP_H

#include "base/arch.h"
#include "base/rt.h"
#include "unwind/capture.h"
#include "unwind/cfi.h"
#include "unwind/rules.h"

/* The frame that a walk is at. */
struct unwind_state {
	/* pc, or pc | RULES_EXACT */
	uintptr_t key;
	/* top: end of the readable stack */
	uintptr_t sp, fp, top;
	/* where fp was read from; NULL: it was in its register */
	const uintptr_t *fp_slot;
	/* where the pc was read from */
	struct arch_place place;
	/* of an interrupted frame: the return address register */
	struct arch_link link;
	/* enum silt_site_flag */
	uint32_t flags;
	/* no signal frame so far: stack pointers only rise, and return addresses are below them */
	bool plain;
};

enum unwind_step { UNWIND_STEPPED, UNWIND_OUTERMOST, UNWIND_FAILED, UNWIND_HARD };

/* Cold: the end of the readable part of a stack that is not the thread's own. */
uintptr_t unwind_other_top(struct unwind_walk *walk, uintptr_t sp);
/* Cold: the walk needs to read up to `needed`, above the known top: probes page by page. Returns
 * the new top; 0: not readable. */
uintptr_t unwind_extend_top(struct unwind_walk *walk, uintptr_t top, uintptr_t needed);

/* The end of the readable stack at `sp`. */
static inline uintptr_t unwind_stack_top(struct unwind_walk *walk, uintptr_t sp)
{
	if (likely(walk->stack_top - sp < (256ul << 20)))
		return walk->stack_top;
	return unwind_other_top(walk, sp);
}

/* True if the word at the address is in the frame or above, and readable. */
static inline bool unwind_within(struct unwind_walk *walk, struct unwind_state *state,
				 uintptr_t address)
{
	uintptr_t top;

	if (likely(address >= state->sp - 8 && address + 8 <= state->top && address + 8 > address))
		return true;
	if (address < state->sp - 8 || address + 8 < address)
		/* A function interrupted at its end has already restored its registers, but their
		 * saved values are still below. */
		return state->key & RULES_EXACT && state->sp - address <= ARCH_RED_ZONE;
	top = unwind_extend_top(walk, state->top, address + 8);
	if (!top)
		return false;
	state->top = top;
	return true;
}

/* Cold: steps out of the kernel's signal frame. */
enum unwind_step unwind_step_signal(struct unwind_walk *walk, struct unwind_state *state);
/* Cold: without unwind information, assumes a function with a frame pointer. */
enum unwind_step unwind_step_guess(struct unwind_walk *walk, struct unwind_state *state);
/* Cold: machines with a return address register: an interrupted function may not have stored it
 * yet. */
enum unwind_step unwind_step_leaf(struct unwind_state *state, uintptr_t cfa);

/* Passes a copy of the state, so that it can stay in registers where this is not called. */
static RT_HOT enum unwind_step step_apart(struct unwind_walk *walk, struct unwind_state *state,
					  enum unwind_step (*how)(struct unwind_walk *,
								  struct unwind_state *))
{
	struct unwind_state copy = *state;
	enum unwind_step result = how(walk, &copy);

	*state = copy;
	return result;
}

/* Steps to the caller. UNWIND_HARD: only libunwind can. */
static RT_HOT enum unwind_step unwind_step(struct unwind_walk *walk, struct unwind_state *state,
					   const struct cfi_rule *rule)
{
	uintptr_t cfa;

	if (likely(rule->kind == CFI_SP)) {
		cfa = state->sp + (uintptr_t)(intptr_t)rule->cfa_offset;
	} else if (likely(rule->kind == CFI_FP)) {
		cfa = state->fp + (uintptr_t)(intptr_t)rule->cfa_offset;
	} else if (rule->kind == CFI_OUTERMOST) {
		return UNWIND_OUTERMOST;
	} else if (rule->kind == CFI_DEREF_FP) {
		uintptr_t address = state->fp + (uintptr_t)(intptr_t)rule->cfa_offset;

		if (!unwind_within(walk, state, address))
			return UNWIND_FAILED;
		cfa = *(const uintptr_t *)address;
	} else if (rule->kind == CFI_SIGNAL) {
		return step_apart(walk, state, unwind_step_signal);
	} else if (rule->kind == CFI_NONE) {
		return step_apart(walk, state, unwind_step_guess);
	} else {
		return rule->kind == CFI_HARD ? UNWIND_HARD : UNWIND_FAILED;
	}
	/* Frames are above each other; only an interrupted prologue may have pushed nothing yet. */
	if (unlikely(cfa <= state->sp && !(cfa == state->sp && (state->key & RULES_EXACT))) ||
	    (unlikely(cfa > state->top) && !unwind_within(walk, state, cfa - 8)))
		return UNWIND_FAILED;
	if (rule->fp != CFI_FP_SAME) {
		uintptr_t address = (likely(rule->fp == CFI_FP_AT_CFA) ? cfa : state->fp) +
				    (uintptr_t)(intptr_t)rule->fp_offset;

		if (!unwind_within(walk, state, address))
			return UNWIND_FAILED;
		state->fp_slot = (const uintptr_t *)address;
		state->fp = *state->fp_slot;
	}
	if (ARCH_RETURN_IN_REGISTER && unlikely(rule->ra_slot == 0))
		return unwind_step_leaf(state, cfa);
	state->place = arch_place(cfa, rule->ra_slot);
	if (!arch_is_above(state->place, state->sp))
		return UNWIND_FAILED;
	state->key = arch_pc_at(state->place, cfa);
	state->sp = cfa;
	return likely(state->key) ? UNWIND_STEPPED : UNWIND_OUTERMOST;
}

#endif
