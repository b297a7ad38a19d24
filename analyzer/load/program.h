/*
 * Finds what a command would start: as execvp() does, through the #! lines of scripts, to an ELF
 * file; and reads from its headers and symbols whether a preloaded library sees its heap.
 * Must not: run anything, trust what is in the file, print, judge.
 */
#ifndef SILT_LOAD_PROGRAM_H
#define SILT_LOAD_PROGRAM_H

#include <stdbool.h>

/* Whether a malloc of the executable takes precedence over a preloaded one. The dynamic linker
 * searches the executable first. */
enum program_malloc {
	PROGRAM_MALLOC_SHARED,	 /* the executable has no malloc */
	PROGRAM_MALLOC_EXPORTED, /* exported: used by the executable and its libraries */
	/* not exported: used by the executable; libraries use the shared one */
	PROGRAM_MALLOC_HIDDEN,
	PROGRAM_MALLOC_RENAMED, /* an allocator's functions under names of their own */
	/* An allocator of which only the messages are known, beside the C library's malloc: the
	 * program may use either, or both. */
	PROGRAM_MALLOC_EITHER,
};

struct program {
	/* the file that would be executed */
	char *path;
	/* `path`, or the interpreter that its #! line leads to; links are resolved */
	char *file;
	/* `file` is an interpreter */
	bool script;
	/* `file` is an ELF file: the members below are valid */
	bool elf;
	/* ELFCLASS64, EM_X86_64, ... */
	int elf_class, machine;
	/* the file is a dynamic linker */
	bool is_loader;
	/* PT_INTERP; NULL: statically linked */
	char *loader;
	bool go;
	/* "AddressSanitizer", ...; NULL: none */
	const char *sanitizer;
	/* the sanitizer's runtime is a shared library */
	bool sanitizer_shared;
	enum program_malloc malloc;
	/* "jemalloc", ...; NULL: unknown */
	const char *allocator;
	/* "set-user-ID", ...: why the dynamic linker will ignore LD_PRELOAD; NULL: it will not */
	const char *privileges;
};

/* Looks at the program `name`: a path if it has a slash, else searched in $PATH. Returns false
 * if there is no such executable; starting it then reports why. Call program_free() in both
 * cases. */
bool program_read(struct program *program, const char *name);
void program_free(struct program *program);
/* Reads an ELF file that is open, without $PATH, scripts and privileges. */
bool program_read_elf(struct program *program, int fd);

#endif
