/*
 * Defines mmap and its family in place of the C library's: each calls the next one, then records
 * the change. Not recorded: mappings made by an allocator that is a separate library. Not seen:
 * those that the C library and the dynamic linker make internally.
 * Path: warm. Threads: all, also before the library has started. Memory: none.
 * Must not: change what a call does, its result or errno; start recording; call the allocator,
 * whose locks the caller may hold.
 */
#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/rt.h"
#include "record/mapped.h"
#include "record/real.h"
#include "record/track.h"
#include "silt_calls.h"
#include "silt_snapshot.h"
#include "unwind/capture.h"
#include "unwind/modules.h"

#define HOOK(result, name, parameters) RT_EXPORT result name parameters;
#include "record/hooks.def"
#undef HOOK

#define FRAME ((uintptr_t)__builtin_frame_address(0))

/* True if the next functions are known; else the kernel is called. They are not looked up here,
 * since the caller may be the dynamic linker. */
static bool is_known(void)
{
	return likely(atomic_load_explicit(&real_known, memory_order_acquire));
}

/* Returns a system call's result as the C library does. */
static long set_errno(long result)
{
	if (result >= 0 || result < -4095)
		return result;
	errno = (int)-result;
	return -1;
}

/* -- the caller -- */

/* Where the allocator's code is, if it is not in the C library; found at the first recorded
 * call. */
static _Atomic uintptr_t allocator_start, allocator_size;
static _Atomic bool allocator_known;

static RT_COLD void find_allocator(void)
{
	uint32_t number = real_is_c_library() ? MODULES_NONE : modules_find((uintptr_t)real.malloc);

	/* An allocator linked into the executable looks like a part of the program. */
	if (number != MODULES_NONE && number != MODULES_PROGRAM) {
		atomic_store(&allocator_start, modules_get(number)->start);
		atomic_store(&allocator_size,
			     modules_get(number)->end - modules_get(number)->start);
	}
	atomic_store(&allocator_known, true);
}

static bool is_recording(void)
{
	return !(atomic_load_explicit(&track_state, memory_order_relaxed) &
		 (TRACK_NOT_STARTED | TRACK_OFF));
}

/* True if the allocator calls. It may be in the middle of its work, also where no guard is set. */
static bool is_allocator(uintptr_t pc)
{
	if (unlikely(!atomic_load_explicit(&allocator_known, memory_order_acquire)))
		find_allocator();
	return pc - atomic_load_explicit(&allocator_start, memory_order_relaxed) <
	       atomic_load_explicit(&allocator_size, memory_order_relaxed);
}

/* True for the stack of a thread: before glibc 2.34, libpthread maps these by our mmap(). */
static RT_COLD bool is_thread_stack(uintptr_t pc)
{
	uint32_t number = modules_find(pc);

	return number != MODULES_NONE && strstr(modules_get(number)->path, "/libpthread");
}

/* Sets the guard. False: what the caller at `start` does is not recorded. */
static bool may_record(uintptr_t frame, const struct unwind_start *start, int flags)
{
	if (track_self.guard || !is_recording() || is_allocator(start->pc) ||
	    !track_enter_for_mapping(frame))
		return false;
	if (likely(!(flags & MAP_STACK)) || !is_thread_stack(start->pc))
		return true;
	track_leave();
	return false;
}

/* -- recording -- */

static __attribute__((noinline)) void note_mapped(const void *address, size_t size, int flags,
						  uintptr_t frame, const struct unwind_start *start)
{
	struct mapped_cut cut;
	int saved = errno;
	uint32_t site;

	if (flags & MAP_FIXED)
		mapped_cut((uintptr_t)address, size, &cut);
	if (may_record(frame, start, flags)) {
		site = track_stack(start);
		if (site)
			mapped_add((uintptr_t)address, size, site,
				   flags & MAP_ANONYMOUS ? SILT_MAPPED_ANONYMOUS
							 : SILT_MAPPED_FILE);
		track_leave();
	}
	errno = saved;
}

/* Sometimes records which call stack unmaps mappings of a site, if they are unmapped as a whole. */
static __attribute__((noinline)) void note_unmapped(const struct mapped_cut *cut, uintptr_t frame,
						    const struct unwind_start *start)
{
	int saved = errno;

	if (cut->site && may_record(frame, start, 0)) {
		track_note_freed(cut->site, start, SILT_FREED_FREE);
		track_leave();
	}
	errno = saved;
}

void *mmap(void *address, size_t size, int protection, int flags, int fd, off_t offset)
{
	struct unwind_start here = UNWIND_HERE;
	void *result = is_known()
			       ? real.mmap(address, size, protection, flags, fd, offset)
			       : (void *)set_errno(rt_syscall(SYS_mmap, (long)address, (long)size,
							      protection, flags, fd, offset));

	if (likely(result != MAP_FAILED))
		note_mapped(result, size, flags, FRAME, &here);
	return result;
}

void *mmap64(void *address, size_t size, int protection, int flags, int fd, off_t offset)
{
	struct unwind_start here = UNWIND_HERE;
	void *result = is_known()
			       ? real.mmap64(address, size, protection, flags, fd, offset)
			       : (void *)set_errno(rt_syscall(SYS_mmap, (long)address, (long)size,
							      protection, flags, fd, offset));

	if (likely(result != MAP_FAILED))
		note_mapped(result, size, flags, FRAME, &here);
	return result;
}

/* Removes the record before the memory is unmapped: after that another thread may be given it. */
int munmap(void *address, size_t size)
{
	struct unwind_start here = UNWIND_HERE;
	struct mapped_cut cut;
	int result;

	mapped_cut((uintptr_t)address, size, &cut);
	result = is_known() ? real.munmap(address, size)
			    : (int)set_errno(rt_syscall(SYS_munmap, (long)address, (long)size, 0, 0,
							0, 0));
	if (unlikely(result != 0))
		mapped_restore(&cut);
	else if (cut.site)
		note_unmapped(&cut, FRAME, &here);
	return result;
}

/* A mapping that grows is recorded for the caller, as with realloc(); else its site stays the
 * same. */
static __attribute__((noinline)) void note_moved(const struct mapped_cut *cut, const void *address,
						 size_t old_size, size_t size, uintptr_t frame,
						 const struct unwind_start *start)
{
	uint32_t site = cut->count ? mapped_piece_site(&cut->of[0]) : 0;
	int saved = errno;

	if (!site && old_size && size <= old_size)
		return; /* the mapping was not recorded */
	if (may_record(frame, start, 0)) {
		if (!site || size > old_size)
			site = track_stack(start);
		if (site)
			mapped_add((uintptr_t)address, size, site, 0);
		track_leave();
	} else if (site) {
		mapped_add((uintptr_t)address, size, site, 0);
	}
	errno = saved;
}

void *mremap(void *address, size_t old_size, size_t size, int flags, ...)
{
	struct unwind_start here = UNWIND_HERE;
	struct mapped_cut cut, target;
	void *result, *to = NULL;
	va_list arguments;

	va_start(arguments, flags);
	if (flags & (MREMAP_FIXED | MREMAP_DONTUNMAP))
		to = va_arg(arguments, void *);
	va_end(arguments);
	mapped_cut((uintptr_t)address, old_size, &cut);
	result = is_known()
			 ? real.mremap(address, old_size, size, flags, to)
			 : (void *)set_errno(rt_syscall(SYS_mremap, (long)address, (long)old_size,
							(long)size, flags, (long)to, 0));
	if (unlikely(result == MAP_FAILED) || flags & MREMAP_DONTUNMAP)
		mapped_restore(&cut);
	if (unlikely(result == MAP_FAILED))
		return result;
	if (flags & MREMAP_FIXED)
		mapped_cut((uintptr_t)result, size, &target);
	note_moved(&cut, result, old_size, size, FRAME, &here);
	return result;
}

/* -- the program's break: what is added to it counts as a mapping of whole pages -- */

static uintptr_t page_above(uintptr_t address)
{
	return (address + rt_page_size() - 1) & ~(rt_page_size() - 1);
}

static void note_break(uintptr_t old, uintptr_t now, uintptr_t frame,
		       const struct unwind_start *start)
{
	uintptr_t low = page_above(old), high = page_above(now);
	struct mapped_cut cut;

	if (high > low)
		note_mapped((const void *)low, high - low, MAP_ANONYMOUS, frame, start);
	else if (high < low)
		mapped_cut(high, low - high, &cut);
}

int brk(void *address)
{
	struct unwind_start here = UNWIND_HERE;
	uintptr_t old;
	int result;

	if (!real_ready()) {
		errno = ENOMEM;
		return -1;
	}
	old = (uintptr_t)real.sbrk(0);
	result = real.brk(address);
	if (result == 0)
		note_break(old, (uintptr_t)address, FRAME, &here);
	return result;
}

void *sbrk(intptr_t increment)
{
	struct unwind_start here = UNWIND_HERE;
	void *result;

	if (!real_ready()) {
		errno = ENOMEM;
		return (void *)-1;
	}
	result = real.sbrk(increment);
	if (increment && result != (void *)-1)
		note_break((uintptr_t)result, (uintptr_t)result + (uintptr_t)increment, FRAME,
			   &here);
	return result;
}
