/*
 * lost, lost-cycle: blocks that no root reaches, and ever more of them.
 *
 * Facts: unreachable in graph after graph and born before the last interval; their number rises.
 * Sites whose lost blocks point to each other are one finding. A cycle: the graph has unreachable
 * strongly connected components of these sites. A missed unref: see refcount.c. The figures are of
 * the lost blocks, not of other blocks of the sites. Traps: blocks lost once at the start do not
 * grow in number; a block just allocated is young; if threads could not be stopped, or slept where
 * they must not be stopped, the only pointer may be in a register.
 */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "diagnose/axes.h"
#include "diagnose/facts.h"
#include "diagnose/finding.h"
#include "diagnose/growth.h"
#include "diagnose/parts.h"
#include "diagnose/relations.h"
#include "load/snapshot.h"
#include "model/profile.h"
#include "model/series.h"
#include "silt_snapshot.h"
#include "symbolize/frame.h"
#include "util/mem.h"
#include "util/words.h"

/* -- parts that lose blocks -- */

/* What graphs show of a part. */
struct tally {
	/* by graph: blocks that are lost, and were born before the last interval */
	double *old;
	/* the most of them in any graph */
	double most;
	/* in the graph that is reported */
	struct series_tally reported;
};

/* Makes the figures of a part those of its lost blocks, because its other blocks may come and go
 * meanwhile. `rise`: of the old lost blocks from the first to the last graph; 0: too few graphs. */
static void count_lost_only(const struct facts *facts, uint32_t number, const struct tally *tally,
			    double rise)
{
	const struct series_tally *reported = &tally->reported;
	const struct snapshot *snapshot = facts->series->snapshots[facts->graph_number];
	const struct series_point *point = facts_point(facts, number);
	struct facts_part *found = &facts->found[number];
	/* how many blocks or bytes each one in the graph stands for */
	double of_blocks = 1, of_bytes = 1;

	if (!reported->lost_blocks || !reported->lost_bytes || !reported->old_blocks)
		return;
	if (snapshot->process.sample_bytes) {
		of_blocks = (double)point->blocks / (double)reported->blocks;
		of_bytes = (double)point->bytes / (double)reported->bytes;
	}
	if ((double)point->blocks > (double)reported->lost_blocks * of_blocks)
		found->kept_blocks =
			point->blocks - (uint64_t)((double)reported->lost_blocks * of_blocks);
	if ((double)point->bytes > (double)reported->lost_bytes * of_bytes)
		found->kept_bytes =
			point->bytes - (uint64_t)((double)reported->lost_bytes * of_bytes);
	if (rise > 0 && of_blocks > 0)
		facts_correct_growth(found, rise * of_blocks,
				     (double)reported->old_bytes * of_bytes /
					     ((double)reported->old_blocks * of_blocks));
}

/* What counting one site after the other needs. */
struct counting {
	const struct facts *facts;
	/* by part */
	struct tally *tallies;
	/* snapshots judged that have a graph */
	const uint32_t *graphs;
	size_t count;
	/* index of the next graph */
	size_t next;
	struct tally *part;
	/* of the current site, by graph */
	uint64_t *old;
	/* blocks of the site that a graph called lost and that were freed later, at least */
	uint64_t freed;
};

/* Returns the blocks born before a generation; of a bin that is wider than a generation, all
 * blocks. */
static uint64_t left_of(const struct series_state *state, uint64_t before)
{
	uint64_t left = 0;

	for (size_t i = 0; i < state->bin_count; i++)
		if (state->bins[i].number * state->width < before)
			left += state->bins[i].blocks;
	return left;
}

/* Nobody can free a lost block: if fewer blocks of that age are left at the end than a graph
 * called lost, the graph missed a pointer. */
static void find_freed(struct counting *counting, const struct series_state *end)
{
	for (size_t i = 0; i < counting->count; i++) {
		const struct snapshot *snapshot =
			counting->facts->series->snapshots[counting->graphs[i]];
		uint64_t left;

		if (!counting->old[i] || snapshot->process.sample_bytes ||
		    !(snapshot->graph.summary.flags & SILT_GRAPH_STOPPED))
			continue;
		left = left_of(end, snapshot->process.generation);
		if (counting->old[i] > left && counting->old[i] - left > counting->freed)
			counting->freed = counting->old[i] - left;
	}
}

static void add_tally(struct series_tally *sum, const struct series_tally *tally)
{
	sum->blocks += tally->blocks;
	sum->bytes += tally->bytes;
	sum->lost_blocks += tally->lost_blocks;
	sum->lost_bytes += tally->lost_bytes;
	sum->old_blocks += tally->old_blocks;
	sum->old_bytes += tally->old_bytes;
}

static void count_state(void *argument, size_t snapshot, const struct series_state *state)
{
	struct counting *counting = argument;
	const struct facts *facts = counting->facts;

	if (counting->next < counting->count && counting->graphs[counting->next] == snapshot) {
		counting->old[counting->next] = state->graph.old_blocks;
		counting->part->old[counting->next++] += (double)state->graph.old_blocks;
		if (snapshot == facts->graph_number)
			add_tally(&counting->part->reported, &state->graph);
	}
	if (snapshot + 1 == facts->series->count)
		find_freed(counting, state);
}

/* Also finds which parts hide pointers. */
static struct tally *count_graphs(const struct facts *facts, const uint32_t *graphs, size_t count)
{
	struct tally *tallies = mem_zeroed(facts->parts->count, sizeof *tallies);
	struct counting counting = {facts, tallies, graphs, count, 0, NULL, NULL, 0};

	counting.old = mem_zeroed(count, sizeof *counting.old);
	for (size_t p = 0; p < facts->parts->count; p++)
		tallies[p].old = mem_zeroed(count, sizeof(double));
	for (uint32_t i = 0; i < facts->series->site_count; i++) {
		counting.part = &tallies[facts->parts->part_of[i]];
		counting.next = 0;
		counting.freed = 0;
		series_walk(facts->series, i, count_state, &counting);
		facts->found[facts->parts->part_of[i]].hidden += counting.freed;
	}
	for (size_t p = 0; p < facts->parts->count; p++)
		for (size_t i = 0; i < count; i++)
			if (tallies[p].old[i] > tallies[p].most)
				tallies[p].most = tallies[p].old[i];
	free(counting.old);
	return tallies;
}

static void judge_part(const struct facts *facts, uint32_t number, const struct tally *tally,
		       const uint32_t *graphs, size_t count)
{
	struct facts_part *found = &facts->found[number];
	struct axes_figure figure = {.values = tally->old, .at = graphs, .count = count};
	struct axes_judgement judged;

	if (!tally->reported.old_blocks || found->hidden)
		return;
	figure.events = tally->old[count - 1] - tally->old[0];
	judged = axes_judge(facts->axes, &figure);
	found->lost = judged.growth;
	if (count > GROWTH_INTERVALS) {
		found->is_lost = judged.growth.verdict == GROWTH_STEADY &&
				 judged.growth.total >= FACTS_LEAST_BLOCKS;
		found->full = found->full || judged.full;
	} else { /* few graphs: most of what grows is lost */
		found->is_lost = found->grows &&
				 (double)tally->reported.old_blocks >= 0.5 * found->blocks.total;
	}
	if (found->is_lost)
		count_lost_only(facts, number, tally,
				count > GROWTH_INTERVALS ? tally->old[count - 1] - tally->old[0]
							 : 0);
}

/* freed blocks that were called lost: fewer may have been about to be freed at the graph, */
#define HIDDEN_LEAST 4
#define HIDDEN_SHARE 0.05 /* and so may a small share of many, */
#define HIDDEN_MANY 64	  /* but not so many */

#define REPLACED 0.5  /* share of a part's rise, at least, by which another part fell */
#define AS_LARGE 1.25 /* times the mean size */

/* Returns true if the blocks of both parts have about the same size. */
static bool same_size(const struct facts *facts, uint32_t a, uint32_t b)
{
	const struct series_point *x = facts_point(facts, a), *y = facts_point(facts, b);
	double size = x->blocks ? (double)x->bytes / (double)x->blocks : 0,
	       other = y->blocks ? (double)y->bytes / (double)y->blocks : 0;

	return size <= AS_LARGE * other && other <= AS_LARGE * size;
}

/* Clears a part that loses blocks if another part, of blocks of the same size, has become smaller
 * by about as many, and those were called lost and freed later: the blocks are replaced one for
 * one, and pointers to them are hidden. `gone`: by part, such blocks that no part has replaced yet;
 * each is replaced by one. */
static void doubt_replaced(struct facts *facts, uint32_t part, double *gone)
{
	struct facts_part *found = &facts->found[part];
	double rise = facts_rise(facts, part);

	if (found->lost.total > rise)
		rise = found->lost.total;
	for (uint32_t p = 0; p < facts->parts->count && found->is_lost; p++) {
		if (p == part || gone[p] < HIDDEN_LEAST || gone[p] < REPLACED * rise ||
		    !same_size(facts, p, part))
			continue;
		found->is_lost = found->grows = false;
		found->replaces_hidden = true;
		found->hidden = (uint64_t)gone[p];
		if (!facts->found[p].hidden)
			facts->found[p].hidden = found->hidden;
		gone[p] = gone[p] > rise ? gone[p] - rise : 0;
	}
}

/* Returns the blocks that a part has fewer of at the end, if they were called lost. */
static double gone_of(const struct facts *facts, uint32_t part)
{
	double hidden = (double)facts->found[part].hidden, fall = -facts_rise(facts, part);

	return fall < 0 ? 0 : hidden < fall ? hidden : fall;
}

void lost_judge(struct facts *facts)
{
	const struct series *series = facts->series;
	uint32_t *graphs = mem_alloc((facts->end + 1) * sizeof *graphs);
	double *gone = mem_zeroed(facts->parts->count + 1, sizeof *gone);
	struct tally *tallies;
	size_t count = 0;

	for (size_t i = facts->start; i < facts->end; i++)
		if (series->snapshots[i]->graph.summary.status == SILT_GRAPH_DONE)
			graphs[count++] = (uint32_t)i;
	tallies = count_graphs(facts, graphs, count);
	for (uint32_t p = 0; p < facts->parts->count; p++) {
		struct facts_part *found = &facts->found[p];

		gone[p] = gone_of(facts, p);
		if (found->hidden < HIDDEN_LEAST ||
		    (found->hidden < HIDDEN_MANY &&
		     (double)found->hidden < HIDDEN_SHARE * tallies[p].most))
			found->hidden = 0;
		if (count)
			judge_part(facts, p, &tallies[p], graphs, count);
		free(tallies[p].old);
	}
	for (uint32_t p = 0; p < facts->parts->count; p++)
		doubt_replaced(facts, p, gone);
	free(tallies);
	free(gone);
	free(graphs);
}

/* -- findings of lost parts -- */

/* Union-find with path halving. */
static uint32_t *find_leader(uint32_t *parent, uint32_t site)
{
	while (parent[site] != site) {
		parent[site] = parent[parent[site]];
		site = parent[site];
	}
	return &parent[site];
}

/* The innermost call of the program itself; NULL: the part has none. */
static const struct frame *own_call(const struct facts *facts, uint32_t part)
{
	const struct profile_site *place = facts_place(facts, part);
	const struct snapshot *snapshot = facts->profile->snapshot;

	for (uint32_t f = 0; place && snapshot->module_count && f < place->frame_count; f++)
		if (place->frames[f]->module_path &&
		    strcmp(place->frames[f]->module_path, snapshot->modules[0].path) == 0)
			return place->frames[f];
	return NULL;
}

#define AS_MANY 0.05 /* of the blocks */

/* Returns true if one call of the program loses as many blocks of both: what a function of a
 * library returns may consist of several. */
static bool lost_by_one_call(const struct facts *facts, uint32_t a, uint32_t b)
{
	const struct frame *x = own_call(facts, a), *y = own_call(facts, b);
	double blocks = facts->found[a].growth_blocks;

	return x && y && x->address == y->address &&
	       fabs(blocks - facts->found[b].growth_blocks) <= AS_MANY * blocks;
}

/* Unites parts whose lost blocks point to each other, or that one line makes. */
static uint32_t *unite(const struct facts *facts, const uint32_t *lost, size_t count)
{
	uint32_t *parent = mem_alloc((facts->parts->count + 1) * sizeof *parent);

	for (uint32_t i = 0; i < facts->parts->count; i++)
		parent[i] = i;
	for (size_t i = 0; i < facts->relations->count; i++) {
		const struct relation *relation = &facts->relations->list[i];

		if (facts->found[relation->from].is_lost && facts->found[relation->to].is_lost &&
		    relations_strong_lost(facts->relations, relation->from, relation->to))
			*find_leader(parent, relation->from) = *find_leader(parent, relation->to);
	}
	for (size_t i = 0; i < count; i++)
		for (size_t other = i + 1; other < count; other++)
			if (facts_same_place(facts, lost[i], lost[other]) ||
			    lost_by_one_call(facts, lost[i], lost[other]))
				*find_leader(parent, lost[other]) = *find_leader(parent, lost[i]);
	return parent;
}

static bool has_part(const struct finding *finding, uint32_t part)
{
	for (size_t i = 0; i < finding->part_count; i++)
		if (finding->parts[i] == part)
			return true;
	return false;
}

/* Returns the most frequent cycle through these sites. */
static const struct snapshot_component *cycle_of(const struct facts *facts,
						 const struct finding *finding)
{
	const struct snapshot_component *best = NULL;

	for (uint64_t i = 0; i < facts->graph->component_count; i++) {
		const struct snapshot_component *component = &facts->graph->components[i];
		const struct snapshot_triple *first =
			&facts->graph->triples[component->first_triple];

		if (component->triple_count &&
		    has_part(finding, facts_part_of(facts, first->from)) &&
		    (!best || component->components > best->components))
			best = component;
	}
	return best;
}

/* Returns the blocks of the finding's parts with this verdict, and stores the part whose blocks
 * retain most. */
static uint64_t blocks_of(const struct facts *facts, const struct finding *finding,
			  uint32_t verdict, uint32_t *lead)
{
	uint64_t *blocks = mem_zeroed(facts->parts->count, sizeof *blocks),
		 *bytes = mem_zeroed(facts->parts->count, sizeof *bytes), sum = 0, most = 0;

	for (uint64_t i = 0; i < facts->graph->verdict_count; i++) {
		const struct snapshot_verdict *found = &facts->graph->verdicts[i];
		uint32_t part = facts_part_of(facts, found->site);

		blocks[part] += found->blocks[verdict];
		bytes[part] +=
			found->blocks[verdict] ? found->bytes[verdict] + found->through_bytes : 0;
	}
	for (size_t i = 0; i < finding->part_count; i++) {
		sum += blocks[finding->parts[i]];
		if (lead && (i == 0 || bytes[finding->parts[i]] > most)) {
			most = bytes[finding->parts[i]];
			*lead = finding->parts[i];
		}
	}
	free(blocks);
	free(bytes);
	return sum;
}

/* Returns the module of the program's call to the allocator. */
static const char *module_of(const struct facts *facts, uint32_t record)
{
	const struct profile_site *site = &facts->profile->sites[record];

	return site->frames[site->blamed]->module;
}

/* A cycle across modules has two owners, who must agree how to break it; a callback in a member
 * may be what breaks it. */
static void describe_cycle(const struct facts *facts, struct finding *finding)
{
	const struct snapshot_component *component = finding->component;
	bool noted = false;

	for (uint64_t i = 0; i < component->triple_count; i++) {
		const struct snapshot_triple *triple =
			&facts->graph->triples[component->first_triple + i];
		const char *from = module_of(facts, triple->from),
			   *to = module_of(facts, triple->to);
		uint64_t words;

		if (!noted && from && to && strcmp(from, to) != 0) {
			finding_evidence(finding,
					 "the cycle crosses modules: from %s to %s and back", from,
					 to);
			noted = true;
		}
		if (!finding->callback)
			finding->callback = listener_callback(
				facts, facts_part_of(facts, triple->from), &words);
	}
}

/* Registers of threads that were not stopped are unknown. What only they held is called lost:
 * one block for each, with all that hangs from it. `leads`: lost blocks, or cycles, that nothing
 * points to. */
static void doubt(const struct silt_graph *graph, struct finding *finding, uint64_t leads)
{
	uint32_t unknown = graph->threads - graph->threads_stopped;

	if (graph->flags & SILT_GRAPH_STOPPED)
		return;
	if (!(graph->flags & SILT_GRAPH_STILL)) {
		finding->confidence = 0.6;
		finding_evidence(
			finding,
			graph->flags & SILT_GRAPH_MOVED
				? "possible only: a thread woke up while the heap was copied"
				: "possible only: not all threads could be stopped");
	} else if (leads <= (uint64_t)unknown * SILT_THREAD_REGISTERS) {
		finding->confidence = 0.6;
		finding_evidence(finding,
				 "possible only: what the registers of %" PRIu32
				 " sleeping %s held is not known",
				 unknown, unknown == 1 ? "thread" : "threads");
	}
}

/* Pointers in blocks that were not sampled are not followed: what they lead to looks lost. */
static void doubt_sample(const struct facts *facts, struct finding *finding)
{
	if (!facts->profile->snapshot->process.sample_bytes)
		return;
	finding->confidence = 0.6;
	finding_evidence(finding, "possible only: blocks that were not sampled may lead to them; "
				  "record without --sample to confirm");
}

static void judge(const struct facts *facts, struct finding *finding)
{
	uint32_t lead_direct = 0, lead_cycle = 0;
	uint64_t direct, cycle;

	facts_complete(facts, finding);
	direct = blocks_of(facts, finding, SILT_LOST_DIRECT, &lead_direct);
	cycle = blocks_of(facts, finding, SILT_LOST_CYCLE, &lead_cycle);
	finding->component = cycle_of(facts, finding);
	if (finding->component && cycle >= direct)
		finding->kind = FINDING_LOST_CYCLE;
	else
		finding->component = NULL;
	if (finding->component)
		describe_cycle(facts, finding);
	facts_lead(finding, finding->component ? lead_cycle : lead_direct);
	finding_evidence(finding,
			 "no pointer leads to them: %" PRIu64 " block%s lost directly, %" PRIu64
			 " in cycles, %" PRIu64 " through these",
			 direct, words_s(direct), cycle,
			 blocks_of(facts, finding, SILT_LOST_INDIRECT, NULL));
	if (finding->kind == FINDING_LOST)
		refcount_claims(facts, finding);
	doubt(&facts->graph->summary, finding,
	      direct + (finding->component ? finding->component->components : 0));
	doubt_sample(facts, finding);
}

void lost_find(struct facts *facts, struct diagnosis *diagnosis)
{
	uint32_t *parent, *lost = NULL;
	size_t count = 0, capacity = 0;

	if (!facts->graph)
		return;
	for (uint32_t i = 0; i < facts->parts->count; i++) {
		if (!facts->found[i].is_lost)
			continue;
		MEM_GROW(lost, count, capacity);
		lost[count++] = i;
	}
	parent = unite(facts, lost, count);
	for (size_t i = 0; i < count; i++) {
		struct finding *finding;

		if (*find_leader(parent, lost[i]) != lost[i])
			continue;
		finding = finding_new(FINDING_LOST);
		finding->lost = true;
		for (size_t s = 0; s < count; s++) {
			if (*find_leader(parent, lost[s]) == lost[i]) {
				facts_add_part(finding, lost[s]);
				facts->found[lost[s]].used = true;
			}
		}
		judge(facts, finding);
		diagnosis_add(diagnosis, finding);
	}
	free(lost);
	free(parent);
}
