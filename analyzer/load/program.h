/*
 * What a command would start: found as execvp() finds it, through the #! lines of scripts, down to
 * an ELF file and what in its headers and symbols decides whether a preloaded library sees its
 * heap.
 * Must not: run anything, trust what is in the file, print, judge.
 */
#ifndef SILT_LOAD_PROGRAM_H
#define SILT_LOAD_PROGRAM_H

#include <stdbool.h>

/* How its own malloc would win over a preloaded one: lookups begin in the executable. */
enum program_malloc {
	PROGRAM_MALLOC_SHARED,	 /* it has none */
	PROGRAM_MALLOC_EXPORTED, /* for itself and its libraries */
	PROGRAM_MALLOC_HIDDEN,	 /* for itself; libraries use the shared one */
	PROGRAM_MALLOC_RENAMED,	 /* the code of an allocator under names of its own */
};

struct program {
	/* the file that would be executed */
	char *path;
	/* the same, or the interpreter that its #! line leads to; no links in it */
	char *file;
	/* these differ */
	bool script;
	/* the rest is known */
	bool elf;
	/* ELFCLASS64, EM_X86_64, ... */
	int elf_class, machine;
	/* it is a dynamic linker itself */
	bool is_loader;
	/* PT_INTERP; NULL: statically linked */
	char *loader;
	bool go;
	/* "AddressSanitizer", ...; NULL */
	const char *sanitizer;
	/* its runtime is a shared library */
	bool sanitizer_shared;
	enum program_malloc malloc;
	/* "jemalloc", ...; NULL: not known */
	const char *allocator;
	/* "set-user-ID", ...: the dynamic linker will ignore LD_PRELOAD; NULL */
	const char *privileges;
};

/* Looks at the program `name` (with a slash: a path; else looked for in $PATH). False: there is
 * none that can be executed; then starting it says why. To be freed in either case. */
bool program_read(struct program *program, const char *name);
void program_free(struct program *program);
/* The same for an ELF file already found, for tests: no $PATH, no scripts, no privileges. */
bool program_read_elf(struct program *program, int fd);

#endif
