/*
 * A snapshot by function, as profilers show time: what each allocates itself, what through the
 * functions it calls, who calls whom.
 * Must not: print.
 */
#ifndef SILT_MODEL_FUNCTIONS_H
#define SILT_MODEL_FUNCTIONS_H

#include "model/series.h"

struct filter_list;
struct frame;
struct profile;
struct profile_site;

#define FUNCTIONS_UNKNOWN UINT64_MAX

struct functions_figures {
	/* live */
	uint64_t size, count;
	/* allocated since recording began */
	uint64_t total_bytes, total_blocks;
};

struct function {
	/* one of its frames */
	const struct frame *frame;
	const struct profile_site
		/* the site with most live bytes that it is blamed for, or is on */
		*example;
	/* recursion counts once */
	struct functions_figures self, cumulative;
	/* of self */
	uint64_t freed_blocks, temporary_blocks;
	/* of self, freed in the snapshot interval they were born in; FUNCTIONS_UNKNOWN */
	uint64_t short_blocks;
};

/* What `callee` allocates, itself and through others, when `caller` calls it. */
struct functions_edge {
	/* in the list */
	uint32_t caller, callee;
	struct functions_figures figures;
};

struct functions {
	struct function *list;
	size_t count;
	struct functions_edge *edges;
	size_t edge_count;
};

enum functions_order {
	FUNCTIONS_SELF,
	FUNCTIONS_COUNT,
	FUNCTIONS_CALLS,
	FUNCTIONS_TOTAL,
	FUNCTIONS_PER_CALL,
	FUNCTIONS_CUMULATIVE,
	FUNCTIONS_SHORT,
	FUNCTIONS_TEMPORARY,
	FUNCTIONS_NAME,
	FUNCTIONS_FILE,
};

/* pstats' names and silt's ("ncalls", "tottime", "cumulative", "size", ...); -1: no such order. */
int functions_order_named(const char *name);

/*
 * `series`, unless NULL, ends with the profile's snapshot and tells short-lived blocks: those born
 * since the snapshot before and gone at the next one. Where generations were merged into bins that
 * is a lower bound.
 */
struct functions *functions_new(const struct profile *profile, const struct series *series,
				const struct filter_list *filters, enum functions_order order);
void functions_free(struct functions *functions);

#endif
