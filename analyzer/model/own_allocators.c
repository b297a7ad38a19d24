/* Finds allocators of the program's own: see own_allocators.h. */
#include "model/own_allocators.h"

#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "load/snapshot.h"
#include "model/blame.h"
#include "symbolize/frame.h"
#include "util/mem.h"

#define MOST_LEVELS 4u /* of own allocators that call each other */
#define CALLERS 3u     /* fewer callers may be chance */
#define SIZES 3u       /* fewer sizes may be chance */
/* bytes; sizes of records are multiples, those of strings are so by chance only */
#define WORD 8u
/* blocks of one size in a call stack that show that its caller uses one size */
#define LEAST_BLOCKS 2u
/* callers and sizes that suffice for a function with the type of an allocator */
#define TYPED 2u

/* An allocation in a function. An inlined function has many addresses, so its name alone is the
 * key. */
struct key {
	const char *module;
	const char *function;
	uint64_t address;
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
	struct suspect *suspect;
	/* call stacks of the caller; of these those with one size; of these those whose size is
	 * a multiple of WORD */
	size_t stacks, settled, whole;
	/* the distinct sizes of the call stacks that `whole` counts */
	uint64_t sizes[SIZES];
	size_t size_count;
	UT_hash_handle hh;
};

/* A blamed function that may be an allocator. */
struct suspect {
	struct key key;
	size_t callers;
	/* call stacks with more than one block, and those of them with one size */
	size_t stacks, settled;
	uint64_t sizes[SIZES];
	size_t size_count;
	/* callers most of whose call stacks have one size, and those of them whose sizes are
	 * multiples of WORD */
	size_t settled_callers, whole_callers;
	uint64_t whole[SIZES];
	size_t whole_count;
	/* The function returns void * and takes an integer; smallest and largest size of its
	 * blocks. */
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

static struct key key_of(const struct frame *frame)
{
	struct key key;

	memset(&key, 0, sizeof key);
	key.module = frame->module_path;
	key.function = frame->function;
	key.address = frame->function && frame->inlined ? 0 : frame->address;
	return key;
}

/* The key of a caller is its function, wherever in it the call is. */
static struct key caller_key_of(const struct frame *frame)
{
	struct key key = key_of(frame);

	key.address = frame->function ? 0 : frame->address;
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

static struct caller *caller_of(struct count *count, struct suspect *suspect, const struct key *key)
{
	struct caller *caller, wanted;

	memset(&wanted, 0, sizeof wanted);
	wanted.key.function = suspect->key;
	wanted.key.caller = *key;
	// NOLINTNEXTLINE(clang-analyzer-core.*)
	HASH_FIND(hh, count->callers, &wanted.key, sizeof wanted.key, caller);
	if (!caller) {
		caller = mem_zeroed(1, sizeof *caller);
		caller->key = wanted.key;
		caller->suspect = suspect;
		HASH_ADD(hh, count->callers, key, sizeof caller->key, caller);
		suspect->callers++;
	}
	return caller;
}

static void add_size(uint64_t sizes[SIZES], size_t *count, uint64_t size)
{
	for (size_t i = 0; i < *count; i++)
		if (sizes[i] == size)
			return;
	if (*count < SIZES)
		sizes[(*count)++] = size;
}

static void count_sizes(struct suspect *suspect, struct caller *caller,
			const struct snapshot_site *counters)
{
	bool settled = counters->min_size == counters->max_size;

	if (!counters->total_blocks)
		return;
	if (counters->min_size < suspect->least)
		suspect->least = counters->min_size;
	if (counters->max_size > suspect->largest)
		suspect->largest = counters->max_size;
	caller->stacks++;
	caller->settled += settled;
	if (settled && counters->min_size % WORD == 0) {
		caller->whole++;
		add_size(caller->sizes, &caller->size_count, counters->min_size);
	}
	if (counters->total_blocks < LEAST_BLOCKS)
		return;
	suspect->stacks++;
	suspect->settled += settled;
	if (settled)
		add_size(suspect->sizes, &suspect->size_count, counters->min_size);
}

static void count_site(struct count *count, const struct profile_site *site)
{
	struct suspect *suspect;
	struct key function, caller;

	if (site->blamed + 1 >= site->frame_count || !site->frames[site->blamed]->module_path)
		return;
	function = key_of(site->frames[site->blamed]);
	caller = caller_key_of(site->frames[site->blamed + 1]);
	if (!(function.function || function.address) || !(caller.function || caller.address) ||
	    (function.module == caller.module && function.function == caller.function &&
	     (function.function || function.address == caller.address)))
		return;
	suspect = suspect_of(count, &function, site->frames[site->blamed]->allocator_like);
	count_sizes(suspect, caller_of(count, suspect, &caller), site->counters);
}

/* Adds what one caller shows about a function. */
static void add_up(const struct caller *caller)
{
	struct suspect *suspect = caller->suspect;

	if (caller->settled * 2 < caller->stacks)
		return;
	suspect->settled_callers++;
	if (!caller->whole || caller->whole * 2 < caller->settled)
		return;
	suspect->whole_callers++;
	for (size_t i = 0; i < caller->size_count; i++)
		add_size(suspect->whole, &suspect->whole_count, caller->sizes[i]);
}

static bool hands_on(const struct suspect *suspect)
{
	if (suspect->allocator_like && suspect->callers >= TYPED &&
	    suspect->least < suspect->largest)
		return true;
	if (suspect->callers >= CALLERS && suspect->size_count == SIZES &&
	    suspect->settled * 2 >= suspect->stacks)
		return true;
	/* some callers ask for strings, or only once: enough others must ask for records */
	return suspect->whole_callers >= CALLERS && suspect->whole_count == SIZES &&
	       suspect->whole_callers * 2 >= suspect->settled_callers;
}

/* Returns true if an allocator was found that was not known. */
static bool learn(struct own_allocators *allocators, const struct profile *profile)
{
	struct count count = {NULL, NULL};
	struct suspect *suspect, *next;
	struct caller *caller, *next_caller;
	bool found = false;

	for (uint64_t i = 0; i < profile->site_count; i++)
		count_site(&count, &profile->sites[i]);
	for (caller = count.callers; caller; caller = caller->hh.next)
		add_up(caller);
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
		    (at == site->blamed || (blame_first(blame, site->frames[at], 1) == 0 &&
					    !blame_in_libc(site->frames[at]))))
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
