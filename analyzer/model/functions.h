/*
 * A snapshot by function, as profilers show time: what each function allocates itself, what through
 * the functions it calls, and who calls whom.
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
	/* any frame of the function */
	const struct frame *frame;
	const struct profile_site
		/* the site with most live bytes that the function is blamed for, or else is on */
		*example;
	/* `cumulative` counts a recursive function once */
	struct functions_figures self, cumulative;
	/* part of `self` */
	uint64_t freed_blocks, temporary_blocks;
	/* blocks of `self` freed in the snapshot interval they were born in; FUNCTIONS_UNKNOWN */
	uint64_t short_blocks;
};

/* What `callee` allocates, itself and through others, when called by `caller`. */
struct functions_edge {
	/* indices in functions.list */
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

/* Returns the order for a name of pstats or silt ("ncalls", "tottime", "cumulative", "size",
 * ...); -1: no such order. */
int functions_order_named(const char *name);

/*
 * Makes the functions of a profile; free with functions_free(). If `series` is not NULL, its last
 * snapshot must be the profile's, and short-lived blocks are counted: those born since the snapshot
 * before and gone at the next. The number is a lower bound if generations were merged into bins.
 */
struct functions *functions_new(const struct profile *profile, const struct series *series,
				const struct filter_list *filters, enum functions_order order);
void functions_free(struct functions *functions);

#endif
