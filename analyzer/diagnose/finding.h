/*
 * One diagnosed problem, and what a diagnosis consists of.
 * Made by diagnose/, shown by render/.
 */
#ifndef SILT_DIAGNOSE_FINDING_H
#define SILT_DIAGNOSE_FINDING_H

#include "diagnose/shape.h"
#include "model/freed.h"
#include "model/holders.h"
#include "model/telling.h"

struct profile_site;
struct snapshot_code;
struct snapshot_component;
struct snapshot_mapping;
struct snapshot_thread;

enum finding_kind {
#define KIND(identifier, ...) FINDING_##identifier,
#include "diagnose/kinds.def"
#undef KIND
	FINDING_KINDS
};

/* What is said of a kind wherever it occurs; kinds.def has the meaning of each. */
struct finding_kind_text {
	const char *name, *what, *looks, *told, *mistaken, *repair, *samples, *advice;
};

struct finding_site {
	/* in series->sites */
	uint32_t site;
	/* the line it is of, as finding->parts */
	uint32_t part;
	/* after the warm-up */
	double growth_blocks, growth_bytes;
	uint64_t live_blocks, live_bytes;
	/* where it was allocated */
	const struct profile_site *profile;
};

/* Live blocks of a site that lie beside free memory. */
struct finding_pin {
	/* of free memory */
	uint64_t blocks, bytes;
	const struct profile_site *profile;
};
#define FINDING_PINS 8

struct finding {
	enum finding_kind kind;
	/* no root reaches the blocks; of a refcount-leak it may be either */
	bool lost;
	/* 0 to 1 */
	double confidence;
	double growth_blocks, growth_bytes, bytes_per_second;
	/* 0: no work was counted */
	double bytes_per_iteration;
	/* since the start: when what grew was freed at once; 0: it was not */
	double freed_seconds;
	uint64_t live_blocks, live_bytes;
	/* by growth in bytes; the first is where it accumulates, or is lost */
	struct finding_site *sites;
	size_t site_count, site_capacity;
	/* call stacks in all, of which `sites` are the heaviest */
	size_t stacks;
	/* lines of the program, by diagnose/parts.h */
	uint32_t *parts;
	size_t part_count, part_capacity;
	/* NULL: none, or not known */
	const struct holder *holder;
	/* from the holder to what accumulates; NULL */
	struct holder_path *path;
	/* that lead there too */
	struct telling_root others[TELLING_MOST];
	size_t other_count;
	/* of what accumulates */
	enum shape shape;
	/* NULL: none */
	const struct snapshot_code *callback;
	/* of a cycle; NULL */
	const struct snapshot_component *component;
	/* of a thread leak: one of them; NULL */
	const struct snapshot_thread *thread;
	/* how many */
	uint64_t threads;
	/* of growth outside malloc; NULL */
	const struct snapshot_mapping *mapping;
	/* its sites are what the program maps itself, its blocks are mappings */
	bool of_mappings;
	/* of fragmentation, most bytes first */
	struct finding_pin pins[FINDING_PINS];
	size_t pin_count;
	/* of fragmentation: within the arenas */
	uint64_t free_bytes;
	/* of a count of references */
	uint64_t count_offset;
	/* survivors of its sites, by interval of birth after the warm-up */
	uint64_t *generations;
	size_t generation_count;
	/* where blocks like its own are freed; NULL: not known */
	struct freed *freed;
	char **evidence;
	size_t evidence_count, evidence_capacity;
};

/* Findings of lower confidence fit a cache that is still being filled as well: they make no run
 * leaking, but inconclusive. */
#define DIAGNOSIS_SURE 0.6

enum diagnosis_verdict { DIAGNOSIS_CLEAN, DIAGNOSIS_LEAKING, DIAGNOSIS_INCONCLUSIVE };

struct diagnosis {
	enum diagnosis_verdict verdict;
	/* the program allocated nothing while it was looked at */
	bool idle;
	/* it was ended from outside while its heap rose, or for want of memory */
	bool cut_short;
	/* heaviest first */
	struct finding **findings;
	size_t count, capacity;
	char **notes;
	size_t note_count, note_capacity;
};

/* Why it is inconclusive: the note that says so, or else the first; NULL: it has none. */
const char *diagnosis_reason(const struct diagnosis *diagnosis);

/* From kinds.def: all that is said of a kind, and its name as reports have it. */
const struct finding_kind_text *finding_kind_text(enum finding_kind kind);
const char *finding_kind_name(enum finding_kind kind);
/* What to change, in a line or two. */
const char *finding_advice(const struct finding *finding);

/* Empty but for its kind; whoever adds it to a diagnosis no longer owns it. */
struct finding *finding_new(enum finding_kind kind);
void finding_free(struct finding *finding);
/* Adds a sentence of evidence. */
void finding_evidence(struct finding *finding, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
