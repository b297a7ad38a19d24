/*
 * X
 * Must not: know of blocks, make text.
 */
#ifndef SILT_SYMBOLIZE_LAYOUTS_H
#define SILT_SYMBOLIZE_LAYOUTS_H

#include <elfutils/libdw.h>
#include <stdbool.h>
#include <stdint.h>

struct module_symbols;

enum layout_shape {
	LAYOUT_NODES,  /* each element in a node of its own: a tree, a list */
	LAYOUT_HASH,   /* LAYOUT_NODES, and a table of pointers to nodes */
	LAYOUT_ARRAY,  /* all elements in one block */
	LAYOUT_CHUNKS, /* some elements in each block, and a table of pointers to the blocks */
	LAYOUT_OPAQUE, /* tables of keys and values whose types are unknown */
};

struct layout {
	enum layout_shape shape;
	/* offset of the first link in a node, and of what follows the last one: in C++ the
	 * element */
	uint64_t links, header;
	/* elements are pointers or bytes of which the container's type does not say to what */
	bool untyped;
	/* resolved type of an element; addr NULL: unknown */
	Dwarf_Die element;
	bool libcxx;
};

/* Stores the layout of this resolved type; returns false if it is not a known container. */
bool layouts_of(struct module_symbols *module, Dwarf_Die *type, struct layout *layout);
/* Stores the layout of the list of which an object of this resolved type is a node, since the list
 * has no other head; returns false if it is not such a node. */
bool layouts_of_node(Dwarf_Die *type, struct layout *layout);
/* Returns true if the pointer at this offset of a container leads to its table. */
bool layouts_leads_to_table(const struct layout *layout, uint64_t offset);
/* Returns true if a member of this name is internal to the library. */
bool layouts_is_internal(const char *member);

/* In lists of BSD's queue.h a member of certain names points back to another member of an
 * element. Returns the name of that other member; NULL if `member` is not such a back link. */
const char *layouts_back_link(const char *member);

#endif
