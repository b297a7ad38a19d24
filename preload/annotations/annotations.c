/*
 * What the program tells about its memory: see annotations.h. Pools are in annotations/pools.c.
 * Path: warm. Threads: all, under one lock. Memory: own pages.
 */
#include "annotations/annotations.h"

#include "base/rt.h"
#include "record/blocks.h"
#include "base/table.h"

struct root {
	/* key: start of the region */
	struct table_entry entry;
	uint64_t size, count;
};

struct weak {
	/* key: the slot */
	struct table_entry entry;
	/* the block that contains the slot; 0: none */
	uintptr_t owner;
	/* of that block */
	uint32_t site, generation;
};

#define LEAST_PURGE 1024u

static struct {
	struct rt_lock lock;
	struct table roots, weak;
	/* with that many weak slots, remove those whose blocks have ended */
	uint32_t purge_at;
} annotations = {
	.lock = RT_LOCK(RT_RANK_ANNOTATIONS),
	.roots.size = sizeof(struct root),
	.weak.size = sizeof(struct weak),
	.purge_at = LEAST_PURGE,
};

/* -- roots -- */

static struct root *find_root(uintptr_t start, uint64_t size)
{
	struct root *root = NULL;

	do
		root = table_find(&annotations.roots, start, root);
	while (root && root->size != size);
	return root;
}

bool annotations_root_add(uintptr_t start, uint64_t size)
{
	struct root *root;

	rt_lock(&annotations.lock);
	root = find_root(start, size);
	if (root) {
		root->count++;
	} else if ((root = table_make(&annotations.roots, start))) {
		root->size = size;
		root->count = 1;
		table_enter(&annotations.roots, root);
	}
	rt_unlock(&annotations.lock);
	return root != NULL;
}

bool annotations_root_remove(uintptr_t start, uint64_t size)
{
	struct root *root;

	rt_lock(&annotations.lock);
	root = find_root(start, size);
	if (root && --root->count == 0)
		table_remove(&annotations.roots, root);
	rt_unlock(&annotations.lock);
	return root != NULL;
}

void annotations_each_root(void (*visit)(void *argument, uintptr_t start, uint64_t size),
			   void *argument)
{
	uint32_t number = 0;
	const struct root *root;

	while ((root = table_next(&annotations.roots, &number))) {
		uintptr_t start = root->entry.key;
		uint64_t size = root->size;

		if (atomic_load(&root->entry.used))
			visit(argument, start, size);
	}
}

/* -- weak slots -- */

/* True if the block that contains the slot has ended. Another block of the same site and generation
 * in its place looks the same, and takes over the declaration. */
static bool has_lapsed(const struct weak *weak)
{
	struct block block;

	return weak->owner && (!blocks_get((const void *)weak->owner, &block) ||
			       block.site != weak->site || block.generation != weak->generation);
}

static void purge_weak(void)
{
	uint32_t number = 0, left;
	struct weak *weak;

	while ((weak = table_next(&annotations.weak, &number)))
		if (has_lapsed(weak))
			table_remove(&annotations.weak, weak);
	left = atomic_load(&annotations.weak.count);
	annotations.purge_at = left < LEAST_PURGE / 2 ? LEAST_PURGE : left * 2;
}

bool annotations_weak_add(uintptr_t slot)
{
	struct block block = {0};
	uintptr_t owner = 0;
	struct weak *weak;
	bool added;

	if (!blocks_enclosing((const void *)slot, &owner, &block))
		owner = 0;
	rt_lock(&annotations.lock);
	weak = table_find(&annotations.weak, slot, NULL);
	added = !weak;
	if (added && atomic_load(&annotations.weak.count) >= annotations.purge_at)
		purge_weak();
	if (added)
		weak = table_make(&annotations.weak, slot);
	if (weak) {
		weak->owner = owner;
		weak->site = block.site;
		weak->generation = block.generation;
	}
	if (added && weak)
		table_enter(&annotations.weak, weak);
	rt_unlock(&annotations.lock);
	return weak != NULL;
}

static void remove_weak(struct weak *weak)
{
	if (weak)
		table_remove(&annotations.weak, weak);
}

void annotations_forget_weak(uintptr_t start, uint64_t size)
{
	uint32_t number = 0;
	struct weak *weak;

	if (atomic_load(&annotations.weak.count) == 0)
		return;
	rt_lock(&annotations.lock);
	if (size / sizeof(void *) > atomic_load(&annotations.weak.highest)) {
		while ((weak = table_next(&annotations.weak, &number)))
			if (weak->entry.key - start < size)
				remove_weak(weak);
	} else {
		for (uintptr_t slot = (start + 7) & ~7ul; slot - start < size;
		     slot += sizeof(void *))
			remove_weak(table_find(&annotations.weak, slot, NULL));
	}
	rt_unlock(&annotations.lock);
}

uint32_t annotations_weak_count(void)
{
	return atomic_load(&annotations.weak.count);
}

bool annotations_is_weak(uintptr_t slot)
{
	const struct weak *weak = table_find(&annotations.weak, slot, NULL);

	return weak && !has_lapsed(weak);
}

/* -- fork -- */

void annotations_before_fork(void)
{
	rt_lock(&annotations.lock);
}

void annotations_after_fork(void)
{
	rt_unlock(&annotations.lock);
}
