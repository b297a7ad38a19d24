/*
 * The snapshot file format, as shared by the writer (preload/) and the reader (analyzer/). No code.
 * Must not: know how either side stores things in memory. silt-snapshot(5) is this file in prose.
 */
#ifndef SILT_SNAPSHOT_H
#define SILT_SNAPSHOT_H

#include <stddef.h>
#include <stdint.h>

/*
 * LAYOUT
 *
 *   struct silt_header      at offset 0
 *   sections                each at a multiple of 8, in any order, none overlapping another
 *   struct silt_section[]   the section table, at header.table_offset, header.section_count entries
 *
 * The bytes between these are zero, so every bit of the file is covered: by a checksum, or by
 * having to be 0.
 *
 * All integers are little-endian. A reader
 *   - refuses another magic, a `version` that it does not know, a `file_size` that is not the file's (truncated or appended to);
 *   - checks header.header_crc, header.table_crc, every section's crc and the zero bytes before it uses anything;
 *   - ignores sections of unknown kinds, and trailing bytes of a fixed record longer than its own struct; fields
 *     missing from a shorter record read as 0. So additions need no new version; any other change of meaning does.
 *
 * Versions differ only in their checksums. 2: CRC-32C (silt_checksum.h). 1, read but no longer
 * written: CRC-32 as in zlib.
 *
 * A string is a struct silt_string: a byte range of the SILT_SECTION_STRINGS section, not
 * NUL-terminated. Paths and arguments are bytes, not necessarily UTF-8.
 *
 * VARINTS. Sections marked "varints" hold unsigned LEB128 numbers (7 bits a byte, low group first,
 * high bit set on all but the last byte; at most 10 bytes, no value above 2^64-1). "zigzag" is a
 * signed number n stored as (n << 1) ^ (n >> 63). `count` in the section table is the number of
 * records.
 *
 * ADDRESSES. A pc belongs to a module and is stored as its address in that module's file: the
 * address minus the module's load bias, as nm and addr2line expect it. Modules that were mapped at
 * the same place at different times have distinct pcs.
 *
 * SECTIONS
 *
 * SILT_SECTION_PROCESS (1 fixed record, struct silt_process): the process and its totals at the
 * snapshot.
 *
 * SILT_SECTION_STRINGS: bytes.
 *
 * SILT_SECTION_ARGUMENTS (fixed records, struct silt_string): the command line, argv[0] first.
 *
 * SILT_SECTION_MODULES (fixed records, struct silt_module): modules that are or were mapped; index
 * 0 is the executable.
 *
 * SILT_SECTION_MAPPINGS (fixed records, struct silt_mapping; may be missing): the process's
 * mappings, by kind and name.
 *
 * SILT_SECTION_PCS (varints): record i is pc i, two numbers:
 *     (module index + 1) << 1 | exact       module 0 here means "no module" (code made at run time, unknown)
 *     zigzag(address - previous record's address)        the first record's predecessor is 0
 *   `exact` is 1 if the pc is the interrupted instruction itself (the frame below a signal handler), 0 if it is a
 *   return address: look up pc - 1 then.
 *
 * SILT_SECTION_NODES (varints): the tree of tracebacks. Record i (from 0) is node i + 1, two
 * numbers:
 *     node number - parent's number     the parent is the caller, its number is smaller; parent 0 is the root
 *     pc index
 *   A traceback is read from a node (innermost frame) up to the root (beyond the outermost frame).
 *
 * SILT_SECTION_SITES (varints): one record per site, in this order:
 *     node - previous record's node, zigzag   the traceback's innermost frame; the first predecessor is 0;
 *                                             node 0: nothing could be unwound
 *     flags                                   enum silt_site_flag
 *     depth                                   true number of frames when the site was first seen (>= those kept)
 *     total_blocks, total_bytes               allocated since recording began (or was cleared)
 *     freed_blocks, freed_bytes               of those, freed; live = total - freed
 *     peak_live_bytes                         highest live bytes of this site, see SILT_SITE_PEAK_BOUND
 *     first_ns                                first allocation, nanoseconds after process.start
 *     last_ns - first_ns                      last allocation; may be up to 48 allocations of its thread too early, in the same
 *                                             snapshot interval
 *     min_size, max_size - min_size           smallest and largest requested size
 *     bins                                    number of generation bins that follow
 *     bins times: bin - previous bin (first: bin), blocks, bytes
 *   A bin holds the live blocks born in generations [bin * w, (bin + 1) * w), w = process.generation_width, in
 *   ascending order, none empty. While other threads allocate, bins are read slightly later than the totals, and
 *   their sums may differ from them by what happened in between.
 *   With sampling (process.sample_bytes > 0) all figures are unbiased estimates, and each record ends with two more
 *   numbers: sampled_blocks (total) and sampled_live_blocks, the blocks that the estimates are based on.
 *
 * SILT_SECTION_TEMPORARY (varints; may be missing): sites with temporary blocks, as heaptrack calls
 * them: freed by the thread that allocated them, before its next allocation. A realloc is such a
 * free too. Two numbers:
 *     record in SILT_SECTION_SITES - previous one's (first: record)
 *     blocks, of the site's freed_blocks                  sampled: an estimate
 *
 * SILT_SECTION_FREED (varints; may be missing): call stacks that freed blocks of a site. Only some
 * frees are examined: the first ones of a site, later ones ever more rarely, each of which then
 * stands for more. Five numbers:
 *     record in SILT_SECTION_SITES - previous one's (first: record)
 *     node                                                the traceback of the free, as of a site
 *     how                                                 enum silt_freed
 *     samples                                             frees that were examined
 *     weight                                              frees that they stand for; the site's freed_blocks are divided in
 *                                                         proportion
 *
 * SILT_SECTION_MAPPED (varints; may be missing): call stacks by which the program itself maps
 * memory (mmap, mremap, brk, sbrk), outside malloc's heap and not counted in it. Numbers:
 *     node                       the traceback, as of a site
 *     kinds                      enum silt_mapped, of its mappings so far
 *     mappings, bytes            made since recording began (or was cleared)
 *     live mappings, live bytes  of these, and of pieces of them, still mapped
 *     unmappers                  number of triples that follow
 *     unmappers times: node, samples, weight     call stacks that unmap them, as in SILT_SECTION_FREED
 *   A traceback has the same node in all snapshots of a process.
 *
 * THE HEAP GRAPH. The sections below exist if a graph was asked for (--graph); all but
 * SILT_SECTION_GRAPH only if it could be made. They hold the graph of live blocks summed up by
 * site, never the contents of memory. "site" is a record's index in SILT_SECTION_SITES, "root" one
 * in SILT_SECTION_ROOTS, and so on. With sampling, the graph has only the sampled blocks, each
 * counted as one.
 *
 * SILT_SECTION_GRAPH (1 fixed record, struct silt_graph): how it was made, and its totals.
 *
 * SILT_SECTION_THREADS (fixed records, struct silt_thread): the threads, also those that have ended
 * and were not joined.
 *
 * SILT_SECTION_ROOTS (varints): the objects outside the heap that hold pointers to blocks. Seven
 * numbers:
 *     kind          enum silt_root_kind
 *     module + 1    global, thread-local: where it is defined; 0: none
 *     thread + 1    stack, thread-local, register: index in SILT_SECTION_THREADS; 0: none
 *     address       global: in the module's file; thread-local: offset in the module's TLS segment, or in the thread's
 *                   control block where there is no module; stack: in memory, the frame's lowest address; else in memory
 *     size          bytes; of a stack frame: address + size is its CFA
 *     pc + 1        stack: where the frame's function was; 0: unknown (the stack could not be unwound to there)
 *     flags         enum silt_root_flag
 *   A global is what a symbol covers; where there are no symbols, a small range of the module's data.
 *
 * SILT_SECTION_HOLDERS (varints): sets of roots, and what each set retains: what is reachable from
 * all of its members and from no other root of the same or a stronger class (globals and
 * thread-local variables, then stacks and registers, then other memory). Numbers:
 *     members                    1 to 3; 0: more than three roots retain these
 *     members times: root
 *     blocks, bytes
 *
 * SILT_SECTION_REACH (varints; may be missing): which roots lead to the reachable blocks of a site.
 * Numbers:
 *     site
 *     members << 1 | more        0 to 4 members; more: other roots lead there, too, which are not named
 *     members times: root        stronger classes first
 *     blocks, bytes
 *
 * SILT_SECTION_ANCHORS (varints; may be missing): how roots point to the blocks of a site. Numbers:
 *     root, site
 *     pointers                   from globals, thread-local variables, stacks and registers
 *     ends                       of these, to blocks with fewer pointers from other blocks than most of the site have: heads and
 *                                tails of lists
 *
 * SILT_SECTION_FRAMES (varints; may be missing): the stacks of stopped threads, so that a register
 * saved in one frame can be recognised as a variable of another. Numbers:
 *     thread
 *     frames                     number of pairs that follow, innermost first
 *     frames times: pc + 1 (0: not known), CFA - previous CFA (first: CFA)
 *
 * SILT_SECTION_EDGES (varints): pointers from sites and roots to sites. Nine numbers:
 *     source << 1 | is_root      site or root
 *     offset                     of the first pointer word, in the block or root
 *     stride                     0: one word; else words at offset, offset + stride, ..., offset + span
 *     span
 *     target                     site
 *     target offset + 1          where in the target's block it points to; 0: various offsets
 *     count                      of pointers
 *     lost count                 of those, in blocks that are lost
 *     interior count             of those, not to a block's start
 *   Pointers that do not own (silt_weak) are left out.
 *
 * SILT_SECTION_PATHS (varints): the breadth-first forest from the roots, summed up: record i stands
 * for all blocks of one site that were first reached from one root. Numbers:
 *     root, site, blocks, bytes
 *     parents                    number of pairs that follow
 *     parents times: parent path + 1 (0: the root itself), offset of the pointer in it, blocks reached this way
 *   Records are in the order in which they were first reached.
 *
 * SILT_SECTION_CHAINS (varints; may be missing): blocks of a path that were first reached from
 * another block of the same path. Numbers:
 *     path
 *     offset                     of the pointer in that other block
 *     blocks
 *   At most four for a path, in the order in which the offsets were seen.
 *
 * SILT_SECTION_VERDICTS (varints): reachability of the live blocks of a site. Numbers:
 *     site
 *     reachable, direct, indirect, cycle, ignored     blocks and bytes each (enum silt_verdict)
 *     old blocks, old bytes      lost (direct, indirect or cycle) and born before the interval this snapshot ends
 *     through blocks, bytes      indirect blocks that direct and cycle blocks of this site lead to
 *     interior                   reachable blocks that no pointer to their start leads to
 *     SILT_DEGREES times         blocks by number of pointers to them (heap and roots): 0, 1, 2, 3, 4-7, 8-15, 16-254, more
 *   Sites without a live block are left out.
 *
 * SILT_SECTION_FILL (varints; may be missing): how full large blocks are. Numbers:
 *     site
 *     blocks, bytes              live blocks of at least 4 KiB
 *     used                       of these bytes, those up to each block's last byte that is not zero
 *   Sites without such a block are left out.
 *
 * SILT_SECTION_PINS (varints; may be missing): free memory between blocks. Numbers:
 *     site
 *     blocks, bytes              live blocks next to a gap, and half of the bytes of each such gap
 *   A gap is free memory, or padding, of at least SILT_GAP_LEAST and less than SILT_GAP_MOST bytes. Sites without one are left out.
 *
 * SILT_SECTION_CODE (varints): words in blocks that are exact starts of functions, or point to
 * tables of them. Numbers:
 *     site, offset, is_table, module + 1, address (in the module's file), count
 *
 * SILT_SECTION_REFCOUNTS (varints): 32-bit words at one offset in all blocks of a site that look
 * like reference counts. Numbers:
 *     site, offset, equal, above, below     blocks in which the word is the number of pointers to the block, more, less
 *     excess                                sum of (word - pointers) where it is above
 *     SILT_REFERENCES times: blocks         examined, by number of pointers to them: 0, 1, 2, 3, more
 *     SILT_REFERENCES times: blocks         of these, those in which the word is that number
 *
 * SILT_SECTION_COUNTS (varints; may be missing): small 32-bit words at one offset in all blocks of
 * a site, by the number of pointers to the block: a reference count may leave out the pointers of
 * an index. Numbers:
 *     site, offset
 *     SILT_REFERENCES times SILT_COUNTED times: blocks     by number of pointers to them (0, 1, 2, 3, more), then by the word
 *                                                          (1, 2, ..., SILT_COUNTED - 1, more); at most 65535 are counted
 *
 * SILT_SECTION_COMPONENTS (varints): unreachable strongly connected components that nothing else
 * points to, one record for each shape. Numbers:
 *     components, blocks, bytes
 *     edges                      number of triples that follow
 *     edges times: site, offset, site
 */

#define SILT_MAGIC "SILTSNAP"
#define SILT_VERSION 2u
#define SILT_VERSION_OLDEST 1u /* the oldest that is read; CONTRIBUTING.md says when it may rise */
#define SILT_VERSION_CRC32 1u  /* the last with zlib's CRC-32 as its checksums */
#define SILT_LEAST_MEMORY (1u << 20) /* bytes, the least --memory */
/* upper bound of --depth; a traceback in a file is never deeper */
#define SILT_MAX_DEPTH 256u

struct silt_header {
	char magic[8];
	uint32_t version;
	uint32_t section_count;
	uint64_t file_size;
	uint64_t table_offset;
	/* of the section table */
	uint32_t table_crc;
	/* of the bytes of this struct before this field */
	uint32_t header_crc;
};

enum silt_section_kind {
	SILT_SECTION_PROCESS = 1,
	SILT_SECTION_STRINGS = 2,
	SILT_SECTION_ARGUMENTS = 3,
	SILT_SECTION_MODULES = 4,
	SILT_SECTION_PCS = 5,
	SILT_SECTION_NODES = 6,
	SILT_SECTION_SITES = 7,
	SILT_SECTION_GRAPH = 8,
	SILT_SECTION_THREADS = 9,
	SILT_SECTION_ROOTS = 10,
	SILT_SECTION_HOLDERS = 11,
	SILT_SECTION_EDGES = 12,
	SILT_SECTION_PATHS = 13,
	SILT_SECTION_VERDICTS = 14,
	SILT_SECTION_CODE = 15,
	SILT_SECTION_REFCOUNTS = 16,
	SILT_SECTION_COMPONENTS = 17,
	SILT_SECTION_MAPPINGS = 18,
	SILT_SECTION_TEMPORARY = 19,
	SILT_SECTION_REACH = 20,
	SILT_SECTION_FRAMES = 21,
	SILT_SECTION_ANCHORS = 22,
	SILT_SECTION_FILL = 23,
	SILT_SECTION_FREED = 24,
	SILT_SECTION_COUNTS = 25,
	SILT_SECTION_PINS = 26,
	SILT_SECTION_MAPPED = 27,
	SILT_SECTION_CHAINS = 28,
};

struct silt_section {
	/* enum silt_section_kind; each at most once */
	uint32_t kind;
	/* bytes of a fixed record; 0: varints or bytes */
	uint32_t record_size;
	/* from the start of the file */
	uint64_t offset;
	/* bytes */
	uint64_t size;
	/* records */
	uint64_t count;
	/* of the section's bytes */
	uint32_t crc;
	/* 0 */
	uint32_t reserved;
};

struct silt_string {
	/* in SILT_SECTION_STRINGS */
	uint32_t offset;
	/* bytes */
	uint32_t length;
};

enum silt_trigger {
	SILT_TRIGGER_EXIT = 1,	   /* the process was ending: exit, _exit, quick_exit, abort */
	SILT_TRIGGER_INTERVAL = 2, /* --interval */
	SILT_TRIGGER_GROWTH = 3,   /* --growth */
	SILT_TRIGGER_SIGNAL = 4,   /* --signal */
	SILT_TRIGGER_REQUEST = 5,  /* silt snap */
	SILT_TRIGGER_CALL = 6,	   /* silt_snapshot() */
	SILT_TRIGGER_KILLED = 7,   /* written after the process was ended by a signal */
	/* the process begins to end: nothing has been cleaned up yet */
	SILT_TRIGGER_ENDING = 8,
	/* memory use is close to a limit, which the label names */
	SILT_TRIGGER_MEMORY = 9,
	/* not when it was written: at the highest live bytes, --peak. No generation bins, mappings
	 * or figures of the kernel and the allocator, and number 0: it is not one of the series */
	SILT_TRIGGER_PEAK = 10,
};

/* The file in a run directory with that trigger, beside NUMBER.silt; replaced by higher ones. */
#define SILT_PEAK_FILE "peak.silt"

/* What began the end of the process. */
enum silt_end {
	SILT_END_NONE = 0,
	SILT_END_STOP = 1, /* silt soak is about to send its stop signal */
	SILT_END_EXIT = 2, /* exit, quick_exit, main returned: handlers and destructors follow */
	/* _exit, abort: nothing is freed any more; the exit snapshot shows the program at work */
	SILT_END_SUDDEN = 3,
	SILT_END_KILLED = 4, /* the helper found that the process was gone */
};

enum silt_allocator {
	SILT_ALLOCATOR_UNKNOWN = 0,
	SILT_ALLOCATOR_GLIBC = 1,
	SILT_ALLOCATOR_JEMALLOC = 2,
	SILT_ALLOCATOR_TCMALLOC = 3,
	SILT_ALLOCATOR_MIMALLOC = 4,
	/* the program, or a library that precedes silt's, defines malloc: its blocks are not
	 * seen */
	SILT_ALLOCATOR_PROGRAM = 5,
};

/* All sizes in bytes, all times in nanoseconds. */
struct silt_process {
	/* When and why. start: recording began, wall clock. */
	uint64_t start_unix_ns;
	/* this snapshot (wall clock) */
	uint64_t time_unix_ns;
	/* since recording began (monotonic) */
	uint64_t uptime_ns;
	/* number of this snapshot in its run, from 1; 0: that of the peak */
	uint64_t sequence;
	/* enum silt_trigger */
	uint32_t trigger;
	uint32_t pid;
	uint32_t ppid;
	/* tasks of the process */
	uint32_t threads;
	struct silt_string label;
	/* path of the program */
	struct silt_string executable;
	/* working directory when recording began */
	struct silt_string directory;
	struct silt_string host;

	/* Settings. Mean bytes between samples; 0: every block is recorded. */
	uint64_t sample_bytes;
	/* frames kept */
	uint32_t depth;
	/* enum silt_allocator: the one behind malloc */
	uint32_t allocator;

	/* totals of all sites */
	uint64_t live_bytes;
	/* total_blocks - freed_blocks */
	uint64_t live_blocks;
	uint64_t total_bytes;
	uint64_t total_blocks;
	uint64_t freed_bytes;
	uint64_t freed_blocks;
	/* exact in a program of one thread, else to within 64 KiB a thread */
	uint64_t peak_live_bytes;

	/* Generations. Number of the interval that this snapshot ends; blocks born now have this
	 * generation. */
	uint64_t generation;
	/* generations per bin, at least 1 */
	uint64_t generation_width;

	/* the process as the kernel and the allocator see it; 0: unknown */
	uint64_t rss_bytes;
	uint64_t anonymous_rss_bytes;
	uint64_t peak_rss_bytes;
	uint64_t virtual_bytes;
	/* uptime at which the next six were read */
	uint64_t heap_time_ns;
	/* taken from the system other than by mmap (mallinfo2 arena) */
	uint64_t heap_arena_bytes;
	/* in blocks with a mapping of their own (mallinfo2 hblkhd) */
	uint64_t heap_mapped_bytes;
	/* in use by the program (mallinfo2 uordblks) */
	uint64_t heap_used_bytes;
	/* free within the arenas (mallinfo2 fordblks) */
	uint64_t heap_free_bytes;
	/* number of free chunks (mallinfo2 ordblks) */
	uint64_t heap_free_chunks;
	/* releasable at the top (mallinfo2 keepcost) */
	uint64_t heap_trimmable_bytes;

	/* Silt's own cost, and its losses. Resident bytes of the library's memory. */
	uint64_t overhead_bytes;
	/* blocks that could not be recorded */
	uint64_t lost_records;
	/* times that a new traceback could not be stored: its blocks are lost records */
	uint64_t lost_sites;
	/* snapshots of this run that could not be written */
	uint64_t lost_snapshots;
	/* frees of unknown blocks (allocated before recording, or while it was off) */
	uint64_t unknown_frees;
	/* distinct tracebacks */
	uint64_t tracebacks;
	/* of those, deeper than `depth` */
	uint64_t tracebacks_cut;
	/* of those, unwinding stopped before the outermost frame */
	uint64_t tracebacks_failed;
	/* of those, a frame without unwind information was passed by its frame pointer */
	uint64_t tracebacks_guessed;
	/* modules that could not be described */
	uint64_t untraced_modules;

	/* calls of silt_iteration() */
	uint64_t iterations;

	/* --memory; 0: none */
	uint64_t memory_limit_bytes;
	/* uptime at which the limit first prevented something from being recorded; 0: never */
	uint64_t memory_reached_ns;
	/* e_machine of ELF: 62 x86-64, 183 aarch64; 0: x86-64, in files from before there was a
	 * choice */
	uint32_t machine;
	/* bytes; 0: 4096 */
	uint32_t page_size;

	/* The end of the process, if it had begun: uptime at which it did; 0: it had not. */
	uint64_t end_ns;
	/* blocks born in later generations were allocated while it ended */
	uint64_t end_generation;
	/* number of the snapshot with SILT_TRIGGER_ENDING; 0: none was written */
	uint64_t end_sequence;
	/* enum silt_end */
	uint32_t end_cause;
	/* 1: recording was off, or was cleared, for a time */
	uint32_t gaps;

	/* Comparison of what is recorded with the allocator's figures; 0: unknown. Recorded live
	 * bytes when the allocator's figures were read. */
	uint64_t heap_books_bytes;
	/* Bytes of the blocks found for this snapshot; and the least and the most that the
	 * allocator should have in use for them, with its overhead for each. */
	uint64_t heap_scanned_bytes, heap_least_bytes, heap_most_bytes;
	/* C libraries mapped; if more than 1, each has its own heap */
	uint32_t c_libraries;
	/* the most threads that allocated or freed and existed at once */
	uint32_t threads_at_once;
	/* forked processes of this program that ended at once and have no run */
	uint64_t children_not_recorded;
	/* why the last of lost_snapshots could not be written: an errno value; 0: unknown */
	uint32_t lost_errno;
	/* enum silt_earlier */
	uint32_t earlier;
	/* earlier blocks recorded at the attach */
	uint64_t earlier_blocks, earlier_bytes;
	/* SILT_PROGRAM_VERSION, the program's version; empty: unknown */
	struct silt_string version;
};

/* Blocks allocated before recording began, and whether they are recorded. */
enum silt_earlier {
	SILT_EARLIER_NONE = 0,	/* there are none: recording began with the program */
	SILT_EARLIER_TAKEN = 1, /* recorded, at the site with SILT_SITE_EARLIER */
	/* not recorded: the allocator's heap is not understood, or blocks are sampled */
	SILT_EARLIER_ALLOCATOR = 2,
	SILT_EARLIER_LAYOUT = 3, /* not recorded: the heap's records were not found */
	/* not recorded: threads could not be stopped, or one was inside the allocator */
	SILT_EARLIER_MOVING = 4,
	/* not recorded: the blocks found differ from the allocator's own totals */
	SILT_EARLIER_TOTALS = 5,
};

enum silt_module_flag {
	SILT_MODULE_UNLOADED = 1,   /* unloaded by dlclose before this snapshot */
	SILT_MODULE_EXECUTABLE = 2, /* the program itself */
	SILT_MODULE_VDSO = 4,	    /* the kernel's: no file */
};

struct silt_module {
	/* first mapped address */
	uint64_t start;
	/* one past the last */
	uint64_t end;
	/* address in memory minus address in the file's program headers */
	uint64_t bias;
	/* address in memory of the first executable segment */
	uint64_t text_start;
	/* its size in bytes */
	uint64_t text_size;
	/* its offset in the file */
	uint64_t text_offset;
	/* uptime at which silt first saw the module */
	uint64_t seen_ns;
	/* uptime at which it was found unloaded; 0: still mapped */
	uint64_t unloaded_ns;
	struct silt_string path;
	/* raw bytes of the GNU build id, empty if there is none */
	struct silt_string build_id;
	/* enum silt_module_flag */
	uint32_t flags;
	uint32_t reserved;
};

enum silt_mapping_kind {
	SILT_MAPPING_HEAP = 1,	    /* malloc's: live blocks are in it */
	SILT_MAPPING_ANONYMOUS = 2, /* not malloc's: the program's own, stacks of threads */
	SILT_MAPPING_FILE = 3,	    /* named by a path: modules, mapped files, shared memory */
	SILT_MAPPING_SPECIAL = 4,   /* the kernel's: [stack], [vdso] */
	SILT_MAPPING_SILT = 5,	    /* the library's own */
};

struct silt_mapping {
	/* path; empty: none */
	struct silt_string name;
	/* enum silt_mapping_kind */
	uint32_t kind;
	/* mappings of this kind and name */
	uint32_t count;
	/* bytes of address space */
	uint64_t size;
	/* of these, in memory */
	uint64_t resident;
	/* of these, not backed by a file */
	uint64_t anonymous;
};

enum silt_site_flag {
	SILT_SITE_CUT = 1,    /* deeper than --depth: `depth` has the true depth */
	SILT_SITE_FAILED = 2, /* unwinding stopped early */
	SILT_SITE_GUESSED =
		4, /* a frame was passed by its frame pointer, without unwind information */
	/* several threads used the site: peak_live_bytes is an upper bound */
	SILT_SITE_PEAK_BOUND = 8,
	/* no call site: all blocks allocated before the process was attached to */
	SILT_SITE_EARLIER = 16,
};

/* How a block ended. */
enum silt_freed {
	SILT_FREED_FREE = 1,
	/* its contents were moved to another block, of another or the same site */
	SILT_FREED_REALLOC = 2,
};

/* What was mapped. */
enum silt_mapped {
	SILT_MAPPED_ANONYMOUS = 1, /* also by moving the program's break */
	SILT_MAPPED_FILE = 2,	   /* or a device */
	/* recorded blocks are in it: a pool or an allocator hands it out */
	SILT_MAPPED_BLOCKS = 4,
};

enum silt_graph_status {
	SILT_GRAPH_NONE = 0, /* not asked for */
	SILT_GRAPH_DONE = 1,
	SILT_GRAPH_TIME = 2, /* given up: took longer than SILT_GRAPH_LIMIT allows */
	/* given up: took more memory than SILT_GRAPH_LIMIT allows, or than there was */
	SILT_GRAPH_MEMORY = 3,
	SILT_GRAPH_FORK = 4,   /* the process could not be copied */
	SILT_GRAPH_FAILED = 5, /* the copy ended early */
	SILT_GRAPH_HELPER = 6, /* there was no helper process to make it */
};

enum silt_graph_flag {
	/* no thread ran while the copy was made, and all registers are known */
	SILT_GRAPH_STOPPED = 1,
	/* the process had ended: stacks were searched whole, registers are unknown */
	SILT_GRAPH_ENDED = 2,
	/* no thread ran while the copy was made; the registers of `threads - threads_stopped`
	 * threads, which slept, are unknown */
	SILT_GRAPH_STILL = 4,
	SILT_GRAPH_MOVED = 8, /* one of the sleeping threads woke up while the copy was made */
};

struct silt_graph {
	/* enum silt_graph_status */
	uint32_t status;
	/* enum silt_graph_flag */
	uint32_t flags;
	uint32_t threads, threads_stopped;
	/* how long the program was stopped */
	uint64_t pause_ns;
	/* of that, until all threads had stopped */
	uint64_t stop_ns;
	/* time that the copy took for the graph */
	uint64_t scan_ns;
	uint64_t blocks, bytes;
	/* 8-byte words read */
	uint64_t heap_words, root_words;
	/* bytes of the copy's tables */
	uint64_t copy_bytes;
	uint64_t limit_ns, limit_bytes;
	/* by enum silt_verdict */
	uint64_t verdict_blocks[5], verdict_bytes[5];
};

/* The registers that a call preserves: so many blocks, of one pointer each, may be held only by the
 * unknown registers of a thread that sleeps in a system call. */
#define SILT_THREAD_REGISTERS 11u

enum silt_thread_flag {
	SILT_THREAD_MAIN = 1,
	SILT_THREAD_STOPPED = 2, /* its registers are known */
	SILT_THREAD_ENDED = 4,	 /* it has ended and was not joined */
	SILT_THREAD_STILL = 8,	 /* it slept: its place is known, its registers are not */
};

struct silt_thread {
	/* 0: it has ended */
	uint32_t tid;
	/* enum silt_thread_flag */
	uint32_t flags;
	struct silt_string name;
	/* module + 1 of the function given to pthread_create; 0: none, or unknown */
	uint32_t start_module;
	/* number + 1 of the system call it waits in; 0: none, or unknown */
	uint32_t syscall;
	/* in the module's file */
	uint64_t start_address;
	/* bytes of the mapping that contains its stack */
	uint64_t stack_bytes;
	/* bytes from the stack pointer to the top */
	uint64_t stack_used;
};

/* Classes of roots, strongest first: a block is held by the roots of the strongest class that leads
 * to it. */
enum silt_root_kind {
	SILT_ROOT_GLOBAL = 1,	/* class 1 */
	SILT_ROOT_TLS = 2,	/* class 1: thread-local variables, thread-specific data */
	SILT_ROOT_REGION = 3,	/* class 1: named by silt_root_add() */
	SILT_ROOT_STACK = 4,	/* class 2 */
	SILT_ROOT_REGISTER = 5, /* class 2 */
	SILT_ROOT_MAPPING = 6,	/* class 3: other private memory */
	SILT_ROOT_IGNORED = 7,	/* class 4: blocks given to silt_ignore() */
};

enum silt_root_flag {
	SILT_ROOT_SYMBOL = 1,	/* address and size are those of a symbol */
	SILT_ROOT_ARGUMENT = 2, /* in a thread's record: the argument of its start function */
	SILT_ROOT_SPECIFIC = 4, /* in a thread's record: pthread_setspecific() */
};

enum silt_verdict {
	SILT_REACHABLE = 0,
	SILT_LOST_DIRECT = 1,	/* unreachable, and no other unreachable block points to it */
	SILT_LOST_INDIRECT = 2, /* unreachable, but another unreachable block leads to it */
	SILT_LOST_CYCLE = 3,	/* in an unreachable cycle that no other block points to */
	SILT_IGNORED = 4,	/* excused by the program, or reached only from such blocks */
};
#define SILT_VERDICTS 5
#define SILT_DEGREES 8
#define SILT_REFERENCES 5
#define SILT_COUNTED 8
#define SILT_GAP_LEAST 64u
#define SILT_GAP_MOST (256u << 10)

_Static_assert(sizeof(struct silt_graph) == 176, "graph layout");
_Static_assert(sizeof(struct silt_thread) == 48, "thread layout");
_Static_assert(sizeof(struct silt_header) == 40, "header layout");
_Static_assert(sizeof(struct silt_section) == 40, "section layout");
_Static_assert(sizeof(struct silt_string) == 8, "string layout");
_Static_assert(sizeof(struct silt_module) == 88, "module layout");
_Static_assert(sizeof(struct silt_mapping) == 40, "mapping layout");
_Static_assert(sizeof(struct silt_process) % 8 == 0, "process layout");
_Static_assert(offsetof(struct silt_header, header_crc) == 36, "header crc is last");

#endif
