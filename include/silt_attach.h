/*
 * The interface between `silt attach` and libsilt.so in the process: one struct in the process's
 * memory.
 */
#ifndef SILT_ATTACH_H
#define SILT_ATTACH_H

#include <stddef.h>
#include <stdint.h>

#define SILT_ATTACH_VERSION 2u
/* The function that the library exports for it: long silt_lib_attach(struct silt_attach *). Returns
 * enum silt_attach_result. */
#define SILT_ATTACH_ENTRY "silt_lib_attach"

enum silt_attach_command {
	SILT_ATTACH_START = 1, /* start recording */
	SILT_ATTACH_END = 2,   /* stop recording, and leave nothing but the library's mapping */
};

enum silt_attach_result {
	SILT_ATTACH_DONE = 0,
	SILT_ATTACH_VERSIONS = 1, /* the struct is of another version, or the command unknown */
	SILT_ATTACH_ALREADY = 2,  /* already recorded, from its start or by an attach */
	SILT_ATTACH_NOT = 3,	  /* to be detached, but not recorded by an attach */
	/* the library cannot record here: no memory, or the program is privileged, or excluded by
	 * --only */
	SILT_ATTACH_REFUSED = 4,
	SILT_ATTACH_HELPER = 5, /* the helper process could not be started */
	/* called in a process that shares another's memory: a child of vfork() */
	SILT_ATTACH_FOREIGN = 6,
	SILT_ATTACH_SYMBOLS = 7,     /* malloc could not be redirected */
	SILT_ATTACH_LEAVING = 8,     /* the helper process does not end */
	SILT_ATTACH_CONFINED = 9,    /* the program has restricted its system calls (seccomp) */
	SILT_ATTACH_EXECUTABLE = 10, /* the executable itself defines malloc */
};

struct silt_attach {
	/* SILT_ATTACH_VERSION */
	uint32_t version;
	/* enum silt_attach_command */
	uint32_t command;
	/* Address of SILT_ variables, "NAME=VALUE" each, as in an environment: at most
	 * SILT_ATTACH_SETTINGS_SIZE bytes, ended by an empty one. */
	uint64_t settings;
	/* result: words in all modules that held the address of a function that was redirected */
	uint32_t redirected;
	uint32_t reserved;
	/* Address of a page of code that stays mapped until the next call, or for good: the thread
	 * may still be there. At SILT_ATTACH_LEFT is a 64-bit word that is not 0 once the thread
	 * has left the page. */
	uint64_t code;
};
#define SILT_ATTACH_SETTINGS_SIZE 16384u
#define SILT_ATTACH_LEFT 4088u

_Static_assert(sizeof(struct silt_attach) == 32, "both ends were built alike");

#endif
