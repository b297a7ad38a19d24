/*
 * The twin's state while it builds the heap graph: what the stages hand to each other.
 * Path: cold. Threads: the twin's one. Memory: graph_alloc(), never given back.
 * Must not: be used outside the twin, but for struct graph_stop.
 */
#ifndef SILT_GRAPH_STATE_H
#define SILT_GRAPH_STATE_H

#include "annotations/annotations.h"
#include "base/arch.h"
#include "record/blocks.h"
#include "graph/graph.h"
#include "base/rt.h"

struct graph;

/* -- stopping (graph/stop.c) -- */

#define GRAPH_VECTOR                                                                                         \
	2816u /* bytes of the XSAVE area that hold AVX-512 registers and all before; or SVE registers of 640 bits */

/* Flags beside enum silt_thread_flag, which are the bits below. */
#define GRAPH_THREAD_WAITS 0x100u /* it is not traced, but stands still: it waits for the graph */
#define GRAPH_THREAD_SEIZED                                                                                  \
	0x200u /* it is traced: a signal of which it takes no notice stops it, so that it can be seen to */
#define GRAPH_THREAD_STOPS 0x400u   /* it was told to stop, and has not yet */
#define GRAPH_THREAD_RESUMES 0x800u /* it makes an interrupted call again; stops when it does */

#define GRAPH_THREAD_SUSPENDED 0x1000u /* by SIGSTOP or the like, with the whole process: it stays so */

#define GRAPH_THREAD_CALLS                                                                                   \
	0x2000u /* in the twin: its registers are those of a frame that has called another */

#define GRAPH_THREAD_HALTED 0x4000u /* it has stopped, and was not let go */

/* Where a thread sleeps. */
struct graph_place {
	bool asleep;
	long number; /* of the system call; negative: in none */
	uintptr_t arguments[6], sp, pc;
	/* how often it was given a processor; where the kernel does not count that it is 0, and how often it has waited */
	uint64_t runs, waits;
};

struct graph_thread {
	uint32_t tid;	  /* 0: ended */
	uint32_t flags;	  /* enum silt_thread_flag */
	uint32_t deliver; /* the signal it was about to take when it stopped */
	uint32_t syscall; /* number + 1 */
	char name[16];
	uintptr_t registers[ARCH_REGISTERS];
	struct graph_place place;
	/* of a wait that the kernel makes again, and whose time left it writes to the program's memory: what was there, how
	 * often the thread had waited before */
	uintptr_t left_at, left[2];
	uint64_t left_waits;
	uint64_t halted_ns; /* when it was seen to have stopped */
	uintptr_t thread_pointer;
	uint32_t vector_size;
	_Alignas(8) unsigned char vector[GRAPH_VECTOR];
	/* found in the twin */
	uintptr_t control; /* struct pthread */
	uintptr_t start_routine;
	uint64_t stack_bytes, stack_used;
};

/* A thread that was stopped in a call that it then went on to sleep in: as long as it does, its registers are the same. */
struct graph_known {
	uint32_t tid;
	struct graph_place place; /* `runs`: when it sleeps again */
	uintptr_t registers[ARCH_REGISTERS], thread_pointer;
};

struct graph_stop {
	uint32_t pid;
	const struct graph_asker *asker;
	struct graph_thread *threads;
	long tasks,
		process; /* descriptors of the stopper: /proc/PID/task; a pidfd, which is opened when it is needed */
	uint32_t capacity, count;
	struct graph_known *known; /* of the stop before; room for `capacity` */
	uint32_t known_count, known_next;
	bool seizes; /* threads are traced, not only looked at */
	uint32_t listings,
		listed;	  /* how often all were listed; how many have been met again in their order */
	uint32_t stopped; /* of them: their registers are known */
	bool all_stopped, all_still;
	uint64_t stop_ns;
	_Atomic long twin;	   /* its pid; negative: -errno */
	struct silt_graph *report; /* shared with the twin: how long the pause was, which is known */
	_Atomic uint32_t *moved;   /* threads that were left asleep and have moved before the copy was made */
	_Atomic uint32_t *released; /* when the threads run again */
	void (*run)(void *argument);
	void *argument;
};

/* Runs in a process of its own that shares the memory: stops the threads, makes the twin, lets them go on. */
__attribute__((noreturn)) int graph_stop_main(void *stop);
long graph_trace(long request, long tid, void *address, void *data);

/* -- what /proc tells of threads (graph/task.c) -- */

bool graph_task_open(struct graph_stop *stop);
/* Calls `visit` for each thread there is. False: a call returned that, or not all could be told. */
bool graph_task_each(struct graph_stop *stop, bool (*visit)(struct graph_stop *stop, uint32_t tid));
void graph_task_name(const struct graph_stop *stop, struct graph_thread *thread);
/* Notes the thread's place. */
void graph_task_look(const struct graph_stop *stop, struct graph_thread *thread);
/* Has it stood still in its place since that was noted? */
bool graph_task_is_still(const struct graph_stop *stop, const struct graph_thread *thread);
/* How often the thread has let go of a processor to wait. */
uint64_t graph_task_waits(const struct graph_stop *stop, uint32_t tid);
/* Does the program handle the signal? */
bool graph_task_handles(const struct graph_stop *stop, uint32_t tid, uint32_t signal);
/* Has the process a signal that will be thrown away when a thread takes notice of it? */
bool graph_task_drops_signal(uint32_t pid);
uint32_t graph_task_count(uint32_t pid);
/* Is the process a zombie, or gone? */
bool graph_task_has_ended(uint32_t pid);

/* -- interrupted calls (graph/call.c) -- */

/* Will the kernel make the call again in which the thread was stopped? */
bool graph_call_goes_on(const struct graph_thread *thread);
/* Can the thread, asleep in its place, be interrupted without a trace? What the kernel will change is noted. */
bool graph_call_may_stop(struct graph_stop *stop, struct graph_thread *thread);
/* When it has stopped, and its registers are known: which call it is in, if it is in one. */
void graph_call_identify(struct graph_thread *thread);
/* Before it goes on: if it would see that its call was interrupted, it is made to do the rest of it. True: it was; the registers
 * as they were are in `thread`. */
bool graph_call_mend(struct graph_stop *stop, struct graph_thread *thread);

/* The rest of a call that has done some of its work, done by the thread itself (graph/rest.c): it is set to graph_rest_enter() with
 * the stack pointer at one of these. */
#define GRAPH_REST_SOCKET                                                                                    \
	UINTPTR_MAX /* limit_argument: none; there is to be something to receive within `time` */
#define GRAPH_REST_TIME UINTPTR_MAX /* limit: a pointer to `time`, which is set when it has a place */
struct graph_rest {
	long number;
	uintptr_t arguments[6];
	uintptr_t done;		 /* what it has done */
	uintptr_t sp, pc, flags; /* where it goes on */
	/* not 0: the call has only waited, and is made again with `limit` as argument number `limit_argument` - 1 */
	uintptr_t limit_argument;
	uintptr_t limit, time[2];
	uintptr_t reserved;
};
#ifdef ARCH_CAN_REST
void graph_rest_enter(void);
#endif

/* -- memory and limits (graph.c) -- */

/* Zeroed; gives up if there is none. */
void *graph_alloc(struct graph *graph, size_t size);
/* A larger copy of an array; the old one is given back. */
void *graph_grow(struct graph *graph, void *old, size_t old_size, size_t new_size);
void graph_free(struct graph *graph, void *memory, size_t size);
__attribute__((noreturn)) void graph_give_up(struct graph *graph, uint32_t status);
/* The figures that are known last. */
void graph_finish_report(struct graph *graph);
/* Called now and then: is there time left? */
void graph_check_time(struct graph *graph);

/* Sorts elements of at most 64 bytes. */
void graph_sort(void *array, uint32_t count, size_t size, bool (*before)(const void *a, const void *b));

/* -- maps (graph/maps.c) -- */

enum graph_map_flag {
	GRAPH_READ = 1,
	GRAPH_WRITE = 2,
	GRAPH_EXECUTE = 4,
	GRAPH_SHARED = 8,
	GRAPH_FILE = 16,
	GRAPH_DEVICE = 32, /* reading might do something */
	GRAPH_HEAP = 64,   /* the break */
};
struct graph_map {
	uintptr_t start, end;
	uint32_t flags;
};
/* Calls `visit` for every mapping of this process, in order. False: they cannot be read. */
bool graph_maps_each(void (*visit)(void *argument, const struct graph_map *map), void *argument);
void graph_maps_read(struct graph *graph);
/* The mapping that holds the address; NULL: none. */
const struct graph_map *graph_map_of(const struct graph *graph, uintptr_t address);
/* The part of [*start, *end) from *start on that can be read; false: not even the first byte. */
bool graph_clip(const struct graph *graph, uintptr_t start, uintptr_t *end);

/* -- blocks (graph/index.c) -- */

#define GRAPH_NO_BLOCK UINT32_MAX
/* A leaf of the index stands for 64 MiB of heap: many of the shadow's. */
#define GRAPH_LEAF_SHIFT BLOCKS_SPAN_SHIFT
#define GRAPH_LEAF_SLOTS (1ul << (GRAPH_LEAF_SHIFT - 5))

/* 64 slots, 2 KiB of heap: all that a lookup needs but the block's slot. */
struct graph_group {
	uint64_t starts;   /* a bit a slot */
	uint32_t rank;	   /* blocks before the group */
	uint32_t previous; /* the last block before it, or GRAPH_NO_BLOCK */
};
struct graph_leaf {
	uintptr_t base;
	blocks_leaf *shadow; /* the shadow's leaves; NULL: no block starts here, but one reaches in */
	struct graph_group *groups;
};

/* A block is told by `id`: leaf << 21 | slot; its number is its rank by address, from 0. */
struct graph_index {
	uint16_t *leaf_of; /* by address >> 26: leaf + 1 */
	struct graph_leaf *leaves;
	uint32_t leaf_count;
	uint32_t block_count;	/* with pieces */
	uint32_t ignored_count; /* of these the program has excused */
	uint64_t bytes;
	uintptr_t low, high; /* all blocks lie within */
	/* What pools handed out, sorted: blocks within blocks; their numbers come after those of all others, and in their
	 * ids the leaf is GRAPH_PIECES. */
	struct annotations_piece *pieces;
	uint32_t piece_count;
	uintptr_t piece_low, piece_high;
};
#define GRAPH_PIECES 2047u
static inline bool graph_is_piece(uint32_t id)
{
	return id >> 21 == GRAPH_PIECES;
}

struct graph_block {
	uintptr_t start;
	uint64_t size;
	uint32_t site, number;
	bool ignored;
};

/* The graph's sections: see struct snapshot_sections. `argument`: the struct graph. */
void graph_write(void *argument, struct snapshot_file *file, const uint32_t *record_of, uint32_t site_count);
void graph_index_build(struct graph *graph);
/* The last block that begins at or near before an address, and whether the address lies in it; both in one: the live block
 * that an address lies in. In two steps, so that the first can be taken for many addresses before the second. */
uint32_t graph_index_near(const struct graph *graph, uintptr_t address);
uint32_t graph_index_check(const struct graph *graph, uint32_t id, uintptr_t address,
			   struct graph_block *block);
uint32_t graph_index_find(const struct graph *graph, uintptr_t address, struct graph_block *block);
/* The block that a piece was cut from. */
uint32_t graph_index_around(const struct graph *graph, uintptr_t address, struct graph_block *block);
/* The first piece that ends after the address: its number, or piece_count. */
uint32_t graph_index_piece(const struct graph *graph, uintptr_t address);
uint32_t graph_index_number(const struct graph *graph, uint32_t id);
/* Its record in the shadow: generation, flags. */
struct block graph_index_record(const struct graph *graph, uint32_t id);
struct graph_block graph_index_block(const struct graph *graph, uint32_t id);
/* All blocks in order of address. */
void graph_index_each(struct graph *graph,
		      void (*visit)(struct graph *graph, uint32_t id, const struct graph_block *block));

static inline bool graph_index_may(const struct graph_index *index, uintptr_t address)
{
	return address - index->low < index->high - index->low && index->leaf_of[address >> GRAPH_LEAF_SHIFT];
}

static inline void graph_index_prefetch(const struct graph_index *index, uintptr_t address)
{
	uint32_t leaf = index->leaf_of[address >> GRAPH_LEAF_SHIFT] - 1u;

	__builtin_prefetch(
		&index->leaves[leaf].groups[(uint32_t)(address >> 11) & (GRAPH_LEAF_SLOTS / 64 - 1)]);
}

/* -- roots (graph/threads.c, graph/symbols.c, graph/roots.c) -- */

struct graph_frame {
	uintptr_t low, cfa;
	uint32_t pc; /* see rules.h; UINT32_MAX: unknown */
};

/* Memory to search for pointers. */
struct graph_region {
	uintptr_t start, end;
	uint32_t kind;	 /* enum silt_root_kind */
	uint32_t module; /* or MODULES_NONE */
	uint32_t thread; /* or UINT32_MAX */
	uintptr_t
		origin; /* addresses of objects are told from here: the module's bias, the TLS segment's start; 0: memory */
	bool sparse;			  /* pages never touched are not looked at */
	const struct graph_frame *frames; /* of a stack, in order of address */
	uint32_t frame_count;
	uint32_t object; /* the one object it is, where that is known; or UINT32_MAX */
};

struct graph_object {
	uint32_t kind, module, thread, pc, flags;
	uint64_t address, size;
	uint32_t set; /* the set of this root alone */
};

struct graph_symbol {
	uint64_t start, size;
};
/* Variables of a module, sorted. */
struct graph_symbols {
	struct graph_symbol *table, *tls;
	uint32_t count, tls_count;
	uint32_t unknown; /* objects made where no symbol says how large they are */
	bool read;
};
void graph_symbols_read(struct graph *graph, uint32_t module);
/* The variable that covers the address, told as in the module's file. */
const struct graph_symbol *graph_symbols_find(const struct graph_symbols *symbols, uint64_t address,
					      bool tls);

void graph_threads_learn(void);
/* Regions of all threads: stacks, registers, thread-local storage. */
void graph_threads_find(struct graph *graph);
/* The C library's thread records that lie in [start, end): stacks of its own, which are no root as a whole. */
bool graph_threads_own(const struct graph *graph, uintptr_t start, uintptr_t end);

void graph_roots_find(struct graph *graph);
/* A module whose memory is no root: ours, an allocator's of its own. */
bool graph_roots_hidden(uint32_t module);
void graph_roots_add(struct graph *graph, const struct graph_region *region);
/* The root object that a word of a region belongs to; its offset in it goes to *offset. */
uint32_t graph_roots_object(struct graph *graph, const struct graph_region *region, uintptr_t address,
			    uint64_t *offset);
/* Classes of roots, from strong to weak: what a global holds is not taken from it by a stale word on a stack. */
static inline uint32_t graph_class(uint32_t kind)
{
	return kind <= SILT_ROOT_REGION	    ? 1
	       : kind <= SILT_ROOT_REGISTER ? 2
	       : kind == SILT_ROOT_MAPPING  ? 3
					    : 4;
}

/* -- folded by site (graph/fold.c) -- */

#define GRAPH_MANY 0u /* the set of roots too many to name */
#define GRAPH_SET_MAX 4u
/* Roots that lead to a block, in the order in which they were met: stronger classes come first. */
struct graph_set {
	uint32_t count;
	uint32_t members[GRAPH_SET_MAX];
	bool more; /* and others: nothing is added any more */
	uint64_t blocks, bytes;
};
/* Blocks of one site that the same roots lead to. */
struct graph_reach {
	uint32_t site, set;
	uint64_t blocks, bytes;
};

#define GRAPH_ROOT_SOURCE 0x800000u /* source = this | root object, else a site */
#define GRAPH_ARRAY 0xfffffu	    /* offset of the record of many offsets */
#define GRAPH_MAX_OFFSETS 15u	    /* from one source to one site; where they are more it is an array */
struct graph_edge {
	uint64_t key; /* source << 40 | offset in words << 20 | target's site */
	uint64_t first, last, stride;
	uint64_t target_offset; /* + 1; 0: differing */
	uint32_t next;		/* of the same source and site, + 1; 0: the last */
	uint32_t reserved;
	uint64_t count, lost, interior;
};

struct graph_path {
	uint32_t root, site;
	uint64_t blocks, bytes;
	uint32_t first_link; /* + 1 */
};
/* How a path's blocks were reached. */
struct graph_link {
	uint32_t parent; /* path + 1; 0: the root */
	uint64_t offset, blocks;
	uint32_t next; /* of the same path; + 1 */
};

struct graph_code {
	uint64_t value; /* the word */
	uint64_t offset, count;
	uint32_t site;
	bool table;
};

/* From a 64-bit key, not 0, to a number: of what has more to it a hash, which is taken for the thing itself; among a
 * million the odds that two share one are 3e-8. */
struct graph_entry {
	uint64_t key;
	uint32_t value; /* UINT32_MAX: just added */
	uint32_t reserved;
};
struct graph_table {
	struct graph_entry *entries;
	uint32_t mask, used;
};
/* The value under the key, which is added if it is not there; and without adding it: NULL. */
uint32_t *graph_table_at(struct graph *graph, struct graph_table *table, uint64_t key);
uint32_t *graph_table_find(const struct graph_table *table, uint64_t key);
static inline uint64_t graph_mix(uint64_t hash, uint64_t value)
{
	hash ^= value + 0x9e3779b97f4a7c15ul + (hash << 6) + (hash >> 2);
	hash *= 0xd6e8feb86659fd93ul;
	return hash ^ hash >> 32;
}

void graph_fold_start(struct graph *graph);
void graph_fold_edge(struct graph *graph, uint32_t source, uint64_t offset, uint32_t site,
		     uint64_t target_offset, bool lost);
uint32_t graph_fold_path(struct graph *graph, uint32_t root, uint32_t site, uint32_t parent, uint64_t offset,
			 uint64_t size);
uint32_t graph_fold_object(struct graph *graph, const struct graph_object *object);
uint32_t graph_fold_union(struct graph *graph, uint32_t set, uint32_t added);
/* The members of the strongest class: the roots that retain, of all that lead there. */
uint32_t graph_fold_strongest(struct graph *graph, uint32_t set);
void graph_fold_reach(struct graph *graph, uint32_t site, uint32_t set, uint64_t size);

/* -- code (graph/code.c) -- */
#define GRAPH_JUDGED_BITS 14u
struct graph_judged {
	uintptr_t word;
	uint32_t verdict;
};
void graph_code_start(struct graph *graph);
void graph_code_note(struct graph *graph, uint32_t site, uint64_t offset, uintptr_t word);

/* -- marking, verdicts, sums -- */

/* What is known of a block, by number. */
struct graph_mark {
	uint32_t state;
	uint32_t path; /* of a lost block: see graph/lost.c */
	uint32_t what; /* site, bit 4 of its address, whether it is excused, size: see graph/index.c */
};
/* state: the set of roots, the number of pointers to it (at most 255), the class of roots (0: not reached), and these: */
#define GRAPH_SET_BITS 18u
#define GRAPH_SET_MASK ((1u << GRAPH_SET_BITS) - 1)
#define GRAPH_DEGREE_ONE (1u << 18)
#define GRAPH_DEGREE_MASK (255u << 18)
#define GRAPH_CLASS_SHIFT 26u
#define GRAPH_CLASS_MASK (7u << GRAPH_CLASS_SHIFT)
#define GRAPH_EXACT (1u << 29) /* a pointer to its start was seen */
#define GRAPH_QUEUED (1u << 30)
#define GRAPH_SCANNED (1u << 31) /* its pointers have been counted */
static inline uint32_t graph_class_of(uint32_t state)
{
	return (state & GRAPH_CLASS_MASK) >> GRAPH_CLASS_SHIFT;
}
static inline uint32_t graph_degree_of(uint32_t state)
{
	return (state & GRAPH_DEGREE_MASK) >> GRAPH_SET_BITS;
}
static inline void graph_count_pointer(struct graph_mark *mark)
{
	if ((mark->state & GRAPH_DEGREE_MASK) != GRAPH_DEGREE_MASK)
		mark->state += GRAPH_DEGREE_ONE;
}
#define GRAPH_NO_PATH UINT32_MAX

struct graph_queue_chunk;
struct graph_queue {
	struct graph_queue_chunk *first, *last, *spare;
	uint32_t read;
};
void graph_push(struct graph *graph, uint32_t id);
bool graph_pop(struct graph *graph, uint32_t *id);
/* The one that will be popped after `ahead` others, if that is known without effort; or GRAPH_NO_BLOCK. */
uint32_t graph_peek(const struct graph *graph, uint32_t ahead);

void graph_mark(struct graph *graph);
/* Words that may be pointers to blocks, and all others; offset: of the word. */
struct graph_visitor {
	void (*candidate)(struct graph *graph, void *argument, uint64_t offset, uintptr_t word);
	void (*code)(struct graph *graph, void *argument, uint64_t offset,
		     uintptr_t word); /* into a module; may be NULL */
	void *argument;
};
void graph_scan(struct graph *graph, uintptr_t start, uintptr_t end, const struct graph_visitor *visitor);
/* The readable, touched parts of a block. */
void graph_scan_block(struct graph *graph, const struct graph_block *block,
		      const struct graph_visitor *visitor);

/* Pointers from a root to blocks of a site, and how many of them point to ends of chains. */
struct graph_pointer {
	uint32_t root, number, site; /* the block's */
};
struct graph_anchor {
	uint32_t root, site;
	uint64_t pointers, ends;
};
void graph_anchors(struct graph *graph);

void graph_lost(struct graph *graph);
/* enum silt_verdict of a block, once graph_lost() is done. */
uint32_t graph_verdict(const struct graph *graph, uint32_t number);

#define GRAPH_COUNT_WORDS 16u /* 32-bit words at a block's start that may be a count of references */
struct graph_counts {
	uint32_t blocks, not_small;	    /* bit a word: some value is no small number */
	uint32_t compared[SILT_REFERENCES]; /* blocks, by number of pointers to them */
	struct {
		uint32_t equal[SILT_REFERENCES], above, below;
		uint64_t excess;
	} word[GRAPH_COUNT_WORDS];
};
struct graph_site {
	uint64_t blocks[SILT_VERDICTS], bytes[SILT_VERDICTS];
	uint64_t old_blocks, old_bytes, through_blocks, through_bytes, interior;
	uint32_t degrees[SILT_DEGREES];
	uint32_t counts; /* + 1 */
	uint32_t codes;	 /* distinct entries of graph_code */
	/* blocks of at least GRAPH_FILL_LEAST bytes, their bytes, and of these those up to the last that is not zero */
	uint64_t large_blocks, large_bytes, large_used;
};
void graph_sum(struct graph *graph);

#define GRAPH_FILL_LEAST 4096u
/* Bytes of a block up to the last one that is not zero. */
uint64_t graph_fill_used(struct graph *graph, const struct graph_block *block);

struct graph_triple {
	uint32_t from, to;
	uint64_t offset;
};
#define GRAPH_TRIPLES 32u
struct graph_component {
	uint64_t components, blocks, bytes;
	uint32_t count;
	struct graph_triple triples[GRAPH_TRIPLES];
};

struct graph {
	struct silt_graph *report; /* shared with the helper */
	const struct graph_stop *stop;
	uint64_t deadline_ns, started_ns, budget, used, resident_before;
	uint32_t generation; /* the interval that ends now */

	struct graph_map *maps;
	uint32_t map_count, map_capacity;
	struct graph_index index;
	struct graph_thread *threads; /* those stopped, then those that ended */
	uint32_t thread_count, thread_capacity;
	struct graph_region *regions;
	uint32_t region_count, region_capacity;
	struct graph_symbols *symbols; /* by module */
	uint32_t module_count;
	uintptr_t stack_end; /* in the first thread's stack */

	struct graph_object *objects;
	uint32_t object_count, object_capacity;
	struct graph_table object_table;
	struct graph_set *sets;
	uint32_t set_count, set_capacity;
	struct graph_table set_table, union_table;
	struct graph_reach *reaches;
	uint32_t reach_count, reach_capacity;
	struct graph_table reach_table;
	struct graph_pointer *pointers; /* from roots */
	uint32_t pointer_count, pointer_capacity;
	struct graph_anchor *anchors;
	uint32_t anchor_count, anchor_capacity;
	struct graph_table anchor_table;
	struct graph_edge *edges;
	uint32_t edge_count, edge_capacity, free_edge; /* + 1 */
	struct graph_table edge_table; /* of each source and site the first, by the array's key */
	uint64_t last_edge_key;
	uint32_t last_edge;
	struct graph_path *paths;
	uint32_t path_count, path_capacity;
	struct graph_table path_table;
	struct graph_link *links;
	uint32_t link_count, link_capacity;
	struct graph_table link_table;
	struct graph_code *codes;
	uint32_t code_count, code_capacity;
	struct graph_table code_table;
	uintptr_t code_low, code_high; /* modules lie within */
	struct graph_judged *judged;
	struct graph_component *components;
	uint32_t component_count, component_capacity;
	struct graph_table component_table;

	struct graph_mark *marks;      /* by block number */
	uint64_t part_offset;	       /* where in the block or region the part being scanned begins */
	struct graph_pending *pending; /* see graph/mark.c */
	uint32_t pending_count;
	uint32_t reached; /* blocks, from any root */
	bool has_weak;
	struct graph_queue queue;
	uint32_t class;	   /* of roots, being marked */
	struct lost *lost; /* see graph/lost.c */
	uint32_t site_count;
	struct graph_site *sites;
	struct graph_counts *counts;
	uint32_t counts_count, counts_capacity;
};

#define GRAPH_ROOM(graph, array, count, capacity)                                                            \
	do {                                                                                                 \
		if ((graph)->count == (graph)->capacity) {                                                   \
			uint32_t room_ = (graph)->capacity ? (graph)->capacity * 2 : 256;                    \
			(graph)->array = graph_grow(graph, (graph)->array,                                   \
						    (graph)->capacity * sizeof *(graph)->array,              \
						    room_ * sizeof *(graph)->array);                         \
			(graph)->capacity = room_;                                                           \
		}                                                                                            \
	} while (0)

/* Has the program said that the pointer stored here does not own? */
static inline bool graph_is_weak(const struct graph *graph, uintptr_t slot)
{
	return graph->has_weak && annotations_is_weak(slot);
}

#endif
