/*
 * How an allocator that is linked into an executable can be recorded: its functions, by their
 * symbols, and for each the instructions at its start that libsilt.so may run elsewhere, to put a
 * jump in their place (include/silt_built_in.h). Instructions are read by libcapstone, which is
 * loaded here.
 * Must not: run anything, trust what is in the file, print.
 */
#ifndef SILT_LOAD_BUILT_IN_H
#define SILT_LOAD_BUILT_IN_H

/* Returns the value of SILT_BUILT_IN for the executable `file` (an ELF file for x86-64), to be
 * freed; NULL where one of its functions cannot be led elsewhere, or it has no symbols: then
 * *reason, to be freed, says why. */
char *built_in_describe(const char *file, char **reason);

#endif
