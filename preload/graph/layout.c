/*
 * The layout of the C library's thread records: see layout.h.
 *
 * glibc describes struct pthread to libthread_db by _thread_db_ symbols of three 32-bit numbers
 * each: size in bits, count, offset (nptl_db/db_info.c). Before glibc 2.34 they are in
 * libpthread.so.0, only in the symbol table of its file; a program without that library has one
 * thread.
 */
#include "graph/layout.h"

#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/syscall.h>

#include "base/arch.h"
#include "base/libc.h"
#include "base/rt.h"
#include "graph/roots.h"
#include "graph/threads_musl.h"
#include "record/track.h"
#include "unwind/modules.h"

struct graph_layout graph_layout;

/* Symbols of libthread_db, then lists of threads: on stacks that glibc allocated, on stacks that
 * the program supplied, and stacks kept for new threads. */
enum { SIZE, TID, LIST, START, SPECIFIC, DTV, MODID, TLS_OFFSET, RECORDS };
enum { USED = RECORDS, USER, CACHE, NAMES };
#define RECORD_NAMES                                                                               \
	"_thread_db_sizeof_pthread", "_thread_db_pthread_tid", "_thread_db_pthread_list",          \
		"_thread_db_pthread_start_routine", "_thread_db_pthread_specific",                 \
		"_thread_db_pthread_dtvp", "_thread_db_link_map_l_tls_modid",                      \
		"_thread_db_link_map_l_tls_offset"

static uint32_t offset_of(uintptr_t record)
{
	return ((const uint32_t *)record)[2];
}

/* `found`: addresses of the symbols and the list heads; only CACHE may be 0. */
static void set_layout(const uintptr_t found[NAMES])
{
	graph_layout = (struct graph_layout){
		.has_variables = true,
		.has_threads = true,
		.control_size = *(const uint32_t *)found[SIZE],
		.tid = offset_of(found[TID]),
		.list = offset_of(found[LIST]),
		.start_routine = offset_of(found[START]),
		.specific = offset_of(found[SPECIFIC]),
		.dtv = offset_of(found[DTV]),
		.modid = offset_of(found[MODID]),
		.tls_offset = offset_of(found[TLS_OFFSET]),
		.used = found[USED],
		.user = found[USER],
		.cache = found[CACHE],
	};
}

/* -- glibc 2.34 and later -- */

static void learn_asked(void)
{
	static const char *const names[NAMES] = {
		RECORD_NAMES, "_thread_db_rtld_global__dl_stack_used",
		"_thread_db_rtld_global__dl_stack_user", "_rtld_global"};
	uintptr_t found[NAMES], global;

	for (uint32_t i = 0; i < NAMES; i++)
		if (!(found[i] = (uintptr_t)libc_symbol(RTLD_DEFAULT, names[i])))
			return;
	/* struct rtld_global: _dl_stack_used, _dl_stack_user, _dl_stack_cache */
	global = found[CACHE];
	found[USED] = global + offset_of(found[USED]);
	found[USER] = global + offset_of(found[USER]);
	found[CACHE] = found[USER] == found[USED] + 16 ? found[USER] + 16 : 0;
	set_layout(found);
}

/* -- glibc before 2.34 -- */

static void learn_from_file(void)
{
	static const char *const names[NAMES] = {RECORD_NAMES, "stack_used", "__stack_user",
						 "stack_cache"};
	uintptr_t code = libc_threads_code(), found[NAMES] = {0};
	uint32_t module = code ? modules_find(code) : MODULES_NONE;

	if (module == MODULES_NONE || !graph_symbols_addresses(module, names, found, NAMES))
		return;
	for (uint32_t i = 0; i < CACHE; i++)
		if (!found[i])
			return;
	set_layout(found);
}

/* -- glibc without these symbols: by records with known contents -- */

#define MOST_WORDS 160u		   /* of struct link_map */
#define MOST_MODULES 65536u	   /* with thread-local variables */
#define LEAST_RECORD 2048u	   /* of struct pthread, on all machines */
#define DTV_WORD sizeof(uintptr_t) /* tcbhead_t: tcb, dtv */

/* struct link_map (glibc) has in a row: l_tls_initimage and its size, then size, alignment and
 * first offset of the block, then the two fields that are searched for. For our own library their
 * contents are known: address and size of the image, and the address of one variable in this
 * thread. */
static void learn_from_own(void)
{
	uint32_t number = modules_find((uintptr_t)learn_from_own);
	const struct module *own = number == MODULES_NONE ? NULL : modules_get(number);
	const uintptr_t *map = own ? own->link_map : NULL;
	uintptr_t place = (uintptr_t)&track_self, pointer = arch_thread_pointer();

	for (uint32_t i = 0; map && own->tls_size && i + 6 < MOST_WORDS; i++) {
		uintptr_t offset = map[i + 5], modid = map[i + 6];
		uintptr_t start = ARCH_TLS_VARIANT == 2 ? pointer - offset : pointer + offset;

		if (map[i] != own->tls_start || map[i + 2] != own->tls_size || !modid ||
		    modid > MOST_MODULES || place - start >= own->tls_size)
			continue;
		graph_layout = (struct graph_layout){
			.has_variables = true,
			.control_size = ARCH_TLS_VARIANT == 2 ? LEAST_RECORD : 0,
			.dtv = ARCH_TLS_VARIANT == 2 ? DTV_WORD : 0,
			.modid = (uint32_t)((i + 6) * sizeof *map),
			.tls_offset = (uint32_t)((i + 5) * sizeof *map),
		};
		return;
	}
}

/* -- musl 1.2 -- */

/* struct dso: struct tls_module { next, image, len, size, align, offset }, tls_id. Known contents:
 * this thread's tid, and address and size of our own image. */
static void learn_from_musl(void)
{
	uint32_t number = modules_find((uintptr_t)learn_from_musl);
	const struct module *own = number == MODULES_NONE ? NULL : modules_get(number);
	const uintptr_t *map = own ? own->link_map : NULL;
	const struct musl_thread *self = (const struct musl_thread *)arch_thread_pointer();

	if (ARCH_TLS_VARIANT != 2 || self->self != self ||
	    self->tid != rt_syscall(SYS_gettid, 0, 0, 0, 0, 0, 0))
		return;
	for (uint32_t i = 0; map && own->tls_size && i + 5 < MOST_WORDS; i++) {
		if (map[i] != own->tls_start || map[i + 2] < own->tls_size || !map[i + 5] ||
		    map[i + 5] > MOST_MODULES)
			continue;
		graph_layout = (struct graph_layout){
			.has_variables = true,
			.control_size = MUSL_RECORD,
			.dtv = offsetof(struct musl_thread, dtv),
			.modid = (uint32_t)((i + 5) * sizeof *map),
			.next = offsetof(struct musl_thread, next),
			.stack_end = offsetof(struct musl_thread, stack),
			.values = offsetof(struct musl_thread, values),
			.values_size = MUSL_KEYS * sizeof(void *),
		};
		return;
	}
}

void graph_layout_learn(void)
{
	void (*tls_info)(size_t *, size_t *) = NULL;
	size_t alignment;

	if (graph_layout.has_threads)
		return;
	if (libc_is_musl()) {
		learn_from_musl();
		return;
	}
	*(void **)&tls_info = libc_symbol(RTLD_DEFAULT, "_dl_get_tls_static_info");
	if (!tls_info)
		return;
	if (!libc_test_asks_for("SILT_TEST_LAYOUT=own")) {
		learn_asked();
		if (!graph_layout.has_threads)
			learn_from_file();
	}
	if (!graph_layout.has_variables)
		learn_from_own();
	tls_info(&graph_layout.static_size, &alignment);
}
