/* preload/annotations/annotations.c, annotations/pools.c, base/table.c. The addresses are never
 * touched. */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "annotations/annotations.h"
#include "record/blocks.h"
#include "suites.h"
#include "base/table.h"

struct counted {
	struct table_entry entry;
	uint64_t value;
};

static uint64_t random_number(uint64_t *state)
{
	*state = *state * 6364136223846793005 + 1442695040888963407;
	return *state >> 33;
}

/* Against an array: keys that collide, come and go. */
START_TEST(table_agrees_with_an_array)
{
	enum { KEYS = 5000 };
	static uint64_t values[KEYS];
	struct table table = {.size = sizeof(struct counted)};
	uint64_t random = 1, live = 0;
	uint32_t number = 0;

	ck_assert_ptr_null(table_find(&table, 8, NULL));
	ck_assert_ptr_null(table_next(&table, &number));
	for (int i = 1; i < 400000; i++) {
		uint64_t key = random_number(&random) % KEYS;
		struct counted *found = table_find(&table, key * 8, NULL);

		ck_assert(values[key] ? found && found->value == values[key] : !found);
		if (found && random_number(&random) % 2) {
			table_remove(&table, found);
			values[key] = 0;
			live--;
		} else if (!found) {
			found = table_make(&table, key * 8);
			ck_assert(found && found->value == 0);
			found->value = values[key] = (uint64_t)i;
			table_enter(&table, found);
			live++;
		}
	}
	ck_assert_uint_eq(atomic_load(&table.count), live);
	ck_assert_uint_le(atomic_load(&table.highest), KEYS);
	for (const struct counted *entry; (entry = table_next(&table, &number)); live--)
		ck_assert_uint_eq(values[entry->entry.key / 8], entry->value);
	ck_assert_uint_eq(live, 0);
}
END_TEST

START_TEST(entries_of_one_key_are_all_found)
{
	struct table table = {.size = sizeof(struct counted)};
	struct counted *entry = NULL;
	uint64_t seen = 0;

	for (uint64_t i = 0; i < 10; i++) {
		entry = table_make(&table, 4096);
		entry->value = 1ul << i;
		table_enter(&table, entry);
	}
	for (entry = NULL; (entry = table_find(&table, 4096, entry));)
		seen += entry->value;
	ck_assert_uint_eq(seen, 1023);
}
END_TEST

static uint64_t seen_count, seen_bytes;

static void see_root(void *argument, uintptr_t start, uint64_t size)
{
	ck_assert_ptr_eq(argument, &seen_count);
	ck_assert_uint_eq(start & ~0xfffful, 0x10000);
	seen_count++;
	seen_bytes += size;
}

static uint64_t count_roots(void)
{
	seen_count = 0;
	seen_bytes = 0;
	annotations_each_root(see_root, &seen_count);
	return seen_count;
}

START_TEST(roots_are_counted_by_range)
{
	ck_assert_uint_eq(count_roots(), 0);
	ck_assert(!annotations_root_remove(0x10000, 8));
	ck_assert(annotations_root_add(0x10000, 8) && annotations_root_add(0x10000, 16) &&
		  annotations_root_add(0x10000, 8) && annotations_root_add(0x10004, 32));
	ck_assert_uint_eq(count_roots(), 3);
	ck_assert_uint_eq(seen_bytes, 8 + 16 + 32);
	ck_assert(!annotations_root_remove(0x10000, 9));
	ck_assert(annotations_root_remove(0x10000, 8));
	ck_assert_uint_eq(count_roots(), 3); /* added twice */
	ck_assert(annotations_root_remove(0x10000, 8) && !annotations_root_remove(0x10000, 8));
	ck_assert(annotations_root_remove(0x10004, 32) && annotations_root_remove(0x10000, 16));
	ck_assert_uint_eq(count_roots(), 0);
}
END_TEST

static void put(uintptr_t address, uint64_t size, uint32_t site, uint32_t generation)
{
	ck_assert(blocks_put((const void *)address, (struct block){size, site, generation, 0, 0}));
}

START_TEST(weak_slot_lives_as_long_as_its_block)
{
	struct block block;

	ck_assert(blocks_start());
	ck_assert(!annotations_is_weak(0x20008));
	ck_assert(annotations_weak_add(0x20008)); /* in no block */
	put(0x30000, 64, 5, 7);
	put(0x30040, 64, 6, 7);
	ck_assert(annotations_weak_add(0x30000) && annotations_weak_add(0x30038) &&
		  annotations_weak_add(0x30078));
	ck_assert(annotations_weak_add(0x30038)); /* again */
	ck_assert_uint_eq(annotations_weak_count(), 4);
	ck_assert(annotations_is_weak(0x20008) && annotations_is_weak(0x30000) &&
		  annotations_is_weak(0x30038) && annotations_is_weak(0x30078));
	ck_assert(!annotations_is_weak(0x30008) && !annotations_is_weak(0x30040));
	ck_assert(blocks_take((const void *)0x30000, &block));
	ck_assert(!annotations_is_weak(0x30000) && !annotations_is_weak(0x30038));
	put(0x30000, 64, 5, 8); /* of another interval */
	ck_assert(!annotations_is_weak(0x30000));
	put(0x30000, 64, 4, 7); /* of another site */
	ck_assert(!annotations_is_weak(0x30000) && annotations_is_weak(0x30078));
	ck_assert(annotations_weak_add(0x30000) && annotations_is_weak(0x30000));
	ck_assert(blocks_take((const void *)0x30040, &block));
	ck_assert(annotations_is_weak(0x20008) && !annotations_is_weak(0x30078));
}
END_TEST

/* However many blocks with such slots come and go, the table does not grow with them. */
START_TEST(weak_slots_of_freed_blocks_are_given_up)
{
	struct block block;

	ck_assert(blocks_start());
	for (uintptr_t i = 0; i < 1000; i++)
		ck_assert(annotations_weak_add(0x2000000 + i * 8));
	for (uintptr_t i = 0; i < 100000; i++) {
		uintptr_t address = 0x8000000 + i * 48;

		put(address, 48, 1, 1);
		ck_assert(annotations_weak_add(address + 16) && annotations_is_weak(address + 16));
		ck_assert(blocks_take((const void *)address, &block));
	}
	ck_assert_uint_le(annotations_weak_count(), 2100);
	for (uintptr_t i = 0; i < 1000; i++)
		ck_assert(annotations_is_weak(0x2000000 + i * 8));
}
END_TEST

static struct annotations_piece make_piece(uintptr_t pool, uintptr_t address, uint64_t size)
{
	return (struct annotations_piece){
		.address = address, .size = size, .site = 3, .generation = 9, .pool = pool};
}

static int add(uintptr_t pool, uintptr_t address, uint64_t size)
{
	struct annotations_piece piece = make_piece(pool, address, size), replaced;

	return annotations_piece_add(&piece, &replaced);
}

static void see_piece(void *argument, const struct annotations_piece *piece)
{
	ck_assert_ptr_eq(argument, &seen_count);
	ck_assert(piece->site == 3 && piece->generation == 9);
	seen_count++;
	seen_bytes += piece->size;
}

static uint64_t count_pieces(void)
{
	seen_count = 0;
	seen_bytes = 0;
	annotations_each_piece(see_piece, &seen_count);
	ck_assert_uint_eq(seen_count, annotations_piece_count());
	return seen_count;
}

START_TEST(pools_keep_and_give_back_pieces)
{
	struct annotations_piece piece, replaced, taken[4];

	ck_assert_int_eq(add(0x100, 0x1000, 8), ENOENT);
	ck_assert_int_eq(annotations_pool_remove(0x100), ENOENT);
	ck_assert_int_eq(annotations_pool_add(0x100), 0);
	ck_assert_int_eq(annotations_pool_add(0x100), EEXIST);
	ck_assert_int_eq(annotations_pool_add(0x200), 0);
	ck_assert(annotations_pool_known(0x100) && !annotations_pool_known(0x101));
	for (uintptr_t i = 0; i < 10; i++) /* smaller than a block may be, close together */
		ck_assert_int_eq(add(i < 6 ? 0x100 : 0x200, 0x1000 + i * 8, 8), 0);
	ck_assert_uint_eq(count_pieces(), 10);
	ck_assert_uint_eq(seen_bytes, 80);
	ck_assert(annotations_piece_get(0x1008, &piece) && piece.pool == 0x100 && piece.size == 8 &&
		  piece.ignored == 0);
	ck_assert(!annotations_piece_get(0x1009, &piece));
	ck_assert(!annotations_piece_take(0x200, 0x1008, &piece)); /* another pool's */
	ck_assert(annotations_piece_take(0x100, 0x1008, &piece) && piece.address == 0x1008);
	ck_assert(!annotations_piece_take(0x100, 0x1008, &piece));
	/* one that begins where another did, in another pool even */
	piece = make_piece(0x200, 0x1000, 24);
	ck_assert_int_eq(annotations_piece_add(&piece, &replaced), 0);
	ck_assert(replaced.site == 3 && replaced.size == 8 && replaced.pool == 0x100);
	ck_assert_uint_eq(count_pieces(), 9);
	ck_assert_int_eq(annotations_pool_remove(0x100), EBUSY);
	ck_assert_uint_eq(annotations_pool_take(0x100, taken, 3), 3);
	ck_assert_uint_eq(annotations_pool_take(0x100, taken, 3), 1);
	ck_assert_uint_eq(annotations_pool_take(0x100, taken, 3), 0);
	ck_assert_int_eq(annotations_pool_remove(0x100), 0);
	ck_assert(!annotations_pool_known(0x100) && annotations_pool_known(0x200));
	ck_assert_uint_eq(count_pieces(), 5);
	annotations_clear();
	ck_assert_uint_eq(count_pieces(), 0);
	ck_assert_int_eq(add(0x200, 0x1000, 0), 0); /* the pool is still there */
	ck_assert_uint_eq(count_pieces(), 1);
}
END_TEST

START_TEST(ignored_pieces_are_told)
{
	struct annotations_piece piece;

	ck_assert_int_eq(annotations_pool_add(0x100), 0);
	ck_assert(add(0x100, 0x1000, 40) == 0 && add(0x100, 0x1028, 40) == 0);
	ck_assert(!annotations_piece_ignore(0x1030, false));
	ck_assert(!annotations_piece_ignore(0x1050, true));
	ck_assert(annotations_piece_ignore(0x1030, true));
	ck_assert(annotations_piece_get(0x1000, &piece) && piece.ignored == 0);
	ck_assert(annotations_piece_get(0x1028, &piece) && piece.ignored == 1);
	ck_assert(annotations_piece_ignore(0x1000, false));
	ck_assert(annotations_piece_get(0x1000, &piece) && piece.ignored == 1);
}
END_TEST

START_TEST(weak_slot_lives_as_long_as_its_piece)
{
	struct annotations_piece piece;

	ck_assert(blocks_start());
	put(0x40000, 1 << 20, 1, 1); /* what the pieces are made of */
	ck_assert_int_eq(annotations_pool_add(0x40000), 0);
	ck_assert(add(0x40000, 0x40004, 24) == 0 && add(0x40000, 0x40020, 32) == 0 &&
		  add(0x40000, 0x41000, 65536) == 0);
	ck_assert(annotations_weak_add(0x40008) && annotations_weak_add(0x40018) &&
		  annotations_weak_add(0x40020) && annotations_weak_add(0x40038) &&
		  annotations_weak_add(0x41008) && annotations_weak_add(0x51000));
	ck_assert(annotations_piece_take(0x40000, 0x40004, &piece));
	ck_assert(!annotations_is_weak(0x40008) && !annotations_is_weak(0x40018));
	ck_assert(annotations_is_weak(0x40020) && annotations_is_weak(0x40038));
	/* more slots than there are entries */
	ck_assert(annotations_piece_take(0x40000, 0x41000, &piece));
	ck_assert(!annotations_is_weak(0x41008) && annotations_is_weak(0x51000));
	annotations_clear();
	ck_assert(!annotations_is_weak(0x40020) && annotations_is_weak(0x51000));
	ck_assert_uint_eq(annotations_weak_count(), 1);
}
END_TEST

static _Atomic bool stop;

static void look(void *argument, const struct annotations_piece *piece)
{
	(void)argument;
	ck_assert_uint_eq(piece->site, 3);
}

static void *work(void *number)
{
	uintptr_t pool = 0x1000 + (uintptr_t)number * 0x1000000;
	struct annotations_piece pieces[16], piece;

	ck_assert_int_eq(annotations_pool_add(pool), 0);
	for (int round = 0; round < 200; round++) {
		for (uintptr_t i = 0; i < 200; i++)
			ck_assert_int_eq(add(pool, pool + i * 16, 16), 0);
		for (uintptr_t i = 0; i < 200; i += 2)
			ck_assert(annotations_piece_take(pool, pool + i * 16, &piece) &&
				  piece.size == 16);
		while (annotations_pool_take(pool, pieces, 16) > 0)
			;
	}
	ck_assert_int_eq(add(pool, pool, 16), 0);
	return NULL;
}

static void *watch(void *unused)
{
	while (!atomic_load(&stop))
		annotations_each_piece(look, NULL);
	return unused;
}

START_TEST(threads_add_and_take_pieces_together)
{
	pthread_t workers[4], watcher;

	ck_assert_int_eq(pthread_create(&watcher, NULL, watch, NULL), 0);
	for (uintptr_t i = 0; i < 4; i++)
		ck_assert_int_eq(pthread_create(&workers[i], NULL, work, (void *)i), 0);
	for (uintptr_t i = 0; i < 4; i++)
		pthread_join(workers[i], NULL);
	atomic_store(&stop, true);
	pthread_join(watcher, NULL);
	ck_assert_uint_eq(count_pieces(), 4);
}
END_TEST

Suite *annotations_suite(void)
{
	return suite_of("annotations",
			(const TTest *const[]){
				table_agrees_with_an_array, entries_of_one_key_are_all_found,
				roots_are_counted_by_range, weak_slot_lives_as_long_as_its_block,
				weak_slots_of_freed_blocks_are_given_up,
				pools_keep_and_give_back_pieces, ignored_pieces_are_told,
				weak_slot_lives_as_long_as_its_piece,
				threads_add_and_take_pieces_together, NULL});
}
