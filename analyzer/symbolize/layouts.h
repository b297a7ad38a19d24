/*
 * How the containers of C++ standard libraries, and of GLib where its types are opaque, lie in
 * memory: by the names of public types and of their members in debug information, which are as
 * fixed as a file format.
 * Must not: know of blocks or text.
 */
#ifndef SILT_SYMBOLIZE_LAYOUTS_H
#define SILT_SYMBOLIZE_LAYOUTS_H

#include <elfutils/libdw.h>
#include <stdbool.h>
#include <stdint.h>

struct module_symbols;

enum layout_shape {
	LAYOUT_NODES,  /* each element in a node of its own: a tree, a list */
	LAYOUT_HASH,   /* the same, and a table of pointers to nodes */
	LAYOUT_ARRAY,  /* all elements in one block */
	LAYOUT_CHUNKS, /* elements in blocks of some, and a table of pointers to these */
	LAYOUT_OPAQUE, /* tables of keys and values, of which no type is known */
};

struct layout {
	enum layout_shape shape;
	/* of a node: its element lies behind so many bytes */
	uint64_t header;
	/* resolved; addr NULL: unknown */
	Dwarf_Die element;
	bool libcxx;
};

/* Is this resolved type such a container? */
bool layouts_of(struct module_symbols *module, Dwarf_Die *type, struct layout *layout);
/* Does the pointer at this offset of a container lead to its table? */
bool layouts_leads_to_table(const struct layout *layout, uint64_t offset);
/* Is a member called so the library's own business? */
bool layouts_is_internal(const char *member);

/* BSD's queue.h: a member called so points to another member of an element, whose name this is;
 * NULL: none. */
const char *layouts_back_link(const char *member);

#endif
