/*
 * The snapshot file format: the one definition that the writer (preload/) and the reader
 * (analyzer/) share. Includes only <stdint.h> and <stddef.h>; no code, no allocation.
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
 * What lies between these is padding of zeros, so every bit of the file is covered: by a check sum
 * or by having to be 0.
 *
 * All integers are little-endian. A reader
 *   - refuses another magic, a `version` it does not know, a `file_size` that is not the file's (truncated or appended to);
 *   - checks header.header_crc, header.table_crc, every section's crc and the padding before it uses anything;
 *   - ignores sections whose kind it does not know, and trailing bytes of a fixed record longer than its own
 *     struct; fields missing from a shorter record read as 0. So additions need no new version; any other change
 *     of meaning does.
 *
 * Versions differ in the check sums only. 2: CRC-32C (silt_checksum.h). 1, read but no longer
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
 * ADDRESSES. A pc belongs to a module and is stored as its address in that module's file: address
 * minus the module's load bias, what nm and addr2line take. Two modules that were mapped at the
 * same place at different times keep their pcs apart.
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
 * SILT_SECTION_MODULES (fixed records, struct silt_module): what is or was mapped; index 0 is the
 * executable.
 *
 * SILT_SECTION_MAPPINGS (fixed records, struct silt_mapping; may be missing): what is mapped in the
 * process, by kind and name.
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
 *     freed_blocks, freed_bytes               of those, given back; live = total - freed
 *     peak_live_bytes                         highest live bytes of this site, see SILT_SITE_PEAK_BOUND
 *     first_ns                                first allocation, nanoseconds after process.start
 *     last_ns - first_ns                      last allocation; may be one 48 allocations of its thread earlier, in the same
 *                                             snapshot interval
 *     min_size, max_size - min_size           smallest and largest requested size
 *     bins                                    number of generation bins that follow
 *     bins times: bin - previous bin (first: bin), blocks, bytes
 *   A bin holds the live blocks born in generations [bin * w, (bin + 1) * w), w = process.generation_width, in
 *   ascending order, none empty. While other threads allocate, the bins are read a moment apart from the totals and
 *   their sums may differ from live by what happened in between.
 *   With sampling (process.sample_bytes > 0) all figures are unbiased estimates, and two more numbers stand at the
 *   end of each record: sampled_blocks (total) and sampled_live_blocks, the blocks the estimates rest on.
 *
 * SILT_SECTION_TEMPORARY (varints; may be missing): sites with blocks that were freed before the
 * next allocation of the thread
 *   that allocated them, by that thread, which heaptrack calls temporary. A realloc is such a free too. Two numbers:
 *     record in SILT_SECTION_SITES - previous one's (first: record)
 *     blocks, of the site's freed_blocks                  sampled: an estimate
 *
 * SILT_SECTION_FREED (varints; may be missing): call stacks by which blocks of a site were freed.
 * Only some frees are looked at:
 *   the first ones of a site, later ones ever more rarely, which then stand for more. Five numbers:
 *     record in SILT_SECTION_SITES - previous one's (first: record)
 *     node                                                the traceback of the free, as of a site
 *     how                                                 enum silt_freed
 *     samples                                             frees that were looked at
 *     weight                                              what they stand for; the site's freed_blocks are shared out in proportion
 *
 * SILT_SECTION_MAPPED (varints; may be missing): call stacks by which the program maps memory
 * itself (mmap, mremap, brk, sbrk), beside
 *   malloc's heap and not counted in it. Numbers:
 *     node                       the traceback, as of a site
 *     kinds                      enum silt_mapped, of its mappings so far
 *     mappings, bytes            made since recording began (or was cleared)
 *     live mappings, live bytes  of these, and of pieces of them, still mapped
 *     unmappers                  number of triples that follow
 *     unmappers times: node, samples, weight     who unmaps them, as in SILT_SECTION_FREED
 *   In all snapshots of a process a traceback has the same node.
 *
 * THE HEAP GRAPH. The sections below are there if a graph was asked for (--graph); all but
 * SILT_SECTION_GRAPH only if it could be made. They hold the graph of live blocks folded by site,
 * never the contents of memory. "site" is a record's index in SILT_SECTION_SITES, "root" one in
 * SILT_SECTION_ROOTS, and so on. Blocks are counted as they are; with sampling only blocks that
 * were taken take part, each as one.
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
 *     pc + 1        stack: where the frame's function was; 0: not known (the frame could not be told)
 *     flags         enum silt_root_flag
 *   A global is what a symbol covers, where there are symbols; elsewhere a small range of the module's data.
 *
 * SILT_SECTION_HOLDERS (varints): sets of roots, and what is reachable from all of their members
 *   and from no other root of the same or a stronger class (globals and thread-local variables, then
 *   stacks and registers, then other memory): what the set retains. Numbers:
 *     members                    1 to 3; 0: more than three roots hold these
 *     members times: root
 *     blocks, bytes
 *
 * SILT_SECTION_REACH (varints; may be missing): which roots lead to the reachable blocks of a site.
 * Numbers:
 *     site
 *     members << 1 | more        0 to 4 members; more: and other roots, of which nothing was noted
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
 * saved in one frame can be told
 *   to be a variable of another. Numbers:
 *     thread
 *     frames                     number of pairs that follow, innermost first
 *     frames times: pc + 1 (0: not known), CFA - previous CFA (first: CFA)
 *
 * SILT_SECTION_EDGES (varints): who points to whom. Nine numbers:
 *     source << 1 | is_root      site or root
 *     offset                     of the first pointer word, in the block or root
 *     stride                     0: one word; else words at offset, offset + stride, ..., offset + span
 *     span
 *     target                     site
 *     target offset + 1          where in the target's block it points to; 0: differing places
 *     count                      of pointers
 *     lost count                 of those, in blocks that are lost
 *     interior count             of those, not to a block's start
 *   Pointers that nobody owns through (silt_weak) are left out.
 *
 * SILT_SECTION_PATHS (varints): the breadth-first forest from the roots, folded: record i stands
 * for all blocks of one
 *   site that were first reached from one root. Numbers:
 *     root, site, blocks, bytes
 *     parents                    number of pairs that follow
 *     parents times: parent path + 1 (0: the root itself), offset of the pointer in it, blocks reached this way
 *   Records are in the order in which they were first reached.
 *
 * SILT_SECTION_VERDICTS (varints): what became of the live blocks of a site. Numbers:
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
 *     used                       of these bytes, those up to each block's last that is not zero
 *   Sites without such a block are left out.
 *
 * SILT_SECTION_PINS (varints; may be missing): free memory between blocks. Numbers:
 *     site
 *     blocks, bytes              live blocks beside a gap, and half of the bytes of each such gap
 *   A gap is free memory, or padding, of at least SILT_GAP_LEAST and less than SILT_GAP_MOST bytes. Sites without one are left out.
 *
 * SILT_SECTION_CODE (varints): words in blocks that are exact entries of functions, or point to
 * tables of them. Numbers:
 *     site, offset, is_table, module + 1, address (in the module's file), count
 *
 * SILT_SECTION_REFCOUNTS (varints): 32-bit words at one offset in all blocks of a site that look
 * like counts of references
 *   to them. Numbers:
 *     site, offset, equal, above, below     blocks in which the word is the number of pointers to the block, more, less
 *     excess                                sum of (word - pointers) where it is above
 *     SILT_REFERENCES times: blocks         looked at, by number of pointers to them: 0, 1, 2, 3, more
 *     SILT_REFERENCES times: blocks         of these, where the word is that number
 *
 * SILT_SECTION_COUNTS (varints; may be missing): small 32-bit words at one offset in all blocks of
 * a site, by the number of pointers
 *   to the block: a count may leave out the pointers of an index. Numbers:
 *     site, offset
 *     SILT_REFERENCES times SILT_COUNTED times: blocks     by number of pointers to them (0, 1, 2, 3, more), then by the word
 *                                                          (1, 2, ..., SILT_COUNTED - 1, more); at most 65535 are counted
 *
 * SILT_SECTION_COMPONENTS (varints): unreachable strongly connected components that nothing else
 * points to, one record per
 *   shape. Numbers:
 *     components, blocks, bytes
 *     edges                      number of triples that follow
 *     edges times: site, offset, site
 */

#define SILT_MAGIC "SILTSNAP"
#define SILT_VERSION 2u
#define SILT_VERSION_OLDEST 1u	     /* that is read; CONTRIBUTING.md says when it may rise */
#define SILT_VERSION_CRC32 1u	     /* whose check sums are zlib's CRC-32 */
#define SILT_LEAST_MEMORY (1u << 20) /* least --memory */
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
	/* the end of the process begins: nothing has been cleaned up yet */
	SILT_TRIGGER_ENDING = 8,
	/* memory is near a limit, which the label names */
	SILT_TRIGGER_MEMORY = 9,
};

/* What began the end of the process. */
enum silt_end {
	SILT_END_NONE = 0,
	SILT_END_STOP = 1, /* silt soak is about to send its stop signal */
	SILT_END_EXIT = 2, /* exit, quick_exit, main returned: handlers and destructors follow */
	/* _exit, abort: nothing is freed any more, the exit snapshot shows the program at work */
	SILT_END_SUDDEN = 3,
	SILT_END_KILLED = 4, /* the process was gone when its helper looked */
};

enum silt_allocator {
	SILT_ALLOCATOR_UNKNOWN = 0,
	SILT_ALLOCATOR_GLIBC = 1,
	SILT_ALLOCATOR_JEMALLOC = 2,
	SILT_ALLOCATOR_TCMALLOC = 3,
	SILT_ALLOCATOR_MIMALLOC = 4,
	/* the program, or a library that comes before silt's, defines malloc: not seen */
	SILT_ALLOCATOR_PROGRAM = 5,
};

/* All sizes in bytes, all times in nanoseconds. */
struct silt_process {
	/* when and why */
	/* recording began (wall clock) */
	uint64_t start_unix_ns;
	/* this snapshot (wall clock) */
	uint64_t time_unix_ns;
	/* since recording began (monotonic) */
	uint64_t uptime_ns;
	/* number of this snapshot in its run, from 1 */
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

	/* settings */
	/* mean bytes between samples; 0: every block is recorded */
	uint64_t sample_bytes;
	/* frames kept */
	uint32_t depth;
	/* enum silt_allocator: who serves malloc */
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

	/* generations */
	/* the interval that this snapshot ends; blocks born now are of this generation */
	uint64_t generation;
	/* generations per bin, at least 1 */
	uint64_t generation_width;

	/* the process as the kernel and the allocator see it; 0: not known */
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

	/* what silt itself costs and what it missed */
	/* our memory that is resident */
	uint64_t overhead_bytes;
	/* blocks that could not be recorded */
	uint64_t lost_records;
	/* times that a new traceback could not be stored: these blocks are lost records */
	uint64_t lost_sites;
	/* snapshots of this run that could not be written */
	uint64_t lost_snapshots;
	/* frees of blocks never seen (allocated before recording, or while it was off) */
	uint64_t unknown_frees;
	/* distinct tracebacks */
	uint64_t tracebacks;
	/* of those, deeper than `depth` */
	uint64_t tracebacks_cut;
	/* of those, unwinding stopped before the outermost frame */
	uint64_t tracebacks_failed;
	/* of those, a frame without unwind info was passed by its frame pointer */
	uint64_t tracebacks_guessed;
	/* modules that could not be described */
	uint64_t untraced_modules;

	/* calls of silt_iteration() */
	uint64_t iterations;

	/* --memory; 0: none */
	uint64_t memory_limit_bytes;
	/* uptime at which the limit first kept something from being recorded; 0: never */
	uint64_t memory_reached_ns;
	/* e_machine of ELF: 62 x86-64, 183 aarch64; 0: x86-64, or written before there was
	 * another */
	uint32_t machine;
	/* bytes; 0: 4096 */
	uint32_t page_size;

	/* the end of the process, where it had begun by this snapshot */
	/* uptime at which it began; 0: it had not */
	uint64_t end_ns;
	/* blocks born in later generations were allocated while it ended */
	uint64_t end_generation;
	/* number of the snapshot with SILT_TRIGGER_ENDING; 0: none was written */
	uint64_t end_sequence;
	/* enum silt_end */
	uint32_t end_cause;
	/* 1: recording was off, or was cleared, for a time */
	uint32_t gaps;

	/* Do the books agree with the allocator? 0: not known. */
	/* live bytes on record when the allocator's figures were read */
	uint64_t heap_books_bytes;
	/* What was on record when the blocks were looked through for this snapshot; and what the
	 * allocator should have in use for them, with its overhead for each: least and most. */
	uint64_t heap_scanned_bytes, heap_least_bytes, heap_most_bytes;
	/* copies of the C library that are mapped; beyond 1: with a heap of their own */
	uint32_t c_libraries;
	/* most threads that allocated or freed and lived at once */
	uint32_t threads_at_once;
	/* forked processes of this program that ended at once and are not in any run */
	uint64_t children_not_recorded;
	/* why the last of lost_snapshots could not be written: an errno value; 0: not known */
	uint32_t lost_errno;
	/* enum silt_earlier */
	uint32_t earlier;
	/* taken onto the books at the attach */
	uint64_t earlier_blocks, earlier_bytes;
	/* SILT_PROGRAM_VERSION: what who started the program calls its version; empty: not told */
	struct silt_string version;
};

/* What was allocated before recording began. */
enum silt_earlier {
	SILT_EARLIER_NONE = 0,	/* nothing: recording began with the program */
	SILT_EARLIER_TAKEN = 1, /* is on the books, at the site with SILT_SITE_EARLIER */
	/* is not: the allocator's heap is not known, or blocks are sampled */
	SILT_EARLIER_ALLOCATOR = 2,
	SILT_EARLIER_LAYOUT = 3, /* is not: the heap's records were not found */
	/* is not: the threads could not be stopped, or one was at work in the allocator */
	SILT_EARLIER_MOVING = 4,
	/* is not: what was found differs from the allocator's own totals */
	SILT_EARLIER_TOTALS = 5,
};

enum silt_module_flag {
	SILT_MODULE_UNLOADED = 1,   /* dlclose took it away before this snapshot */
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
	/* of the first executable segment: its address in memory */
	uint64_t text_start;
	/* its bytes */
	uint64_t text_size;
	/* its offset in the file */
	uint64_t text_offset;
	/* uptime at which silt first saw it */
	uint64_t seen_ns;
	/* uptime at which it was gone; 0: still mapped */
	uint64_t unloaded_ns;
	struct silt_string path;
	/* raw bytes of the GNU build id, empty if there is none */
	struct silt_string build_id;
	/* enum silt_module_flag */
	uint32_t flags;
	uint32_t reserved;
};

enum silt_mapping_kind {
	SILT_MAPPING_HEAP = 1, /* live blocks are in it: malloc's */
	SILT_MAPPING_ANONYMOUS =
		2, /* memory that malloc has no part in: the program's own, stacks of threads */
	SILT_MAPPING_FILE = 3,	  /* named by a path: modules, mapped files, shared memory */
	SILT_MAPPING_SPECIAL = 4, /* the kernel's: [stack], [vdso] */
	SILT_MAPPING_SILT = 5,	  /* ours */
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
	/* of these, that no file stands behind */
	uint64_t anonymous;
};

enum silt_site_flag {
	SILT_SITE_CUT = 1,     /* deeper than --depth: `depth` tells how deep */
	SILT_SITE_FAILED = 2,  /* unwinding stopped early */
	SILT_SITE_GUESSED = 4, /* a frame was passed by its frame pointer, without unwind info */
	/* several threads used the site: peak_live_bytes is an upper bound */
	SILT_SITE_PEAK_BOUND = 8,
	/* no call site: all that was allocated before the process was attached to */
	SILT_SITE_EARLIER = 16,
};

/* How a block of a site came to its end. */
enum silt_freed {
	SILT_FREED_FREE = 1,
	/* what it held lives on in a block of another site, or of the same */
	SILT_FREED_REALLOC = 2,
};

/* What a mapping is of. */
enum silt_mapped {
	SILT_MAPPED_ANONYMOUS = 1, /* also the program's break */
	SILT_MAPPED_FILE = 2,	   /* or a device */
	/* recorded blocks lie in it: it is what a pool or an allocator hands out */
	SILT_MAPPED_BLOCKS = 4,
};

enum silt_graph_status {
	SILT_GRAPH_NONE = 0, /* none was asked for */
	SILT_GRAPH_DONE = 1, /* it is there */
	SILT_GRAPH_TIME = 2, /* given up: it took longer than SILT_GRAPH_LIMIT allows */
	/* given up: it took more memory than SILT_GRAPH_LIMIT allows, or than there was */
	SILT_GRAPH_MEMORY = 3,
	SILT_GRAPH_FORK = 4,   /* the system would not make a copy of the process */
	SILT_GRAPH_FAILED = 5, /* the copy ended before it was done */
	SILT_GRAPH_HELPER = 6, /* there is no helper process to make it */
};

enum silt_graph_flag {
	/* all threads stood still while the copy was made, and their registers are known */
	SILT_GRAPH_STOPPED = 1,
	/* the process had ended: stacks are searched whole, registers are lost */
	SILT_GRAPH_ENDED = 2,
	/* all threads stood still; of `threads - threads_stopped` that slept the registers are
	 * not known */
	SILT_GRAPH_STILL = 4,
	SILT_GRAPH_MOVED = 8, /* one of these woke up while the copy was made */
};

struct silt_graph {
	/* enum silt_graph_status */
	uint32_t status;
	/* enum silt_graph_flag */
	uint32_t flags;
	uint32_t threads, threads_stopped;
	/* how long the program stood still */
	uint64_t pause_ns;
	/* of that, until all threads had stopped */
	uint64_t stop_ns;
	/* work of the copy */
	uint64_t scan_ns;
	uint64_t blocks, bytes;
	/* 8-byte words looked at */
	uint64_t heap_words, root_words;
	/* memory the copy used for its tables */
	uint64_t copy_bytes;
	uint64_t limit_ns, limit_bytes;
	/* by enum silt_verdict */
	uint64_t verdict_blocks[5], verdict_bytes[5];
};

/* As many words of one block each may be in the registers of a thread that sleeps in a system
 * call, which a call preserves. */
#define SILT_THREAD_REGISTERS 11u

enum silt_thread_flag {
	SILT_THREAD_MAIN = 1,
	SILT_THREAD_STOPPED = 2, /* its registers are known */
	SILT_THREAD_ENDED = 4,	 /* it has ended and was not joined */
	SILT_THREAD_STILL = 8,	 /* it slept: where is known, but not what its registers held */
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
	/* of the mapping its stack lies in */
	uint64_t stack_bytes;
	/* from the stack pointer to the top */
	uint64_t stack_used;
};

/* Classes of roots, strongest first: a block is held by those of the strongest class that reaches
 * it. */
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
	SILT_ROOT_ARGUMENT = 2, /* of a thread's control block: what its start function was given */
	SILT_ROOT_SPECIFIC = 4, /* of it: thread-specific data, pthread_setspecific() */
};

enum silt_verdict {
	SILT_REACHABLE = 0,
	SILT_LOST_DIRECT = 1,	/* unreachable, and no other unreachable block points to it */
	SILT_LOST_INDIRECT = 2, /* unreachable, reached from another such block */
	SILT_LOST_CYCLE = 3,	/* in an unreachable cycle that no other block points to */
	SILT_IGNORED = 4,	/* reached only from blocks that the program has excused */
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
