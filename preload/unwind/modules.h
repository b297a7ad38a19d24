/*
 * Which module is mapped where: every module that was found in a traceback, also those that dlclose
 * has unloaded since.
 * Path: cold (once per program counter), except the range check in modules_is_loader(). Threads:
 * all, under one lock. Memory: own pages.
 * Must not: take the dynamic linker's lock (a forked child may inherit it held), allocate.
 */
#ifndef SILT_MODULES_H
#define SILT_MODULES_H

#include "base/rt.h"

#define MODULES_NONE UINT32_MAX
#define MODULES_PROGRAM 0u /* the executable */
#define MODULES_BUILD_ID_MAX 64

struct module {
	/* the dynamic linker's record, which it frees when it unloads the module */
	const void *link_map;
	uintptr_t start, end, bias;
	uintptr_t text_start, text_size, text_offset;
	/* start of the first writable segment; 0: none */
	uintptr_t data_start;
	/* initial image of thread-local variables; 0: none */
	uintptr_t tls_start, tls_size;
	/* PT_GNU_EH_FRAME, or NULL */
	const unsigned char *eh_frame_hdr;
	const char *path;
	uint64_t seen_ns, unloaded_ns;
	/* enum silt_module_flag */
	uint32_t flags;
	uint32_t build_id_size;
	unsigned char build_id[MODULES_BUILD_ID_MAX];
};

/* False: the C library does not tell which modules are mapped. */
bool modules_start(void);

/* The name that the program was started by, without directories: of a file with several names
 * (busybox, redis-server) the one that was used, of a script the interpreter's. */
const char *modules_program_name(void);

/* The module that now contains the address, added if it is new; MODULES_NONE: none. */
uint32_t modules_find(uintptr_t address);

/* The dynamic linker's record of the module that contains the address, also before modules_start();
 * NULL: none. */
const void *modules_at(uintptr_t address);

/* Modules are numbered from 0, the program's, in the order in which they were seen, and stay when
 * they are unloaded. */
const struct module *modules_get(uint32_t index);
uint32_t modules_count(void);
/* Number of modules that could not be stored. */
uint64_t modules_lost(void);

/* True if the address is in the dynamic linker. */
extern RT_HIDDEN uintptr_t modules_loader_start, modules_loader_size;
static inline bool modules_is_loader(uintptr_t address)
{
	return unlikely(address - modules_loader_start < modules_loader_size);
}

/* Called when the dynamic linker frees a block. If that is a module's record, notes that the module
 * was unloaded, and returns it; else MODULES_NONE. */
uint32_t modules_note_freed(const void *block);

/* Copies the GNU build id out of ELF notes. Returns its size; 0: there is none. */
uint32_t modules_build_id(const void *notes, size_t size,
			  unsigned char build_id[MODULES_BUILD_ID_MAX]);

/* Take and release the lock around a copy of the process. */
void modules_before_fork(void);
void modules_after_fork(void);

#endif
