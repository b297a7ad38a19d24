/*
 * What the rules look at: the run, which sites grow, what the last heap graph says of them.
 * Made by diagnose.c, read by the rules (one file per kind of finding).
 */
#ifndef SILT_DIAGNOSE_FACTS_H
#define SILT_DIAGNOSE_FACTS_H

#include "diagnose/finding.h"
#include "diagnose/growth.h"

#define FACTS_NONE UINT32_MAX
#define FACTS_LEAST_BLOCKS 4 /* growth worth a word */

struct facts_site {
	struct growth blocks; /* of those that have lived through an interval */
	struct growth bytes;  /* live, of sites whose number of blocks stays */
	struct growth lost;   /* blocks that no root reaches */
	bool grows;	      /* in blocks, or in bytes */
	bool is_lost;	      /* what grows is lost */
	bool full;	      /* it grew evenly, and stands still while the program works on */
	double idle;	      /* seconds at the end in which neither it nor the program's work went on */
	double growth_blocks, growth_bytes;
	uint64_t kept_blocks, kept_bytes; /* of a site that is lost: what roots do reach, in the graph */
	uint32_t path; /* in the graph: by which most of its blocks are reached; FACTS_NONE */
	const struct snapshot_verdict *verdict; /* in the graph; NULL */
	bool used;				/* it belongs to a finding */
};

struct facts {
	const struct series *series;
	size_t start, end;	  /* snapshots judged: [start, end) */
	double iterations;	  /* units of work done between them; 0: not known */
	double *work;		  /* by snapshot: what the program has counted, */
	double *made;		  /* and the blocks that it has allocated */
	struct facts_site *sites; /* as series->sites */
	/* the last graph; FACTS_NONE: there is none, and the rest is NULL */
	uint32_t graph_number;
	const struct snapshot_graph *graph;
	struct holders *holders;
	const struct profile *profile; /* of the graph's snapshot, or of the last one */
	struct profile_context *context;
};

/* Sites that grow under one holder: `top` is where they fan out. */
struct group {
	const struct facts *facts;
	uint32_t top;	       /* in series->sites */
	uint32_t path;	       /* of top */
	const uint32_t *sites; /* with top */
	size_t count;
};

/* The record of a site in the graph's snapshot; FACTS_NONE. */
static inline uint32_t facts_record(const struct facts *facts, uint32_t site)
{
	return facts->graph ? facts->series->sites[site].records[facts->graph_number] : FACTS_NONE;
}

/* -- the rules -- */

/* Fills in what is special to its kind; false: it is none. */
bool listener_claims(const struct group *group, struct finding *finding);
bool captured_claims(const struct group *group, struct finding *finding);
bool refcount_claims(const struct facts *facts, struct finding *finding);
void cache_describes(const struct group *group, struct finding *finding);
/* The most frequent function that a site's blocks carry; `words`: how many of these there are; NULL: none. */
const struct snapshot_code *listener_callback(const struct facts *facts, uint32_t site, uint64_t *words);

/* Which sites grow, and by how much. */
void sites_judge(struct facts *facts);
/* Are there ever more lost blocks of a site? `values` and `seconds` have room for a figure by snapshot. */
void lost_judge(struct facts *facts, uint32_t number, double *values, double *seconds);

/* Add their findings. */
void lost_find(struct facts *facts, struct diagnosis *diagnosis);
void groups_find(struct facts *facts, struct diagnosis *diagnosis);
void thread_find(struct facts *facts, struct diagnosis *diagnosis);
void mappings_find(struct facts *facts, struct diagnosis *diagnosis);
void fragmentation_find(struct facts *facts, struct diagnosis *diagnosis);

/* Where a site was allocated; NULL: it is not in the snapshot looked at. */
const struct profile_site *facts_place(const struct facts *facts, uint32_t site);
/* Does the same line of the program make both, by different call stacks? */
bool facts_same_place(const struct facts *facts, uint32_t a, uint32_t b);
/* A site's growth is the difference of its live blocks, which is exact where nothing else comes and goes. Where it is further from
 * the rise of the blocks that were judged than chance has it, that stands for it, in blocks of a mean size. */
void facts_correct_growth(struct facts_site *site, double rise, double size);
/* Adds a site to a finding, with its growth. */
void facts_add_site(const struct facts *facts, struct finding *finding, uint32_t site);
/* Sums, order of sites, rate: when all sites are there. */
void facts_complete(const struct facts *facts, struct finding *finding);
void diagnosis_add(struct diagnosis *diagnosis, struct finding *finding);
void diagnosis_note(struct diagnosis *diagnosis, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
