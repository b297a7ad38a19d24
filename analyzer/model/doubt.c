/* Finds whether silt could see the heap of a program: see doubt.h. */
#include "model/doubt.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "silt_snapshot.h"
#include "util/mem.h"

/* the C library and others allocate some hundred blocks by themselves */
#define FEW_BLOCKS 1000
#define MUCH_MEMORY (16ull << 20) /* more than the stacks and other data of a small program */
#define SMALL_PART 20		  /* less than 1/20 of the heap was seen */

/* -- the allocator's figure against the records -- */

#define MIB 1048576.0
#define TOLERATED_PART 0.1
#define TOLERATED (4 * MIB)
/* Free in a thread's cache, but in use by the allocator's figures: 7 chunks of each of 64 sizes
 * up to 1 KiB in glibc; jemalloc's caches hold chunks up to 32 KiB. */
#define CACHE_GLIBC (0.25 * MIB)
#define CACHE_OTHERS (2 * MIB)
/* The figures are read a moment before the snapshot, while threads allocate: a heap that changes
 * by more in that moment is not judged. */
#define DRIFT_PART 0.05
#define DRIFT MIB
#define SAMPLING_DEVIATIONS 4
#define LATE_SNAPSHOTS 4 /* one of so many last snapshots suffices */

struct figures {
	double used, least,
		/* bytes in use: by the allocator's figure; by the records at least and at most */
		most;
	/* how far they may differ although silt has seen everything */
	double noise;
};

static bool read_figures(const struct silt_process *process, struct figures *figures)
{
	bool glibc = process->allocator == SILT_ALLOCATOR_GLIBC;
	double live = (double)process->heap_scanned_bytes,
	       drift = (double)process->heap_books_bytes - live;

	figures->used =
		(double)process->heap_used_bytes + (glibc ? (double)process->heap_mapped_bytes : 0);
	if (figures->used <= 0 || process->heap_time_ns == 0 ||
	    fabs(drift) > DRIFT + DRIFT_PART * live)
		return false;
	figures->least = (double)process->heap_least_bytes + drift;
	figures->most = (double)process->heap_most_bytes + drift;
	figures->noise = fabs(drift) +
			 fmax(process->threads, process->threads_at_once) *
				 (glibc ? CACHE_GLIBC : CACHE_OTHERS) +
			 SAMPLING_DEVIATIONS * sqrt((double)process->sample_bytes * live);
	return figures->most > 0 || live == 0;
}

static bool is_apart(const struct figures *figures, double more, double less)
{
	return more - less > fmax(TOLERATED, TOLERATED_PART * more) + figures->noise;
}

static bool is_unseen(const struct silt_process *process)
{
	struct figures figures;

	return !process->gaps && read_figures(process, &figures) &&
	       is_apart(&figures, figures.used, figures.most);
}

static bool is_gone(const struct silt_process *process)
{
	struct figures figures;

	return read_figures(process, &figures) && is_apart(&figures, figures.least, figures.used);
}

static const char *unseen_sentence(const struct silt_process *process)
{
	static char text[320];
	double used = (double)process->heap_used_bytes;
	int length;

	if (process->allocator == SILT_ALLOCATOR_GLIBC)
		used += (double)process->heap_mapped_bytes;
	length = snprintf(
		text, sizeof text,
		"inconclusive: malloc has %.1f MiB in use, of which silt has %.1f MiB on record: ",
		used / MIB, (double)process->live_bytes / MIB);
	if (process->lost_records)
		snprintf(text + length, sizeof text - (size_t)length,
			 "%" PRIu64
			 " blocks could not be recorded; give silt more memory, or --sample",
			 process->lost_records);
	else if (process->allocator == SILT_ALLOCATOR_GLIBC)
		snprintf(text + length, sizeof text - (size_t)length,
			 "the rest was allocated past silt, as by __libc_malloc; call malloc "
			 "instead");
	else
		snprintf(text + length, sizeof text - (size_t)length,
			 "the rest was allocated past silt, by functions of the allocator's own "
			 "(mi_malloc, tc_memalign); run it with the C library's malloc");
	return text;
}

static const char *gone_sentence(const struct silt_process *process)
{
	static char text[320];
	double used = (double)process->heap_used_bytes;

	if (process->allocator == SILT_ALLOCATOR_GLIBC)
		used += (double)process->heap_mapped_bytes;
	snprintf(text, sizeof text,
		 "inconclusive: silt has %.1f MiB on record, of which malloc has %.1f MiB in use: "
		 "the program frees blocks past silt, as by %s; call free instead",
		 (double)process->live_bytes / MIB, used / MIB,
		 process->allocator == SILT_ALLOCATOR_GLIBC
			 ? "__libc_free"
			 : "functions of the allocator's own (mi_free, tc_free)");
	return text;
}

static const char *doubt_of_heap(const struct silt_process *process)
{
	if (process->c_libraries > 1)
		return "inconclusive: the program has loaded another copy of the C library "
		       "(dlmopen, LD_AUDIT), whose heap silt does not see; load its plugins with "
		       "dlopen to have them recorded";
	if (is_unseen(process))
		return unseen_sentence(process);
	return is_gone(process) ? gone_sentence(process) : NULL;
}

/* -- a heap that is not seen at all -- */

const char *doubt_of(const struct snapshot *snapshot)
{
	const struct silt_process *process = &snapshot->process;
	uint64_t known = process->live_bytes + process->overhead_bytes;
	const char *heap = doubt_of_heap(process);

	if (process->allocator == SILT_ALLOCATOR_PROGRAM)
		return "inconclusive: the program has a malloc of its own, which comes before "
		       "silt's: its blocks are not recorded; link the allocator as a shared "
		       "library";
	if (process->total_blocks == 0)
		return "inconclusive: not one allocation was recorded; either the program made "
		       "none, or it has an allocator of its own that silt does not see";
	if (heap)
		return heap;
	if (!process->sample_bytes && !process->gaps && process->total_blocks < FEW_BLOCKS &&
	    process->anonymous_rss_bytes > known + MUCH_MEMORY &&
	    process->live_bytes <
		    (process->anonymous_rss_bytes - process->overhead_bytes) / SMALL_PART)
		return "inconclusive: few allocations were recorded, though the process has much "
		       "memory of its own; it may have an allocator that silt does not see";
	return NULL;
}

/* Returns a doubt if the memory that silt has not seen grows: the leak may be in less than a
 * tenth of a large heap. Uses glibc's figures only, which are exact. */
static const char *doubt_of_growth(struct snapshot *const *snapshots, size_t count)
{
	struct figures first = {0}, last = {0};
	size_t i = count / 3, end = count;

	while (i < count && !read_figures(&snapshots[i]->process, &first))
		i++;
	while (end > i + 1 && !read_figures(&snapshots[end - 1]->process, &last))
		end--;
	if (end <= i + 1 || snapshots[i]->process.allocator != SILT_ALLOCATOR_GLIBC ||
	    snapshots[end - 1]->process.gaps)
		return NULL;
	/* no more than the allocator itself may need for what is recorded */
	if (last.used - last.most - (first.used - first.least) <=
	    fmax(TOLERATED, TOLERATED_PART * (last.used - first.used)) + first.noise + last.noise)
		return NULL;
	return unseen_sentence(&snapshots[end - 1]->process);
}

const char *doubt_of_run(struct snapshot *const *snapshots, size_t count)
{
	const char *doubt = NULL;

	for (size_t i = count; !doubt && i > 0 && i + 2 > count; i--)
		doubt = doubt_of(snapshots[i - 1]);
	for (size_t i = count; !doubt && i > 0 && i + LATE_SNAPSHOTS > count; i--)
		doubt = doubt_of_heap(&snapshots[i - 1]->process);
	return doubt ? doubt : doubt_of_growth(snapshots, count);
}

bool doubt_of_records(struct snapshot *const *snapshots, size_t count)
{
	for (size_t i = count; i > 0 && i + LATE_SNAPSHOTS > count; i--)
		if (is_gone(&snapshots[i - 1]->process))
			return true;
	return false;
}

char *doubt_of_children(const struct snapshot *last)
{
	uint64_t count = last->process.children_not_recorded;

	return count == 0
		       ? NULL
		       : mem_format("%" PRIu64 " short-lived child%s not recorded: of those that a "
				    "program forks and that end within a second, the first 256 "
				    "are",
				    count, count == 1 ? " was" : "ren were");
}

const char *doubt_of_earlier(const struct silt_process *process)
{
	switch (process->earlier) {
	case SILT_EARLIER_ALLOCATOR:
		return process->sample_bytes
			       ? "what was allocated before the attach is not here: with --sample "
				 "it is not taken"
			       : "what was allocated before the attach is not here: its allocator "
				 "is not glibc's";
	case SILT_EARLIER_LAYOUT:
		return "what was allocated before the attach is not here: the C library's heap is "
		       "not laid out as in the versions that silt knows";
	case SILT_EARLIER_MOVING:
		return "what was allocated before the attach is not here: its threads could not be "
		       "stopped (it has changed user), or one was always at work in the allocator; "
		       "attach again in that case";
	case SILT_EARLIER_TOTALS:
		return "what was allocated before the attach is not here: what was found differs "
		       "from the allocator's own totals; attach again";
	default:
		return NULL;
	}
}
