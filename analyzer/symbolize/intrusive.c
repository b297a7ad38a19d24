/* Recognises containers in C whose links lie in the elements: see intrusive.h. */
#include "symbolize/intrusive.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <string.h>

#include "symbolize/die.h"
#include "symbolize/fields.h"
#include "symbolize/module.h"
#include "symbolize/types.h"

enum { KIND_NODES, KIND_UTHASH, KIND_FIRST_NAMED };

#define MAX_HEADS 2
#define MAX_LINKS 4

/* Members of heads, and of the links in elements. */
static const struct {
	const char *heads[MAX_HEADS], *links[MAX_LINKS];
} named[] = {
	/* BSD's lists */
	{{"tqh_first", "tqh_last"}, {"tqe_next", "tqe_prev"}},
	{{"lh_first"}, {"le_next", "le_prev"}},
	{{"stqh_first", "stqh_last"}, {"stqe_next"}},
	{{"slh_first"}, {"sle_next"}},
	{{"cqh_first", "cqh_last"}, {"cqe_next", "cqe_prev"}},
	/* BSD's trees; in FreeBSD since 13 the links are an array */
	{{"rbh_root"}, {"rbe_left", "rbe_right", "rbe_parent", "rbe_link"}},
	{{"sph_root"}, {"spe_left", "spe_right"}},
	/* Linux's trees */
	{{"rb_node", "rb_leftmost"}, {"rb_left", "rb_right"}},
};

static bool is_one_of(const char *member, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count && names[i]; i++)
		if (strcmp(member, names[i]) == 0)
			return true;
	return false;
}

/* -- structures of nothing but links -- */

/* Returns true if the member is a pointer to its own structure, or to a pointer to it. */
static bool leads_to_own(struct module_symbols *module, Dwarf_Die *member, Dwarf_Die *own,
			 bool *indirect)
{
	Dwarf_Die type, pointee, behind;

	if (!type_of(module, member, &type) || !type_is_pointer(&type) ||
	    !type_of(module, &type, &pointee))
		return false;
	*indirect = type_is_pointer(&pointee) && type_of(module, &pointee, &behind);
	return die_same(*indirect ? &behind : &pointee, own);
}

/* Returns true if a structure has one or two members, all of them links to its own kind: it can
 * only be a part of an element. `is_ring`: the head has the same structure. */
static bool is_node(struct module_symbols *module, Dwarf_Die *type, bool *is_ring)
{
	Dwarf_Die child;
	unsigned links = 0, plain = 0;
	uint64_t offset;
	bool indirect;

	if (!type->addr || !type_is_structure(type))
		return false;
	for (bool more = die_child(type, &child); more; more = die_next(&child)) {
		if (dwarf_tag(&child) != DW_TAG_member)
			continue;
		if (!type_member(&child, &offset) || ++links > 2 ||
		    !leads_to_own(module, &child, type, &indirect))
			return false;
		plain += !indirect;
	}
	*is_ring = plain == 2;
	return links > 0;
}

static bool is_lone_pointer(struct module_symbols *module, Dwarf_Die *type)
{
	uint64_t size;

	return type->addr && type_is_structure(type) && type_size(module, type, &size) && size == 8;
}

static void node_link(struct module_symbols *module, Dwarf_Die *owner, const struct trail *trail,
		      struct container_link *link)
{
	Dwarf_Die pointee = trail->pointee, behind;
	bool is_ring;

	if (type_is_pointer(&pointee) && type_of(module, &pointee, &behind))
		pointee = behind;
	if (!is_node(module, &pointee, &is_ring))
		return;
	link->kind = KIND_NODES;
	link->has_no_head = true;
	type_size(module, &pointee, &link->size);
	if (trail->count == 0) {
		link->role = LINK_POINTER;
		return;
	}
	link->role = die_same(owner, &pointee) ? LINK_NEXT : LINK_HEAD;
	if (link->role == LINK_NEXT || (!is_ring && is_lone_pointer(module, owner)))
		link->outside = trail->count - 1;
	else
		link->outside = trail->count;
}

/* -- uthash -- */

static bool has_name(Dwarf_Die *type, const char *wanted)
{
	const char *name = type->addr ? die_string(type, DW_AT_name) : NULL;

	return name && strcmp(name, wanted) == 0;
}

static void uthash_link(Dwarf_Die *owner, const char *member, struct container_link *link)
{
	static const char *const links[] = {"prev", "next", "hh_prev", "hh_next"};

	if (has_name(owner, "UT_hash_table") && strcmp(member, "tail") == 0)
		link->role = LINK_ENTRY;
	else if (has_name(owner, "UT_hash_bucket") && strcmp(member, "hh_head") == 0)
		link->role = LINK_ENTRY;
	else if (has_name(owner, "UT_hash_handle") && strcmp(member, "tbl") == 0)
		link->role = LINK_TABLE;
	else if (has_name(owner, "UT_hash_handle") &&
		 is_one_of(member, links, sizeof links / sizeof links[0]))
		link->role = LINK_NEXT;
	else
		return;
	link->kind = KIND_UTHASH;
	link->has_no_head = link->is_element = true;
}

/* -- all -- */

static void named_link(const char *member, struct container_link *link)
{
	for (unsigned i = 0; i < sizeof named / sizeof named[0]; i++) {
		if (is_one_of(member, named[i].heads, MAX_HEADS))
			link->role = LINK_HEAD;
		else if (is_one_of(member, named[i].links, MAX_LINKS))
			link->role = LINK_NEXT;
		else
			continue;
		link->kind = KIND_FIRST_NAMED + i;
		return;
	}
}

/* Stores the element's member that has the links, and what lies before it. */
static void find_member(const struct trail *trail, struct container_link *link)
{
	size_t at = link->outside;

	while (at && !trail->crumbs[at - 1].member)
		at--; /* of an array of links */
	link->member = at ? trail->crumbs[at - 1].member : NULL;
	link->element = link->size ? link->outside : at ? at - 1 : 0;
}

void intrusive_link(struct module_symbols *module, Dwarf_Die *object, const struct trail *trail,
		    struct container_link *link)
{
	size_t last = trail->count;
	Dwarf_Die owner;

	*link = (struct container_link){.role = LINK_NONE};
	while (last && !trail->crumbs[last - 1].member)
		last--; /* an element of an array of links */
	if (trail->fit < FIT_POINTER)
		return;
	if (!last) {
		node_link(module, object, trail, link);
		return;
	}
	/* an element of a block that is an array has the object's type */
	owner = last > 1 && trail->crumbs[last - 2].type.addr ? trail->crumbs[last - 2].type
							      : *object;
	link->outside = last - 1;
	named_link(trail->crumbs[last - 1].member, link);
	if (link->role == LINK_NONE)
		uthash_link(&owner, trail->crumbs[last - 1].member, link);
	if (link->role == LINK_NONE && last == trail->count)
		node_link(module, &owner, trail, link);
	if (link->role == LINK_NEXT || link->role == LINK_TABLE)
		find_member(trail, link);
}
