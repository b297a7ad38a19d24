/*
 * Writes massif.out: see exports.h. Every tenth snapshot, the highest and the last have a heap
 * tree.
 * Must not: apply a rule of diagnosis.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "load/run_moment.h"
#include "load/snapshot.h"
#include "model/profile.h"
#include "model/series.h"
#include "model/stacks.h"
#include "render/exports.h"
#include "render/names.h"
#include "silt_release.h"
#include "silt_snapshot.h"
#include "util/mem.h"

#define DETAILED 10
/* parts below a hundredth of the heap are merged, which is Massif's default */
#define THRESHOLD 100

/* -- heap trees: from the allocating function to its callers -- */

struct tree {
	FILE *file;
	struct names *names;
	uint64_t total;
};

/* Stacks whose innermost `depth` frames are the same. */
struct branch {
	const struct stack **stacks;
	size_t count;
	uint64_t bytes;
	char *place;
};

static int compare_frames(const void *a, const void *b, void *depth)
{
	const struct stack *x = *(const struct stack *const *)a,
			   *y = *(const struct stack *const *)b;
	uint32_t at = *(uint32_t *)depth;
	uintptr_t frame_x = at < x->frame_count ? (uintptr_t)x->frames[at] : 0;
	uintptr_t frame_y = at < y->frame_count ? (uintptr_t)y->frames[at] : 0;

	return frame_x < frame_y ? -1 : frame_x > frame_y;
}

static int compare_branches(const void *a, const void *b)
{
	const struct branch *x = a, *y = b;

	if (x->bytes != y->bytes)
		return x->bytes > y->bytes ? -1 : 1;
	return strcmp(x->place, y->place);
}

/* Divides a branch by the next frame of its stacks, the largest part first. Stacks that end here
 * are in no part. */
static struct branch *split(struct tree *tree, const struct branch *branch, uint32_t depth,
			    size_t *count)
{
	struct branch *branches = NULL;
	size_t capacity = 0;

	*count = 0;
	qsort_r(branch->stacks, branch->count, sizeof(struct stack *), compare_frames, &depth);
	for (size_t i = 0; i < branch->count; i++) {
		const struct stack *stack = branch->stacks[i];

		if (depth >= stack->frame_count)
			continue;
		if (!*count ||
		    branches[*count - 1].stacks[0]->frames[depth] != stack->frames[depth]) {
			MEM_GROW(branches, *count, capacity);
			branches[(*count)++] = (struct branch){
				.stacks = branch->stacks + i,
				.place = names_place(tree->names, stack->frames[depth])};
		}
		branches[*count - 1].count++;
		branches[*count - 1].bytes += stack->new[STACKS_LIVE_BYTES];
	}
	if (*count)
		qsort(branches, *count, sizeof *branches, compare_branches);
	return branches;
}

static void write_branch(struct tree *tree, const struct branch *branch, uint32_t depth)
{
	size_t count, shown = 0, hidden;
	struct branch *branches = split(tree, branch, depth, &count);
	uint64_t rest = 0;

	while (shown < count && branches[shown].bytes * THRESHOLD >= tree->total)
		shown++;
	hidden = count - shown;
	for (size_t i = shown; i < count; i++)
		rest += branches[i].bytes;
	fprintf(tree->file, "%*sn%zu: %" PRIu64 " %s\n", (int)depth, "", shown + (hidden > 0),
		branch->bytes, branch->place);
	for (size_t i = 0; i < shown; i++)
		write_branch(tree, &branches[i], depth + 1);
	if (hidden)
		fprintf(tree->file,
			"%*sn0: %" PRIu64 " in %zu place%s below massif's threshold (%.2f%%)\n",
			(int)depth + 1, "", rest, hidden, hidden == 1 ? "," : "s, all",
			100.0 / THRESHOLD);
	for (size_t i = 0; i < count; i++)
		free(branches[i].place);
	free(branches);
}

static void write_tree(FILE *file, const struct stacks *stacks)
{
	static char title[] = "(heap allocation functions) malloc/new/new[], --alloc-fns, etc.";
	struct tree tree = {file, names_new(), stacks->new_total[STACKS_LIVE_BYTES]};
	struct branch all = {.stacks = mem_zeroed(stacks->count, sizeof(struct stack *)),
			     .place = title};

	for (size_t i = 0; i < stacks->count; i++) {
		if (!stacks->list[i].new[STACKS_LIVE_BYTES])
			continue;
		all.stacks[all.count++] = &stacks->list[i];
		all.bytes += stacks->list[i].new[STACKS_LIVE_BYTES];
	}
	write_branch(&tree, &all, 0);
	free(all.stacks);
	names_free(tree.names);
}

/* -- snapshots -- */

/* Returns NULL if the snapshot's file is gone. */
static struct stacks *stacks_at(const struct export_run *run, size_t number,
				struct profile **profile)
{
	const struct snapshot *snapshot = series_whole(run->series, number);

	if (!snapshot)
		return NULL;
	*profile = profile_new(run->context, snapshot, run->blame);
	return stacks_new(NULL, *profile, run->filters);
}

static void leave(const struct export_run *run, size_t number, struct stacks *stacks,
		  struct profile *profile)
{
	stacks_free(stacks);
	profile_free(profile);
	series_shed(run->series, number);
}

/* Returns the live bytes of the sites that no filter drops. */
static uint64_t live_at(const struct export_run *run, size_t number)
{
	struct profile *profile;
	struct stacks *stacks;
	uint64_t live;

	if (!run->filters->count)
		return run->series->snapshots[number]->process.live_bytes;
	stacks = stacks_at(run, number, &profile);
	if (!stacks)
		return 0;
	live = stacks->new_total[STACKS_LIVE_BYTES];
	leave(run, number, stacks, profile);
	return live;
}

/* A snapshot of the series, or the snapshot of the peak. */
struct moment {
	double seconds;
	uint64_t live;
	/* massif's word for the heap tree: empty, detailed, peak */
	const char *kind;
};

static void write_head(FILE *file, size_t number, const struct moment *moment, const char *tree)
{
	fprintf(file,
		"#-----------\nsnapshot=%zu\n#-----------\ntime=%.0f\nmem_heap_B=%" PRIu64
		"\nmem_heap_extra_B=0\nmem_stacks_B=0\nheap_tree=%s\n",
		number, moment->seconds * 1e3, moment->live, tree);
}

/* Returns snapshot number `i` of the series. */
static void write_snapshot(FILE *file, const struct export_run *run, size_t number, size_t i,
			   const struct moment *moment)
{
	bool detailed = strcmp(moment->kind, "empty") != 0;
	struct profile *profile;
	struct stacks *stacks = detailed ? stacks_at(run, i, &profile) : NULL;

	write_head(file, number, moment, stacks ? moment->kind : "empty");
	if (!stacks)
		return;
	write_tree(file, stacks);
	leave(run, i, stacks, profile);
}

/* The snapshot of the highest live bytes, which is not part of the series. */
struct kept {
	/* NULL: there is none, or it is not higher than the series */
	struct snapshot *snapshot;
	struct profile *profile;
	struct stacks *stacks;
	struct moment moment;
};

static void close_kept(struct kept *kept)
{
	if (!kept->snapshot)
		return;
	stacks_free(kept->stacks);
	profile_free(kept->profile);
	snapshot_free(kept->snapshot);
	kept->snapshot = NULL;
}

static struct kept open_kept(const struct export_run *run, uint64_t highest)
{
	const struct snapshot *first = run->series->snapshots[0];
	struct snapshot_error unread;
	struct silt_process process;
	struct kept kept = {.moment.kind = "peak"};
	char *path = run_moment_find_peak(first, &process);

	if (path)
		kept.snapshot = snapshot_load(path, &unread);
	free(path);
	if (!kept.snapshot)
		return kept;
	kept.profile = profile_new(run->context, kept.snapshot, run->blame);
	kept.stacks = stacks_new(NULL, kept.profile, run->filters);
	kept.moment.live = kept.stacks->new_total[STACKS_LIVE_BYTES];
	kept.moment.seconds =
		(double)(int64_t)(process.time_unix_ns - first->process.start_unix_ns) / 1e9;
	if (kept.moment.live <= highest)
		close_kept(&kept);
	return kept;
}

static void write_kept(FILE *file, size_t *number, struct kept *kept)
{
	if (!kept->snapshot)
		return;
	write_head(file, (*number)++, &kept->moment, kept->moment.kind);
	write_tree(file, kept->stacks);
	close_kept(kept);
}

static void write_snapshots(FILE *file, const struct export_run *run, const uint64_t *live,
			    size_t peak)
{
	const struct series *series = run->series;
	struct kept kept = open_kept(run, live[peak]);
	size_t number = 0;

	if (kept.snapshot)
		peak = series->count;
	for (size_t i = 0; i < series->count; i++) {
		bool detailed = i % DETAILED == 0 || i == series->count - 1;
		struct moment moment = {series->seconds[i], live[i],
					i == peak  ? "peak"
					: detailed ? "detailed"
						   : "empty"};

		if (kept.moment.seconds < moment.seconds)
			write_kept(file, &number, &kept);
		write_snapshot(file, run, number++, i, &moment);
	}
	write_kept(file, &number, &kept);
}

void massif_write(FILE *file, const struct export_run *run)
{
	const struct series *series = run->series;
	uint64_t *live = mem_zeroed(series->count, sizeof *live);
	char *command = names_command(series->snapshots[0]),
	     *title = names_title(series->snapshots[series->count - 1]);
	size_t peak = 0;

	for (size_t i = 0; i < series->count; i++) {
		live[i] = live_at(run, i);
		if (live[i] > live[peak])
			peak = i;
	}
	fprintf(file, "desc: silt " SILT_RELEASE ": %s\ncmd: %s\ntime_unit: ms\n", title, command);
	write_snapshots(file, run, live, peak);
	free(live);
	free(command);
	free(title);
}
