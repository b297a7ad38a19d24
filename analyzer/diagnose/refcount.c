/*
 * refcount-leak: a reference count exceeds the references that exist, and the blocks that have it
 * accumulate.
 *
 * Facts: a 32-bit word at one offset in all blocks of the site equals the number of pointers to the
 * block where that number varies, so it counts references (chap, "most common finding"). In the
 * blocks that accumulate it exceeds the pointers that exist. Or it does not count the pointer of an
 * index: in sound blocks it is one less than the number of pointers, and in blocks that accumulate
 * it is at least one although only the index points to them. A lost block has no pointer at all.
 * Traps: a word that is the same in all blocks, or equals the pointers only where there is one
 * (hits, a type), does not follow them. Pointers hidden from the graph make counts look too high,
 * but would do so in sound blocks, too. The length of a name is the number of pointers in a few
 * blocks by chance, and far from it in most. In an arena from which objects are cut, a word at one
 * offset may seem to count the pointers to all of them. Among many kinds of blocks under one holder
 * the words of some look like counts by chance; what they keep alive must explain the growth.
 */
#include <inttypes.h>

#include "diagnose/facts.h"
#include "diagnose/finding.h"
#include "load/snapshot.h"
#include "model/holders.h"
#include "silt_snapshot.h"

#define FOLLOWS 0.8 /* of the blocks with so many pointers */
#define SOUND 4	    /* blocks with so many pointers, at least */

/* Returns with how many different numbers of pointers the word agrees. */
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

/* Returns the part of the finding that a record belongs to; FACTS_NONE: none. */
static uint32_t part_in(const struct facts *facts, const struct finding *finding, uint32_t record)
{
	uint32_t part = facts_part_of(facts, record);

	for (size_t i = 0; i < finding->part_count; i++)
		if (finding->parts[i] == part)
			return part;
	return FACTS_NONE;
}

/* blocks that an object consists of and keeps alive, at most */
#define OBJECT_MOST 20

/* Returns true if a part grows by enough blocks to keep alive what the finding grows by. In a large
 * group the words of some small part may look like counts by chance. */
static bool explains(const struct facts *facts, const struct finding *finding, uint32_t part)
{
	return finding->lost ||
	       facts->found[part].growth_blocks * OBJECT_MOST >= finding->growth_blocks;
}

/* Returns true if objects are cut from the part's blocks, so that pointers lead to all places in
 * them. Then a word at one offset of a block is not a count. */
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

/* Sums up the counts of a part's sites: the call stacks of a line make the same kind of block. */
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

/* -- pointers that are not counted -- */

#define LEAKED_LEAST 8	 /* blocks whose count is too high, */
#define LEAKED_SHARE 0.2 /* and share of all blocks */
#define BELOW_SHARE 0.1	 /* of the blocks, at most, count fewer references than there are */
/* references never released, in most of the blocks whose count is too high */
#define MISSING_MOST 3

/* What a word is in the blocks of a part, if so many pointers to each block are not counted. */
struct counted {
	uint64_t all, sound, leaked, below;
	/* of the leaked, those too high by a few */
	uint64_t near;
	/* by value of the word */
	uint64_t sound_at[SILT_COUNTED], leaked_at[SILT_COUNTED];
};

static struct counted count_without(const struct snapshot_count *sum, int uncounted)
{
	struct counted counted = {.all = 0};

	/* the last degree and the last value stand for more */
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

/* A word that has only one value is not a count: some sound blocks must have another value than
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

static void report_uncounted(const struct facts *facts, struct finding *finding, uint64_t offset,
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

/* Returns in how many blocks the word is the number of pointers plus `more`; 0: such blocks have
 * fewer than two different numbers. */
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

/* Returns true if each block has the same number of references too many: all take the path that
 * forgets one. */
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

/* A lost block has no index either. */
static bool exceeds_others(const struct facts *facts, struct finding *finding)
{
	int uncounted = finding->lost ? 0 : 1;

	for (uint64_t i = 0; i < facts->graph->count_count; i++) {
		uint64_t offset = facts->graph->counts[i].offset;
		uint32_t part = part_in(facts, finding, facts->graph->counts[i].site);
		struct snapshot_count sum;
		struct counted counted;

		if (part == FACTS_NONE || !explains(facts, finding, part))
			continue;
		sum = sum_counts(facts, part, offset);
		counted = count_without(&sum, uncounted);
		if (is_count(&counted) && !is_cut_up(facts, part))
			report_uncounted(facts, finding, offset, uncounted, &counted);
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

		if (part == FACTS_NONE || !explains(facts, finding, part))
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
