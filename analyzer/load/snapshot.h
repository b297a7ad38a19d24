/*
 * The one reader of snapshot files (include/silt_snapshot.h). Hostile input is its normal day.
 * Called by commands.
 * Must not: trust a number in the file, crash, hang, use memory beyond a small multiple of the file's size,
 * print.
 */
#ifndef SILT_LOAD_SNAPSHOT_H
#define SILT_LOAD_SNAPSHOT_H

#include <stdbool.h>
#include <stdint.h>

#include "silt_snapshot.h"

#define SNAPSHOT_NO_MODULE UINT32_MAX

struct snapshot_module {
	uint64_t start, end, bias, text_start, text_size, text_offset, seen_ns, unloaded_ns;
	char *path;
	const unsigned char *build_id;
	uint32_t build_id_size, flags;
};

struct snapshot_pc {
	uint64_t address;
	uint32_t module; /* or SNAPSHOT_NO_MODULE */
	bool exact;
};

struct snapshot_node {
	uint32_t parent; /* node number, 0: outermost */
	uint32_t pc;
};

struct snapshot_bin {
	uint64_t number, blocks, bytes;
};

struct snapshot_site {
	uint32_t node; /* 0: no frame */
	uint32_t flags;
	uint64_t depth;
	uint64_t total_blocks, total_bytes, freed_blocks, freed_bytes, peak_live_bytes;
	uint64_t first_ns, last_ns, min_size, max_size;
	uint64_t sampled_blocks, sampled_live_blocks; /* 0 unless sampled */
	uint32_t bin_count;
	uint64_t first_bin; /* in snapshot.bins */
};

struct snapshot {
	char *path;
	struct silt_process process;
	char *label, *executable, *directory, *host;
	char **arguments;
	struct snapshot_module *modules;
	struct snapshot_pc *pcs;
	struct snapshot_node *nodes; /* nodes[0] is unused */
	struct snapshot_site *sites;
	struct snapshot_bin *bins;
	uint64_t argument_count, module_count, pc_count, node_count, site_count, bin_count;
	unsigned char *data; /* the file */
};

/* What is wrong with a file: the file, the place, the remedy. */
struct snapshot_error {
	char text[600];
};

/* NULL and an error, or a snapshot to free with snapshot_free(). */
struct snapshot *snapshot_load(const char *path, struct snapshot_error *error);
/* The same from memory, which is copied; `path` is only a name. */
struct snapshot *snapshot_parse(const char *path, const void *data, uint64_t size,
				struct snapshot_error *error);
void snapshot_free(struct snapshot *snapshot);

static inline uint64_t snapshot_live_bytes(const struct snapshot_site *site)
{
	return site->total_bytes - site->freed_bytes;
}

static inline uint64_t snapshot_live_blocks(const struct snapshot_site *site)
{
	return site->total_blocks - site->freed_blocks;
}

/* "exit", "interval", ... */
const char *snapshot_trigger_name(uint32_t trigger);

#endif
