/*
 * Finds whether a stopped thread is at a safe point: see frames.h.
 *
 * The call stack is walked by the unwind tables of the files (libdwfl). A thread that was running
 * must be outside the C library, because no symbol names the C library's inner functions. A
 * sleeping thread has called an exported function, or was called by one.
 */
#include "attach/frames.h"

#include <elfutils/libdwfl.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/mem.h"

#define MOST_FRAMES 4096u

struct frames {
	const struct target *target;
	const struct elf_functions *libc;
	Dwfl *dwfl;
	/* state of the walk */
	bool asleep;
	unsigned count;
	char *why;
};

/* functions that hold locks of the C library which loading a library needs, or that leave data
 * half changed which it would see */
static const char *const unsafe[] = {
	"malloc",
	"calloc",
	"realloc",
	"free",
	"reallocarray",
	"memalign",
	"aligned_alloc",
	"posix_memalign",
	"valloc",
	"pvalloc",
	"malloc_trim",
	"malloc_stats",
	"malloc_info",
	"mallinfo",
	"mallinfo2",
	"mallopt",
	"fork",
	"vfork",
	"_Fork",
	"exit",
	"quick_exit",
	"__cxa_finalize",
	"__cxa_atexit",
	"on_exit",
	"at_quick_exit",
	"dlopen",
	"dlmopen",
	"dlclose",
	"dlsym",
	"dlvsym",
	"dlerror",
	"dladdr",
	"dladdr1",
	"dlinfo",
	"dl_iterate_phdr",
	"pthread_create",
	"pthread_exit",
	"__register_atfork",
	"pthread_atfork",
	"setlocale",
	"newlocale",
	"freelocale",
	"duplocale",
	"bindtextdomain",
	"textdomain",
	"gettext",
	"dgettext",
	"dcgettext",
	"dcngettext",
	"iconv_open",
	"iconv_close",
};

/* libraries with a malloc of their own, by the beginnings of their names */
static const char *const allocators[] = {"libjemalloc", "libtcmalloc", "libmimalloc",
					 "libsnmalloc", "librpmalloc", "libsilt"};

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Returns the unsafe function of the C library at that address; NULL: none. */
static const char *find_unsafe(const struct elf_functions *libc, uint64_t pc)
{
	for (size_t i = 0; i < libc->count; i++) {
		const struct elf_function *function = &libc->list[i];

		if (pc < function->start || pc >= function->end)
			continue;
		for (size_t n = 0; n < sizeof unsafe / sizeof unsafe[0]; n++)
			if (strcmp(function->name, unsafe[n]) == 0)
				return unsafe[n];
	}
	return NULL;
}

static char *look_at(const struct frames *frames, uint64_t pc, bool innermost)
{
	const struct target_module *module = target_at(frames->target, pc);
	const char *name = module ? base_name(module->path) : "", *function;

	if (strncmp(name, "ld-linux", 8) == 0 || strncmp(name, "ld-2.", 5) == 0)
		return mem_string("in the dynamic linker");
	for (size_t i = 0; i < sizeof allocators / sizeof allocators[0]; i++)
		if (strncmp(name, allocators[i], strlen(allocators[i])) == 0)
			return mem_format("in %s", name);
	if (strncmp(name, "libpthread", 10) == 0) /* until glibc 2.33 */
		return innermost && !frames->asleep ? mem_string("at work in the C library") : NULL;
	if (strncmp(name, "libc.so.6", 9) != 0 && strncmp(name, "libc-2.", 7) != 0)
		return NULL;
	function = find_unsafe(frames->libc, pc);
	if (function)
		return mem_format("in %s()", function);
	return innermost && !frames->asleep ? mem_string("at work in the C library") : NULL;
}

static int visit(Dwfl_Frame *frame, void *argument)
{
	struct frames *frames = argument;
	Dwarf_Addr pc;
	bool activation;

	if (!dwfl_frame_pc(frame, &pc, &activation))
		return DWARF_CB_ABORT;
	frames->why = look_at(frames, activation ? pc : pc - 1, frames->count == 0);
	return frames->why || ++frames->count == MOST_FRAMES ? DWARF_CB_ABORT : DWARF_CB_OK;
}

bool frames_are_safe(struct frames *frames, pid_t tid, bool asleep, char **why)
{
	frames->asleep = asleep;
	frames->count = 0;
	frames->why = NULL;
	/* an error only ends the walk */
	dwfl_getthread_frames(frames->dwfl, tid, visit, frames);
	if (!frames->why && frames->count == 0)
		frames->why = mem_string("where its call stack cannot be read");
	*why = frames->why;
	return !*why;
}

/* -- the files as the process sees them -- */

static int find_file(Dwfl_Module *module, void **data, const char *name, Dwarf_Addr base,
		     char **file, Elf **elf)
{
	void **of;
	const struct target *target;
	const struct target_module *mapped;

	dwfl_module_info(module, &of, NULL, NULL, NULL, NULL, NULL, NULL);
	target = *of;
	mapped = target ? target_at(target, base) : NULL;
	if (!mapped) /* the kernel's vDSO */
		return dwfl_linux_proc_find_elf(module, data, name, base, file, elf);
	return target_open(target, mapped);
}

static int find_no_file(Dwfl_Module *module, void **data, const char *name, Dwarf_Addr base,
			const char *file, const char *debug, GElf_Word crc, char **found)
{
	(void)module, (void)data, (void)name, (void)base, (void)file, (void)debug, (void)crc,
		(void)found;
	return -1;
}

static int set_target(Dwfl_Module *module, void **data, const char *name, Dwarf_Addr start,
		      void *argument)
{
	(void)module, (void)name, (void)start;
	*data = argument;
	return DWARF_CB_OK;
}

struct frames *frames_open(const struct target *target, const struct elf_functions *libc)
{
	static const Dwfl_Callbacks callbacks = {.find_elf = find_file,
						 .find_debuginfo = find_no_file};
	struct frames *frames = mem_zeroed(1, sizeof *frames);

	frames->target = target;
	frames->libc = libc;
	frames->dwfl = dwfl_begin(&callbacks);
	if (frames->dwfl && dwfl_linux_proc_report(frames->dwfl, target->pid) == 0 &&
	    dwfl_report_end(frames->dwfl, NULL, NULL) == 0 &&
	    dwfl_getmodules(frames->dwfl, set_target, (void *)(uintptr_t)target, 0) == 0 &&
	    dwfl_linux_proc_attach(frames->dwfl, target->pid, true) == 0)
		return frames;
	frames_close(frames);
	return NULL;
}

void frames_close(struct frames *frames)
{
	if (frames && frames->dwfl)
		dwfl_end(frames->dwfl);
	free(frames);
}
