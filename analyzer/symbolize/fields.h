/*
 * From an offset in an object to the names of the members there.
 * Must not: know of blocks; one object at a time.
 */
#ifndef SILT_SYMBOLIZE_FIELDS_H
#define SILT_SYMBOLIZE_FIELDS_H

#include <elfutils/libdw.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct module_symbols;

#define TRAIL_MAX 32

/* One way in: a member, or an element of an array. */
struct crumb {
	/* NULL: an element */
	const char *member;
	uint64_t index;
	/* not one element but all */
	bool every;
	/* of what it leads to, resolved; addr NULL: unknown */
	Dwarf_Die type;
	/* bytes from there to the word */
	uint64_t rest;
};

/* How well what is found there suits a pointer to a block; ascending. */
enum fit {
	FIT_NONE,    /* padding, a small number, the middle of something */
	FIT_CODE,    /* a pointer to a function */
	FIT_BYTES,   /* in an array of bytes: storage for anything */
	FIT_INTEGER, /* a number as large as a pointer */
	FIT_POINTER,
	FIT_STRUCTURE, /* a pointer to a known structure */
	FIT_NEXT       /* and that has a pointer where the next step wants one */
};

struct trail {
	struct crumb crumbs[TRAIL_MAX];
	size_t count;
	/* bytes into what the crumbs lead to */
	uint64_t rest;
	/* an array explains the stride */
	bool strided;
	enum fit fit;
	/* resolved; addr NULL: void or unknown */
	Dwarf_Die pointee;
};

/* What the next step wants of the block pointed to: a word at this offset from where the
 * pointer points. */
struct fields_next {
	uint64_t offset, stride;
};

/* The best way to the word at `offset` of an object of this resolved type, where with a stride
 * other words follow at that distance. Of a union's members the best fit counts, then the
 * first. `next` may be NULL. */
void fields_find(struct module_symbols *module, Dwarf_Die *type, uint64_t offset, uint64_t stride,
		 const struct fields_next *next, struct trail *trail);

#endif
