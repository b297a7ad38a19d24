/*
 * Sites grouped by a key and ordered: tracemalloc's Snapshot.statistics and compare_to.
 * Must not: print, know files.
 */
#ifndef SILT_MODEL_STATISTICS_H
#define SILT_MODEL_STATISTICS_H

#include "model/filter.h"
#include "model/profile.h"

struct frame;

enum statistics_key { KEY_LINE, KEY_FUNCTION, KEY_FILE, KEY_MODULE, KEY_TRACEBACK };
enum statistics_order { ORDER_SIZE, ORDER_COUNT, ORDER_TOTAL, ORDER_CALLS, ORDER_PEAK };

/* Of one side: the live bytes and blocks, and what was allocated and freed since recording
 * began. */
struct statistics_figures {
	uint64_t size, count, total_bytes, total_blocks, freed_blocks, temporary_blocks;
	/* the most live bytes of each call stack at any time, added up */
	uint64_t peak_bytes;
	/* of estimates; 0 where every block was recorded */
	double size_variance, count_variance;
};

struct statistic {
	const struct frame
		/* what the key was made from: the blamed frame, or with --cumulative any */
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
	/* every frame of a traceback counts, once for each key; not with KEY_TRACEBACK */
	bool cumulative;
	const struct filter_list *filters;
};

/*
 * Groups `new`, and `old` beside it unless NULL: keys of either side are there, vanished and
 * unchanged ones too. One side is sorted by (size, count, key), two by (|size change|, size, |count
 * change|, count, key), all descending; another order puts its figure before those.
 */
struct statistics *statistics_new(const struct profile *old, const struct profile *new,
				  const struct statistics_options *options);
void statistics_free(struct statistics *statistics);

/* What groups a frame with others under a key, bytes to compare, to free. Not for KEY_TRACEBACK. */
char *statistics_key_of(const struct frame *frame, enum statistics_key key, size_t *size);

/* The frame stands for a source line: it has a file. */
static inline bool statistics_has_line(const struct frame *frame)
{
	return frame->file && !frame->from_symtab;
}

#endif
