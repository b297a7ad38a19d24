/*
 * Who holds the live blocks: the heap graph's roots by name, what each retains, and the paths from
 * them.
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
	/* of the site, first reached from this holder */
	uint64_t blocks, bytes;
	/* in snapshot->graph.paths; UINT32_MAX: not there, see holders_connect() */
	uint32_t number;
	/* "g_cache.buckets[].next->value"; NULL until holders_path() is asked */
	char *text;
	/* of a path that was searched in the edges; NULL for those of the graph */
	struct path_step *steps;
	size_t step_count;
	/* of such a path: the sites it leads through, its own last */
	uint32_t *via;
	size_t via_count;
	/* that the first step leads to */
	uint32_t first_site;
	uint32_t root;
};

/*
 * A global, a thread's frame, ...: one variable where that is known. Or several of them together,
 * with what would become unreachable only if all of them let go.
 */
struct holder {
	/* enum silt_root_kind */
	uint32_t kind;
	/* variable; of a stack the function, of a thread's argument the one it was given to;
	 * NULL: unknown */
	const char *symbol;
	/* of a stack or register: the function's variable; NULL: unknown */
	const char *local;
	/* of the variable; NULL: unknown */
	const char *type;
	/* NULL: unknown */
	const char *file;
	unsigned line;
	/* enum silt_root_flag */
	uint32_t flags;
	/* path; NULL: in none */
	const char *module;
	/* in the module's file, else in memory */
	uint64_t address;
	/* NULL: none */
	const struct snapshot_thread *thread;
	uint64_t retained_blocks, retained_bytes;
	/* first reached from here, though perhaps also held by others */
	uint64_t held_blocks, held_bytes;
	/* by bytes */
	struct holder_path *paths;
	size_t path_count;
	/* this entry stands for several holders together: these; described is the first */
	const struct holder *sharers[3];
	/* 0, or 2 or 3 */
	size_t sharer_count;
	/* stands for blocks held by more than three roots */
	bool many;
};

struct holders {
	/* by retained bytes */
	struct holder **list;
	size_t count;
};

/* `profile` must outlive it, and so must the context it was made with. */
struct holders *holders_new(struct profile_context *context, const struct profile *profile);
void holders_free(struct holders *holders);

/* The steps of a path from its holder, for tests and machines: offsets as in struct path_step.
 * To free. */
struct path_step *holders_steps(const struct holders *holders, const struct holder_path *path,
				size_t *count);
/* The path in words; lives as long as the holders. */
const char *holders_path(const struct holders *holders, struct holder_path *path);
/* Leaves of a field that repeats three times or more, as in a chain or a tree, one step:
 * "head->kid[1]->kid[0]->kid[1]" becomes "head->kid[]". In place. */
void holders_fold_path(char *text);
/* The holder that a path of snapshot->graph.paths begins at, and the path there; NULL: none. */
const struct holder *holders_by_path(const struct holders *holders, uint32_t path,
				     struct holder_path **found);
/* The holder that a root belongs to. */
const struct holder *holders_by_root(const struct holders *holders, uint32_t root);
/* The path from a holder to the blocks of a site: the shortest by edges that most blocks have,
 * else that of the breadth-first forest. NULL: there is none. */
struct holder_path *holders_connect(struct holders *holders, const struct holder *holder,
				    uint32_t site);
/* The same by one pointer of a root. */
struct holder_path *holders_connect_by(struct holders *holders, const struct snapshot_edge *edge,
				       uint32_t site);
/*
 * A path that begins on a stack or in a register: the function that has the value, and its variable
 * if debug information knows it. A register that a function inside has saved on the stack, or has
 * not touched, is that of the function outside. The path's text then begins with the variable.
 * NULL: not known.
 */
const struct holder *holders_local(struct holders *holders, struct holder_path *path);
/* The edges between sites and from roots to sites: sorted by source, target and offset, those
 * from sites first. */
const struct snapshot_edge *const *holders_edges(const struct holders *holders, size_t *count);
/* The path that most of a path's blocks were reached from; UINT32_MAX: the root. */
uint32_t holders_parent(const struct holders *holders, uint32_t path);
/* What a person calls it: "cache", "local k of main", "libglib-2.0.so.0+0x137970"; to be freed. */
char *holders_name(const struct holder *holder);
/* "global", "tls", ...: the contract's names. */
const char *holders_root_name(uint32_t kind);
/* The function a thread was started with; NULL: unknown. */
const char *holders_thread_start(const struct holders *holders,
				 const struct snapshot_thread *thread);
/* It, or where it lies, in words; to be freed. */
char *holders_thread_start_text(const struct holders *holders,
				const struct snapshot_thread *thread);

#endif
