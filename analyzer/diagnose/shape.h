/*
 * Recognizes the shape of what accumulates: list, ring, array, hash table, tree.
 * Must not: look at names.
 */
#ifndef SILT_DIAGNOSE_SHAPE_H
#define SILT_DIAGNOSE_SHAPE_H

#include <stdbool.h>
#include <stdint.h>

struct facts;
struct group;

enum shape {
	SHAPE_NONE, /* no root leads to it, or there is no graph */
	SHAPE_UNKNOWN,
	SHAPE_LIST,
	SHAPE_DOUBLE_LIST, /* JSON calls it a list, too */
	SHAPE_RING,
	SHAPE_ARRAY,
	SHAPE_HASH,
	SHAPE_TREE,
};

/* Returns the shape of the blocks of one size class of the group's top. */
enum shape shape_of(const struct group *group, uint32_t class);
/* Returns the size class of the group's top that has the nodes of its container, if the line
 * that makes them also makes what they point to; UINT32_MAX: none. */
uint32_t shape_class(const struct group *group);
/* Returns true if its elements are found by a key. */
static inline bool shape_is_keyed(enum shape shape)
{
	return shape == SHAPE_HASH || shape == SHAPE_TREE;
}
/* Returns "list", ...; NULL for SHAPE_NONE. */
const char *shape_name(enum shape shape);
/* Returns "a singly linked list", ...; NULL: unknown. */
const char *shape_in_words(enum shape shape);

#endif
