/*
 * Groups sites by a key and sorts them: tracemalloc's Snapshot.statistics and compare_to.
 * Must not: print, know files.
 */
#ifndef SILT_MODEL_STATISTICS_H
#define SILT_MODEL_STATISTICS_H

#include "model/filter.h"
#include "model/profile.h"

struct frame;

enum statistics_key { KEY_LINE, KEY_FUNCTION, KEY_FILE, KEY_MODULE, KEY_TRACEBACK };
enum statistics_order { ORDER_SIZE, ORDER_COUNT, ORDER_TOTAL, ORDER_CALLS, ORDER_PEAK };

/* The figures of one side: live bytes and blocks, and what was allocated and freed since
 * recording began. */
struct statistics_figures {
	uint64_t size, count, total_bytes, total_blocks, freed_blocks, temporary_blocks;
	/* sum over the call stacks of the highest live bytes of each, at any time */
	uint64_t peak_bytes;
	/* variances of estimates; 0 if every block was recorded */
	double size_variance, count_variance;
};

struct statistic {
	const struct frame
		/* a frame with this key: the blamed frame, or with --cumulative any */
		*frame;
	/* the site with most live bytes */
	const struct profile_site *example;
	/* `old` stays 0 for one snapshot */
	struct statistics_figures old, new;
};

struct statistics {
	struct statistic *list;
	size_t count;
	enum statistics_key key;
};

struct statistics_options {
	enum statistics_key key;
	enum statistics_order order;
	/* count every frame of a call stack, once for each key; not with KEY_TRACEBACK */
	bool cumulative;
	const struct filter_list *filters;
};

/*
 * Groups `new`, and beside it `old` unless it is NULL. Keys of either side are included, also
 * vanished and unchanged ones. One side is sorted by (size, count, key), two sides by (|size
 * change|, size, |count change|, count, key), all descending; another order puts its figure first.
 * Free with statistics_free().
 */
struct statistics *statistics_new(const struct profile *old, const struct profile *new,
				  const struct statistics_options *options);
void statistics_free(struct statistics *statistics);

/* Returns the bytes by which a frame is grouped, which the caller frees. Not for KEY_TRACEBACK. */
char *statistics_key_of(const struct frame *frame, enum statistics_key key, size_t *size);

/* Returns true if the frame has a source line, not only a symbol. */
static inline bool statistics_has_line(const struct frame *frame)
{
	return frame->file && !frame->from_symtab;
}

#endif
