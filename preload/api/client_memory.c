/*
 * The functions by which <silt.h> tells what the program knows of its memory: roots, ignored
 * blocks, weak pointers, pools. See include/silt.h and silt(3).
 * Path: warm (pools), else cold. Threads: any. Memory: none.
 * Must not: change errno; be looked up by name by anything but <silt.h>; touch the memory it is
 * told about.
 */
#include "api/client_memory.h"

#include <errno.h>

#include "annotations/annotations.h"
#include "control/control.h"
#include "record/blocks.h"
#include "record/counters.h"
#include "record/track.h"
#include "unwind/capture.h"

/* Returns 0, and leave() must follow, or an error number. EBUSY: a signal handler has interrupted
 * one of our functions, whose lock it would wait for. */
static int enter(void)
{
	if (!control_active())
		return ENOSYS;
	if (track_self.guard)
		return EBUSY;
	track_self.guard = (uintptr_t)__builtin_frame_address(0);
	return 0;
}

static int leave(int result)
{
	track_self.guard = 0;
	return result;
}

/* -- roots, ignored blocks, weak slots -- */

static bool is_region(const void *start, size_t size)
{
	uintptr_t end;

	return start && size && !__builtin_add_overflow((uintptr_t)start, size, &end);
}

int silt_lib_root_add(const void *start, size_t size)
{
	int error = enter();

	if (error)
		return error;
	if (!is_region(start, size))
		return leave(EINVAL);
	return leave(annotations_root_add((uintptr_t)start, size) ? 0 : ENOMEM);
}

int silt_lib_root_remove(const void *start, size_t size)
{
	int error = enter();

	if (error)
		return error;
	if (!is_region(start, size))
		return leave(EINVAL);
	return leave(annotations_root_remove((uintptr_t)start, size) ? 0 : ENOENT);
}

/* Prefers a piece that begins at the address: its block may begin there, too. */
static bool ignore(uintptr_t address)
{
	struct block block;
	uintptr_t start;

	return annotations_piece_ignore(address, false) || blocks_ignore((const void *)address) ||
	       annotations_piece_ignore(address, true) ||
	       (blocks_enclosing((const void *)address, &start, &block) &&
		blocks_ignore((const void *)start));
}

int silt_lib_ignore(const void *block)
{
	int error = enter();

	if (error)
		return error;
	if (!block)
		return leave(EINVAL);
	return leave(ignore((uintptr_t)block) ? 0 : ENOENT);
}

int silt_lib_ignore_begin(void)
{
	if (!control_active())
		return ENOSYS;
	track_self.ignoring++;
	track_self.fast = NULL;
	return 0;
}

int silt_lib_ignore_end(void)
{
	if (!control_active())
		return ENOSYS;
	if (track_self.ignoring == 0)
		return EINVAL;
	track_self.ignoring--;
	if (track_self.thread)
		track_self.thread->version = 0; /* checks anew whether the fast path may be used */
	return 0;
}

int silt_lib_weak(const void *slot)
{
	int error = enter();

	if (error)
		return error;
	if (!slot || (uintptr_t)slot % sizeof(void *) != 0)
		return leave(EINVAL);
	return leave(annotations_weak_add((uintptr_t)slot) ? 0 : ENOMEM);
}

/* -- pools -- */

int silt_lib_pool_create(const void *pool)
{
	int error = enter();

	if (error)
		return error;
	return leave(pool ? annotations_pool_add((uintptr_t)pool) : EINVAL);
}

static void count_freed(const struct annotations_piece *piece)
{
	struct block block = {piece->size, piece->site, piece->generation, piece->ignored, 0};

	if (piece->site)
		track_count_freed(block, false, false);
}

/* Records a piece. Called between track_enter() and track_leave(). */
static int record(struct annotations_piece *piece, const struct unwind_start *start)
{
	struct track_thread *thread = track_self.thread;
	struct annotations_piece replaced;
	int error;

	if (track_sample_bytes && !track_sample(thread, piece->size)) {
		if (annotations_piece_take(piece->pool, piece->address, &replaced))
			count_freed(&replaced);
		return annotations_pool_known(piece->pool) ? 0 : ENOENT;
	}
	piece->site = track_site(thread, start);
	piece->generation = atomic_load(&track_generation);
	piece->ignored = track_self.ignoring != 0;
	error = piece->site ? annotations_piece_add(piece, &replaced) : ENOMEM;
	if (error == ENOMEM)
		thread->lost_records++;
	if (!piece->site)
		return error;
	count_freed(&replaced);
	if (error)
		return error;
	if (!counters_allocated(&thread->counters, piece->site, track_weight(piece->size),
				piece->size, track_now(thread, piece->generation))) {
		annotations_piece_take(piece->pool, piece->address, piece);
		thread->lost_records++;
		return ENOMEM;
	}
	if (track_sample_bytes)
		track_count_sample(thread, piece->site, 0);
	return 0;
}

int silt_lib_pool_alloc(const void *pool, const void *address, size_t size)
{
	struct unwind_start here = UNWIND_HERE;
	struct annotations_piece piece = {
		.address = (uintptr_t)address, .size = size, .pool = (uintptr_t)pool};
	bool nested = track_self.guard;
	int error;

	if (!control_active())
		return ENOSYS;
	if (!pool || !address)
		return EINVAL;
	if (!track_enter((uintptr_t)__builtin_frame_address(0)))
		return nested ? EBUSY : 0; /* recording is off: not recorded, as with malloc */
	error = record(&piece, &here);
	track_leave();
	return error;
}

int silt_lib_pool_free(const void *pool, const void *address)
{
	struct annotations_piece piece;
	int error = enter();

	if (error)
		return error;
	if (!pool || !address)
		return leave(EINVAL);
	if (annotations_piece_take((uintptr_t)pool, (uintptr_t)address, &piece))
		count_freed(&piece);
	else if (!track_sample_bytes || !annotations_pool_known((uintptr_t)pool))
		return leave(ENOENT);
	return leave(0);
}

/* In portions, so that other threads do not wait long for the lock. */
static void end_pieces(uintptr_t pool)
{
	struct annotations_piece pieces[64];
	uint32_t count;

	while ((count = annotations_pool_take(pool, pieces, 64)) > 0)
		for (uint32_t i = 0; i < count; i++)
			count_freed(&pieces[i]);
}

int silt_lib_pool_reset(const void *pool)
{
	int error = enter();

	if (error)
		return error;
	if (!pool)
		return leave(EINVAL);
	if (!annotations_pool_known((uintptr_t)pool))
		return leave(ENOENT);
	end_pieces((uintptr_t)pool);
	return leave(0);
}

int silt_lib_pool_destroy(const void *pool)
{
	int error = enter();

	if (error)
		return error;
	if (!pool)
		return leave(EINVAL);
	do
		end_pieces((uintptr_t)pool);
	while ((error = annotations_pool_remove((uintptr_t)pool)) == EBUSY);
	return leave(error);
}
