/*
 * Finds the words of the stack that determine a walk: see capture.h and walks.h.
 * Path: cold, once per remembered stack. Threads: each with its own struct unwind_walk. Memory: the
 * caller's.
 * Must not: list a word before those that determine its place; let whether a word is listed depend
 * on anything but the words before it.
 */
#include "base/arch.h"
#include "unwind/capture.h"
#include "unwind/cfi.h"
#include "unwind/rules.h"
#include "unwind/step.h"

struct list {
	struct unwind_word *words;
	uint32_t count, max;
	uintptr_t sp;
};

static bool add(struct list *list, int32_t offset, uintptr_t value)
{
	if (list->count == list->max)
		return false;
	list->words[list->count++] = (struct unwind_word){offset, value};
	return true;
}

static bool add_word(struct list *list, const uintptr_t *word)
{
	intptr_t offset = (intptr_t)((uintptr_t)word - list->sp);

	/* No offset equals UNWIND_WORD_FP: words are aligned, else the walk is not remembered. */
	return offset > INT32_MIN && offset <= INT32_MAX && add(list, (int32_t)offset, *word);
}

/* Adds the words by which a frame finds its caller's CFA. */
static bool add_cfa(struct list *list, const struct rule *rule, const struct unwind_state *frame,
		    bool *fp_is_fixed)
{
	if (rule->traits & RULE_BY_FP && !*fp_is_fixed) {
		if (!(frame->fp_slot ? add_word(list, frame->fp_slot)
				     : add(list, UNWIND_WORD_FP, frame->fp)))
			return false;
		*fp_is_fixed = true;
	}
	return !(rule->traits & RULE_CFA_IN_SLOT) ||
	       add_word(list, (const uintptr_t *)(frame->fp +
						  (uintptr_t)(intptr_t)rule->step.cfa_offset));
}

uint32_t unwind_words(struct unwind_walk *walk, const struct unwind_start *start,
		      struct unwind_word *words, uint32_t max)
{
	const struct unwind_trace *trace = &walk->trace;
	const struct rule_table *table = atomic_load_explicit(&rules_table, memory_order_acquire);
	struct list list = {words, 0, max, start->sp};
	struct unwind_state state = {.key = start->pc,
				     .sp = start->sp,
				     .fp = start->fp,
				     .top = unwind_stack_top(walk, start->sp),
				     .plain = true};
	bool fp_is_fixed = false;

	if (!trace->in_frames)
		return 0;
	for (uint32_t frame = 0; frame < trace->count; frame++) {
		const struct rule *rule = rules_known(table, state.key);
		struct unwind_state inner = state;
		uint8_t kind = rule->step.kind;

		if (rule == &rules_unknown || rule->pc != unwind_pc(trace, frame))
			return 0;
		if (kind == CFI_OUTERMOST)
			return frame + 1 == trace->count ? list.count : 0;
		if ((kind != CFI_SP && kind != CFI_FP && kind != CFI_DEREF_FP) ||
		    unwind_step(walk, &state, &rule->step) != UNWIND_STEPPED ||
		    !add_cfa(&list, rule, &inner, &fp_is_fixed) ||
		    !add_word(&list, arch_place_word(state.place, state.sp)))
			return 0;
		if (!(rule->traits & RULE_KEEPS_FP))
			fp_is_fixed = false;
	}
	return trace->flags ? list.count
			    : 0; /* if cut, the last word is the pc of a frame that is not kept */
}
