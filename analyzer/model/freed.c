/*
 * Finds where blocks of a growing call site are freed: see freed.h.
 */
#include "model/freed.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "load/snapshot.h"
#include "model/statistics.h"
#include "silt_snapshot.h"
#include "symbolize/frame.h"
#include "util/mem.h"

#define SHOWN_STACKS 2u
/* frames from the blamed one outwards; call stacks that agree in their functions are merged */
#define SHOWN_FRAMES 3u
#define NUMBER_TEXT 32u

/* Returns true if both are blamed on the same place. */
static bool siblings(const struct profile_site *a, const struct profile_site *b)
{
	const struct frame *x = a->frames[a->blamed], *y = b->frames[b->blamed];

	if (x == y)
		return true;
	if (statistics_has_line(x) != statistics_has_line(y))
		return false;
	if (statistics_has_line(x))
		return x->line == y->line && strcmp(x->file, y->file) == 0;
	if (!x->module_path || !y->module_path || strcmp(x->module_path, y->module_path) != 0)
		return false;
	return x->address == y->address;
}

static bool same_function(const struct frame *a, const struct frame *b)
{
	if (a == b)
		return true;
	return a->function && b->function && strcmp(a->function, b->function) == 0 &&
	       a->module == b->module;
}

static bool same_stack(const struct profile_site *a, const struct profile_site *b)
{
	for (uint32_t i = 0; i < SHOWN_FRAMES; i++) {
		bool a_ends = a->blamed + i >= a->frame_count,
		     b_ends = b->blamed + i >= b->frame_count;

		if (a_ends || b_ends)
			return a_ends == b_ends;
		if (!same_function(a->frames[a->blamed + i], b->frames[b->blamed + i]))
			return false;
	}
	return true;
}

static void add(struct freed *freed, size_t *capacity, const struct freed_stack *stack)
{
	for (size_t i = 0; i < freed->count; i++) {
		struct freed_stack *known = &freed->list[i];

		if (known->moved == stack->moved && same_stack(known->stack, stack->stack)) {
			known->blocks += stack->blocks;
			known->samples += stack->samples;
			return;
		}
	}
	MEM_GROW(freed->list, freed->count, *capacity);
	freed->list[freed->count++] = *stack;
}

static int by_blocks(const void *a, const void *b)
{
	const struct freed_stack *x = a, *y = b;

	if (x->blocks != y->blocks)
		return x->blocks < y->blocks ? 1 : -1;
	return x->samples < y->samples ? 1 : x->samples > y->samples ? -1 : 0;
}

/* Distributes the freed blocks of a site over its `count` records. */
static void share_out(struct freed *freed, size_t *capacity, const struct profile *profile,
		      uint64_t first, uint64_t count)
{
	const struct snapshot_freed *records = profile->snapshot->freed;
	uint64_t blocks = profile->sites[records[first].site].counters->freed_blocks;
	double weight = 0;

	for (uint64_t i = first; i < first + count; i++)
		weight += (double)records[i].weight;
	for (uint64_t i = first; i < first + count && weight > 0; i++) {
		double share = (double)records[i].weight / weight;
		struct freed_stack stack = {
			&profile->freers[i], (uint64_t)((double)blocks * share + 0.5),
			records[i].samples, records[i].how == SILT_FREED_REALLOC};

		add(freed, capacity, &stack);
	}
}

/* Marks the sites that were asked for, and their siblings. */
static bool *find_siblings(const struct profile *profile, const struct profile_site *const *sites,
			   size_t count)
{
	bool *is_sibling = mem_zeroed(profile->site_count + 1, sizeof *is_sibling);

	for (uint64_t i = 0; i < profile->site_count; i++)
		for (size_t k = 0; k < count && !is_sibling[i]; k++)
			is_sibling[i] = siblings(&profile->sites[i], sites[k]);
	return is_sibling;
}

struct freed *freed_of(const struct profile *profile, const struct profile_site *const *sites,
		       size_t count)
{
	const struct snapshot *snapshot = profile->snapshot;
	struct freed *freed;
	size_t capacity = 0;
	bool *is_sibling;

	if (!snapshot->has_freed || !count)
		return NULL;
	freed = mem_zeroed(1, sizeof *freed);
	freed->own_blocks = sites[0]->counters->freed_blocks;
	is_sibling = find_siblings(profile, sites, count);
	for (uint64_t i = 0; i < profile->site_count; i++)
		freed->blocks += is_sibling[i] ? profile->sites[i].counters->freed_blocks : 0;
	for (uint64_t i = 0, end; i < snapshot->freed_count; i = end) {
		for (end = i + 1; end < snapshot->freed_count &&
				  snapshot->freed[end].site == snapshot->freed[i].site;)
			end++;
		if (is_sibling[snapshot->freed[i].site])
			share_out(freed, &capacity, profile, i, end - i);
	}
	free(is_sibling);
	if (freed->count)
		qsort(freed->list, freed->count, sizeof *freed->list, by_blocks);
	return freed;
}

/* Distributes the unmapped mappings of a call stack over those that unmapped. */
static void share_out_mapped(struct freed *freed, size_t *capacity, const struct profile *profile,
			     const struct snapshot_mapped *mapped, uint64_t gone)
{
	const struct snapshot_unmapper *unmappers;
	double weight = 0;

	if (!mapped->unmapper_count)
		return;
	unmappers = profile->snapshot->unmappers + mapped->first_unmapper;
	for (uint32_t i = 0; i < mapped->unmapper_count; i++)
		weight += (double)unmappers[i].weight;
	for (uint32_t i = 0; i < mapped->unmapper_count && weight > 0; i++) {
		double share = (double)unmappers[i].weight / weight;
		struct freed_stack stack = {&profile->unmappers[mapped->first_unmapper + i],
					    (uint64_t)((double)gone * share + 0.5),
					    unmappers[i].samples, false};

		add(freed, capacity, &stack);
	}
}

struct freed *freed_of_mapped(const struct profile *profile,
			      const struct profile_site *const *sites, size_t count)
{
	struct freed *freed = mem_zeroed(1, sizeof *freed);
	size_t capacity = 0;

	freed->of_mappings = true;
	for (size_t i = 0; i < count; i++) {
		uint64_t gone = sites[i]->counters->freed_blocks;

		freed->blocks += gone;
		freed->own_blocks += i == 0 ? gone : 0;
		share_out_mapped(freed, &capacity, profile,
				 &profile->snapshot->mapped[sites[i] - profile->mapped], gone);
	}
	if (freed->count)
		qsort(freed->list, freed->count, sizeof *freed->list, by_blocks);
	return freed;
}

void freed_free(struct freed *freed)
{
	if (!freed)
		return;
	free(freed->list);
	free(freed);
}

/* -- the sentence -- */

/* Writes 1204 as "1,204". */
static const char *number(char text[NUMBER_TEXT], uint64_t value)
{
	char digits[NUMBER_TEXT];
	size_t length = (size_t)snprintf(digits, sizeof digits, "%" PRIu64, value), at = 0;

	for (size_t i = 0; i < length; i++) {
		if (i && (length - i) % 3 == 0)
			text[at++] = ',';
		text[at++] = digits[i];
	}
	text[at] = 0;
	return text;
}

static void write_name(FILE *file, const struct frame *frame)
{
	if (frame->function)
		fputs(frame->function, file);
	else
		fprintf(file, "%s+0x%" PRIx64, frame->module ? frame->module : "?", frame->address);
}

static void write_stack(FILE *file, const struct profile_site *stack)
{
	uint32_t count = profile_before_start(stack);

	for (uint32_t i = 0; i < SHOWN_FRAMES && stack->blamed + i < count; i++) {
		fputs(i ? " < " : "", file);
		write_name(file, stack->frames[stack->blamed + i]);
	}
}

static void write_list(FILE *file, const struct freed *freed)
{
	char blocks[NUMBER_TEXT];

	for (size_t i = 0; i < freed->count && i < SHOWN_STACKS; i++) {
		const struct freed_stack *stack = &freed->list[i];

		if (i == 0 || stack->moved != freed->list[i - 1].moved)
			fprintf(file, "%s%s by ", i ? ", " : "",
				stack->moved	     ? "reallocated"
				: freed->of_mappings ? "unmapped"
						     : "freed");
		else
			fputs(", ", file);
		write_stack(file, stack->stack);
		fprintf(file, " (%s)", number(blocks, stack->blocks));
	}
	if (freed->count > SHOWN_STACKS)
		fprintf(file, ", %zu more", freed->count - SHOWN_STACKS);
}

char *freed_sentence(const struct freed *freed, const struct profile_site *site, uint64_t staying)
{
	char blocks[NUMBER_TEXT], *text = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&text, &size);

	if (!file)
		return mem_string("");
	if (!freed->blocks) {
		fprintf(file, "no %s of this site was ever %s",
			freed->of_mappings ? "mapping" : "block",
			freed->of_mappings ? "unmapped" : "freed");
	} else if (!freed->count) {
		fprintf(file, "%s %s of this line were %s, by call stacks that were not looked at",
			number(blocks, freed->blocks), freed->of_mappings ? "mappings" : "blocks",
			freed->of_mappings ? "unmapped" : "freed");
	} else {
		fprintf(file, "%s of this line are ", freed->of_mappings ? "mappings" : "blocks");
		write_list(file, freed);
		if (site && staying && site->blamed + 1 < profile_before_start(site)) {
			number(blocks, staying);
			fprintf(file,
				freed->own_blocks ? "; %s of those from "
						  : "; the %s that stay come from ",
				blocks);
			write_name(file, site->frames[site->blamed + 1]);
			fputs(freed->own_blocks ? " stay" : "", file);
		}
	}
	fclose(file);
	return text;
}
