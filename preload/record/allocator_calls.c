/* Functions of the next allocator beside malloc's family: see allocator_calls.h. */
#include "record/allocator_calls.h"

#include <stdlib.h>

#include "record/real.h"
#include "record/rebind.h"
#include "record/redirect.h"

/* Ours, defined in interpose.c. */
#define HOOK(result, name, parameters) result name parameters;
#define HOOK_OWN HOOK
#include "record/hooks.def"
#undef HOOK

struct allocator_calls allocator_calls;

static uintptr_t find(const char *name)
{
	return redirect_find((uintptr_t)real.malloc, name);
}

/* True if the blocks that ours return come from the same library as these functions. */
static bool is_consistent(void)
{
	return find("calloc") == (uintptr_t)real.calloc &&
	       find("realloc") == (uintptr_t)real.realloc &&
	       find("posix_memalign") == (uintptr_t)real.posix_memalign &&
	       find("free") == (uintptr_t)real.free;
}

static const struct call {
	const char *name;
	/* the name that leads to the same function, or NULL */
	const char *as;
	uintptr_t ours;
} all[] = {
#define CALL(name, ours) {#name, NULL, (uintptr_t)ours},
#define SAME(name, as, ours) {#name, #as, (uintptr_t)ours},
#include "record/allocator_calls.def"
};
#define CALLS (sizeof all / sizeof all[0])

static bool has_second_names(void)
{
	for (size_t i = 0; i < CALLS; i++)
		if (all[i].as && find(all[i].name) != find(all[i].as))
			return false;
	return true;
}

size_t allocator_calls_find(struct redirect_hook hooks[ALLOCATOR_CALLS])
{
	size_t count = 0;
	bool second_names;

	_Static_assert(CALLS <= ALLOCATOR_CALLS, "room for all of them");
	if (real_is_c_library() || !is_consistent())
		return 0;
	second_names = has_second_names();
	for (size_t i = 0; i < CALLS; i++) {
		if (all[i].as && !second_names)
			continue;
		hooks[count] = (struct redirect_hook){all[i].name, all[i].ours, find(all[i].name)};
		count += hooks[count].next != 0;
	}
	allocator_calls = (struct allocator_calls){
		.new = (void *(*)(size_t))find("_Znwm"),
		.new_nothrow = (void *(*)(size_t, const void *))find("_ZnwmRKSt9nothrow_t"),
		.new_aligned = (void *(*)(size_t, size_t))find("_ZnwmSt11align_val_t"),
		.new_aligned_nothrow = (void *(*)(size_t, size_t, const void *))find(
			"_ZnwmSt11align_val_tRKSt9nothrow_t"),
		.mallocx = (void *(*)(size_t, int))find("mallocx"),
		.rallocx = (void *(*)(void *, size_t, int))find("rallocx"),
		.xallocx = (size_t(*)(void *, size_t, size_t, int))find("xallocx"),
	};
	return count;
}

void allocator_calls_redirect(void)
{
	struct redirect_hook hooks[ALLOCATOR_CALLS];
	struct rebind_pair pairs[ALLOCATOR_CALLS];
	size_t count = allocator_calls_find(hooks);

	if (!count || !redirect_symbols((uintptr_t)real.malloc, hooks, count, false))
		return;
	for (size_t i = 0; i < count; i++)
		pairs[i] = (struct rebind_pair){hooks[i].next, hooks[i].ours};
	rebind_modules(pairs, count);
}
