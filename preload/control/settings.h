/*
 * The user's settings: the SILT_ variables of the environment, read once.
 * Path: cold, once. Threads: the first. Memory: static.
 * Must not: stop the program over a bad value, but print one line and use the default.
 */
#ifndef SILT_SETTINGS_H
#define SILT_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

enum settings_graph {
	SETTINGS_GRAPH_NEVER,
	SETTINGS_GRAPH_LAST,
	SETTINGS_GRAPH_ALL,
	SETTINGS_GRAPH_AUTO
};

struct settings {
	/* SILT_OUT, as given */
	const char *out;
	/* SILT_INTERVAL, 0: off; if `interval_auto`, the first interval */
	uint64_t interval_ns;
	bool interval_auto;
	/* SILT_GROWTH, bytes, 0: off */
	uint64_t growth;
	/* SILT_PEAK: the highest live bytes are kept with their call stacks */
	bool peak;
	/* SILT_SIGNAL, 0: none */
	int signal;
	/* SILT_DEPTH */
	uint32_t depth;
	/* SILT_SAMPLE, bytes, 0: exact */
	uint64_t sample;
	/* SILT_MEMORY, bytes, 0: no limit */
	uint64_t memory;
	/* SILT_ONLY, NULL: all */
	const char *only;
	/* SILT_PROGRAM_VERSION; NULL: not set */
	const char *program_version;
	/* SILT_BUILT_IN, set by `silt run`; NULL: not set */
	const char *executable_allocator;
	/* SILT_KEEP */
	uint64_t keep;
	/* SILT_GRAPH: enum settings_graph */
	uint32_t graph;
	/* SILT_GRAPH_LIMIT; bytes 0: half of the live heap */
	uint64_t graph_limit_ns, graph_limit_bytes;
	/* SILT_SERVE: answer `silt snap`; set by `silt run` */
	bool serve;
	/* SILT_SERVE=DEVICE:INODE of the user's standard error; 0: any */
	uint64_t stderr_device, stderr_inode;
	/* SILT_SELFCHECK */
	bool selfcheck;
};
extern struct settings settings;

/* Fills `settings` from the environment. A bad value is reported on standard error, and the default
 * used. */
void settings_read(void);
/* The same from `variables` ("NAME=VALUE" each, ended by NULL) instead of the environment. The
 * strings must stay valid. */
void settings_read_from(char *const *variables);
/* Parses "TIME", "SIZE" or "TIME,SIZE". False: invalid. */
bool settings_graph_limit(const char *text, uint64_t *ns, uint64_t *bytes);
/* The number of a signal given by name ("USR2", "SIGUSR2", "RTMIN+3") or number; 0: unknown, or it
 * cannot be caught. */
int settings_signal(const char *name);

#endif
