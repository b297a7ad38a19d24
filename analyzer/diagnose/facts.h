/*
 * What the rules look at: the run, which parts of the program grow, what the last heap graph says
 * of them. Made by diagnose.c, read by the rules (one file per kind of finding).
 *
 * The unit of judgement is not the call stack but a part of the program: all call stacks whose
 * blamed frame is at one source line (recursion, dispatch and interpreters spread a line over
 * thousands of stacks). Where a line as a whole does not grow, its callers and then its stacks are
 * looked at; see parts.h.
 */
#ifndef SILT_DIAGNOSE_FACTS_H
#define SILT_DIAGNOSE_FACTS_H

#include "diagnose/axes.h"
#include "diagnose/finding.h"
#include "diagnose/growth.h"
#include "diagnose/parts.h"
#include "diagnose/relations.h"
#include "model/series.h"
#include "model/telling.h"

struct holders;
struct profile;
struct profile_site;
struct snapshot_code;
struct snapshot_graph;

#define FACTS_NONE UINT32_MAX
#define FACTS_LEAST_BLOCKS 4 /* growth worth a word */

/* What is found out about a part; by part. */
struct facts_part {
	/* of those that have lived through some intervals */
	struct growth blocks;
	/* live, of parts whose number of blocks stays */
	struct growth bytes;
	/* blocks that no root reaches */
	struct growth lost;
	/* in blocks, or in bytes */
	bool grows;
	/* what grows is lost */
	bool is_lost;
	/* it grew evenly, and stands still while the program works on */
	bool full;
	/* its blocks became larger, not more */
	bool in_bytes;
	/* it comes and goes, but of all times something stays */
	bool has_floor;
	/* seen by how full they are */
	bool appends;
	/* it grows, but all of it is replaced */
	bool turns_over;
	/* seconds at the end in which neither it nor the program's work went on */
	double idle;
	double growth_blocks, growth_bytes;
	/* of a part that is lost: what roots do reach, in the graph */
	uint64_t kept_blocks, kept_bytes;
	/* blocks that a graph called lost and that were freed later: it hides pointers */
	uint64_t hidden;
	/* it takes the place of blocks of another part that hides pointers, too */
	bool replaces_hidden;
	/* in the graph: by which most of its blocks are reached; FACTS_NONE */
	uint32_t path;
	/* it belongs to a finding */
	bool used;
};

/* Growth that is too little, or too uneven, to be told from a cache that fills. */
struct facts_doubt {
	/* of groups of parts */
	size_t count;
	double blocks, bytes;
	/* of the heaviest; NULL: not known */
	const struct profile_site *most;
	double most_bytes;
};

struct facts {
	const struct series *series;
	/* snapshots judged: [start, end) */
	size_t start, end;
	/* snapshots before the end of the program begins, with those in which it gives back
	 * what it has */
	size_t usable;
	/* units of work done between them; 0: not known */
	double iterations;
	struct axes *axes;
	struct parts *parts;
	/* as parts->list */
	struct facts_part *found;
	/* the last graph; FACTS_NONE: there is none, and the rest is NULL */
	uint32_t graph_number;
	const struct snapshot_graph *graph;
	struct holders *holders;
	/* of the graph, by part */
	struct relations *relations;
	struct size_classes *classes;
	/* of the graph's snapshot, or of the last one judged */
	const struct profile *profile;
	const struct profile
		/* of the last one judged, which has sites that the graph has not seen */
		*latest;
	struct profile_context *context;
	struct facts_doubt doubt;
	/* what is no finding is no proof either, see doubts.c */
	bool doubtful;
};

/* Parts that grow under one holder: `top` is where they fan out. */
struct group {
	const struct facts *facts;
	/* in facts->parts */
	uint32_t top;
	/* of top */
	uint32_t path;
	/* with top */
	const uint32_t *parts;
	size_t count;
};

/* The part that a record of the graph's snapshot belongs to; FACTS_NONE. */
static inline uint32_t facts_part_of(const struct facts *facts, uint32_t record)
{
	return facts->parts->part_of[series_site_of(facts->series, facts->graph_number)[record]];
}

/* A part's live blocks in the graph's snapshot. */
static inline const struct series_point *facts_point(const struct facts *facts, uint32_t part)
{
	return &facts->parts->list[part].points[facts->graph_number];
}

/* The roots that lead to a group, the telling one first, in `roots`; how many. `class`: what
 * shape_class() says of it. */
size_t group_roots(const struct group *group, uint32_t class,
		   struct telling_root roots[TELLING_MOST]);
/* Makes a finding of a group, or a doubt. */
void group_tell(struct facts *facts, struct diagnosis *diagnosis, const struct group *group);

/* -- the graph -- */

/* The number of the last graph that says most of what grows; FACTS_NONE: there is none. Others that
 * were looked at need not stay in memory. */
uint32_t facts_choose_graph(const struct facts *facts);
/* Fills in what the graph says: holders, relations, by which path each part is reached, what is
 * lost. */
void facts_read_graph(struct facts *facts, struct profile_context *context);

/* -- the rules -- */

/* Fills in what is special to its kind; false: the group is not of that kind. */
bool listener_claims(const struct group *group, struct finding *finding);
bool captured_claims(const struct group *group, struct finding *finding);
bool refcount_claims(const struct facts *facts, struct finding *finding);
void cache_describes(const struct group *group, struct finding *finding);
/* The most frequent function that a part's blocks carry; `words`: how many of these there are;
 * NULL: none. */
const struct snapshot_code *listener_callback(const struct facts *facts, uint32_t part,
					      uint64_t *words);

/* Do the ways to two parts begin at different members of one object? */
bool members_apart(const struct facts *facts, uint32_t a, uint32_t b);

/* Which parts grow, and by how much. Lines that do not grow are split into parts that do. */
void survival_judge(struct facts *facts, const struct profile *last);
/* What is found out about a part's blocks alone, which may be of other parts than the facts'. */
struct facts_part survival_judge_blocks(const struct facts *facts, const struct parts *parts,
					uint32_t number);
/* Which parts grow only because they take the place of blocks of others? Those are one part from
 * then on. Before anything is looked up in the graph by part. */
void replaced_judge(struct facts *facts);
/* Which parts are arrays that are appended to all the time, but become larger now and then only? */
void appending_judge(struct facts *facts);
/* Has a part become larger in leaps that keep step with the program's work, and is the next one
 * not overdue? */
bool leaps_with_work(const struct facts *facts, uint32_t part);
/* Does a part that did not grow at first grow in the last part of the time? */
bool late_begins(const struct facts *facts, uint32_t part);
/* Of which parts are there ever more lost blocks? Which hide pointers? */
void lost_judge(struct facts *facts);

/* How sure is it that what a finding describes grows without bound? Says on what that rests;
 * false: not enough for a finding. */
bool confidence_judge(const struct facts *facts, struct finding *finding);

/* Add their findings. */
void lost_find(struct facts *facts, struct diagnosis *diagnosis);
void groups_find(struct facts *facts, struct diagnosis *diagnosis);
void thread_find(struct facts *facts, struct diagnosis *diagnosis);
void mappings_find(struct facts *facts, struct diagnosis *diagnosis);
void giveback_find(const struct facts *facts, struct diagnosis *diagnosis);
void fragmentation_find(struct facts *facts, struct diagnosis *diagnosis);
/* Says what is no finding, and makes the run doubtful where it is no proof that it is clean. */
void doubts_note(struct facts *facts, struct diagnosis *diagnosis);
/* The same of a heap that was rising when the process was ended, or at the very end. */
void late_note_end(struct facts *facts, struct diagnosis *diagnosis);

/* Where most of a part was allocated; NULL: it is not in the snapshot looked at. */
const struct profile_site *facts_place(const struct facts *facts, uint32_t part);
/* In which function that is, in words. */
const char *facts_function(const struct facts *facts, uint32_t part);
/* Does the same line of the program make both, by different call stacks? */
bool facts_same_place(const struct facts *facts, uint32_t a, uint32_t b);
/* A part's growth is the difference of its live blocks, which is exact where nothing else comes
 * and goes. Where it is further from the rise of the blocks that were judged than chance has
 * it, that stands for it, in blocks of a mean size. */
void facts_correct_growth(struct facts_part *part, double rise, double size);
/* Adds a part to a finding. */
void facts_add_part(struct finding *finding, uint32_t part);
/* Sums, sites and their order, rate: when all parts are there. */
void facts_complete(const struct facts *facts, struct finding *finding);
/* What a finding is about first: the heaviest site of this part. */
void facts_lead(struct finding *finding, uint32_t part);
void diagnosis_add(struct diagnosis *diagnosis, struct finding *finding);
void diagnosis_note(struct diagnosis *diagnosis, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
