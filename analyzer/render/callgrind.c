/*
 * Writes Callgrind's format: see exports.h. Costs are live bytes, live blocks, allocated bytes and
 * allocated blocks; a "call" is an allocation made through it.
 * Must not: apply a rule of diagnosis.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "load/snapshot.h"
#include "model/stacks.h"
#include "render/exports.h"
#include "render/names.h"
#include "silt_release.h"
#include "util/mem.h"

#define NO_CALLEE SIZE_MAX

struct cost_key {
	/* callee NO_CALLEE: the function's own cost */
	size_t function, callee;
	uint64_t line;
};

struct cost {
	struct cost_key key;
	uint64_t figures[STACKS_FIGURES];
	UT_hash_handle hh;
};

struct costs {
	struct cost *table;
	struct names *names;
	/* by function: number of the last stack that contained it, + 1 */
	size_t *seen_in;
	size_t seen_count;
};

static void add(struct costs *costs, size_t function, unsigned line, size_t callee,
		const struct stack *stack)
{
	struct cost_key key = {function, callee, line};
	struct cost *cost;

	HASH_FIND(hh, costs->table, &key, sizeof key, cost); // NOLINT(clang-analyzer-core.*)
	if (!cost) {
		cost = mem_zeroed(1, sizeof *cost);
		cost->key = key;
		HASH_ADD(hh, costs->table, key, sizeof cost->key, cost);
	}
	for (int i = 0; i < STACKS_FIGURES; i++)
		cost->figures[i] += stack->new[i];
}

/* Marks the function as seen in this stack. Returns true if it was seen there before. */
static bool seen(struct costs *costs, size_t function, size_t stack)
{
	size_t count = costs->seen_count;

	if (function >= count) {
		costs->seen_count = (function + 1) * 2;
		costs->seen_in =
			mem_resize(costs->seen_in, costs->seen_count, sizeof *costs->seen_in);
		memset(costs->seen_in + count, 0,
		       (costs->seen_count - count) * sizeof *costs->seen_in);
	}
	if (costs->seen_in[function] == stack + 1)
		return true;
	costs->seen_in[function] = stack + 1;
	return false;
}

/* Walks from the outermost frame inwards. A recursive function counts once a stack, so that no
 * cost exceeds the total. */
static void add_stack(struct costs *costs, const struct stack *stack, size_t number)
{
	size_t caller = 0;
	unsigned line = 0;

	for (uint32_t i = stack->frame_count; i-- > 0;) {
		size_t function = names_of(costs->names, stack->frames[i]);
		bool again = seen(costs, function, number);

		if (i + 1 < stack->frame_count && !again)
			add(costs, caller, line, function, stack);
		caller = function;
		line = names_line(stack->frames[i]);
	}
	add(costs, caller, line, NO_CALLEE, stack);
}

static int compare(struct cost *a, struct cost *b)
{
	if (a->key.function != b->key.function)
		return a->key.function < b->key.function ? -1 : 1;
	if (a->key.callee != b->key.callee) /* own costs first */
		return a->key.callee + 1 < b->key.callee + 1 ? -1 : 1;
	return a->key.line < b->key.line ? -1 : a->key.line > b->key.line;
}

static void write_figures(FILE *file, const uint64_t figures[STACKS_FIGURES])
{
	fprintf(file, " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n",
		figures[STACKS_LIVE_BYTES], figures[STACKS_LIVE_BLOCKS],
		figures[STACKS_ALLOCATED_BYTES], figures[STACKS_ALLOCATED_BLOCKS]);
}

/* Writes ob=, fl=, fn=, or with the prefix "c" cob=, cfi=, cfn= of a callee. */
static void write_function(FILE *file, const struct name *name, const char *prefix,
			   const char *file_key)
{
	fprintf(file, "%sob=%s\n", prefix, *name->module_path ? name->module_path : "???");
	fprintf(file, "%s%s=%s\n", prefix, file_key, *name->file ? name->file : "???");
	fprintf(file, "%sfn=%s\n", prefix, name->function);
}

static void write_head(FILE *file, const struct stacks *stacks)
{
	const struct snapshot *snapshot = stacks->new->snapshot;
	char *title = names_title(snapshot), *command = names_command(snapshot);

	fprintf(file,
		"# callgrind format\nversion: 1\ncreator: silt " SILT_RELEASE
		"\npid: %u\ncmd: %s\n",
		snapshot->process.pid, command);
	fprintf(file, "desc: Snapshot: %s\n", title);
	fputs("positions: line\n"
	      "event: Live : live bytes\n"
	      "event: LiveBlocks : live blocks\n"
	      "event: Allocated : bytes ever allocated\n"
	      "event: AllocatedBlocks : blocks ever allocated\n"
	      "events: Live LiveBlocks Allocated AllocatedBlocks\n"
	      "summary:",
	      file);
	write_figures(file, stacks->new_total);
	free(title);
	free(command);
}

void callgrind_write(FILE *file, const struct stacks *stacks)
{
	struct costs costs = {.names = names_new()};
	struct cost *cost, *next;
	size_t function = SIZE_MAX;

	for (size_t i = 0; i < stacks->count; i++)
		add_stack(&costs, &stacks->list[i], i);
	HASH_SORT(costs.table, compare);
	write_head(file, stacks);
	for (cost = costs.table; cost; cost = next) {
		next = cost->hh.next;
		if (cost->key.function != function) {
			function = cost->key.function;
			fputc('\n', file);
			write_function(file, names_get(costs.names, function), "", "fl");
		}
		if (cost->key.callee != NO_CALLEE) {
			write_function(file, names_get(costs.names, cost->key.callee), "c", "fi");
			fprintf(file, "calls=%" PRIu64 " 0\n",
				cost->figures[STACKS_ALLOCATED_BLOCKS]);
		}
		fprintf(file, "%" PRIu64, cost->key.line);
		write_figures(file, cost->figures);
		HASH_DEL(costs.table, cost);
		free(cost);
	}
	fputs("\ntotals:", file);
	write_figures(file, stacks->new_total);
	free(costs.seen_in);
	names_free(costs.names);
}
