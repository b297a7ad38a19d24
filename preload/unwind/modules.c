/* Which module is mapped where: see modules.h. */
#include "unwind/modules.h"

#include <elf.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "base/libc.h"
#include "silt_snapshot.h"
#include "unwind/objects.h"

#define MAX_MODULES 16384u
#define PATHS_PIECE (64ul << 10)
#define MAX_PATHS (4ul << 20)

uintptr_t modules_loader_start, modules_loader_size;

static struct {
	struct rt_lock lock;
	/* of struct module */
	struct rt_array table;
	_Atomic uint32_t count;
	/* where the next one goes */
	char *paths;
	size_t paths_left, paths_used;
	_Atomic uint64_t lost;
} modules = {.lock = RT_LOCK(RT_RANK_MODULES)};

uint32_t modules_build_id(const void *notes, size_t size,
			  unsigned char build_id[MODULES_BUILD_ID_MAX])
{
	size_t done = 0;

	while (done + sizeof(ElfW(Nhdr)) <= size) {
		const ElfW(Nhdr) *note = (const ElfW(Nhdr) *)((const char *)notes + done);
		size_t name = (note->n_namesz + 3ul) & ~3ul, data = (note->n_descsz + 3ul) & ~3ul;
		const char *name_start = (const char *)(note + 1);

		if (name > size || data > size || done + sizeof *note + name + data > size)
			return 0;
		if (note->n_type == NT_GNU_BUILD_ID && note->n_namesz == 4 &&
		    memcmp(name_start, "GNU", 4) == 0) {
			uint32_t kept = note->n_descsz < MODULES_BUILD_ID_MAX
						? note->n_descsz
						: MODULES_BUILD_ID_MAX;

			memcpy(build_id, name_start + name, kept);
			return kept;
		}
		done += sizeof *note + name + data;
	}
	return 0;
}

static void read_segments(struct module *module, const ElfW(Phdr) * segment, size_t count)
{
	for (; count-- > 0; segment++) {
		uintptr_t start = module->bias + segment->p_vaddr;

		if (start < module->start || segment->p_memsz > module->end - start)
			continue;
		if (segment->p_type == PT_LOAD && (segment->p_flags & PF_X) && !module->text_size) {
			module->text_start = start;
			module->text_size = segment->p_memsz;
			module->text_offset = segment->p_offset;
		} else if (segment->p_type == PT_NOTE && !module->build_id_size) {
			module->build_id_size = modules_build_id(
				(const void *)start, segment->p_memsz, module->build_id);
		} else if (segment->p_type == PT_TLS) {
			module->tls_start = start;
			module->tls_size = segment->p_memsz;
		}
		if (segment->p_type == PT_LOAD && (segment->p_flags & PF_W) && !module->data_start)
			module->data_start = start & ~(rt_page_size() - 1);
	}
}

/* A library is one range that begins with its ELF header. */
static void describe_library(struct module *module)
{
	const ElfW(Ehdr) *header = (const ElfW(Ehdr) *)module->start;

	if (header && rt_readable(header) && memcmp(header->e_ident, ELFMAG, SELFMAG) == 0 &&
	    module->start + header->e_phoff + header->e_phnum * sizeof(ElfW(Phdr)) <= module->end)
		read_segments(module, (const ElfW(Phdr) *)(module->start + header->e_phoff),
			      header->e_phnum);
}

/* The kernel mapped the executable, perhaps with gaps: what was found is one of its parts. */
static void describe_executable(struct module *module)
{
	const ElfW(Phdr) *segments = (const ElfW(Phdr) *)getauxval(AT_PHDR);
	size_t count = getauxval(AT_PHNUM);

	for (size_t i = 0; i < count; i++) {
		uintptr_t start = module->bias + segments[i].p_vaddr,
			  end = start + segments[i].p_memsz;

		if (segments[i].p_type == PT_LOAD && start < module->start)
			module->start = start & ~(rt_page_size() - 1);
		if (segments[i].p_type == PT_LOAD && end > module->end)
			module->end = end;
	}
	read_segments(module, segments, count);
}

static struct module *module_at(uint32_t index)
{
	return rt_array_at(&modules.table, index, sizeof(struct module));
}

/* Allocates a path. NULL: no memory, or paths take too much. */
static char *new_path(size_t size)
{
	char *path;

	if (size > modules.paths_left) {
		path = size <= PATHS_PIECE && modules.paths_used < MAX_PATHS
			       ? rt_map_for(RT_BRIEF, PATHS_PIECE)
			       : NULL;
		if (!path)
			return NULL;
		modules.paths = path;
		modules.paths_left = PATHS_PIECE;
		modules.paths_used += PATHS_PIECE;
	}
	path = modules.paths;
	modules.paths += size;
	modules.paths_left -= size;
	return path;
}

static const char *keep_path(const char *path)
{
	size_t size = strlen(path) + 1;
	char *kept = new_path(size);

	return kept ? memcpy(kept, path, size) : "";
}

/* The dynamic linker has no name for the executable. */
static const char *executable_path(void)
{
	char path[PATH_MAX];
	long length = rt_syscall(SYS_readlinkat, AT_FDCWD, (long)"/proc/self/exe", (long)path,
				 sizeof path - 1, 0, 0);

	if (length <= 0) { /* /proc is not mounted */
		const char *name = (const char *)getauxval(AT_EXECFN);

		return name ? keep_path(name) : "";
	}
	path[length] = 0;
	return keep_path(path);
}

/* musl: where the dynamic linker was executed, the executable is that, and the program has the name
 * that it was given; else that is how it was called. */
static bool is_named(const struct link_map *map)
{
	const ElfW(Phdr) *segments = (const ElfW(Phdr) *)getauxval(AT_PHDR);
	bool is_its = false;

	for (size_t i = 0; segments && i < getauxval(AT_PHNUM); i++)
		is_its |= segments[i].p_type == PT_DYNAMIC &&
			  map->l_addr + segments[i].p_vaddr == (uintptr_t)map->l_ld;
	return !is_its && libc_is_musl() && map->l_name[0] == '/';
}

static uint32_t add_module(const struct objects_found *found)
{
	uint32_t index = atomic_load_explicit(&modules.count, memory_order_relaxed);
	struct module *module;

	if (index == MAX_MODULES || !rt_array_reserve(&modules.table, index, sizeof *module)) {
		atomic_fetch_add(&modules.lost, 1);
		return MODULES_NONE;
	}
	module = module_at(index);
	*module = (struct module){
		.link_map = found->link_map,
		.start = found->start,
		.end = found->end,
		.bias = found->link_map->l_addr,
		.eh_frame_hdr = found->eh_frame_hdr,
		.seen_ns = rt_monotonic_ns(),
		.flags = index == 0 ? SILT_MODULE_EXECUTABLE : 0,
	};
	module->path = index == 0 && !is_named(found->link_map)
			       ? executable_path()
			       : keep_path(found->link_map->l_name);
	if (module->start && module->start == getauxval(AT_SYSINFO_EHDR)) {
		module->path = "linux-vdso.so.1"; /* musl names it otherwise */
		module->flags |= SILT_MODULE_VDSO;
	}
	if (index == 0)
		describe_executable(module);
	else
		describe_library(module);
	atomic_store_explicit(&modules.count, index + 1, memory_order_release);
	return index;
}

/* The module with this record that has not been unloaded; MODULES_NONE: none. */
static uint32_t known_module(const void *link_map)
{
	uint32_t index;

	for (index = modules_count(); index-- > 0;) {
		const struct module *module = module_at(index);

		if (module->link_map == link_map && !module->unloaded_ns)
			break;
	}
	return index;
}

uint32_t modules_find(uintptr_t address)
{
	struct objects_found found;
	uint32_t index = MODULES_NONE;

	rt_lock(&modules.lock);
	if (objects_find(address, &found)) {
		index = known_module(found.link_map);
		if (index == MODULES_NONE)
			index = add_module(&found);
	}
	rt_unlock(&modules.lock);
	return index;
}

const void *modules_at(uintptr_t address)
{
	struct objects_found found;
	bool is_found;

	rt_lock(&modules.lock);
	is_found = objects_find(address, &found);
	rt_unlock(&modules.lock);
	return is_found ? found.link_map : NULL;
}

const struct module *modules_get(uint32_t index)
{
	return module_at(index);
}

uint32_t modules_count(void)
{
	return atomic_load_explicit(&modules.count, memory_order_acquire);
}

uint64_t modules_lost(void)
{
	return atomic_load(&modules.lost);
}

uint32_t modules_note_freed(const void *block)
{
	uint32_t index;

	rt_lock(&modules.lock);
	index = known_module(block);
	if (index != MODULES_NONE) {
		module_at(index)->unloaded_ns = rt_monotonic_ns();
		module_at(index)->flags |= SILT_MODULE_UNLOADED;
	}
	rt_unlock(&modules.lock);
	return index;
}

void modules_before_fork(void)
{
	rt_lock(&modules.lock);
}

void modules_after_fork(void)
{
	rt_unlock(&modules.lock);
}

const char *modules_program_name(void)
{
	const char *name = (const char *)getauxval(AT_EXECFN), *slash;
	struct stat started, running;

	/* What was executed is the program itself, by this or another link, or a script for it. */
	if (!name ||
	    rt_syscall(SYS_newfstatat, AT_FDCWD, (long)name, (long)&started, 0, 0, 0) < 0 ||
	    rt_syscall(SYS_newfstatat, AT_FDCWD, (long)"/proc/self/exe", (long)&running, 0, 0, 0) <
		    0 ||
	    started.st_ino != running.st_ino || started.st_dev != running.st_dev)
		name = module_at(0)->path;
	slash = strrchr(name, '/');
	return slash ? slash + 1 : name;
}

bool modules_start(void)
{
	struct objects_found loader;
	uintptr_t base = getauxval(AT_BASE);

	/* the executable is module 0 */
	if (modules_find(getauxval(AT_ENTRY)) != 0)
		return false;
	rt_lock(&modules.lock);
	/* musl's dynamic linker is the C library, and allocates nothing by our functions. */
	if (base && !libc_is_musl() && objects_find(base, &loader)) {
		modules_loader_start = loader.start;
		modules_loader_size = loader.end - loader.start;
	}
	rt_unlock(&modules.lock);
	return true;
}
