/*
 * A finding: one diagnosed problem; and a diagnosis, which consists of findings. Made by diagnose/,
 * shown by render/.
 */
#ifndef SILT_DIAGNOSE_FINDING_H
#define SILT_DIAGNOSE_FINDING_H

#include "diagnose/shape.h"
#include "model/freed.h"
#include "model/holders.h"
#include "model/root_ranking.h"

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

/* The texts of a kind; kinds.def says what each is. */
struct finding_kind_text {
	const char *name, *what, *looks, *recognized, *mistaken, *repair, *samples, *advice;
};

struct finding_site {
	/* site of the series */
	uint32_t site;
	/* the part that the site belongs to, an element of finding->parts */
	uint32_t part;
	/* growth after the warm-up */
	double growth_blocks, growth_bytes;
	uint64_t live_blocks, live_bytes;
	/* the call site */
	const struct profile_site *profile;
};

/* A site whose live blocks lie beside free memory. */
struct finding_pin {
	/* of the free memory */
	uint64_t blocks, bytes;
	const struct profile_site *profile;
};
#define FINDING_PINS 8

struct finding {
	enum finding_kind kind;
	/* no root reaches the blocks; a refcount-leak may be lost or not */
	bool lost;
	/* from 0 to 1 */
	double confidence;
	double growth_blocks, growth_bytes, bytes_per_second;
	/* 0: the work is unknown */
	double bytes_per_iteration;
	/* seconds since the start when what grew was freed at once; 0: it was not */
	double freed_seconds;
	uint64_t live_blocks, live_bytes;
	/* sorted by growth in bytes, but the first is where the memory accumulates or is lost */
	struct finding_site *sites;
	size_t site_count, site_capacity;
	/* number of all call stacks, of which `sites` has the heaviest */
	size_t stacks;
	/* parts of the program, see diagnose/parts.h */
	uint32_t *parts;
	size_t part_count, part_capacity;
	/* NULL: none, or unknown */
	const struct holder *holder;
	/* from the holder to what accumulates; NULL: unknown */
	struct holder_path *path;
	/* a library's variable where what accumulates is registered for the object that `path`
	 * leads to; NULL: none */
	const struct holder *registry;
	/* other roots that lead to what accumulates */
	struct ranked_root others[RANKED_ROOTS];
	size_t other_count;
	/* shape of what accumulates */
	enum shape shape;
	/* the code pointer that the blocks carry; NULL: none */
	const struct snapshot_code *callback;
	/* of a lost-cycle; NULL: none */
	const struct snapshot_component *component;
	/* of a thread-leak: one of the threads; NULL: none */
	const struct snapshot_thread *thread;
	/* number of these threads */
	uint64_t threads;
	/* of growth outside malloc; NULL: none */
	const struct snapshot_mapping *mapping;
	/* the sites map memory: the "blocks" of the finding are mappings */
	bool of_mappings;
	/* of fragmentation: sites that pin free memory, most bytes first */
	struct finding_pin pins[FINDING_PINS];
	size_t pin_count;
	/* of fragmentation: free memory within the arenas */
	uint64_t free_bytes;
	/* of a refcount-leak: offset of the count */
	uint64_t count_offset;
	/* surviving blocks of its sites, by the interval after the warm-up in which they were
	 * born */
	uint64_t *generations;
	size_t generation_count;
	/* of these, generations in which the program allocated nothing */
	size_t idle_generations;
	/* where other blocks of its sites are freed; NULL: unknown */
	struct freed *freed;
	char **evidence;
	size_t evidence_count, evidence_capacity;
};

/* A cache that is still filling explains findings of lower confidence as well: these make a run
 * inconclusive, not leaking. */
#define DIAGNOSIS_SURE 0.6

enum diagnosis_verdict { DIAGNOSIS_CLEAN, DIAGNOSIS_LEAKING, DIAGNOSIS_INCONCLUSIVE };

struct diagnosis {
	enum diagnosis_verdict verdict;
	/* the program allocated nothing in the judged time */
	bool idle;
	/* the process was killed while its heap rose, or ran out of memory */
	bool cut_short;
	/* sorted by weight */
	struct finding **findings;
	size_t count, capacity;
	char **notes;
	size_t note_count, note_capacity;
	/* the command line that settles an inconclusive run; NULL: no command does, or the run is
	 * not inconclusive */
	char *next;
	/* if there is one: how long a soak would have to take */
	double next_seconds;
};

/* Returns the note that gives the reason for an inconclusive verdict, or else the first note;
 * NULL: there are no notes. */
const char *diagnosis_reason(const struct diagnosis *diagnosis);

/* Return the texts of a kind from kinds.def, and its name. */
const struct finding_kind_text *finding_kind_text(enum finding_kind kind);
const char *finding_kind_name(enum finding_kind kind);
/* Returns what to change, in a line or two. */
const char *finding_advice(const struct finding *finding);

/* Returns an empty finding of a kind. diagnosis_add() takes ownership; otherwise free it with
 * finding_free(). */
struct finding *finding_new(enum finding_kind kind);
void finding_free(struct finding *finding);
/* Adds a sentence of evidence. */
void finding_evidence(struct finding *finding, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
