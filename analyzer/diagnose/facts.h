/*
 * The facts that rules use: the run, the parts of the program that grow, and what the last heap
 * graph shows of them. Made by diagnose.c, read by the rules (one file for each kind of finding).
 *
 * The unit of judgement is not a call stack but a part of the program: all call stacks whose blamed
 * frame is on one source line, because recursion, dispatch and interpreters spread a line over
 * thousands of stacks. If a line as a whole does not grow, its callers are judged, then its call
 * stacks; see parts.h.
 */
#ifndef SILT_DIAGNOSE_FACTS_H
#define SILT_DIAGNOSE_FACTS_H

#include "diagnose/axes.h"
#include "diagnose/finding.h"
#include "diagnose/growth.h"
#include "diagnose/parts.h"
#include "diagnose/relations.h"
#include "model/series.h"
#include "model/holders.h"
#include "model/root_ranking.h"

struct holders;
struct profile;
struct profile_site;
struct snapshot_code;
struct snapshot_graph;

#define FACTS_NONE UINT32_MAX
#define FACTS_LEAST_BLOCKS 4 /* blocks; less growth is not reported */

/* The facts about one part. */
struct facts_part {
	/* growth of the number of blocks that have lived through some intervals */
	struct growth blocks;
	/* growth of the live bytes, if the number of blocks stays the same */
	struct growth bytes;
	/* growth of the number of lost blocks */
	struct growth lost;
	/* grows in blocks or in bytes */
	bool grows;
	/* what grows is lost */
	bool is_lost;
	/* grew evenly, and stands still while the program works on */
	bool full;
	/* its blocks became larger, not more */
	bool in_bytes;
	/* blocks come and go, but some of every time remain */
	bool has_floor;
	/* its growth was seen in how full its arrays are */
	bool appends;
	/* grows, but all of it is replaced */
	bool turns_over;
	/* joined of parts of which some replace the blocks of others, one for one */
	bool replaces;
	/* seconds at the end in which neither the part grew nor the program worked */
	double idle;
	double growth_blocks, growth_bytes;
	/* of a lost part: what roots reach, in the graph */
	uint64_t kept_blocks, kept_bytes;
	/* blocks that a graph called lost and that were freed later: the part hides pointers */
	uint64_t hidden;
	/* replaces blocks of another part, which also hides pointers */
	bool replaces_hidden;
	/* in the graph: the path by which most of its blocks are reached; FACTS_NONE */
	uint32_t path;
	/* belongs to a finding already */
	bool used;
	/* blocks of a finding hang from it: the table of a cache */
	bool carries;
};

/* Growth that is too small or too uneven to be distinguished from a cache that fills. */
struct facts_doubt {
	/* groups of parts that are in doubt */
	size_t count;
	double blocks, bytes;
	/* call site of the heaviest; NULL: unknown */
	const struct profile_site *most;
	double most_bytes;
};

struct facts {
	const struct series *series;
	/* snapshots judged: [start, end) */
	size_t start, end;
	/* snapshots before the program's end begins, including those in which it frees what it
	 * has */
	size_t usable;
	/* units of work done in the judged time; 0: unknown */
	double iterations;
	struct axes *axes;
	struct parts *parts;
	/* by index of parts->list */
	struct facts_part *found;
	/* snapshot of the last graph; FACTS_NONE: there is none, and the pointers below are NULL */
	uint32_t graph_number;
	const struct snapshot_graph *graph;
	struct holders *holders;
	/* relations of the graph, by part */
	struct relations *relations;
	struct size_classes *classes;
	/* of the graph's snapshot, or of the last snapshot judged */
	const struct profile *profile;
	const struct profile
		/* of the last snapshot judged, which may have sites that the graph's snapshot
		 * lacks */
		*latest;
	struct profile_context *context;
	struct facts_doubt doubt;
	/* there is a doubt that prevents a clean verdict, see doubts.c */
	bool doubtful;
};

/* Parts that grow under one holder. `top` is the part where they fan out. */
struct group {
	const struct facts *facts;
	/* index in facts->parts */
	uint32_t top;
	/* the path to `top` */
	uint32_t path;
	/* all parts of the group, `top` included */
	const uint32_t *parts;
	size_t count;
};

/* Returns the part that a record of the graph's snapshot belongs to; FACTS_NONE: none. */
static inline uint32_t facts_part_of(const struct facts *facts, uint32_t record)
{
	return facts->parts->part_of[series_site_of(facts->series, facts->graph_number)[record]];
}

/* Returns the live blocks and bytes of a part in the graph's snapshot. */
static inline const struct series_point *facts_point(const struct facts *facts, uint32_t part)
{
	return &facts->parts->list[part].points[facts->graph_number];
}

/* Returns the blocks that a part has more of at the end of the judged time; negative: fewer. */
static inline double facts_rise(const struct facts *facts, uint32_t part)
{
	return parts_growth(facts->parts, facts->parts->list[part].points, false);
}

/* Stores the roots that lead to a group in `roots`, the best first (model/root_ranking.h), and
 * returns their number. `class`: the result of shape_class(). */
size_t group_roots(const struct group *group, uint32_t class,
		   struct ranked_root roots[RANKED_ROOTS]);
/* Stores the roots of the object that subscriptions are for, if `registry` is a library's and is
 * keyed by the object, and returns their number: see subject.c. `records`: those of the group. */
size_t subject_roots(const struct facts *facts, const struct holder *registry,
		     const uint32_t *records, size_t count, struct ranked_root roots[RANKED_ROOTS]);
/* Makes a finding of a group, or a doubt. */
void group_report(struct facts *facts, struct diagnosis *diagnosis, const struct group *group);

/* -- the graph -- */

/* Returns the snapshot of the last graph that covers most of what grows; FACTS_NONE: there is
 * none. Graphs that were examined but not chosen are shed. */
uint32_t facts_choose_graph(const struct facts *facts);
/* Fills in what the graph shows: holders, relations, the path that reaches each part, what is
 * lost. */
void facts_read_graph(struct facts *facts, struct profile_context *context);

/* -- the rules -- */

/* Rules of a kind. Each fills in what is special to its kind, and returns false if the group or
 * finding is not of that kind. */
bool listener_claims(const struct group *group, struct finding *finding);
bool captured_claims(const struct group *group, struct finding *finding);
bool refcount_claims(const struct facts *facts, struct finding *finding);
void cache_describes(const struct group *group, struct finding *finding);
/* Returns the function that is most frequent in a part's blocks, and stores the number of its
 * occurrences in `words`; NULL: none. */
const struct snapshot_code *listener_callback(const struct facts *facts, uint32_t part,
					      uint64_t *words);

/* Returns true if the paths to two parts begin at different members of one object. */
bool members_apart(const struct facts *facts, uint32_t a, uint32_t b);

/* Judges which parts grow, and by how much. Divides lines that do not grow into parts that do. */
void survival_judge(struct facts *facts, const struct profile *last);
/* Judges the blocks of a part of `parts`, which may differ from facts->parts. */
struct facts_part survival_judge_blocks(const struct facts *facts, const struct parts *parts,
					uint32_t number);
/* Joins parts that may grow only because they replace blocks of other parts. The joined part is
 * a doubt: see replaced.c. Call it before parts are looked up in the graph. */
void replaced_judge(struct facts *facts);
/* Finds the parts that are arrays which are appended to all the time, but become larger only now
 * and then. */
void appending_judge(struct facts *facts);
/* Returns true if a part has become larger in leaps that keep step with the program's work, and
 * the next leap is not overdue. */
bool leaps_with_work(const struct facts *facts, uint32_t part);
/* Returns true for a few blocks that become larger again and again, such as an array that doubles.
 * If what is in use of them is known to rise, that is growth (appending.c); it is unknown if they
 * contain memory that was used before. */
bool steps_become_larger(const struct facts *facts, uint32_t part);
/* Returns true for a few large blocks, added one after the other at even distances to the end, and
 * hardly any freed: the chunks of an arena, the slabs of a pool. */
bool steps_add_blocks(const struct facts *facts, uint32_t part);
/* Returns true if a part was swept two or three times, and each sweep left more. */
bool sweeps_leave_more(const struct facts *facts, uint32_t part);
/* Returns true if a part that did not grow at first grows at the end of the time. */
bool late_begins(const struct facts *facts, uint32_t part);
/* Judges which parts lose ever more blocks, and which hide pointers. */
void lost_judge(struct facts *facts);

/* Sets the confidence that what a finding describes grows without bound, and adds the evidence
 * for it. Returns false if it is too low for a finding. */
bool confidence_judge(const struct facts *facts, struct finding *finding);

/* -- Each adds its findings. -- */
void lost_find(struct facts *facts, struct diagnosis *diagnosis);
void groups_find(struct facts *facts, struct diagnosis *diagnosis);
void thread_find(struct facts *facts, struct diagnosis *diagnosis);
void mappings_find(struct facts *facts, struct diagnosis *diagnosis);
void giveback_find(const struct facts *facts, struct diagnosis *diagnosis);
void fragmentation_find(struct facts *facts, struct diagnosis *diagnosis);
/* Notes what is not a finding, and marks the run doubtful if the doubt prevents a clean verdict. */
void doubts_note(struct facts *facts, struct diagnosis *diagnosis);
/* Does so for a heap that rose when the process was killed, or at the very end. */
void late_note_end(struct facts *facts, struct diagnosis *diagnosis);

/* Returns the call site that allocated most of a part; NULL: the profile does not have it. */
const struct profile_site *facts_place(const struct facts *facts, uint32_t part);
/* Returns the blamed function of a call site, or else the file name of its module; NULL: words. */
const char *facts_name(const struct profile_site *place);
/* Returns the same of the call site of a part. */
const char *facts_function(const struct facts *facts, uint32_t part);
/* Returns true if both parts are of the same source line, by different call stacks. */
bool facts_same_place(const struct facts *facts, uint32_t a, uint32_t b);
/* Corrects a part's growth. It is the difference of its live blocks, which is exact if no other
 * blocks of the part come and go. If it differs from the rise of the judged blocks by more than
 * chance, it becomes that rise, in blocks of `size` bytes. */
void facts_correct_growth(struct facts_part *part, double rise, double size);
/* Adds a part to a finding. */
void facts_add_part(struct finding *finding, uint32_t part);
/* Completes a finding that has all its parts: sums, sites and their order, rate. */
void facts_complete(const struct facts *facts, struct finding *finding);
/* Makes the heaviest site of this part the first site of a finding. */
void facts_lead(struct finding *finding, uint32_t part);
void diagnosis_add(struct diagnosis *diagnosis, struct finding *finding);
void diagnosis_note(struct diagnosis *diagnosis, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
