/*
 * Runs made by hand: what a program would have left in its snapshots, from when its blocks are born
 * and how long they live.
 */
#ifndef SILT_TESTS_HISTORY_H
#define SILT_TESTS_HISTORY_H

#include "model/series.h"

struct diagnosis;
struct silt_mapping;
struct silt_process;
struct snapshot_mapped;

#define HISTORY_SITES 560

struct history_site {
	/* of a block */
	uint64_t size;
	/* Blocks born in an interval; of these, still there when interval `now` ends; of these,
	 * reached by no root (NULL: 0). */
	uint64_t (*made)(uint64_t born);
	uint64_t (*left)(uint64_t born, uint64_t now);
	uint64_t (*lost)(uint64_t born, uint64_t now);
	/* sites with the same number are call stacks of one line; 0: of a line of its own */
	uint32_t line;
};

/* The number of the site that the functions above are asked about. */
extern size_t history_current;

/* Records of a section in numbers, as include/silt_snapshot.h has them: the same in every graph. */
struct history_records {
	const uint64_t *numbers;
	/* numbers; records */
	size_t size, count;
};

struct history {
	struct history_site sites[HISTORY_SITES];
	size_t site_count;
	/* of the first site's blocks when interval `now` ends; NULL: its size, always */
	uint64_t (*size_at)(uint64_t now);
	/* intervals that the snapshots end: `first`, `first + step`, ... */
	uint64_t first, step;
	/* of snapshots */
	size_t count;
	/* ns; 0: a tenth of a second */
	uint64_t interval;
	/* the last snapshot is that of the program's end */
	bool ends;
	bool graph;
	/* of the graph */
	struct history_records roots, edges, paths, code;
	/* NULL: it counts none */
	uint64_t (*iterations)(uint64_t now);
	/* changes what it likes; NULL */
	void (*process)(struct silt_process *, uint64_t now);
	const char *mapping_name;
	/* NULL: there is none */
	void (*mapping)(struct silt_mapping *, uint64_t now);
	/* What the first call stack maps itself; NULL: it does not. */
	void (*mapped)(struct snapshot_mapped *, uint64_t now);
};

struct series *history_series(const struct history *history);
/* Its snapshots, into a directory that is there. */
void history_write(const struct history *history, const char *directory);

/* A diagnosis, with all that it needs. */
struct judged {
	struct series *series;
	struct profile_context *context;
	struct diagnosis *diagnosis;
};
struct judged history_judge(const struct history *history);
void judged_free(struct judged *judged);

#endif
