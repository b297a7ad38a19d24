/* Sums up the figures of a profile by call stack: see stacks.h. */
#include "model/stacks.h"

#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "load/snapshot.h"
#include "symbolize/frame.h"
#include "util/mem.h"

struct known {
	/* index in the list */
	size_t number;
	UT_hash_handle hh;
};

struct gathering {
	struct stacks *stacks;
	size_t capacity;
	struct known *table;
};

/* A context has each frame once, so the addresses of its frames identify a call stack. */
static struct stack *stack_of(struct gathering *gathering, const struct profile_site *site)
{
	const struct frame **frames = site->frames + site->blamed;
	size_t size = (site->frame_count - site->blamed) * sizeof(struct frame *);
	struct stacks *stacks = gathering->stacks;
	struct known *known;

	HASH_FIND(hh, gathering->table, frames, size, known);
	if (!known) {
		known = mem_zeroed(1, sizeof *known);
		known->number = stacks->count;
		HASH_ADD_KEYPTR(hh, gathering->table, frames, size, known);
		MEM_GROW(stacks->list, stacks->count, gathering->capacity);
		stacks->list[stacks->count++] = (struct stack){
			.frames = frames, .frame_count = site->frame_count - site->blamed};
	}
	return &stacks->list[known->number];
}

static void gather(struct gathering *gathering, const struct profile *profile,
		   const struct filter_list *filters, bool is_old)
{
	struct stacks *stacks = gathering->stacks;
	uint64_t *total = is_old ? stacks->old_total : stacks->new_total;

	for (uint64_t i = 0; i < profile->site_count; i++) {
		const struct profile_site *site = &profile->sites[i];
		const struct snapshot_site *counters = site->counters;
		uint64_t figures[STACKS_FIGURES] = {counters->total_blocks, counters->total_bytes,
						    snapshot_live_blocks(counters),
						    snapshot_live_bytes(counters),
						    counters->temporary_blocks};
		struct stack *stack;

		if (!filter_keeps(filters, site))
			continue;
		stack = stack_of(gathering, site);
		if (!is_old)
			stacks->stack_of[i] = (uint32_t)(stack - stacks->list);
		for (int figure = 0; figure < STACKS_FIGURES; figure++) {
			(is_old ? stack->old : stack->new)[figure] += figures[figure];
			total[figure] += figures[figure];
		}
	}
}

struct stacks *stacks_new(const struct profile *old, const struct profile *new,
			  const struct filter_list *filters)
{
	struct stacks *stacks = mem_zeroed(1, sizeof *stacks);
	struct gathering gathering = {.stacks = stacks};
	struct known *known, *next;

	stacks->old = old;
	stacks->new = new;
	stacks->stack_of = mem_alloc(new->site_count * sizeof *stacks->stack_of);
	memset(stacks->stack_of, 0xff, new->site_count * sizeof *stacks->stack_of);
	gather(&gathering, new, filters, false);
	if (old)
		gather(&gathering, old, filters, true);
	HASH_ITER(hh, gathering.table, known, next)
	{
		HASH_DEL(gathering.table, known);
		free(known);
	}
	return stacks;
}

void stacks_free(struct stacks *stacks)
{
	if (!stacks)
		return;
	free(stacks->stack_of);
	free(stacks->list);
	free(stacks);
}
