/*
 * Finds the names of the members at an offset in an object.
 * Must not: know of blocks; it looks at one object at a time.
 */
#ifndef SILT_SYMBOLIZE_FIELDS_H
#define SILT_SYMBOLIZE_FIELDS_H

#include <elfutils/libdw.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct module_symbols;

#define TRAIL_MAX 32

/* One level of a way into an object: a member, or an element of an array. */
struct crumb {
	/* NULL: the crumb is an element */
	const char *member;
	uint64_t index;
	/* all elements, not only the one at `index` */
	bool every;
	/* the resolved type of the member or element; addr NULL: unknown */
	Dwarf_Die type;
	/* bytes from the start of the member or element to the word */
	uint64_t rest;
};

/* How well the type at the word suits a pointer to a block, in ascending order. */
enum fit {
	FIT_NONE,    /* padding, a small number, the middle of an object */
	FIT_CODE,    /* a pointer to a function */
	FIT_BYTES,   /* in an array of bytes, which may store any type */
	FIT_INTEGER, /* an integer as large as a pointer */
	FIT_POINTER,
	FIT_STRUCTURE, /* a pointer to a known structure */
	/* a pointer to a structure that has a pointer where the next step needs one */
	FIT_NEXT
};

struct trail {
	struct crumb crumbs[TRAIL_MAX];
	size_t count;
	/* bytes into the object that the last crumb leads to */
	uint64_t rest;
	/* true if an array explains the stride */
	bool strided;
	enum fit fit;
	/* resolved type that the word points to; addr NULL: void or unknown */
	Dwarf_Die pointee;
};

/* What the next step needs of the block pointed to: a word at `offset` from where the pointer
 * points, and with a stride further words. */
struct fields_next {
	uint64_t offset, stride;
};

/* Finds the best way to the word at `offset` of an object of the resolved type `type`. With a
 * stride, further words follow at that distance. Of the members of a union the best fit wins,
 * then the first. `next` may be NULL. */
void fields_find(struct module_symbols *module, Dwarf_Die *type, uint64_t offset, uint64_t stride,
		 const struct fields_next *next, struct trail *trail);

#endif
