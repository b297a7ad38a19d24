/*
 * The shape of what accumulates: list, ring, array, hash table, tree.
 * Must not: look at names.
 */
#ifndef SILT_DIAGNOSE_SHAPE_H
#define SILT_DIAGNOSE_SHAPE_H

#include <stdbool.h>
#include <stdint.h>

struct facts;
struct group;

enum shape {
	SHAPE_NONE, /* nothing that a root leads to, or no graph */
	SHAPE_UNKNOWN,
	SHAPE_LIST,
	SHAPE_DOUBLE_LIST, /* for machines a list, too */
	SHAPE_RING,
	SHAPE_ARRAY,
	SHAPE_HASH,
	SHAPE_TREE,
};

/* Of the blocks of a size class of the group's top that the graph has. */
enum shape shape_of(const struct group *group, uint32_t class);
/* The size class of the top of a group: the nodes of its container, if they come from the line
 * that makes what they lead to. UINT32_MAX: none. */
uint32_t shape_class(const struct group *group);
/* Are its elements found by a key? */
static inline bool shape_is_keyed(enum shape shape)
{
	return shape == SHAPE_HASH || shape == SHAPE_TREE;
}
/* "list", ...; NULL for SHAPE_NONE. */
const char *shape_name(enum shape shape);
/* "a singly linked list"; NULL: not known. */
const char *shape_in_words(enum shape shape);

#endif
