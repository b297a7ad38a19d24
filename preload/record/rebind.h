/*
 * Changes words in the data of all modules that hold the address of a function to that of another:
 * entries of global offset tables, pointers in tables and variables, the dynamic linker's own
 * pointers to malloc. That covers what is bound already; later bindings are covered by redirect.h.
 * Path: cold, at an attach and its end. Threads: that one, while the others run. Memory: the
 * caller's; written pages become private to the process.
 * Must not: write where nothing is mapped for writing, except memory that the dynamic linker
 * protects after relocation; change a word that has changed meanwhile.
 */
#ifndef SILT_REBIND_H
#define SILT_REBIND_H

#include <stddef.h>
#include <stdint.h>

struct rebind_pair {
	/* from 0: none */
	uintptr_t from, to;
};

/* Changes every aligned word of all modules but our own that equals a pair's `from` to its `to`.
 * Returns the number of words changed. Takes the dynamic linker's lock of its list of modules. */
uint32_t rebind_modules(const struct rebind_pair *pairs, size_t count);

#endif
