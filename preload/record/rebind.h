/*
 * What is bound already: in the data of every module, words that hold the address of a function are
 * made to hold another's. Those are entries of global offset tables, pointers in tables and
 * variables, and the dynamic linker's own pointers to malloc; what is not bound yet is led by the
 * symbols (redirect.h).
 * Path: cold, at an attach and its end. Threads: that one, while the others run. Memory: the
 * caller's; pages of the program's that are written become the process's own.
 * Must not: touch what is not mapped for writing, but for what the dynamic linker has protected
 * after it was bound; change a word that has changed meanwhile.
 */
#ifndef SILT_REBIND_H
#define SILT_REBIND_H

#include <stddef.h>
#include <stdint.h>

struct rebind_pair {
	/* from 0: none */
	uintptr_t from, to;
};

/* All modules but our own, each word at its place (aligned). Returns how many words were
 * changed. Takes the dynamic linker's lock of the list of modules. */
uint32_t rebind_modules(const struct rebind_pair *pairs, size_t count);

#endif
