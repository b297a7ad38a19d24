/*
 * lost, lost-cycle: blocks that no root reaches, and ever more of them.
 *
 * Facts: unreachable in graph after graph and born before the last interval; their number rises. Sites whose lost blocks point to
 * each other are one finding. A cycle: the graph has unreachable strongly connected components of these sites. A missed unref:
 * see refcount.c.
 * The figures are of what is lost, not of the site's other blocks.
 * Traps: what was lost once at the start does not grow; a block just allocated is young; where threads could not be stopped the
 * only pointer may be in a register.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "diagnose/facts.h"
#include "util/mem.h"

/* -- which sites lose blocks -- */

static const struct snapshot_verdict *verdict_of(const struct snapshot_graph *graph, uint32_t record)
{
	uint64_t low = 0, high = graph->verdict_count;

	while (low < high) { /* they are in the order of sites */
		uint64_t middle = (low + high) / 2;

		if (graph->verdicts[middle].site < record)
			low = middle + 1;
		else
			high = middle;
	}
	return low < graph->verdict_count && graph->verdicts[low].site == record ? &graph->verdicts[low]
										 : NULL;
}

/* What a graph says of a site, which may have several records. */
struct tally {
	double blocks, bytes;		/* all; sampled, as many as were taken */
	double lost_blocks, lost_bytes; /* of these */
	double old_blocks, old_bytes;	/* of these, born before the last interval */
};

static struct tally count(const struct series *series, uint32_t number, size_t snapshot)
{
	const struct snapshot_graph *graph = &series->snapshots[snapshot]->graph;
	uint32_t record = series->sites[number].records[snapshot];
	struct tally tally = {0};

	for (; record != SERIES_NONE; record = series->same_site[snapshot][record]) {
		const struct snapshot_verdict *verdict = verdict_of(graph, record);

		for (int i = 0; verdict && i < SILT_VERDICTS; i++) {
			bool lost = i == SILT_LOST_DIRECT || i == SILT_LOST_INDIRECT || i == SILT_LOST_CYCLE;

			tally.blocks += (double)verdict->blocks[i];
			tally.bytes += (double)verdict->bytes[i];
			tally.lost_blocks += lost ? (double)verdict->blocks[i] : 0;
			tally.lost_bytes += lost ? (double)verdict->bytes[i] : 0;
		}
		tally.old_blocks += verdict ? (double)verdict->old_blocks : 0;
		tally.old_bytes += verdict ? (double)verdict->old_bytes : 0;
	}
	return tally;
}

/* The figures of a finding are those of what is lost; other blocks of the site may come and go meanwhile. `rise`: of the old lost
 * ones from the first to the last graph; 0: too few graphs. */
static void count_lost_only(struct facts *facts, uint32_t number, double rise)
{
	const struct snapshot *snapshot = facts->series->snapshots[facts->graph_number];
	const struct series_point *point = &facts->series->sites[number].points[facts->graph_number];
	struct facts_site *site = &facts->sites[number];
	struct tally tally = count(facts->series, number, facts->graph_number);
	double of_blocks = 1, of_bytes = 1; /* what one in the graph stands for */

	if (tally.lost_blocks <= 0 || tally.lost_bytes <= 0 || tally.old_blocks <= 0)
		return;
	if (snapshot->process.sample_bytes) {
		of_blocks = (double)point->blocks / tally.blocks;
		of_bytes = (double)point->bytes / tally.bytes;
	}
	if ((double)point->blocks > tally.lost_blocks * of_blocks)
		site->kept_blocks = point->blocks - (uint64_t)(tally.lost_blocks * of_blocks);
	if ((double)point->bytes > tally.lost_bytes * of_bytes)
		site->kept_bytes = point->bytes - (uint64_t)(tally.lost_bytes * of_bytes);
	if (rise > 0 && of_blocks > 0)
		facts_correct_growth(site, rise * of_blocks,
				     tally.old_bytes * of_bytes / (tally.old_blocks * of_blocks));
}

void lost_judge(struct facts *facts, uint32_t number, double *values, double *seconds)
{
	const struct series *series = facts->series;
	struct facts_site *site = &facts->sites[number];
	size_t graphs = 0;

	if (!site->verdict || !site->verdict->old_blocks)
		return;
	for (size_t i = facts->start; i < facts->end; i++) {
		if (series->snapshots[i]->graph.summary.status != SILT_GRAPH_DONE)
			continue;
		values[graphs] = count(series, number, i).old_blocks;
		seconds[graphs++] = series->seconds[i];
	}
	site->lost = growth_judge(values, seconds, 0, graphs);
	if (graphs > GROWTH_INTERVALS)
		site->is_lost = site->lost.verdict == GROWTH_STEADY && site->lost.total >= FACTS_LEAST_BLOCKS;
	else /* few graphs: what grows is lost for the most part */
		site->is_lost = site->grows && (double)site->verdict->old_blocks >= 0.5 * site->blocks.total;
	if (site->is_lost)
		count_lost_only(facts, number,
				graphs > GROWTH_INTERVALS ? values[graphs - 1] - values[0] : 0);
}

/* -- findings of them -- */

/* Union-find, with paths halved. */
static uint32_t *find_leader(uint32_t *parent, uint32_t site)
{
	while (parent[site] != site) {
		parent[site] = parent[parent[site]];
		site = parent[site];
	}
	return &parent[site];
}

/* Sites that lose blocks belong together if their lost blocks point to each other, or one line makes them. */
static uint32_t *unite(const struct facts *facts, const uint32_t *lost, size_t count)
{
	const uint32_t *site_of = facts->series->site_of[facts->graph_number];
	uint32_t *parent = mem_alloc((facts->series->site_count + 1) * sizeof *parent);

	for (uint32_t i = 0; i < facts->series->site_count; i++)
		parent[i] = i;
	for (uint64_t i = 0; i < facts->graph->edge_count; i++) {
		const struct snapshot_edge *edge = &facts->graph->edges[i];

		if (!edge->lost || edge->from_root)
			continue;
		if (facts->sites[site_of[edge->source]].is_lost &&
		    facts->sites[site_of[edge->target]].is_lost)
			*find_leader(parent, site_of[edge->source]) =
				*find_leader(parent, site_of[edge->target]);
	}
	for (size_t i = 0; i < count; i++)
		for (size_t other = i + 1; other < count; other++)
			if (facts_same_place(facts, lost[i], lost[other]))
				*find_leader(parent, lost[other]) = *find_leader(parent, lost[i]);
	return parent;
}

static bool has_site(const struct finding *finding, uint32_t site)
{
	for (size_t i = 0; i < finding->site_count; i++)
		if (finding->sites[i].site == site)
			return true;
	return false;
}

/* The most frequent cycle that goes through these sites. */
static const struct snapshot_component *cycle_of(const struct facts *facts, const struct finding *finding)
{
	const uint32_t *site_of = facts->series->site_of[facts->graph_number];
	const struct snapshot_component *best = NULL;

	for (uint64_t i = 0; i < facts->graph->component_count; i++) {
		const struct snapshot_component *component = &facts->graph->components[i];
		const struct snapshot_triple *first = &facts->graph->triples[component->first_triple];

		if (component->triple_count && has_site(finding, site_of[first->from]) &&
		    (!best || component->components > best->components))
			best = component;
	}
	return best;
}

static uint64_t blocks_of(const struct facts *facts, const struct finding *finding, uint32_t verdict)
{
	uint64_t blocks = 0;

	for (size_t i = 0; i < finding->site_count; i++) {
		const struct snapshot_verdict *found = facts->sites[finding->sites[i].site].verdict;

		blocks += found ? found->blocks[verdict] : 0;
	}
	return blocks;
}

/* What leads to the rest first. */
static void lead(const struct facts *facts, struct finding *finding, uint32_t verdict)
{
	for (size_t i = 1; i < finding->site_count; i++) {
		const struct snapshot_verdict *first = facts->sites[finding->sites[0].site].verdict,
					      *other = facts->sites[finding->sites[i].site].verdict;

		if (other && first && other->blocks[verdict] > first->blocks[verdict]) {
			struct finding_site swap = finding->sites[0];

			finding->sites[0] = finding->sites[i];
			finding->sites[i] = swap;
		}
	}
}

/* The site's module, by where the program asked for the block. */
static const char *module_of(const struct facts *facts, uint32_t record)
{
	const struct profile_site *site = &facts->profile->sites[record];

	return site->frames[site->blamed]->module;
}

/* A cycle that crosses modules has two owners who must agree how it is broken; what breaks it may be a callback in a member. */
static void describe_cycle(const struct facts *facts, struct finding *finding)
{
	const uint32_t *site_of = facts->series->site_of[facts->graph_number];
	const struct snapshot_component *component = finding->component;
	bool told = false;

	for (uint64_t i = 0; i < component->triple_count; i++) {
		const struct snapshot_triple *triple = &facts->graph->triples[component->first_triple + i];
		const char *from = module_of(facts, triple->from), *to = module_of(facts, triple->to);
		uint64_t words;

		if (!told && from && to && strcmp(from, to) != 0) {
			finding_evidence(finding, "the cycle crosses modules: from %s to %s and back", from,
					 to);
			told = true;
		}
		if (!finding->callback)
			finding->callback = listener_callback(facts, site_of[triple->from], &words);
	}
}

static void judge(const struct facts *facts, struct finding *finding)
{
	uint64_t direct, cycle;

	facts_complete(facts, finding);
	direct = blocks_of(facts, finding, SILT_LOST_DIRECT);
	cycle = blocks_of(facts, finding, SILT_LOST_CYCLE);
	finding->component = cycle_of(facts, finding);
	if (finding->component && cycle >= direct)
		finding->kind = FINDING_LOST_CYCLE;
	else
		finding->component = NULL;
	if (finding->component)
		describe_cycle(facts, finding);
	lead(facts, finding, finding->component ? SILT_LOST_CYCLE : SILT_LOST_DIRECT);
	finding_evidence(finding,
			 "no pointer leads to them: %" PRIu64 " blocks lost directly, %" PRIu64
			 " in cycles, %" PRIu64 " through these",
			 direct, cycle, blocks_of(facts, finding, SILT_LOST_INDIRECT));
	if (finding->kind == FINDING_LOST)
		refcount_claims(facts, finding);
	if (!(facts->graph->summary.flags & SILT_GRAPH_STOPPED)) {
		finding->confidence = 0.6;
		finding_evidence(finding, "possible only: not all threads could be stopped");
	}
}

void lost_find(struct facts *facts, struct diagnosis *diagnosis)
{
	uint32_t *parent, *lost = NULL;
	size_t count = 0, capacity = 0;

	if (!facts->graph)
		return;
	for (uint32_t i = 0; i < facts->series->site_count; i++) {
		if (!facts->sites[i].is_lost)
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
				facts_add_site(facts, finding, lost[s]);
				facts->sites[lost[s]].used = true;
			}
		}
		judge(facts, finding);
		diagnosis_add(diagnosis, finding);
	}
	free(lost);
	free(parent);
}
