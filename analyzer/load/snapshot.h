/*
 * Reads snapshot files (include/silt_snapshot.h). Files may be hostile.
 * Must not: trust a number in the file, crash, hang, use memory beyond a small multiple of the
 * file's size, print.
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
	/* index, or SNAPSHOT_NO_MODULE */
	uint32_t module;
	bool exact;
};

struct snapshot_node {
	/* node number; 0: this frame is outermost */
	uint32_t parent;
	uint32_t pc;
};

struct snapshot_bin {
	uint64_t number, blocks, bytes;
};

struct snapshot_site {
	/* innermost frame; 0: no frame */
	uint32_t node;
	uint32_t flags;
	uint64_t depth;
	uint64_t total_blocks, total_bytes, freed_blocks, freed_bytes, peak_live_bytes;
	uint64_t first_ns, last_ns, min_size, max_size;
	/* 0 unless allocations are sampled */
	uint64_t sampled_blocks, sampled_live_blocks;
	/* freed before the next allocation of their thread */
	uint64_t temporary_blocks;
	uint32_t bin_count;
	/* index in snapshot.bins */
	uint64_t first_bin;
};

/* A call stack that freed blocks of a site, from a sample of the frees. */
struct snapshot_freed {
	uint32_t site, node;
	/* enum silt_freed */
	uint32_t how;
	uint64_t samples, weight;
};

/* A call stack that unmaps what another call stack maps. */
struct snapshot_unmapper {
	uint32_t node;
	uint64_t samples, weight;
};

/* A call stack by which the program maps memory itself. */
struct snapshot_mapped {
	/* the same number in all snapshots of a process */
	uint32_t node;
	/* enum silt_mapped */
	uint32_t kinds;
	uint64_t total, total_bytes, live, live_bytes;
	/* index in snapshot.unmappers */
	uint64_t first_unmapper;
	uint32_t unmapper_count;
};

/* -- the heap graph: see silt_snapshot.h -- */

struct snapshot_thread {
	struct silt_thread record;
	char *name;
};

struct snapshot_mapping {
	struct silt_mapping record;
	char *name;
};

struct snapshot_root {
	uint32_t kind, flags;
	/* index, or SNAPSHOT_NO_MODULE */
	uint32_t module;
	/* index, or UINT32_MAX */
	uint32_t thread, pc;
	uint64_t address, size;
};

struct snapshot_holder {
	/* roots that hold together; 0: too many to list */
	uint32_t count;
	uint32_t roots[3];
	uint64_t blocks, bytes;
};

/* The frame of a function on the stack of a stopped thread. */
struct snapshot_frame {
	/* index, or UINT32_MAX */
	uint32_t pc;
	uint64_t cfa;
};

/* The stack of a stopped thread, innermost frame first. */
struct snapshot_stack {
	uint32_t thread;
	uint64_t first_frame, frame_count;
};

/* Reachable blocks of one site that the same roots lead to. */
struct snapshot_reach {
	uint32_t site;
	/* number of roots, which are sorted by strength of their class */
	uint32_t count;
	uint32_t roots[4];
	/* there are further roots */
	bool more;
	uint64_t blocks, bytes;
};

/* Pointers from a root to blocks of a site. `ends`: those that point to ends of chains. */
struct snapshot_anchor {
	uint32_t root, site;
	uint64_t pointers, ends;
};

/* Blocks of a path first reached by a pointer at one offset of another block of the path. */
struct snapshot_chain {
	uint32_t path;
	uint64_t offset, blocks;
};

struct snapshot_edge {
	bool from_root;
	uint32_t source, target;
	uint64_t offset, stride, span, target_offset;
	bool target_varies;
	uint64_t count, lost, interior;
};

struct snapshot_link {
	/* index of a path, or UINT32_MAX: the root */
	uint32_t parent;
	uint64_t offset, blocks;
};

struct snapshot_path {
	uint32_t root, site;
	uint64_t blocks, bytes;
	uint64_t first_link, link_count;
};

struct snapshot_verdict {
	uint32_t site;
	uint64_t blocks[SILT_VERDICTS], bytes[SILT_VERDICTS];
	uint64_t old_blocks, old_bytes, through_blocks, through_bytes, interior;
	uint64_t degrees[SILT_DEGREES];
};

struct snapshot_fill {
	uint32_t site;
	uint64_t blocks, bytes, used;
};

/* Free memory beside blocks of a site. */
struct snapshot_pin {
	uint32_t site;
	uint64_t blocks, bytes;
};

/* A word in blocks of a site, counted by the number of pointers to the block and by the word's
 * value; the first value in `seen` is 1. */
struct snapshot_count {
	uint32_t site;
	uint64_t offset;
	uint64_t seen[SILT_REFERENCES][SILT_COUNTED];
};

struct snapshot_code {
	uint32_t site;
	/* index, or SNAPSHOT_NO_MODULE */
	uint32_t module;
	bool table;
	uint64_t offset, address, count;
};

struct snapshot_refcount {
	uint32_t site;
	uint64_t offset, equal, above, below, excess;
	uint64_t compared[SILT_REFERENCES], equal_at[SILT_REFERENCES];
};

struct snapshot_triple {
	uint32_t from, to;
	uint64_t offset;
};

struct snapshot_component {
	uint64_t components, blocks, bytes;
	uint64_t first_triple, triple_count;
};

struct snapshot_graph {
	/* the other members are valid if its status is SILT_GRAPH_DONE */
	struct silt_graph summary;
	struct snapshot_thread *threads;
	struct snapshot_root *roots;
	struct snapshot_holder *holders;
	/* NULL if the file has no such section */
	struct snapshot_stack *stacks;
	struct snapshot_frame *frames;
	/* NULL if the file has no such section */
	struct snapshot_reach *reaches;
	/* NULL if the file has no such section */
	struct snapshot_anchor *anchors;
	/* NULL if the file has no such section: see has_fill */
	struct snapshot_fill *fills;
	/* NULL if the file has no such section */
	struct snapshot_pin *pins;
	/* NULL if the file has no such section */
	struct snapshot_count *counts;
	uint64_t fill_count, pin_count, count_count;
	bool has_fill;
	struct snapshot_edge *edges;
	struct snapshot_path *paths;
	struct snapshot_link *links;
	/* by path, then in the order in which the offsets were seen; NULL if the file has no such
	 * section */
	struct snapshot_chain *chains;
	uint64_t chain_count;
	struct snapshot_verdict *verdicts;
	struct snapshot_code *codes;
	struct snapshot_refcount *refcounts;
	struct snapshot_component *components;
	struct snapshot_triple *triples;
	uint64_t thread_count, root_count, stack_count, frame_count, holder_count, reach_count,
		anchor_count, edge_count, path_count, link_count, verdict_count, code_count,
		refcount_count, component_count, triple_count;
};

struct snapshot {
	char *path;
	struct silt_process process;
	char *label, *executable, *directory, *host;
	/* the program's version, as whoever started it named it; "": not named */
	char *version;
	char **arguments;
	struct snapshot_module *modules;
	/* NULL if the file has no such section */
	struct snapshot_mapping *mappings;
	struct snapshot_pc *pcs;
	/* nodes[0] is unused */
	struct snapshot_node *nodes;
	struct snapshot_site *sites;
	struct snapshot_bin *bins;
	/* sorted by site; NULL if the file has no such section: see has_freed */
	struct snapshot_freed *freed;
	uint64_t freed_count;
	bool has_freed;
	/* NULL if the file has no such section: see has_mapped */
	struct snapshot_mapped *mapped;
	struct snapshot_unmapper *unmappers;
	uint64_t mapped_count, unmapper_count;
	bool has_mapped;
	uint64_t argument_count, module_count, mapping_count, pc_count, node_count, site_count,
		bin_count;
	struct snapshot_graph graph;
	/* the contents of the file */
	unsigned char *data;
	/* size of the file in bytes */
	uint64_t size;
};

enum snapshot_extent {
	SNAPSHOT_WHOLE,
	/* of the heap graph only summary, threads, verdicts and fill; all check sums are checked */
	SNAPSHOT_COUNTERS,
};

/* What is wrong with a file: file, place, remedy. */
struct snapshot_error {
	char text[800];
};

/* Loads a snapshot; free it with snapshot_free(). Returns NULL and an error if it cannot. */
struct snapshot *snapshot_load(const char *path, struct snapshot_error *error);
/* Loads a snapshot from memory, which is copied. `path` is the name in errors. Otherwise as
 * snapshot_load(). */
struct snapshot *snapshot_parse(const char *path, const void *data, uint64_t size,
				struct snapshot_error *error);
/* Loads the part of a snapshot that `extent` names. Otherwise as snapshot_load(). */
struct snapshot *snapshot_load_part(const char *path, enum snapshot_extent extent,
				    struct snapshot_error *error);
/* Reads the process record alone. Returns false and an error if it cannot. */
bool snapshot_peek(const char *path, struct silt_process *process, struct snapshot_error *error);
void snapshot_free(struct snapshot *snapshot);
/* Frees the large parts. Process record, strings, mappings, the records of call stacks that map and
 * unmap memory, and the graph's summary and threads stay. */
void snapshot_shed(struct snapshot *snapshot);
/* Replaces the contents of `snapshot` by those of `from`, which is freed. */
void snapshot_replace(struct snapshot *snapshot, struct snapshot *from);

static inline uint64_t snapshot_live_bytes(const struct snapshot_site *site)
{
	return site->total_bytes - site->freed_bytes;
}

static inline uint64_t snapshot_live_blocks(const struct snapshot_site *site)
{
	return site->total_blocks - site->freed_blocks;
}

/* Returns the name under which the program was started, without directories: of a symbolic link
 * the name that people know. */
const char *snapshot_program(const struct snapshot *snapshot);

/* Returns the build id of the program's file in hexadecimal digits, which the caller frees; "":
 * unknown. Not for a snapshot that was shed. */
char *snapshot_build_id(const struct snapshot *snapshot);

/* Returns true if the snapshot was taken before the end of the process began. */
bool snapshot_shows_work(const struct silt_process *process);

/* Returns "exit", "interval", ... */
const char *snapshot_trigger_name(uint32_t trigger);

#endif
