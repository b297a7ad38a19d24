/*
 * A stack frame in terms of source code. Made by symbolize/. No code.
 */
#ifndef SILT_SYMBOLIZE_FRAME_H
#define SILT_SYMBOLIZE_FRAME_H

#include <stdbool.h>
#include <stdint.h>

/* Strings live as long as the symbolizer that made the frame. */
struct frame {
	/* the short form, see short_name.h; NULL: unknown */
	const char *function;
	/* demangled, with parameters; NULL: unknown */
	const char *full_name;
	/* source path; NULL: unknown */
	const char *file;
	/* file name of the module, without directories; NULL: in no module */
	const char *module;
	/* path of the module; NULL: in no module */
	const char *module_path;
	/* in the module's file; an address in memory if there is no module */
	uint64_t address;
	/* address minus start of `function`, if `function` comes from a symbol table */
	uint64_t symbol_offset;
	/* 0: unknown */
	unsigned line;
	/* distinct for each frame of a symbolizer, from 1; 0: not made by a symbolizer */
	uint32_t number;
	/* inlined into the frame that follows */
	bool inlined;
	/* `function` is a symbol; there is no debug information */
	bool from_symtab;
	/* the function returns void * and takes an integer, see signature.h */
	bool allocator_like;
};

#endif
