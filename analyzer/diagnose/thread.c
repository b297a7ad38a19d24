/*
 * thread-leak: threads that have ended and were never joined, or wait forever, and ever more of
 * them.
 *
 * Facts: from graph to graph there are more threads that were started with one function: ended ones
 * whose record the C library keeps for pthread_join, or live ones; with too few graphs, all running
 * threads from snapshot to snapshot, or blocks of which each thread has one in each graph. What
 * only the threads hold (stacks, results, thread-local storage) belongs to the finding. Traps: a
 * pool that fills stops growing; threads that come and go keep their number.
 */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "diagnose/axes.h"
#include "diagnose/facts.h"
#include "diagnose/finding.h"
#include "diagnose/growth.h"
#include "load/snapshot.h"
#include "model/holders.h"
#include "model/profile.h"
#include "model/series.h"
#include "silt_snapshot.h"
#include "util/mem.h"
#include "util/words.h"

static uint64_t count_threads(const struct snapshot_graph *graph, const struct silt_thread *like)
{
	uint64_t count = 0;

	for (uint64_t i = 0; i < graph->thread_count; i++)
		count += graph->threads[i].record.start_module == like->start_module &&
			 graph->threads[i].record.start_address == like->start_address &&
			 !(graph->threads[i].record.flags & SILT_THREAD_MAIN);
	return count;
}

static bool is_like(const struct facts *facts, uint32_t number, const struct silt_thread *like)
{
	const struct silt_thread *thread;

	if (number == UINT32_MAX)
		return false;
	thread = &facts->graph->threads[number].record;
	return thread->start_module == like->start_module &&
	       thread->start_address == like->start_address && !(thread->flags & SILT_THREAD_MAIN);
}

/* Returns true if most of a part's blocks are reached from threads that were started with the
 * same function. Each thread has a path of its own. */
static bool held_by(const struct facts *facts, uint32_t part, const struct silt_thread *like)
{
	const struct snapshot_graph *graph = facts->graph;
	uint64_t blocks = 0, all = 0;

	for (uint64_t i = 0; i < graph->path_count; i++) {
		const struct snapshot_path *path = &graph->paths[i];

		if (facts_part_of(facts, path->site) != part)
			continue;
		all += path->blocks;
		if (is_like(facts, graph->roots[path->root].thread, like))
			blocks += path->blocks;
	}
	return blocks * 2 > all;
}

#define IN_STEP 0.7 /* of the growth in threads */
#define OF_ALL 0.7  /* of the threads that were added */

/* With too few graphs, which know the start functions: judges all running threads, of which the
 * last graph shows that most were started with this function. */
static struct growth judge_running(const struct facts *facts, const struct silt_thread *like)
{
	const struct series *series = facts->series;
	double *values = mem_zeroed(series->count, sizeof *values), running = 0;
	struct axes_figure figure = {.values = values};
	struct growth growth;

	for (size_t i = 0; i < series->count; i++)
		values[i] = (double)series->snapshots[i]->process.threads;
	figure.events = values[facts->end - 1] - values[facts->start];
	growth = axes_judge(facts->axes, &figure).growth;
	for (uint64_t i = 0; i < facts->graph->thread_count; i++)
		running += is_like(facts, (uint32_t)i, like) &&
			   !(facts->graph->threads[i].record.flags & SILT_THREAD_ENDED);
	if (running < OF_ALL * growth.total)
		growth.verdict = GROWTH_NONE;
	free(values);
	return growth;
}

#define AS_MANY 0.1 /* of the threads: a smaller difference is still one block for each, */
#define BETWEEN 2.0 /* and so are so many blocks of threads that came or went meanwhile */
#define GRAPHS 2    /* graphs needed */

/* Returns true if at each graph a part has one block for each thread, and there are ever more. */
static bool is_one_each(const struct facts *facts, uint32_t part, const struct silt_thread *like)
{
	const struct series_point *points = facts->parts->list[part].points;
	double least = 0, most = 0;
	size_t graphs = 0;

	for (size_t i = 0; i < facts->end; i++) {
		const struct snapshot_graph *graph = &facts->series->snapshots[i]->graph;
		double threads;

		if (graph->summary.status != SILT_GRAPH_DONE)
			continue;
		threads = (double)count_threads(graph, like);
		if (fabs(threads - (double)points[i].blocks) > BETWEEN + AS_MANY * threads)
			return false;
		least = !graphs || threads < least ? threads : least;
		most = threads > most ? threads : most;
		graphs++;
	}
	return graphs >= GRAPHS && most - least >= IN_STEP * facts->found[part].growth_blocks;
}

/* Returns the part that the C library allocates once for each thread that starts, which grows with
 * them, and is in every snapshot; FACTS_NONE: there is none. */
static uint32_t made_for_each(const struct facts *facts, const struct silt_thread *like)
{
	for (uint32_t p = 0; p < facts->parts->count; p++)
		if (facts->found[p].grows && !facts->found[p].in_bytes && !facts->found[p].used &&
		    !facts->found[p].is_lost && held_by(facts, p, like) &&
		    is_one_each(facts, p, like))
			return p;
	return FACTS_NONE;
}

/* With too few graphs: judges all running threads, or the blocks that each has one of. */
static struct growth judge_seldom(const struct facts *facts, const struct silt_thread *like)
{
	struct growth running = judge_running(facts, like);
	uint32_t part = made_for_each(facts, like);

	return running.verdict == GROWTH_STEADY || part == FACTS_NONE ? running
								      : facts->found[part].blocks;
}

/* Judged along the program's work, as blocks are: threads are made, and lost, as it goes on. */
static struct growth judge_threads(const struct facts *facts, const struct silt_thread *like)
{
	const struct series *series = facts->series;
	double *values = mem_zeroed(series->count, sizeof *values);
	uint32_t *graphs = mem_zeroed(series->count, sizeof *graphs);
	struct axes_figure figure = {.values = values, .at = graphs};
	struct growth growth;

	for (size_t i = facts->start; i < facts->end; i++) {
		const struct snapshot_graph *graph = &series->snapshots[i]->graph;

		if (graph->summary.status != SILT_GRAPH_DONE)
			continue;
		values[figure.count] = (double)count_threads(graph, like);
		graphs[figure.count++] = (uint32_t)i;
	}
	if (figure.count)
		figure.events = values[figure.count - 1] - values[0];
	growth = figure.count > GROWTH_INTERVALS ? axes_judge(facts->axes, &figure).growth
						 : judge_seldom(facts, like);
	free(values);
	free(graphs);
	return growth;
}

/* Returns true if the lost blocks were allocated by these threads, at least one by each: only
 * their thread-local variables led to the blocks. */
static bool lost_with(const struct facts *facts, const struct finding *finding,
		      const struct snapshot_thread *thread, const struct growth *growth)
{
	const char *start = holders_thread_start(facts->holders, thread);

	if (finding->kind != FINDING_LOST || !start ||
	    finding->growth_blocks < IN_STEP * growth->total)
		return false;
	for (size_t i = 0; i < finding->site_count; i++) {
		const struct profile_site *site = finding->sites[i].profile;
		bool own = false;

		for (uint32_t f = 0; site && f < site->frame_count; f++)
			own |= site->frames[f]->function &&
			       strcmp(site->frames[f]->function, start) == 0;
		if (!own)
			return false;
	}
	return finding->site_count > 0;
}

/* Moves such lost blocks to the finding of the threads, because it is one mistake. */
static void take_lost(const struct facts *facts, struct diagnosis *diagnosis,
		      struct finding *threads, const struct snapshot_thread *thread,
		      const struct growth *growth)
{
	size_t kept = 0;

	for (size_t i = 0; i < diagnosis->count; i++) {
		struct finding *finding = diagnosis->findings[i];

		if (!lost_with(facts, finding, thread, growth)) {
			diagnosis->findings[kept++] = finding;
			continue;
		}
		for (size_t p = 0; p < finding->part_count; p++)
			facts_add_part(threads, finding->parts[p]);
		finding_evidence(threads,
				 "%" PRIu64 " blocks that the threads allocated are lost with them",
				 finding->live_blocks);
		finding_free(finding);
	}
	diagnosis->count = kept;
}

static void report(struct facts *facts, struct diagnosis *diagnosis,
		   const struct snapshot_thread *thread, const struct growth *growth)
{
	struct finding *finding = finding_new(FINDING_THREAD_LEAK);
	char *start = holders_thread_start_text(facts->holders, thread);
	uint64_t ended = 0;

	finding->thread = thread;
	finding->threads = count_threads(facts->graph, &thread->record);
	for (uint64_t i = 0; i < facts->graph->thread_count; i++)
		ended += facts->graph->threads[i].record.flags & SILT_THREAD_ENDED &&
			 facts->graph->threads[i].record.start_address ==
				 thread->record.start_address;
	for (uint32_t s = 0; s < facts->parts->count; s++) {
		if (facts->found[s].grows && !facts->found[s].used &&
		    held_by(facts, s, &thread->record)) {
			facts_add_part(finding, s);
			facts->found[s].used = true;
		}
	}
	take_lost(facts, diagnosis, finding, thread, growth);
	facts_complete(facts, finding);
	finding_evidence(finding,
			 "%" PRIu64 " thread%s started with %s, %" PRIu64
			 " of them ended and not joined; %.1f more a second",
			 finding->threads, words_s(finding->threads), start, ended, growth->rate);
	free(start);
	if (thread->record.stack_bytes)
		finding_evidence(finding, "each keeps a stack of %" PRIu64 " KiB of address space",
				 thread->record.stack_bytes >> 10);
	diagnosis_add(diagnosis, finding);
}

void thread_find(struct facts *facts, struct diagnosis *diagnosis)
{
	if (!facts->graph)
		return;
	for (uint64_t i = 0; i < facts->graph->thread_count; i++) {
		const struct snapshot_thread *thread = &facts->graph->threads[i];
		bool seen = thread->record.flags & SILT_THREAD_MAIN;
		struct growth growth;

		for (uint64_t before = 0; before < i && !seen; before++)
			seen = facts->graph->threads[before].record.start_address ==
				       thread->record.start_address &&
			       facts->graph->threads[before].record.start_module ==
				       thread->record.start_module;
		if (seen || !thread->record.start_module)
			continue;
		growth = judge_threads(facts, &thread->record);
		if (growth.verdict == GROWTH_STEADY && growth.total >= 3)
			report(facts, diagnosis, thread, &growth);
	}
}
