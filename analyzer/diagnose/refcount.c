/*
 * refcount-leak: a count of references exceeds the references there are, and what is so counted
 * accumulates.
 *
 * Facts: a 32-bit word at one offset in all blocks of the site is the number of pointers to the
 * block where that number varies: so it counts references (chap, "most common finding"). In the
 * blocks that accumulate it is more than the pointers there are. Or it leaves out the pointer of an
 * index, which does not count: in sound blocks it is the number of pointers but one, and in those
 * that accumulate at least one, though only the index points there. What is lost has no pointer at
 * all. Traps: a number that is the same in all blocks, or equal to the pointers only where there is
 * one (hits, a type), follows nothing. What hides pointers from the graph makes counts look too
 * high: it would do so in sound blocks, too. The length of a name is the number of pointers in a
 * few blocks by chance, and far from it in most. In an arena that objects are cut out of, a word at
 * one offset may seem to count the pointers to all of them.
 */
#include <inttypes.h>

#include "diagnose/facts.h"
#include "diagnose/finding.h"
#include "load/snapshot.h"
#include "model/holders.h"
#include "silt_snapshot.h"

#define FOLLOWS 0.8 /* of the blocks with so many pointers */
#define SOUND 4	    /* blocks with so many pointers, at least */

/* With how many different numbers of pointers does the word agree? */
static unsigned agreements(const struct snapshot_refcount *count)
{
	unsigned agreeing = 0;

	for (int i = 1; i < SILT_REFERENCES; i++)
		agreeing += count->compared[i] >= SOUND &&
			    (double)count->equal_at[i] >= FOLLOWS * (double)count->compared[i];
	return agreeing;
}

static bool exceeds(const struct snapshot_refcount *count)
{
	uint64_t all = count->equal + count->above + count->below;

	return count->below * 50 <= all && count->above * 2 >= all && agreements(count) >= 2;
}

/* The part of the finding that a record belongs to; FACTS_NONE. */
static uint32_t part_in(const struct facts *facts, const struct finding *finding, uint32_t record)
{
	uint32_t part = facts_part_of(facts, record);

	for (size_t i = 0; i < finding->part_count; i++)
		if (finding->parts[i] == part)
			return part;
	return FACTS_NONE;
}

/* Are objects cut out of the part's blocks, so that pointers lead all over them? Then a word at one
 * offset of a block is the count of none of them. */
static bool is_cut_up(const struct facts *facts, uint32_t part)
{
	uint64_t pointers = 0, varying = 0;

	for (uint64_t i = 0; i < facts->graph->edge_count; i++) {
		const struct snapshot_edge *edge = &facts->graph->edges[i];

		if (facts_part_of(facts, edge->target) != part)
			continue;
		pointers += edge->count;
		varying += edge->target_varies ? edge->count : 0;
	}
	return varying * 2 > pointers;
}

/* A line's call stacks make the same kind of block: the counts of its sites with the word at
 * one offset add up. */
static struct snapshot_refcount sum_of(const struct facts *facts, uint32_t part, uint64_t offset)
{
	struct snapshot_refcount sum = {.offset = offset};

	for (uint64_t i = 0; i < facts->graph->refcount_count; i++) {
		const struct snapshot_refcount *count = &facts->graph->refcounts[i];

		if (count->offset != offset || facts_part_of(facts, count->site) != part)
			continue;
		sum.equal += count->equal;
		sum.above += count->above;
		sum.below += count->below;
		for (int r = 0; r < SILT_REFERENCES; r++) {
			sum.compared[r] += count->compared[r];
			sum.equal_at[r] += count->equal_at[r];
		}
	}
	return sum;
}

/* -- pointers that do not count -- */

#define LEAKED_LEAST 8	 /* blocks whose count is too high, */
#define LEAKED_SHARE 0.2 /* and of all */
#define BELOW_SHARE 0.1	 /* of the blocks, at most, have fewer counted than there are */
#define MISSING_MOST 3	 /* references that are never released, of most blocks that have such */

/* What a word is in blocks of a part, if so many pointers to each are not counted. */
struct counted {
	uint64_t all, sound, leaked, below;
	uint64_t near;						  /* leaked, by a few */
	uint64_t sound_at[SILT_COUNTED], leaked_at[SILT_COUNTED]; /* by word */
};

static struct counted count_without(const struct snapshot_count *sum, int uncounted)
{
	struct counted counted = {.all = 0};

	/* The last degree stands for more, and so does the last value. */
	for (int degree = uncounted; degree < SILT_REFERENCES - 1; degree++)
		for (int at = 0; at < SILT_COUNTED; at++) {
			int value = at + 1, references = degree - uncounted;
			uint64_t blocks = sum->seen[degree][at];

			counted.all += blocks;
			if (value < references) {
				counted.below += blocks;
			} else if (value == references && value < SILT_COUNTED) {
				counted.sound += blocks;
				counted.sound_at[at] += blocks;
			} else {
				counted.leaked += blocks;
				counted.near += value <= references + MISSING_MOST ? blocks : 0;
				counted.leaked_at[at] += blocks;
			}
		}
	return counted;
}

/* A word that has one value in all is no count: some sound blocks must have another one than
 * most leaked ones. */
static bool is_count(const struct counted *counted)
{
	size_t mode = 0;
	bool other = false;

	for (size_t i = 0; i < SILT_COUNTED; i++)
		if (counted->leaked_at[i] > counted->leaked_at[mode])
			mode = i;
	for (size_t i = 0; i < SILT_COUNTED; i++)
		other |= i != mode && counted->sound_at[i] >= SOUND;
	return other && counted->leaked >= LEAKED_LEAST && counted->near * 2 >= counted->leaked &&
	       (double)counted->leaked >= LEAKED_SHARE * (double)counted->all &&
	       (double)counted->below <= BELOW_SHARE * (double)counted->all;
}

static struct snapshot_count sum_counts(const struct facts *facts, uint32_t part, uint64_t offset)
{
	struct snapshot_count sum = {.offset = offset};

	for (uint64_t i = 0; i < facts->graph->count_count; i++) {
		const struct snapshot_count *count = &facts->graph->counts[i];

		if (count->offset != offset || facts_part_of(facts, count->site) != part)
			continue;
		for (int degree = 0; degree < SILT_REFERENCES; degree++)
			for (int at = 0; at < SILT_COUNTED; at++)
				sum.seen[degree][at] += count->seen[degree][at];
	}
	return sum;
}

static void tell_uncounted(const struct facts *facts, struct finding *finding, uint64_t offset,
			   int uncounted, const struct counted *counted)
{
	const char *path = finding->path ? holders_path(facts->holders, finding->path) : NULL;

	finding->kind = FINDING_REFCOUNT_LEAK;
	finding->count_offset = offset;
	if (uncounted)
		finding_evidence(
			finding,
			"the word at offset %" PRIu64
			" counts all pointers to the block but one, that of %s: in %" PRIu64
			" blocks that is so; in %" PRIu64 " it is more than the others there are",
			offset, path ? path : "an index", counted->sound, counted->leaked);
	else
		finding_evidence(finding,
				 "the word at offset %" PRIu64
				 " is the number of pointers to the block in %" PRIu64
				 " blocks, and more than there are in %" PRIu64,
				 offset, counted->sound, counted->leaked);
}

/* In how many blocks is the word the number of pointers and so many more? 0: not in blocks of
 * at least two different numbers. */
static uint64_t follows_with(const struct snapshot_count *sum, int more, uint64_t *all)
{
	uint64_t following = 0;
	int degrees = 0;

	*all = 0;
	for (int degree = 0; degree < SILT_REFERENCES - 1; degree++) {
		for (int at = 0; at < SILT_COUNTED; at++)
			*all += sum->seen[degree][at];
		if (degree + more >= SILT_COUNTED)
			continue;
		following += sum->seen[degree][degree + more - 1];
		degrees += sum->seen[degree][degree + more - 1] >= SOUND;
	}
	return degrees >= 2 ? following : 0;
}

/* Each block has so many references more than there are pointers: the path that forgets is
 * taken by all. */
static bool all_exceed(const struct snapshot_count *sum, struct finding *finding)
{
	uint64_t all, following;

	for (int more = 1; more <= MISSING_MOST; more++) {
		following = follows_with(sum, more, &all);
		if (following < LEAKED_LEAST || (double)following < FOLLOWS * (double)all)
			continue;
		finding->kind = FINDING_REFCOUNT_LEAK;
		finding->count_offset = sum->offset;
		finding_evidence(finding,
				 "the word at offset %" PRIu64
				 " is the number of pointers to the block and %d more in %" PRIu64
				 " of %" PRIu64 " blocks",
				 sum->offset, more, following, all);
		return true;
	}
	return false;
}

/* What no root leads to has no index either. */
static bool exceeds_others(const struct facts *facts, struct finding *finding)
{
	int uncounted = finding->lost ? 0 : 1;

	for (uint64_t i = 0; i < facts->graph->count_count; i++) {
		uint64_t offset = facts->graph->counts[i].offset;
		uint32_t part = part_in(facts, finding, facts->graph->counts[i].site);
		struct snapshot_count sum;
		struct counted counted;

		if (part == FACTS_NONE)
			continue;
		sum = sum_counts(facts, part, offset);
		counted = count_without(&sum, uncounted);
		if (is_count(&counted) && !is_cut_up(facts, part))
			tell_uncounted(facts, finding, offset, uncounted, &counted);
		else if (!finding->lost || !all_exceed(&sum, finding))
			continue;
		facts_lead(finding, part);
		return true;
	}
	return false;
}

bool refcount_claims(const struct facts *facts, struct finding *finding)
{
	for (uint64_t i = 0; i < facts->graph->refcount_count; i++) {
		uint32_t part = part_in(facts, finding, facts->graph->refcounts[i].site);
		struct snapshot_refcount count;

		if (part == FACTS_NONE)
			continue;
		count = sum_of(facts, part, facts->graph->refcounts[i].offset);
		if (!exceeds(&count) || is_cut_up(facts, part))
			continue;
		finding->kind = FINDING_REFCOUNT_LEAK;
		finding->count_offset = count.offset;
		facts_lead(finding, part);
		finding_evidence(finding,
				 "the word at offset %" PRIu64
				 " is the number of pointers to the block in %" PRIu64
				 " blocks, and more than there are in %" PRIu64,
				 count.offset, count.equal, count.above);
		return true;
	}
	return exceeds_others(facts, finding);
}
