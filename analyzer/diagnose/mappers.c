/*
 * growing, outside malloc, by call stack: memory that the program maps itself and never unmaps.
 *
 * Facts: what the call stacks of one line have mapped, and have not unmapped since, rises to the
 * end like a leak (growth.h). They are judged together, as blocks are (parts.h), because recursion
 * and dispatch spread a line over many stacks. Traps: address space is not memory before it is
 * touched: unless resident memory grew as well, the finding is unsure. Memory that a pool hands out
 * is recorded as blocks, which are judged. What stands still at the end may be full. If mappings
 * come and go, as in a ring of them or a buffer that is mapped anew, the lower envelope does not
 * rise.
 */
#include "diagnose/mappers.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "diagnose/axes.h"
#include "diagnose/finding.h"
#include "diagnose/growth.h"
#include "load/snapshot.h"
#include "model/freed.h"
#include "model/profile.h"
#include "model/series.h"
#include "model/statistics.h"
#include "silt_snapshot.h"
#include "symbolize/frame.h"
#include "util/mem.h"
#include "util/words.h"

#define SHOWN_STACKS 8 /* call stacks shown of a finding, the heaviest */
/* share of the mapped memory by which resident memory must have grown */
#define RESIDENT_SHARE 0.5
#define LEAST_STEPS GROWTH_SEGMENTS
#define SURE 0.9
#define POSSIBLE 0.5
#define STILL_FILLS 0.25 /* of the mean step, in every segment: so much is not noise */

/* The call stacks of one line that map memory, and their figures at each snapshot judged. */
struct mapping_line {
	/* indices in snapshot->mapped of the last snapshot */
	const uint64_t *members;
	size_t count;
	double *bytes, *mappings;
};

struct mappers {
	const struct facts *facts;
	/* of the last snapshot judged */
	const struct profile *profile;
	/* the last snapshot judged */
	const struct snapshot *snapshot;
	/* indices in snapshot->mapped, sorted by line */
	uint64_t *order;
	struct mapping_line *groups;
	size_t group_count;
	/* by node: number + 1, 0: none; of the groups, and of `mapped` in the first snapshot
	 * judged */
	uint32_t *group_of, *first_of;
	double *figures;
};

/* -- lines -- */

static int compare_text(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "");
}

static int compare_places(const struct frame *a, const struct frame *b)
{
	bool a_line = statistics_has_line(a), b_line = statistics_has_line(b);
	int order;

	if (a == b)
		return 0;
	if (a_line != b_line)
		return a_line ? -1 : 1;
	order = a_line ? strcmp(a->file, b->file) : compare_text(a->module_path, b->module_path);
	if (order)
		return order;
	if (a_line)
		return a->line < b->line ? -1 : a->line > b->line;
	return a->address < b->address ? -1 : a->address > b->address;
}

static const struct frame *blamed(const struct profile *profile, uint64_t number)
{
	const struct profile_site *site = &profile->mapped[number];

	return site->frames[site->blamed];
}

static int compare_members(const void *a, const void *b, void *profile)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	int order = compare_places(blamed(profile, x), blamed(profile, y));

	return order ? order : x < y ? -1 : x > y;
}

static void make_groups(struct mappers *m)
{
	uint64_t count = 0;

	for (uint64_t i = 0; i < m->snapshot->mapped_count; i++)
		if (!(m->snapshot->mapped[i].kinds & SILT_MAPPED_BLOCKS))
			m->order[count++] = i;
	if (count)
		qsort_r(m->order, count, sizeof *m->order, compare_members, (void *)m->profile);
	for (uint64_t i = 0; i < count; i++) {
		if (i == 0 || compare_places(blamed(m->profile, m->order[i - 1]),
					     blamed(m->profile, m->order[i])) != 0)
			m->groups[m->group_count++].members = &m->order[i];
		m->groups[m->group_count - 1].count++;
		m->group_of[m->snapshot->mapped[m->order[i]].node] = (uint32_t)m->group_count;
	}
}

/* -- figures over time -- */

/* Nodes are comparable within one process only. */
static bool same_process(const struct silt_process *a, const struct silt_process *b)
{
	return a->pid == b->pid && a->start_unix_ns == b->start_unix_ns;
}

static void take_figures(struct mappers *m)
{
	const struct series *series = m->facts->series;
	size_t start = m->facts->start, span = m->facts->end - start;

	m->figures = mem_zeroed(2 * m->group_count * span + 1, sizeof *m->figures);
	for (size_t g = 0; g < m->group_count; g++) {
		m->groups[g].bytes = m->figures + 2 * g * span;
		m->groups[g].mappings = m->groups[g].bytes + span;
	}
	for (size_t i = 0; i < span; i++) {
		const struct snapshot *then = series->snapshots[start + i];

		for (uint64_t k = 0; k < then->mapped_count; k++) {
			const struct snapshot_mapped *mapped = &then->mapped[k];
			uint32_t group = mapped->node <= m->snapshot->node_count
						 ? m->group_of[mapped->node]
						 : 0;

			if (!group)
				continue;
			m->groups[group - 1].bytes[i] += (double)mapped->live_bytes;
			m->groups[group - 1].mappings[i] += (double)mapped->live;
		}
	}
}

static bool know_all(const struct facts *facts, const struct snapshot *last)
{
	for (size_t i = facts->start; i < facts->end; i++) {
		const struct snapshot *then = facts->series->snapshots[i];

		if (!then->has_mapped || !same_process(&then->process, &last->process))
			return false;
	}
	return true;
}

/* -- findings -- */

static const struct snapshot *first_of(const struct mappers *m)
{
	return m->facts->series->snapshots[m->facts->start];
}

static void find_firsts(struct mappers *m)
{
	const struct snapshot *first = first_of(m);

	for (uint64_t i = 0; i < first->mapped_count; i++)
		if (first->mapped[i].node <= m->snapshot->node_count)
			m->first_of[first->mapped[i].node] = (uint32_t)i + 1;
}

/* Returns a call stack at the first snapshot judged. */
static struct snapshot_mapped at_start(const struct mappers *m, uint32_t node)
{
	uint32_t number = m->first_of[node];

	return number ? first_of(m)->mapped[number - 1] : (struct snapshot_mapped){.node = node};
}

static int compare_sites(const void *a, const void *b)
{
	const struct finding_site *x = a, *y = b;

	if (x->growth_bytes != y->growth_bytes)
		return x->growth_bytes < y->growth_bytes ? 1 : -1;
	return x->profile < y->profile ? -1 : x->profile > y->profile;
}

/* Adds the call stacks of the line that grow. */
static void add_sites(const struct mappers *m, const struct mapping_line *group,
		      struct finding *finding)
{
	finding->sites = mem_zeroed(group->count, sizeof *finding->sites);
	for (size_t i = 0; i < group->count; i++) {
		const struct snapshot_mapped *now = &m->snapshot->mapped[group->members[i]];
		struct snapshot_mapped before = at_start(m, now->node);
		struct finding_site site = {
			.site = SERIES_NONE,
			.growth_blocks = (double)now->live - (double)before.live,
			.growth_bytes = (double)now->live_bytes - (double)before.live_bytes,
			.live_blocks = now->live,
			.live_bytes = now->live_bytes,
			.profile = &m->profile->mapped[group->members[i]],
		};

		if (site.growth_bytes <= 0)
			continue;
		finding->live_blocks += now->live;
		finding->live_bytes += now->live_bytes;
		finding->sites[finding->stacks++] = site;
	}
	qsort(finding->sites, finding->stacks, sizeof *finding->sites, compare_sites);
	finding->site_count = finding->stacks < SHOWN_STACKS ? finding->stacks : SHOWN_STACKS;
}

/* Adds who unmaps what the line maps, by any call stack of the line; the first is the one that
 * grows most. */
static void add_unmappers(const struct mappers *m, const struct mapping_line *group,
			  struct finding *finding)
{
	const struct profile_site **sites =
		mem_zeroed(group->count + 1, sizeof(const struct profile_site *));
	size_t count = 0;

	sites[count++] = finding->sites[0].profile;
	for (size_t i = 0; i < group->count; i++)
		if (&m->profile->mapped[group->members[i]] != sites[0])
			sites[count++] = &m->profile->mapped[group->members[i]];
	finding->freed = freed_of_mapped(m->profile, sites, count);
	free(sites);
}

/* Returns the growth of resident memory from the start to the end, without that of malloc's
 * blocks. */
static double resident_growth(const struct facts *facts)
{
	const struct silt_process *first = &facts->series->snapshots[facts->start]->process,
				  *last = &facts->series->snapshots[facts->end - 1]->process;
	double heap = (double)last->live_bytes - (double)first->live_bytes,
	       resident = (double)last->rss_bytes - (double)first->rss_bytes;

	return heap > 0 ? resident - heap : resident;
}

/* Returns how often the line has mapped memory in the judged time. */
static double steps_of(const struct mappers *m, const struct mapping_line *group)
{
	double steps = 0;

	for (size_t i = 0; i < group->count; i++) {
		const struct snapshot_mapped *now = &m->snapshot->mapped[group->members[i]];

		steps += (double)now->total - (double)at_start(m, now->node).total;
	}
	return steps;
}

static double confidence_of(const struct mappers *m, const struct mapping_line *group,
			    const struct growth *growth, struct finding *finding)
{
	double resident = resident_growth(m->facts), steps = steps_of(m, group);

	if (steps < LEAST_STEPS) {
		finding_evidence(finding,
				 "it grew in %.0f step%s only, as an allocator's arenas may; run "
				 "longer to confirm",
				 steps, steps == 1 ? "" : "s");
		return POSSIBLE;
	}

	if (growth->flat) {
		finding_evidence(
			finding,
			"it stands still at the end: it may be full; run longer to confirm");
		return POSSIBLE;
	}
	if (resident < RESIDENT_SHARE * growth->total) {
		finding_evidence(
			finding,
			"what is resident beside malloc's blocks grew by %.1f MiB only: address "
			"space that is hardly used",
			resident > 0 ? resident / 1048576 : 0.0);
		return POSSIBLE;
	}
	return SURE;
}

static void report(const struct mappers *m, const struct mapping_line *group,
		   const struct growth *growth, struct diagnosis *diagnosis)
{
	struct finding *finding = finding_new(FINDING_GROWING);
	size_t last = m->facts->end - m->facts->start - 1;

	finding->of_mappings = true;
	add_sites(m, group, finding);
	if (!finding->site_count) { /* what grew was unmapped at the very end */
		finding_free(finding);
		return;
	}
	add_unmappers(m, group, finding);
	finding->growth_bytes = growth->total;
	finding->growth_blocks = group->mappings[last] - group->mappings[0];
	finding->bytes_per_second = growth->rate;
	if (m->facts->iterations > 0)
		finding->bytes_per_iteration = growth->total / m->facts->iterations;
	finding_evidence(
		finding,
		"outside malloc: %.0f mapping%s of this line, before %.0f; mapped and not unmapped "
		"since: %.1f MiB, in %zu of %zu steps",
		group->mappings[last], group->mappings[last] == 1 ? "" : "s", group->mappings[0],
		growth->total / 1048576, growth->rising, growth->segments);
	finding->confidence = confidence_of(m, group, growth, finding);
	diagnosis_add(diagnosis, finding);
}

/* As with blocks, growth that slows down prevents a clean verdict. */
static void note_filling(struct facts *facts, const struct profile_site *site, double bytes,
			 struct diagnosis *diagnosis)
{
	facts->doubtful = true;
	diagnosis_note(
		diagnosis,
		"inconclusive: %.1f MiB more are mapped by %s after the warm-up, though ever more "
		"slowly: a pool that fills, or a leak under less and less load; run longer to "
		"confirm",
		bytes / 1048576, facts_name(site));
}

static double judge_groups(struct facts *facts, const struct mappers *m,
			   struct diagnosis *diagnosis)
{
	size_t span = facts->end - facts->start;
	uint32_t *at = mem_alloc(span * sizeof *at);
	double explained = 0;

	for (size_t i = 0; i < span; i++)
		at[i] = (uint32_t)(facts->start + i);
	for (size_t g = 0; g < m->group_count; g++) {
		const struct mapping_line *group = &m->groups[g];
		struct axes_figure figure = {.values = group->bytes,
					     .at = at,
					     .count = span,
					     .events = group->mappings[span - 1] -
						       group->mappings[0]};
		struct growth growth = axes_judge(facts->axes, &figure).growth;

		if (growth.total < MAPPERS_LEAST || growth.verdict == GROWTH_NONE)
			continue;
		if (growth.verdict == GROWTH_STEADY) {
			explained += growth.total;
			report(m, group, &growth, diagnosis);
		} else if (growth.weakest >= STILL_FILLS) {
			note_filling(facts, &m->profile->mapped[group->members[0]], growth.total,
				     diagnosis);
		}
	}
	free(at);
	return explained;
}

double mappers_find(struct facts *facts, struct diagnosis *diagnosis)
{
	const struct snapshot *last = facts->series->snapshots[facts->end - 1];
	struct mappers m = {.facts = facts, .profile = facts->latest, .snapshot = last};
	double explained;

	if (!last->mapped_count || m.profile->snapshot != last || !know_all(facts, last))
		return 0;
	m.order = mem_zeroed(last->mapped_count, sizeof *m.order);
	m.groups = mem_zeroed(last->mapped_count, sizeof *m.groups);
	m.group_of = mem_zeroed(last->node_count + 1, sizeof *m.group_of);
	m.first_of = mem_zeroed(last->node_count + 1, sizeof *m.first_of);
	make_groups(&m);
	find_firsts(&m);
	take_figures(&m);
	explained = judge_groups(facts, &m, diagnosis);
	free(m.order);
	free(m.groups);
	free(m.group_of);
	free(m.first_of);
	free(m.figures);
	return explained;
}

const struct profile_site *mappers_most(const struct facts *facts, double *bytes)
{
	const struct snapshot *snapshot = facts->latest->snapshot;
	const struct profile_site *most = NULL;

	*bytes = 0;
	for (uint64_t i = 0; i < snapshot->mapped_count; i++) {
		const struct snapshot_mapped *mapped = &snapshot->mapped[i];

		if (mapped->kinds & SILT_MAPPED_BLOCKS || (double)mapped->live_bytes <= *bytes)
			continue;
		*bytes = (double)mapped->live_bytes;
		most = &facts->latest->mapped[i];
	}
	return most;
}
