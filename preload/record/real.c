/*
 * The next allocator in the program's search order: see real.h.
 * Path: cold, once. Threads: any may be first. Memory: a fixed arena for what the dynamic linker
 * allocates while it looks up the allocator.
 */
#include "record/real.h"

#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <malloc.h>
#include <string.h>

#include "base/elf.h"
#include "base/libc.h"
#include "silt_snapshot.h"
#include "unwind/modules.h"

struct real real;
_Atomic bool real_known;

static _Atomic bool finding;
static void *search = RTLD_NEXT;

void real_attach(void)
{
	search = RTLD_DEFAULT;
}

#define BOOT_HEADER 16ul
_Alignas(4096) char real_boot_arena[REAL_BOOT_SIZE];
static _Atomic size_t boot_used;
_Atomic uintptr_t real_boot_thread;

void *real_boot_alloc(size_t alignment, size_t size)
{
	size_t old = atomic_load(&boot_used), start, end;

	if (alignment < BOOT_HEADER)
		alignment = BOOT_HEADER;
	if (size > REAL_BOOT_SIZE || alignment > REAL_BOOT_SIZE)
		return NULL;
	do {
		start = (old + BOOT_HEADER + alignment - 1) & ~(alignment - 1);
		end = start + size;
		if (end > REAL_BOOT_SIZE)
			return NULL;
	} while (!atomic_compare_exchange_weak(&boot_used, &old, end));
	memcpy(real_boot_arena + start - sizeof size, &size, sizeof size);
	return real_boot_arena + start;
}

size_t real_boot_size(const void *block)
{
	size_t size;

	memcpy(&size, (const char *)block - sizeof size, sizeof size);
	return size;
}

static bool is_c_library;

/* By the module that has the function: tcmalloc defines __libc_malloc too. Not by dladdr(), which
 * searches all symbols of the C library. */
static bool is_in_libc(const void *function)
{
	const void *libc = modules_at(libc_code());

	return libc && modules_at((uintptr_t)function) == libc;
}

bool real_is_glibc(void)
{
	return is_c_library && !libc_is_musl();
}

bool real_is_c_library(void)
{
	return is_c_library;
}

static bool defines(const struct link_map *module, const char *name, void **found)
{
	struct elf_names names;

	*found = NULL;
	if (module && elf_names_read(&names, module->l_addr, module->l_ld))
		*found = elf_names_find(&names, name);
	return *found;
}

/* A program that is no position-independent one and takes a function's address has an entry for it
 * of its own, which lookups by default end at: a jump by a word that an attach leads to ours. */
static void *find_function(const char *name)
{
	void *found = libc_symbol(search, name), *defined;

	if (search == RTLD_NEXT || defines(modules_at((uintptr_t)found), name, &defined))
		return found;
	for (const struct link_map *module = libc_modules(); module; module = module->l_next)
		if (defines(module, name, &defined))
			return defined;
	return found;
}

/*
 * Looks up only names that exist, in the allocator or in the C library: a failing dlsym() composes
 * a message under the lock of the locale, which this very thread may hold (newlocale allocates),
 * and would unlock it.
 */
bool real_find(void)
{
	int saved = errno;

	if (atomic_exchange(&finding, true))
		return atomic_load_explicit(&real_known, memory_order_acquire);
#define HOOK(result, name, parameters) real.name = (result(*) parameters)find_function(#name);
#include "record/hooks.def"
#undef HOOK
	is_c_library = is_in_libc(*(void **)&real.malloc);
	if (libc_is_musl())
		real_complete_musl();
	atomic_store_explicit(&real_known, true, memory_order_release);
	errno = saved;
	return true;
}

typedef int (*mallctl_function)(const char *, void *, size_t *, void *, size_t);
typedef bool (*tcmalloc_property_function)(const char *, size_t *);
typedef void (*mi_process_info_function)(size_t *, size_t *, size_t *, size_t *, size_t *, size_t *,
					 size_t *, size_t *);

/* glibc: struct mallinfo2, and struct mallinfo, whose figures are cut to 32 bits. */
struct heap_figures {
	size_t arena, ordblks, smblks, hblks, hblkhd, usmblks, fsmblks, uordblks, fordblks,
		keepcost;
};
struct short_figures {
	unsigned arena, ordblks, smblks, hblks, hblkhd, usmblks, fsmblks, uordblks, fordblks,
		keepcost;
};

static struct {
	uint32_t allocator;
	mallctl_function mallctl;
	tcmalloc_property_function tcmalloc_property;
	mi_process_info_function mi_process_info;
	/* the executable has an allocator that is recorded, whose figures are added to glibc's; or
	 * one that is not recorded */
	bool in_executable, unrecorded_in_executable;
	/* glibc 2.33 */
	struct heap_figures (*mallinfo2)(void);
	struct short_figures (*mallinfo)(void);
} heap_interface;

/* Uses the kernel's clock if the C library's is replaced. Not found by dlopen(): what the dynamic
 * linker allocates there looks lost to LeakSanitizer. */
static void find_clock(void)
{
	if (!is_in_libc((void *)(uintptr_t)clock_gettime))
		rt_clock = rt_clock_of_kernel;
}

/* True if lookups of malloc end before they reach ours. A non-PIE program that takes malloc's
 * address also has a symbol for it, but an undefined one. */
static bool comes_before_us(void)
{
	const struct link_map *found = modules_at((uintptr_t)libc_symbol(RTLD_DEFAULT, "malloc"));
	void *defined;

	return found != modules_at((uintptr_t)real_is_glibc) && defines(found, "malloc", &defined);
}

void real_add_built_in(void *mallctl, void *tcmalloc_property)
{
	heap_interface.in_executable = true;
	*(void **)&heap_interface.mallctl = mallctl;
	*(void **)&heap_interface.tcmalloc_property = tcmalloc_property;
}

void real_add_unrecorded_built_in(void)
{
	heap_interface.unrecorded_in_executable = true;
}

static uint32_t identify_built_in(void)
{
	return heap_interface.mallctl		  ? SILT_ALLOCATOR_JEMALLOC
	       : heap_interface.tcmalloc_property ? SILT_ALLOCATOR_TCMALLOC
						  : SILT_ALLOCATOR_UNKNOWN;
}

static void find_figures(void)
{
	heap_interface.mallctl = (mallctl_function)libc_symbol(RTLD_DEFAULT, "mallctl");
	heap_interface.tcmalloc_property = (tcmalloc_property_function)libc_symbol(
		RTLD_DEFAULT, "MallocExtension_GetNumericProperty");
	heap_interface.mi_process_info =
		(mi_process_info_function)libc_symbol(RTLD_DEFAULT, "mi_process_info");
}

void real_identify(void)
{
	find_clock();
	if (!heap_interface.in_executable)
		find_figures();
	*(void **)&heap_interface.mallinfo2 = libc_symbol(RTLD_DEFAULT, "mallinfo2");
	*(void **)&heap_interface.mallinfo = libc_symbol(RTLD_DEFAULT, "mallinfo");
	if (heap_interface.in_executable)
		heap_interface.allocator = identify_built_in();
	else if (heap_interface.unrecorded_in_executable ||
		 (search == RTLD_NEXT && comes_before_us()))
		heap_interface.allocator = SILT_ALLOCATOR_PROGRAM;
	else if (real_is_glibc())
		heap_interface.allocator = SILT_ALLOCATOR_GLIBC;
	else if (heap_interface.mallctl)
		heap_interface.allocator = SILT_ALLOCATOR_JEMALLOC;
	else if (heap_interface.tcmalloc_property)
		heap_interface.allocator = SILT_ALLOCATOR_TCMALLOC;
	else if (heap_interface.mi_process_info)
		heap_interface.allocator = SILT_ALLOCATOR_MIMALLOC;
}

uint32_t real_allocator(void)
{
	return heap_interface.allocator;
}

/* True if all figures of the heap fit 32 bits, judging by the pages of data and stack: the sixth
 * word of statm (proc(5)). */
#define MOST_SHORT (UINT64_C(1) << 32)
static bool is_short(void)
{
	char statm[256];
	const char *at = statm;
	uint64_t pages = 0;

	if (rt_confined || rt_read_file("/proc/self/statm", statm, sizeof statm) <= 0)
		return false;
	for (int field = 0; field < 5 && at; field++)
		at = strchr(at, ' ') ? strchr(at, ' ') + 1 : NULL;
	for (; at && *at >= '0' && *at <= '9'; at++)
		pages = pages * 10 + (uint64_t)(*at - '0');
	return at && pages * rt_page_size() < MOST_SHORT;
}

static void heap_of_glibc(struct real_heap *heap)
{
	struct heap_figures info = {0};

	if (heap_interface.mallinfo2) {
		info = heap_interface.mallinfo2();
	} else if (heap_interface.mallinfo && is_short()) {
		struct short_figures figures = heap_interface.mallinfo();

		info = (struct heap_figures){
			.arena = figures.arena,
			.ordblks = figures.ordblks,
			.hblkhd = figures.hblkhd,
			.uordblks = figures.uordblks,
			.fordblks = figures.fordblks,
			.keepcost = figures.keepcost,
		};
	}
	heap->arena_bytes = info.arena;
	heap->mapped_bytes = info.hblkhd;
	heap->used_bytes = info.uordblks;
	heap->free_bytes = info.fordblks;
	heap->free_chunks = info.ordblks;
	heap->trimmable_bytes = info.keepcost;
}

static void add_heap_of_glibc(struct real_heap *heap)
{
	struct real_heap more = {0};

	heap_of_glibc(&more);
	heap->arena_bytes += more.arena_bytes + more.mapped_bytes;
	heap->used_bytes += more.used_bytes + more.mapped_bytes;
	heap->free_bytes += more.free_bytes;
	heap->trimmable_bytes += more.trimmable_bytes;
}

static size_t jemalloc_figure(const char *name)
{
	size_t value = 0, size = sizeof value;

	return heap_interface.mallctl(name, &value, &size, NULL, 0) == 0 ? value : 0;
}

static void heap_of_jemalloc(struct real_heap *heap)
{
	uint64_t epoch = 1;
	size_t active;

	/* refreshes the figures */
	heap_interface.mallctl("epoch", NULL, NULL, &epoch, sizeof epoch);
	heap->used_bytes = jemalloc_figure("stats.allocated");
	heap->arena_bytes = jemalloc_figure("stats.resident");
	active = jemalloc_figure("stats.active");
	heap->free_bytes =
		heap->arena_bytes > heap->used_bytes ? heap->arena_bytes - heap->used_bytes : 0;
	heap->trimmable_bytes = heap->arena_bytes > active ? heap->arena_bytes - active : 0;
}

static void heap_of_tcmalloc(struct real_heap *heap)
{
	size_t used = 0, size = 0, pages = 0;

	heap_interface.tcmalloc_property("generic.current_allocated_bytes", &used);
	heap_interface.tcmalloc_property("generic.heap_size", &size);
	heap_interface.tcmalloc_property("tcmalloc.pageheap_free_bytes", &pages);
	heap->used_bytes = used;
	heap->arena_bytes = size;
	heap->free_bytes = size > used ? size - used : 0;
	heap->trimmable_bytes = pages;
}

void real_read_heap(struct real_heap *heap)
{
	memset(heap, 0, sizeof *heap);
	switch (real_allocator()) {
	case SILT_ALLOCATOR_GLIBC:
		heap_of_glibc(heap);
		break;
	case SILT_ALLOCATOR_JEMALLOC:
		heap_of_jemalloc(heap);
		break;
	case SILT_ALLOCATOR_TCMALLOC:
		heap_of_tcmalloc(heap);
		break;
	case SILT_ALLOCATOR_MIMALLOC: {
		size_t commit = 0;

		heap_interface.mi_process_info(NULL, NULL, NULL, NULL, NULL, &commit, NULL, NULL);
		heap->arena_bytes = commit;
		break;
	}
	default:
		break;
	}
	if (heap_interface.in_executable && heap->used_bytes && real_is_glibc())
		add_heap_of_glibc(heap);
}

/*
 * glibc's chunks: the size requested and one word, in steps of 16, at least 32; one step more if
 * the rest was too small for a chunk of its own (split or shrunk). Large ones may have a mapping of
 * their own, in whole pages; if aligned, with what is left over before and behind.
 */
#define GLIBC_LEAST 32ul
#define GLIBC_STEP 16ul
#define GLIBC_LARGE (32ul << 10) /* the program may have lowered M_MMAP_THRESHOLD */
#define ALIGNED_MOST (1ul << 30)

static void footprint_glibc(uintptr_t address, uint64_t size, uint64_t *least, uint64_t *most)
{
	uint64_t chunk = (size + sizeof(size_t) + GLIBC_STEP - 1) & ~(GLIBC_STEP - 1);
	uintptr_t alignment = address & -address;

	if (chunk < GLIBC_LEAST)
		chunk = GLIBC_LEAST;
	*least = chunk;
	*most = chunk + GLIBC_STEP;
	if (size < GLIBC_LARGE)
		return;
	*most += rt_page_size();
	if (alignment >= RT_PAGE)
		*most += alignment < ALIGNED_MOST ? alignment : ALIGNED_MOST;
}

/* Size classes: 16 bytes apart, then four to a doubling (tcmalloc: eight, and whole pages). At
 * least BLOCKS_MIN_REQUEST is requested. */
#define LEAST_CLASS 32ul
#define NARROW_CLASSES 128ul
#define LARGE_CLASSES (32ul << 10)

static void footprint_by_classes(uint64_t size, uint64_t *least, uint64_t *most)
{
	*least = size;
	if (size <= NARROW_CLASSES)
		*most = size < LEAST_CLASS ? LEAST_CLASS : (size + 15) & ~15ul;
	else
		*most = size + size / 4 + (size >= LARGE_CLASSES ? 2 * RT_PAGE : 0);
}

void real_footprint(uintptr_t address, uint64_t size, uint64_t *least, uint64_t *most)
{
	switch (real_allocator()) {
	case SILT_ALLOCATOR_GLIBC:
		footprint_glibc(address, size, least, most);
		break;
	case SILT_ALLOCATOR_JEMALLOC:
	case SILT_ALLOCATOR_TCMALLOC:
		footprint_by_classes(size, least, most);
		break;
	default:
		*least = 0;
		*most = 0;
	}
}
