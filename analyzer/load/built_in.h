/*
 * Describes how an allocator that is linked into an executable can be recorded: its functions,
 * found by their symbols, and for each the first instructions, which libsilt.so may execute
 * elsewhere in order to put a jump in their place (include/silt_built_in.h). libcapstone, which is
 * loaded here, decodes the instructions.
 * Must not: run anything, trust what is in the file, print.
 */
#ifndef SILT_LOAD_BUILT_IN_H
#define SILT_LOAD_BUILT_IN_H

/* Returns the value of SILT_BUILT_IN for the executable `file` (an ELF file for x86-64), which
 * the caller frees. Returns NULL if a function cannot be redirected, or there are no symbols;
 * then `*reason` says why, and the caller frees it. */
char *built_in_describe(const char *file, char **reason);

#endif
