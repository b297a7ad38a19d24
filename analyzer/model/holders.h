/*
 * Finds who holds the live blocks: the heap graph's roots by name, what each retains, and the paths
 * from roots to blocks.
 * Must not: print, know files on disk.
 */
#ifndef SILT_MODEL_HOLDERS_H
#define SILT_MODEL_HOLDERS_H

#include "model/profile.h"
#include "symbolize/variable.h"

struct snapshot_edge;
struct snapshot_thread;

/* A path from a holder to the blocks of one site. */
struct holder_path {
	const struct profile_site *site;
	/* blocks of the site that were first reached from this holder */
	uint64_t blocks, bytes;
	/* index in snapshot->graph.paths; UINT32_MAX: made by holders_connect() */
	uint32_t number;
	/* "g_cache.buckets[].next->value"; NULL until holders_path() makes it */
	char *text;
	/* of a path made by holders_connect(); NULL for paths of the graph */
	struct path_step *steps;
	size_t step_count;
	/* of a path made by holders_connect(): the sites that it leads through, its own last */
	uint32_t *via;
	size_t via_count;
	/* site that the first step leads to */
	uint32_t first_site;
	uint32_t root;
};

/*
 * A holder: a global, a frame of a thread, ...; one variable where it is known. Or several holders
 * together, with what would become unreachable only if all of them let go.
 */
struct holder {
	/* enum silt_root_kind */
	uint32_t kind;
	/* the variable; of a stack the function, of a thread's argument the start function;
	 * NULL: unknown */
	const char *symbol;
	/* of a stack or register: the local variable; NULL: unknown */
	const char *local;
	/* type of the variable; NULL: unknown */
	const char *type;
	/* where the variable is declared; NULL: unknown */
	const char *file;
	unsigned line;
	/* flags of enum silt_root_flag */
	uint32_t flags;
	/* path of the module; NULL: in no module */
	const char *module;
	/* in the module's file; an address in memory if there is no module */
	uint64_t address;
	/* NULL: none */
	const struct snapshot_thread *thread;
	uint64_t retained_blocks, retained_bytes;
	/* blocks first reached from this holder, which others may hold too */
	uint64_t held_blocks, held_bytes;
	/* sorted by bytes */
	struct holder_path *paths;
	size_t path_count;
	/* the holders that this entry stands for together; its other fields describe the first */
	const struct holder *sharers[3];
	/* 0, 2 or 3 */
	size_t sharer_count;
	/* stands for the blocks that more than three roots hold together */
	bool many;
};

struct holders {
	/* sorted by retained bytes */
	struct holder **list;
	size_t count;
};

/* Makes the holders of a profile's snapshot. `profile` and `context` must outlive them. Free
 * with holders_free(). */
struct holders *holders_new(struct profile_context *context, const struct profile *profile);
void holders_free(struct holders *holders);

/* Returns the steps of a path from its holder, which the caller frees. */
struct path_step *holders_steps(const struct holders *holders, const struct holder_path *path,
				size_t *count);
/* Returns the text of a path; it lives as long as the holders. */
const char *holders_path(const struct holders *holders, struct holder_path *path);
/* Shortens a path in place: a field that repeats three times or more, as in a chain or a tree,
 * becomes one step. "head->kid[1]->kid[0]->kid[1]" becomes "head->kid[]". */
void holders_fold_path(char *text);
/* Returns the holder that path number `path` of snapshot->graph.paths begins at, and stores the
 * path; NULL: there is none. */
const struct holder *holders_by_path(const struct holders *holders, uint32_t path,
				     struct holder_path **found);
/* Returns the holder that a root belongs to. */
const struct holder *holders_by_root(const struct holders *holders, uint32_t root);
/* Returns the path from a holder to the blocks of a site: the shortest over edges that most
 * blocks have, else the path of the breadth-first forest. NULL: there is none. It belongs to
 * `holders`. */
struct holder_path *holders_connect(struct holders *holders, const struct holder *holder,
				    uint32_t site);
/* Returns such a path that begins with one pointer of a root. */
struct holder_path *holders_connect_by(struct holders *holders, const struct snapshot_edge *edge,
				       uint32_t site);
/*
 * Finds the function and, if debug information has it, the local variable that a path from a stack
 * or a register begins with. A register that an inner function has saved on the stack, or has not
 * changed, belongs to the outer function. The path's text then begins with the variable. Returns
 * NULL if the variable is unknown.
 */
const struct holder *holders_local(struct holders *holders, struct holder_path *path);
/* Returns the edges between sites and from roots to sites, those from sites first, sorted by
 * source, target and offset. */
const struct snapshot_edge *const *holders_edges(const struct holders *holders, size_t *count);
/* Returns the path that most of a path's blocks were reached from; UINT32_MAX: the root. */
uint32_t holders_parent(const struct holders *holders, uint32_t path);
/* Returns the name of a holder: "cache", "local k of main", "libglib-2.0.so.0+0x137970"; the
 * caller frees it. */
char *holders_name(const struct holder *holder);
/* Returns the name of a root kind in JSON: "global", "tls", ... */
const char *holders_root_name(uint32_t kind);
/* Returns the start function of a thread; NULL: unknown. */
const char *holders_thread_start(const struct holders *holders,
				 const struct snapshot_thread *thread);
/* Returns the start function of a thread, or where it lies, in words; the caller frees it. */
char *holders_thread_start_text(const struct holders *holders,
				const struct snapshot_thread *thread);

#endif
