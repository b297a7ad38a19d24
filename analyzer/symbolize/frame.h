/*
 * A stack frame in terms of source code.
 * Made by symbolize/, read by model/, commands/ and render/. No code.
 */
#ifndef SILT_SYMBOLIZE_FRAME_H
#define SILT_SYMBOLIZE_FRAME_H

#include <stdbool.h>
#include <stdint.h>

/* Strings live as long as the symbolizer that made the frame. */
struct frame {
	const char *function;	 /* as a reader wants it, see short_name.h; NULL: unknown */
	const char *full_name;	 /* demangled, with parameters; NULL: unknown */
	const char *file;	 /* source path; NULL: unknown */
	const char *module;	 /* the module's file name without directories; NULL: in no module */
	const char *module_path; /* NULL: in no module */
	uint64_t address;	 /* in the module's file; in memory where there is no module */
	uint64_t symbol_offset;	 /* address - start of `function`, where that comes from a symbol table */
	unsigned line;		 /* 0: unknown */
	uint32_t number;	 /* distinct for each frame of a symbolizer, from 1; 0: made elsewhere */
	bool inlined;		 /* inlined into the frame that follows */
	bool from_symtab;	 /* no debug info: `function` is a symbol */
	bool allocator_like;	 /* it returns void * and has an integer parameter, see signature.h */
};

#endif
