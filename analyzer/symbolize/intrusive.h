/*
 * Recognises containers in C whose links lie in the elements: BSD's TAILQ, LIST, RB and the like,
 * uthash, Linux's list_head, hlist_node and rb_node. It goes by the members of their published
 * structures, and by structures that are nothing but links.
 * Must not: know of blocks, make text.
 */
#ifndef SILT_SYMBOLIZE_INTRUSIVE_H
#define SILT_SYMBOLIZE_INTRUSIVE_H

#include <elfutils/libdw.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct module_symbols;
struct trail;

enum link_role {
	LINK_NONE,
	/* from a container's head to an element */
	LINK_HEAD,
	/* from an element to an element */
	LINK_NEXT,
	/* from an element to the table of all elements, which uthash has */
	LINK_TABLE,
	/* from that table to an element */
	LINK_ENTRY,
	/* from a variable to links, be they a head or an element's */
	LINK_POINTER,
};

/* What kind of container the last pointer of a trail belongs to. */
struct container_link {
	enum link_role role;
	/* tells the kinds apart; links of one container have one kind */
	unsigned kind;
	/* crumbs of the trail before the link itself */
	size_t outside;
	/* crumbs before the member of the element that has the links, and that member; NULL: the
	 * links are not in a member of their own */
	size_t element;
	const char *member;
	/* The container may have no head but a pointer to an element, or be headed by links like
	 * those of an element: then `element` counts the member that has them, too. */
	bool has_no_head;
	/* The pointer leads to the whole element, whatever its type is. */
	bool is_element;
	/* bytes of the links in an element, if the pointer leads to them; 0: it leads elsewhere */
	uint64_t size;
};

/* Finds the role of the word that a trail in an object of the resolved type `object` ends at. */
void intrusive_link(struct module_symbols *module, Dwarf_Die *object, const struct trail *trail,
		    struct container_link *link);

#endif
