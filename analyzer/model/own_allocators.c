/* Allocators of the program's own: see own_allocators.h. */
#include "model/own_allocators.h"

#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "load/snapshot.h"
#include "model/blame.h"
#include "symbolize/frame.h"
#include "util/mem.h"

#define MOST_LEVELS 4u	/* of allocators that call each other */
#define CALLERS 3u	/* fewer may be chance, */
#define SIZES 3u	/* and so may fewer sizes */
#define LEAST_BLOCKS 2u /* of one size say that a caller has one */
/* callers of a function that has the type of an allocator: that many are enough */
#define TYPED 2u

/* A function: by its name in a module, or a call in it. */
struct key {
	const char *module;
	uintptr_t function;
};

struct known {
	struct key key;
	UT_hash_handle hh;
};

struct own_allocators {
	struct known *known;
};

struct caller {
	struct {
		struct key function, caller;
	} key;
	UT_hash_handle hh;
};

/* A function that is blamed. */
struct suspect {
	struct key key;
	size_t callers;
	/* call stacks with more than one block, and those of them with one size */
	size_t stacks, settled;
	uint64_t sizes[SIZES];
	size_t size_count;
	/* a function that returns void * for an integer; of all its blocks, the least and the
	 * largest size */
	bool allocator_like;
	uint64_t least, largest;
	UT_hash_handle hh;
};

struct count {
	struct caller *callers;
	struct suspect *suspects;
};

struct own_allocators *own_allocators_new(void)
{
	return mem_zeroed(1, sizeof(struct own_allocators));
}

void own_allocators_free(struct own_allocators *allocators)
{
	struct known *known, *next;

	HASH_ITER(hh, allocators->known, known, next)
	{
		HASH_DEL(allocators->known, known);
		free(known);
	}
	free(allocators);
}

/* Without a name the place of the call stands for the function: there is seldom more than one. */
static struct key key_of(const struct frame *frame)
{
	struct key key;

	memset(&key, 0, sizeof key);
	key.module = frame->module_path;
	key.function = frame->function ? (uintptr_t)frame->function : (uintptr_t)frame->address;
	return key;
}

static bool is_known(const struct own_allocators *allocators, const struct key *key)
{
	struct known *known;

	HASH_FIND(hh, allocators->known, key, sizeof *key, known); // NOLINT(clang-analyzer-core.*)
	return known != NULL;
}

static struct suspect *suspect_of(struct count *count, const struct key *key, bool allocator_like)
{
	struct suspect *suspect;

	HASH_FIND(hh, count->suspects, key, sizeof *key, suspect); // NOLINT(clang-analyzer-core.*)
	if (!suspect) {
		suspect = mem_zeroed(1, sizeof *suspect);
		suspect->key = *key;
		suspect->allocator_like = allocator_like;
		suspect->least = UINT64_MAX;
		HASH_ADD(hh, count->suspects, key, sizeof suspect->key, suspect);
	}
	return suspect;
}

static void count_caller(struct count *count, struct suspect *suspect, const struct key *key)
{
	struct caller *caller, wanted;

	memset(&wanted, 0, sizeof wanted);
	wanted.key.function = suspect->key;
	wanted.key.caller = *key;
	// NOLINTNEXTLINE(clang-analyzer-core.*)
	HASH_FIND(hh, count->callers, &wanted.key, sizeof wanted.key, caller);
	if (caller)
		return;
	caller = mem_zeroed(1, sizeof *caller);
	caller->key = wanted.key;
	HASH_ADD(hh, count->callers, key, sizeof caller->key, caller);
	suspect->callers++;
}

static void count_sizes(struct suspect *suspect, const struct snapshot_site *counters)
{
	if (counters->total_blocks && counters->min_size < suspect->least)
		suspect->least = counters->min_size;
	if (counters->total_blocks && counters->max_size > suspect->largest)
		suspect->largest = counters->max_size;
	if (counters->total_blocks < LEAST_BLOCKS)
		return;
	suspect->stacks++;
	if (counters->min_size != counters->max_size)
		return;
	suspect->settled++;
	for (size_t i = 0; i < suspect->size_count; i++)
		if (suspect->sizes[i] == counters->min_size)
			return;
	if (suspect->size_count < SIZES)
		suspect->sizes[suspect->size_count++] = counters->min_size;
}

static void count_site(struct count *count, const struct profile_site *site)
{
	struct suspect *suspect;
	struct key function, caller;

	if (site->blamed + 1 >= site->frame_count || !site->frames[site->blamed]->module_path)
		return;
	function = key_of(site->frames[site->blamed]);
	caller = key_of(site->frames[site->blamed + 1]);
	if (!function.function || !caller.function ||
	    memcmp(&function, &caller, sizeof function) == 0)
		return;
	suspect = suspect_of(count, &function, site->frames[site->blamed]->allocator_like);
	count_caller(count, suspect, &caller);
	count_sizes(suspect, site->counters);
}

static bool hands_on(const struct suspect *suspect)
{
	if (suspect->allocator_like && suspect->callers >= TYPED &&
	    suspect->least < suspect->largest)
		return true;
	return suspect->callers >= CALLERS && suspect->size_count == SIZES &&
	       suspect->settled * 2 >= suspect->stacks;
}

/* True if there is one that was not known. */
static bool learn(struct own_allocators *allocators, const struct profile *profile)
{
	struct count count = {NULL, NULL};
	struct suspect *suspect, *next;
	struct caller *caller, *next_caller;
	bool found = false;

	for (uint64_t i = 0; i < profile->site_count; i++)
		count_site(&count, &profile->sites[i]);
	HASH_ITER(hh, count.suspects, suspect, next)
	{
		// cppcheck-suppress uninitvar; HASH_ITER sets it
		if (hands_on(suspect) && !is_known(allocators, &suspect->key)) {
			struct known *known = mem_zeroed(1, sizeof *known);

			known->key = suspect->key;
			HASH_ADD(hh, allocators->known, key, sizeof known->key, known);
			found = true;
		}
		HASH_DEL(count.suspects, suspect);
		free(suspect);
	}
	HASH_ITER(hh, count.callers, caller, next_caller)
	{
		HASH_DEL(count.callers, caller);
		free(caller);
	}
	return found;
}

static void pass_on(const struct own_allocators *allocators, struct profile_site *site,
		    const struct blame *blame)
{
	uint32_t at = site->blamed;
	struct key key;

	while (at + 1 < site->frame_count) {
		key = key_of(site->frames[at]);
		if (!is_known(allocators, &key) &&
		    (at == site->blamed || blame_first(blame, site->frames[at], 1) == 0))
			break;
		at++;
	}
	if (at != site->blamed && site->through == PROFILE_DIRECTLY)
		site->through = site->blamed;
	site->blamed = at;
}

void own_allocators_pass_on(struct own_allocators *allocators, struct profile *profile,
			    const struct blame *blame)
{
	bool found = true;

	for (unsigned level = 0; level < MOST_LEVELS && found; level++) {
		for (uint64_t i = 0; allocators->known && i < profile->site_count; i++)
			pass_on(allocators, &profile->sites[i], blame);
		found = learn(allocators, profile);
	}
	for (uint64_t i = 0; found && i < profile->site_count; i++)
		pass_on(allocators, &profile->sites[i], blame);
}
