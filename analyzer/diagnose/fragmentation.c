/*
 * fragmentation: live bytes stay while the heap's footprint grows, or stays far above them.
 *
 * Facts: what the allocator has from the system, and resident memory, rise to the end; live bytes
 * do not; the difference is free memory within the arenas. Or, from the warm-up to the end, most of
 * the footprint is free memory between live blocks, which can neither be given back nor is used,
 * and the footprint is far above all that was live at any moment. Blocks that lie beside more free
 * memory than their own size pin it. Traps: resident memory also grows when earlier memory is
 * touched, by files, and by mappings of the program: the allocator's figures must agree. The free
 * top of each thread's arena is not a fragment. A heap that grew to its peak once and stays there
 * does not rise.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "diagnose/facts.h"
#include "diagnose/finding.h"
#include "diagnose/growth.h"
#include "load/snapshot.h"
#include "model/series.h"
#include "silt_snapshot.h"
#include "util/mem.h"
#include "util/words.h"

#define LEAST (256 << 10) /* bytes; less growth is not reported, */
#define LEAST_SHARE 0.05  /* nor a smaller share of the footprint */

static double figure(const struct silt_process *process, int which)
{
	switch (which) {
	case 0:
		return (double)process->live_bytes;
	case 1:
		return (double)(process->heap_arena_bytes + process->heap_mapped_bytes);
	default:
		return (double)process->heap_free_bytes;
	}
}

static struct growth judge(const struct facts *facts, int which)
{
	const struct series *series = facts->series;
	double *values = mem_zeroed(series->count, sizeof *values);
	struct growth growth;

	for (size_t i = facts->start; i < facts->end; i++)
		values[i] = figure(&series->snapshots[i]->process, which);
	growth = growth_judge(values, series->seconds, facts->start, facts->end);
	free(values);
	return growth;
}

#define UNUSED_SHARE 0.6       /* share of the footprint */
#define UNUSED_LEAST (8 << 20) /* bytes */
#define PINNED_SHARE 0.9       /* share of the unused memory */

#define PIECE (64 << 10) /* bytes of a free chunk that may well lie between live blocks */

/* Returns true if a snapshot showed more than one thread. Threads have arenas of their own, some
 * of which may outlive them. */
static bool threaded(const struct facts *facts)
{
	for (size_t i = 0; i < facts->end; i++)
		if (facts->series->snapshots[i]->process.threads > 1)
			return true;
	return false;
}

/* Only the top of the main arena is known. If there may be more arenas, free memory in many
 * pieces lies between live blocks; a few large pieces may be tops of other arenas. */
static bool between_blocks(const struct facts *facts, const struct silt_process *process)
{
	return !threaded(facts) ||
	       (process->heap_free_chunks &&
		(double)process->heap_free_bytes < (double)process->heap_free_chunks * PIECE);
}

static bool unused_all_the_time(const struct facts *facts)
{
	for (size_t i = facts->start; i < facts->end; i++) {
		const struct silt_process *process = &facts->series->snapshots[i]->process;
		double unused = (double)process->heap_free_bytes,
		       footprint = (double)(process->heap_arena_bytes + process->heap_mapped_bytes);

		if (unused < UNUSED_LEAST || unused < UNUSED_SHARE * footprint ||
		    (double)process->heap_trimmable_bytes > (1 - PINNED_SHARE) * unused ||
		    !between_blocks(facts, process))
			return false;
	}
	return true;
}

/* -- blocks that pin free memory -- */

static int compare_pins(const void *a, const void *b)
{
	const struct finding_pin *x = a, *y = b;

	return x->bytes < y->bytes ? 1 : -(x->bytes > y->bytes);
}

/* Finds the sites whose blocks lie beside more free memory than their own size. With sampling,
 * blocks in between are unknown. */
static void find_pins(const struct facts *facts, struct finding *finding)
{
	const struct snapshot_graph *graph = facts->graph;
	struct finding_pin *pins;
	size_t count = 0;

	if (!graph || facts->profile->snapshot->process.sample_bytes)
		return;
	pins = mem_zeroed(graph->pin_count + 1, sizeof *pins);
	for (uint64_t i = 0; i < graph->pin_count; i++) {
		const struct snapshot_pin *pin = &graph->pins[i];

		if (pin->bytes > snapshot_live_bytes(&facts->profile->snapshot->sites[pin->site]))
			pins[count++] = (struct finding_pin){pin->blocks, pin->bytes,
							     &facts->profile->sites[pin->site]};
	}
	qsort(pins, count, sizeof *pins, compare_pins);
	for (size_t i = 0; i < count && i < FINDING_PINS; i++)
		finding->pins[finding->pin_count++] = pins[i];
	free(pins);
}

static struct finding *report(const struct facts *facts, struct diagnosis *diagnosis, double growth,
			      double rate)
{
	const struct silt_process *first = &facts->series->snapshots[facts->start]->process,
				  *last = &facts->series->snapshots[facts->end - 1]->process;
	struct finding *finding;

	finding = finding_new(FINDING_FRAGMENTATION);
	finding->growth_bytes = growth;
	finding->bytes_per_second = rate;
	finding->live_bytes = last->live_bytes;
	finding->live_blocks = last->live_blocks;
	finding->free_bytes = last->heap_free_bytes;
	find_pins(facts, finding);
	finding_evidence(
		finding,
		"live %" PRIu64 " KiB, before %" PRIu64 " KiB; taken from the system %" PRIu64
		" KiB, before %" PRIu64 " KiB; resident %" PRIu64 " KiB",
		last->live_bytes >> 10, first->live_bytes >> 10,
		(last->heap_arena_bytes + last->heap_mapped_bytes) >> 10,
		(first->heap_arena_bytes + first->heap_mapped_bytes) >> 10, last->rss_bytes >> 10);
	finding_evidence(finding,
			 "free within the arenas %" PRIu64 " KiB in %" PRIu64
			 " chunk%s, of that at the top %" PRIu64 " KiB: %s",
			 last->heap_free_bytes >> 10, last->heap_free_chunks,
			 words_s(last->heap_free_chunks), last->heap_trimmable_bytes >> 10,
			 last->heap_trimmable_bytes * 2 > last->heap_free_bytes
				 ? "malloc_trim() would give it back"
			 : between_blocks(facts, last)
				 ? "pinned between live blocks"
				 : "in large pieces, as at the tops of other threads' arenas");
	diagnosis_add(diagnosis, finding);
	return finding;
}

#define BY_FAR 2.5 /* times what was live at any moment of the interval */

/* Returns the most that was live after the warm-up; between snapshots only if it was more than
 * ever before. */
static double peak_of(const struct facts *facts)
{
	struct snapshot *const *snapshots = facts->series->snapshots;
	const struct silt_process *first = &snapshots[facts->start]->process,
				  *last = &snapshots[facts->end - 1]->process;
	uint64_t peak = last->peak_live_bytes > first->peak_live_bytes ? last->peak_live_bytes : 0;

	for (size_t i = facts->start; i < facts->end; i++)
		if (snapshots[i]->process.live_bytes > peak)
			peak = snapshots[i]->process.live_bytes;
	return (double)peak;
}

static void note_unused(struct diagnosis *diagnosis, const struct silt_process *last)
{
	diagnosis_note(diagnosis,
		       "%.1f MiB of the heap's %.1f MiB are free between live blocks: what was "
		       "live at the peak of this time filled most of them",
		       (double)last->heap_free_bytes / 1048576,
		       (double)(last->heap_arena_bytes + last->heap_mapped_bytes) / 1048576);
}

#define STILL_RISES 0.25 /* of the mean step, at the end */
#define TWICE 2.0	 /* times the most that was live: more is not needed */
#define LIKELY 0.65
#define POSSIBLE 0.55

/* Returns true if live bytes stay, the footprint rises by so much, and most of the rise is free
 * memory. */
static bool grows_unused(const struct growth *live, const struct growth *footprint,
			 const struct growth *unused, double taken)
{
	return footprint->total >= LEAST && footprint->total >= LEAST_SHARE * taken &&
	       live->total <= footprint->total / 4 && unused->total >= footprint->total / 2;
}

/* Reports a footprint that rises to the end, but ever more slowly: it may settle at an unknown
 * height. */
static void report_slowing(const struct facts *facts, struct diagnosis *diagnosis,
			   const struct growth *footprint, double taken)
{
	struct finding *finding = report(facts, diagnosis, footprint->total, footprint->rate);

	finding->confidence = taken >= TWICE * peak_of(facts) ? LIKELY : POSSIBLE;
	finding_evidence(
		finding,
		"the footprint rises ever more slowly: run longer to see where it settles");
}

void fragmentation_find(struct facts *facts, struct diagnosis *diagnosis)
{
	const struct silt_process *last = &facts->series->snapshots[facts->end - 1]->process;
	struct growth live = judge(facts, 0), footprint = judge(facts, 1), unused = judge(facts, 2);
	double taken = (double)(last->heap_arena_bytes + last->heap_mapped_bytes);
	bool grows = grows_unused(&live, &footprint, &unused, taken);

	if (grows && footprint.verdict == GROWTH_STEADY)
		report(facts, diagnosis, footprint.total, footprint.rate);
	else if (unused_all_the_time(facts) && taken >= BY_FAR * peak_of(facts))
		report(facts, diagnosis, 0, 0);
	else if (grows && footprint.verdict == GROWTH_SATURATING && footprint.last >= STILL_RISES)
		report_slowing(facts, diagnosis, &footprint, taken);
	else if (unused_all_the_time(facts))
		note_unused(diagnosis, last);
}
