/*
 * lost, lost-cycle: blocks that no root reaches, and ever more of them.
 *
 * Facts: unreachable in graph after graph and born before the last interval; their number rises. Sites whose lost blocks point to
 * each other are one finding. A cycle: the graph has unreachable strongly connected components of these sites. A missed unref:
 * see refcount.c.
 * Traps: what was lost once at the start does not grow; a block just allocated is young; where threads could not be stopped the
 * only pointer may be in a register.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "diagnose/facts.h"
#include "util/mem.h"

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
