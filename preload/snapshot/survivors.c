/* Live blocks by call site and interval: see survivors.h. */
#include "snapshot/survivors.h"

#include <string.h>

#include "annotations/annotations.h"
#include "base/rt.h"
#include "record/blocks.h"
#include "record/counters.h"
#include "record/real.h"
#include "record/sites.h"
#include "record/track.h"
#include "silt_assert.h"

static struct survivors_bin *find_bin(struct survivors *survivors, uint32_t site, uint32_t number)
{
	uint32_t at = (uint32_t)((((uint64_t)site << 32 | number) * 0x9e3779b97f4a7c15ul) >> 32);

	for (;; at++) {
		struct survivors_bin *bin = &survivors->bins[at & survivors->mask];

		if (!bin->used || (bin->site == site && bin->number == number))
			return bin;
	}
}

static void link_bin(struct survivors *survivors, struct survivors_bin *bin)
{
	bin->next = survivors->first[bin->site];
	survivors->first[bin->site] = (uint32_t)(bin - survivors->bins) + 1;
}

static bool grow_bins(struct survivors *survivors)
{
	uint32_t old_mask = survivors->mask, size = survivors->bins ? (old_mask + 1) * 2 : 8192;
	struct survivors_bin *old = survivors->bins,
			     *bins = rt_map_for(RT_BRIEF, size * sizeof *bins);

	if (!bins)
		return false;
	survivors->bins = bins;
	survivors->mask = size - 1;
	survivors->last = NULL;
	if (!old)
		return true;
	memset(survivors->first, 0, (survivors->site_count + 1) * sizeof *survivors->first);
	for (uint32_t i = 0; i <= old_mask; i++) {
		if (old[i].used) {
			struct survivors_bin *bin = find_bin(survivors, old[i].site, old[i].number);

			*bin = old[i];
			link_bin(survivors, bin);
		}
	}
	rt_unmap(old, (old_mask + 1ul) * sizeof *old);
	return true;
}

static void count_survivor(struct survivors *survivors, struct block block)
{
	uint32_t number = block.generation >> survivors->shift;
	struct survivors_bin *bin = survivors->last;
	struct counters_weight weight = track_weight(block.size);

	if (block.site > survivors->site_count || survivors->failed)
		return; /* the site is newer than this snapshot */
	if (!bin || bin->site != block.site || bin->number != number) {
		if (survivors->used * 2 > survivors->mask && !grow_bins(survivors)) {
			survivors->failed = true;
			return;
		}
		bin = find_bin(survivors, block.site, number);
		if (!bin->used) {
			*bin = (struct survivors_bin){
				.site = block.site, .number = number, .used = 1};
			link_bin(survivors, bin);
			survivors->used++;
		}
		survivors->last = bin;
	}
	bin->blocks += weight.blocks;
	bin->bytes += weight.bytes;
}

/* With sampling, a block counts for all the blocks that it stands for. */
static void count_footprint(struct survivors *survivors, uintptr_t address, struct block block)
{
	struct counters_weight weight = track_weight(block.size);
	uint64_t least, most;

	real_footprint(address, block.size, &least, &most);
	survivors->bytes += weight.bytes;
	survivors->least_bytes +=
		track_sample_bytes ? least * weight.blocks / COUNTERS_SAMPLED_UNIT : least;
	survivors->most_bytes +=
		track_sample_bytes ? most * weight.blocks / COUNTERS_SAMPLED_UNIT : most;
}

static void count_block(void *argument, uintptr_t address, struct block block)
{
	struct survivors *survivors = argument;

	SILT_ASSERT(block.site && block.site <= sites_count());
	survivors->blocks++;
	count_survivor(argument, block);
	count_footprint(argument, address, block);
}

/* A piece is a block of its own, but its memory is part of a block that is counted already. */
static void count_piece(void *argument, const struct annotations_piece *piece)
{
	struct survivors *survivors = argument;

	survivors->bytes += track_weight(piece->size).bytes;
	survivors->blocks++;
	count_survivor(survivors, (struct block){piece->size, piece->site, piece->generation,
						 piece->ignored, 0});
}

bool survivors_start(struct survivors *survivors, uint32_t site_count, uint64_t generation)
{
	survivors->site_count = site_count;
	survivors->first = rt_map_for(RT_BRIEF, (site_count + 1ul) * sizeof *survivors->first);
	if (!survivors->first || !grow_bins(survivors))
		return false;
	for (survivors->shift = 0; (generation + 1) >> survivors->shift >= SURVIVORS_MAX_BINS;)
		survivors->shift++;
	survivors->width = 1ul << survivors->shift;
	return true;
}

void survivors_count(struct survivors *survivors)
{
	blocks_scan(count_block, survivors);
	annotations_each_piece(count_piece, survivors);
}

void survivors_free(struct survivors *survivors)
{
	if (survivors->first)
		rt_unmap(survivors->first,
			 (survivors->site_count + 1ul) * sizeof *survivors->first);
	if (survivors->bins)
		rt_unmap(survivors->bins, (survivors->mask + 1ul) * sizeof *survivors->bins);
}
