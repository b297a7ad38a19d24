/*
 * Pools and the pieces they handed out: see annotations.h.
 * Path: warm. Threads: all, under one lock. Memory: own pages.
 * Must not: touch the memory it is told about, call the allocator, count blocks.
 */
#include "annotations/annotations.h"

#include <errno.h>

#include "base/rt.h"
#include "base/table.h"

/* How long a copy of the process waits for the lock: a signal handler may keep a thread in one of
 * these calls, perhaps until the program ends. */
#define COPY_WAIT_NS 1000000000ul

struct pool {
	struct table_entry entry;
	/* number of its first piece; 0: none */
	uint32_t first;
	uint32_t reserved;
};

struct piece {
	/* key: start of the piece */
	struct table_entry entry;
	uint64_t size;
	uint32_t site, generation;
	struct pool *pool;
	/* numbers of the pool's neighbouring pieces; 0: none */
	uint32_t next, previous;
	uint32_t ignored, reserved;
};

static struct {
	/* comes before all other locks */
	struct rt_lock lock;
	struct table named, pieces;
} pools = {.lock.allows_signals = true,
	   .named.size = sizeof(struct pool),
	   .pieces.size = sizeof(struct piece)};

static struct pool *find_pool(uintptr_t pool)
{
	return table_find(&pools.named, pool, NULL);
}

int annotations_pool_add(uintptr_t address)
{
	struct pool *pool;
	int error = 0;

	rt_lock(&pools.lock);
	if (find_pool(address))
		error = EEXIST;
	else if ((pool = table_make(&pools.named, address)))
		table_enter(&pools.named, pool);
	else
		error = ENOMEM;
	rt_unlock(&pools.lock);
	return error;
}

bool annotations_pool_known(uintptr_t address)
{
	bool known;

	rt_lock(&pools.lock);
	known = find_pool(address) != NULL;
	rt_unlock(&pools.lock);
	return known;
}

static struct annotations_piece describe(const struct piece *piece)
{
	return (struct annotations_piece){.address = piece->entry.key,
					  .size = piece->size,
					  .site = piece->site,
					  .generation = piece->generation,
					  .pool = piece->pool ? piece->pool->entry.key : 0,
					  .ignored = piece->ignored};
}

static void link_piece(struct piece *piece)
{
	uint32_t first = piece->pool->first;

	piece->next = first;
	if (first)
		((struct piece *)table_at(&pools.pieces, first))->previous = piece->entry.number;
	piece->pool->first = piece->entry.number;
}

static struct annotations_piece remove_piece(struct piece *piece)
{
	struct annotations_piece described = describe(piece);

	if (piece->next)
		((struct piece *)table_at(&pools.pieces, piece->next))->previous = piece->previous;
	if (piece->previous)
		((struct piece *)table_at(&pools.pieces, piece->previous))->next = piece->next;
	else
		piece->pool->first = piece->next;
	table_remove(&pools.pieces, piece);
	annotations_forget_weak(described.address, described.size);
	return described;
}

int annotations_piece_add(const struct annotations_piece *described,
			  struct annotations_piece *replaced)
{
	struct piece *piece, *old;
	struct pool *pool;
	int error = 0;

	*replaced = (struct annotations_piece){0};
	rt_lock(&pools.lock);
	pool = find_pool(described->pool);
	if (!pool) {
		error = ENOENT;
		goto out;
	}
	if ((old = table_find(&pools.pieces, described->address, NULL)))
		*replaced = remove_piece(old);
	piece = table_make(&pools.pieces, described->address);
	if (!piece) {
		error = ENOMEM;
		goto out;
	}
	piece->size = described->size;
	piece->site = described->site;
	piece->generation = described->generation;
	piece->ignored = described->ignored;
	piece->pool = pool;
	link_piece(piece);
	table_enter(&pools.pieces, piece);
out:
	rt_unlock(&pools.lock);
	return error;
}

bool annotations_piece_take(uintptr_t pool, uintptr_t address, struct annotations_piece *described)
{
	struct piece *piece;

	rt_lock(&pools.lock);
	piece = table_find(&pools.pieces, address, NULL);
	if (piece && piece->pool->entry.key != pool)
		piece = NULL;
	if (piece)
		*described = remove_piece(piece);
	rt_unlock(&pools.lock);
	return piece != NULL;
}

uint32_t annotations_pool_take(uintptr_t address, struct annotations_piece *pieces, uint32_t max)
{
	const struct pool *pool;
	uint32_t count = 0;

	rt_lock(&pools.lock);
	pool = find_pool(address);
	for (; pool && pool->first && count < max; count++)
		pieces[count] = remove_piece(table_at(&pools.pieces, pool->first));
	rt_unlock(&pools.lock);
	return count;
}

int annotations_pool_remove(uintptr_t address)
{
	struct pool *pool;
	int error = 0;

	rt_lock(&pools.lock);
	pool = find_pool(address);
	if (!pool)
		error = ENOENT;
	else if (pool->first)
		error = EBUSY;
	else
		table_remove(&pools.named, pool);
	rt_unlock(&pools.lock);
	return error;
}

bool annotations_piece_get(uintptr_t address, struct annotations_piece *described)
{
	const struct piece *piece;

	rt_lock(&pools.lock);
	piece = table_find(&pools.pieces, address, NULL);
	if (piece)
		*described = describe(piece);
	rt_unlock(&pools.lock);
	return piece != NULL;
}

bool annotations_piece_ignore(uintptr_t address, bool interior)
{
	uint32_t number = 0;
	struct piece *piece;

	rt_lock(&pools.lock);
	if (interior)
		while ((piece = table_next(&pools.pieces, &number)) &&
		       address - piece->entry.key >= piece->size)
			;
	else
		piece = table_find(&pools.pieces, address, NULL);
	if (piece)
		piece->ignored = 1;
	rt_unlock(&pools.lock);
	return piece != NULL;
}

void annotations_clear(void)
{
	uint32_t number = 0;
	struct piece *piece;

	rt_lock(&pools.lock);
	while ((piece = table_next(&pools.pieces, &number)))
		remove_piece(piece);
	rt_unlock(&pools.lock);
}

void annotations_each_piece(void (*visit)(void *argument, const struct annotations_piece *piece),
			    void *argument)
{
	uint32_t number = 0;
	const struct piece *piece;

	while ((piece = table_next(&pools.pieces, &number))) {
		struct annotations_piece described = describe(piece);

		/* The piece may have ended meanwhile, and its entry been used again. */
		if (described.site && atomic_load(&piece->entry.used) &&
		    piece->entry.key == described.address)
			visit(argument, &described);
	}
}

uint32_t annotations_piece_count(void)
{
	return atomic_load(&pools.pieces.count);
}

void annotations_pools_before_fork(void)
{
	rt_lock_for_fork(&pools.lock);
}

void annotations_pools_after_fork(void)
{
	rt_unlock_after_fork(&pools.lock);
}

bool annotations_pools_before_copy(void)
{
	return rt_lock_within(&pools.lock, COPY_WAIT_NS);
}
