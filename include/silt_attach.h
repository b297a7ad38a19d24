/*
 * What `silt attach` and libsilt.so in the process tell each other: one struct in the process's
 * memory.
 */
#ifndef SILT_ATTACH_H
#define SILT_ATTACH_H

#include <stddef.h>
#include <stdint.h>

#define SILT_ATTACH_VERSION 2u
/* What the library exports for it: long silt_lib_attach(struct silt_attach *). */
#define SILT_ATTACH_ENTRY "silt_lib_attach"

enum silt_attach_command {
	SILT_ATTACH_START = 1, /* record from now on */
	SILT_ATTACH_END = 2,   /* record no more, and leave no trace but the library's mapping */
};

/* What came of it. */
enum silt_attach_result {
	SILT_ATTACH_DONE = 0,
	SILT_ATTACH_VERSIONS = 1, /* the struct is another version's */
	SILT_ATTACH_ALREADY = 2,  /* recorded already, from its start or by an attach */
	SILT_ATTACH_NOT = 3,	  /* not recorded: there is nothing to end */
	/* the library cannot record here: no memory, or the C library is too old */
	SILT_ATTACH_REFUSED = 4,
	SILT_ATTACH_HELPER = 5, /* the helper process could not be started */
	/* called from a process that shares another's memory: a child of vfork() */
	SILT_ATTACH_FOREIGN = 6,
	SILT_ATTACH_SYMBOLS = 7,     /* malloc could not be redirected */
	SILT_ATTACH_LEAVING = 8,     /* the helper does not leave */
	SILT_ATTACH_CONFINED = 9,    /* the program has forbidden itself system calls (seccomp) */
	SILT_ATTACH_EXECUTABLE = 10, /* malloc is the executable's own */
};

struct silt_attach {
	/* SILT_ATTACH_VERSION */
	uint32_t version;
	/* enum silt_attach_command */
	uint32_t command;
	/* Address of SILT_ variables, "NAME=VALUE" each, as in an environment: SETTINGS_SIZE
	 * bytes at most, ended by an empty one. */
	uint64_t settings;
	/* Answers. */
	/* words that led to malloc and its family, in all modules together */
	uint32_t redirected;
	uint32_t reserved;
	/* A page of code that stays mapped until the next call: the thread may still be there. */
	uint64_t code;
};
#define SILT_ATTACH_SETTINGS_SIZE 16384u

_Static_assert(sizeof(struct silt_attach) == 32, "both ends were built alike");

#endif
