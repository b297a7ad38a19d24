/*
 * Describes how standard containers lie in memory: see layouts.h.
 */
#include "symbolize/layouts.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <stdlib.h>
#include <string.h>

#include "symbolize/die.h"
#include "symbolize/module.h"
#include "symbolize/type_index.h"
#include "symbolize/types.h"

#define WORD 8u

/*
 * The words before the element:
 * Nodes of trees: colour, parent, left, right (libstdc++) or left, right, parent, colour (libc++).
 * Nodes of hash tables: next (libstdc++), or next and hash (libc++).
 * Nodes of lists: next and previous, or next.
 *
 * The element's type is the template argument number `argument` of the container, or of the type of
 * its first member called `inner`.
 */
static const struct {
	const char *name, *inner;
	unsigned argument;
	enum layout_shape shape;
	uint64_t header;
} known[] = {
	/* libstdc++ */
	{"map", "_M_t", 1, LAYOUT_NODES, 4 * WORD},
	{"multimap", "_M_t", 1, LAYOUT_NODES, 4 * WORD},
	{"set", "_M_t", 1, LAYOUT_NODES, 4 * WORD},
	{"multiset", "_M_t", 1, LAYOUT_NODES, 4 * WORD},
	{"unordered_map", "_M_h", 1, LAYOUT_HASH, WORD},
	{"unordered_multimap", "_M_h", 1, LAYOUT_HASH, WORD},
	{"unordered_set", "_M_h", 1, LAYOUT_HASH, WORD},
	{"unordered_multiset", "_M_h", 1, LAYOUT_HASH, WORD},
	/* libc++ */
	{"map", "__tree_", 0, LAYOUT_NODES, 4 * WORD},
	{"multimap", "__tree_", 0, LAYOUT_NODES, 4 * WORD},
	{"set", "__tree_", 0, LAYOUT_NODES, 4 * WORD},
	{"multiset", "__tree_", 0, LAYOUT_NODES, 4 * WORD},
	{"unordered_map", "__table_", 0, LAYOUT_HASH, 2 * WORD},
	{"unordered_multimap", "__table_", 0, LAYOUT_HASH, 2 * WORD},
	{"unordered_set", "__table_", 0, LAYOUT_HASH, 2 * WORD},
	{"unordered_multiset", "__table_", 0, LAYOUT_HASH, 2 * WORD},
	/* both */
	{"list", NULL, 0, LAYOUT_NODES, 2 * WORD},
	{"forward_list", NULL, 0, LAYOUT_NODES, WORD},
	{"vector", NULL, 0, LAYOUT_ARRAY, 0},
	{"deque", NULL, 0, LAYOUT_CHUNKS, 0},
};

/* GLib's, of which programs do not see the types of nodes. */
static const struct glib {
	const char *name;
	struct layout layout;
} glib[] = {
	{"_GHashTable", {.shape = LAYOUT_OPAQUE}},
	{"_GPtrArray", {.shape = LAYOUT_ARRAY, .untyped = true}},
	{"_GArray", {.shape = LAYOUT_ARRAY, .untyped = true}},
	/* a node: data, next, previous */
	{"_GQueue", {LAYOUT_NODES, WORD, 3 * WORD, .untyped = true}},
	{"_GAsyncQueue", {LAYOUT_NODES, WORD, 3 * WORD, .untyped = true}},
	/* a node: key, value, left, right */
	{"_GTree", {LAYOUT_NODES, 2 * WORD, 4 * WORD, .untyped = true}},
	/* a node: number of nodes, parent, left, right, data */
	{"_GSequence", {LAYOUT_NODES, WORD, 4 * WORD, .untyped = true}},
};
static const struct glib glib_nodes[] = {
	{"_GList", {LAYOUT_NODES, WORD, 3 * WORD, .untyped = true}},
	{"_GSList", {LAYOUT_NODES, WORD, 2 * WORD, .untyped = true}},
};

static bool find_glib(const char *name, const struct glib *among, size_t count,
		      struct layout *layout)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(among[i].name, name) == 0) {
			*layout = among[i].layout;
			return true;
		}
	return false;
}

static bool find_member(struct module_symbols *module, Dwarf_Die *type, const char *name,
			Dwarf_Die *its)
{
	Dwarf_Die child;
	uint64_t offset;

	for (bool more = die_child(type, &child); more; more = die_next(&child)) {
		const char *member =
			type_member(&child, &offset) ? die_string(&child, DW_AT_name) : NULL;

		if (member && strcmp(member, name) == 0)
			return type_of(module, &child, its);
	}
	return false;
}

static bool has_member_like(Dwarf_Die *type, const char *start)
{
	Dwarf_Die child;
	uint64_t offset;

	for (bool more = die_child(type, &child); more; more = die_next(&child)) {
		const char *member =
			type_member(&child, &offset) ? die_string(&child, DW_AT_name) : NULL;

		if (member && strncmp(member, start, strlen(start)) == 0)
			return true;
	}
	return false;
}

static bool template_argument(struct module_symbols *module, Dwarf_Die *type, unsigned number,
			      Dwarf_Die *its)
{
	Dwarf_Die child;

	for (bool more = die_child(type, &child); more; more = die_next(&child))
		if (dwarf_tag(&child) == DW_TAG_template_type_parameter && number-- == 0)
			return type_of(module, &child, its);
	return false;
}

/* Returns the name without "std::", inline namespaces and template arguments; NULL if it is not
 * in std. */
static char *standard_name(Dwarf_Die *type)
{
	char *name = type_index_name(type), *end, *last;

	if (!name || strncmp(name, "std::", strlen("std::")) != 0) {
		free(name);
		return NULL;
	}
	end = strchr(name, '<');
	if (end && name[strlen(name) - 1] != '>') { /* the name of a type inside a container */
		free(name);
		return NULL;
	}
	if (end)
		*end = 0;
	last = strrchr(name, ':');
	memmove(name, last + 1, strlen(last + 1) + 1);
	return name;
}

static bool fits(struct module_symbols *module, Dwarf_Die *type, size_t number,
		 struct layout *layout)
{
	Dwarf_Die holder = *type;

	if (known[number].inner && !find_member(module, type, known[number].inner, &holder))
		return false;
	*layout = (struct layout){.shape = known[number].shape, .header = known[number].header};
	layout->libcxx = has_member_like(type, "__");
	if (!template_argument(module, &holder, known[number].argument, &layout->element))
		layout->element = (Dwarf_Die){0};
	return true;
}

bool layouts_of(struct module_symbols *module, Dwarf_Die *type, struct layout *layout)
{
	const char *plain = type->addr ? die_string(type, DW_AT_name) : NULL;
	char *name;
	bool found = false;

	if (!plain)
		return false;
	if (find_glib(plain, glib, sizeof glib / sizeof glib[0], layout))
		return true;
	if (!type_is_structure(type) || !(name = standard_name(type)))
		return false;
	for (size_t i = 0; i < sizeof known / sizeof known[0] && !found; i++)
		found = strcmp(known[i].name, name) == 0 && fits(module, type, i, layout);
	free(name);
	return found;
}

bool layouts_of_node(Dwarf_Die *type, struct layout *layout)
{
	const char *name = type->addr ? die_string(type, DW_AT_name) : NULL;

	return name &&
	       find_glib(name, glib_nodes, sizeof glib_nodes / sizeof glib_nodes[0], layout);
}

/* libstdc++'s deque has the table, the table's size, and two iterators whose fourth word points
 * into the table; libc++'s has four pointers to the table. A hash table begins with its table. */
bool layouts_leads_to_table(const struct layout *layout, uint64_t offset)
{
	if (layout->shape == LAYOUT_HASH)
		return offset == 0;
	if (layout->shape != LAYOUT_CHUNKS)
		return false;
	if (layout->libcxx)
		return offset < 4 * WORD;
	return offset == 0 || offset == 5 * WORD || offset == 9 * WORD;
}

bool layouts_is_internal(const char *member)
{
	size_t length = strlen(member);

	return strncmp(member, "_M_", 3) == 0 ||
	       (length > 3 && strncmp(member, "__", 2) == 0 && member[length - 1] == '_');
}

const char *layouts_back_link(const char *member)
{
	static const char *const links[][2] = {{"tqh_last", "tqe_next"},
					       {"tqe_prev", "tqe_next"},
					       {"le_prev", "le_next"},
					       {"stqh_last", "stqe_next"}};

	for (size_t i = 0; i < sizeof links / sizeof links[0]; i++)
		if (strcmp(links[i][0], member) == 0)
			return links[i][1];
	return NULL;
}
