/*
 * One step of a walk: see step.h. This file has what is rare.
 * Path: cold. Threads: each with its own struct unwind_walk. Memory: the stack.
 */
#include "base/libc.h"
#include "unwind/scan.h"
#include "unwind/step.h"

#include "base/arch.h"
#include "base/rt.h"
#include "silt_snapshot.h"
#include "unwind/rules.h"

#define PROBE_LIMIT (1ul << 20)

RT_COLD uintptr_t unwind_other_top(struct unwind_walk *walk, uintptr_t sp)
{
	if (sp < walk->other_low || sp >= walk->other_high) {
		walk->other_low = sp & ~(RT_PAGE - 1);
		walk->other_high = walk->other_low + RT_PAGE;
	}
	return walk->other_high;
}

RT_COLD uintptr_t unwind_extend_top(struct unwind_walk *walk, uintptr_t top, uintptr_t needed)
{
	if (needed - top > PROBE_LIMIT)
		return 0;
	for (; top < needed; top = (top | (RT_PAGE - 1)) + 1)
		if (!rt_readable((const void *)top))
			return 0;
	if (walk->other_high && needed - walk->other_high <= PROBE_LIMIT)
		walk->other_high = top;
	return top;
}

RT_COLD enum unwind_step unwind_step_signal(struct unwind_walk *walk, struct unwind_state *state)
{
	const ucontext_t *context = arch_signal_context(state->sp);

	if (!unwind_within(walk, state, (uintptr_t)(&context->uc_mcontext + 1) + 64))
		return UNWIND_FAILED;
	state->key = arch_context_pc(context) | RULES_EXACT;
	state->sp = arch_context_sp(context);
	state->fp = arch_context_fp(context);
	state->link = arch_context_link(context);
	state->plain = false;
	state->top = unwind_stack_top(walk, state->sp);
	return UNWIND_STEPPED;
}

RT_COLD enum unwind_step unwind_step_leaf(struct unwind_state *state, uintptr_t cfa)
{
	if (!(state->key & RULES_EXACT))
		return UNWIND_FAILED;
	state->key = arch_linked(state->link);
	state->sp = cfa;
	return state->key ? UNWIND_STEPPED : UNWIND_OUTERMOST;
}

RT_COLD enum unwind_step unwind_step_guess(struct unwind_walk *walk, struct unwind_state *state)
{
	uintptr_t fp = state->fp;

	if (libc_is_musl()) {
		enum unwind_step scanned = unwind_scan(walk, state);

		if (scanned != UNWIND_FAILED)
			return scanned;
	}
	if (ARCH_RETURN_IN_REGISTER && (state->key & RULES_EXACT)) {
		state->flags |= SILT_SITE_GUESSED;
		return unwind_step_leaf(state, state->sp);
	}
	if (fp == 0)
		return UNWIND_OUTERMOST; /* as the ABI marks it (System V AMD64, 3.4.1) */
	if (fp < state->sp || (fp & 7) || !unwind_within(walk, state, fp + 8))
		return UNWIND_FAILED;
	state->key = arch_return_address(*(const uintptr_t *)(fp + 8));
	state->fp = *(const uintptr_t *)fp;
	state->fp_slot = (const uintptr_t *)fp;
	state->sp = fp + 16;
	if (ARCH_RETURN_IN_REGISTER && state->fp > state->sp)
		state->sp = state->fp; /* compilers put this record at the low end of the frame */
	state->flags |= SILT_SITE_GUESSED;
	return state->key ? UNWIND_STEPPED : UNWIND_FAILED;
}
