/*
 * Hands out memory of its own in pieces, and says so to silt; says all else that <silt.h> lets it
 * say of its memory. Prints nothing but what fails. Takes a snapshot after each step, which
 * tests/e2e/pools.sh looks into. Without the library it does the same, and every call returns
 * ENOSYS.
 */
#include <errno.h>
#include <pthread.h>
#include <silt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "expect.h"

static int tracing;

/* What a call returns under the library. */
#define RETURNS(call, expected) EXPECT((call) == (tracing ? (expected) : ENOSYS))

#define CHUNK 65536

struct pool {
	char *chunk;
	size_t used;
};

static __attribute__((noinline)) char *make_chunk(void)
{
	return malloc(CHUNK);
}

static void *carve(struct pool *pool, size_t size)
{
	void *piece = pool->chunk + pool->used;

	pool->used += size;
	return piece;
}

static __attribute__((noinline)) void *make_node(struct pool *pool)
{
	void *piece = carve(pool, 24);

	RETURNS(silt_pool_alloc(pool, piece, 24), 0);
	return piece;
}

static __attribute__((noinline)) void *make_string(struct pool *pool)
{
	void *piece = carve(pool, 7); /* aligned to nothing */

	RETURNS(silt_pool_alloc(pool, piece, 7), 0);
	return piece;
}

static void expect_made_by(const void *piece, void *(*function)(struct pool *))
{
	void *frames[2] = {NULL, NULL};
	size_t count = silt_traceback_of(piece, frames, 2);

	if (!tracing) {
		EXPECT(count == 0);
		return;
	}
	EXPECT(count >= 2);
	EXPECT((uintptr_t)frames[0] - (uintptr_t)function < 400);
}

static void one_pool(struct pool *pool)
{
	char *nodes[100];
	void *frames[1];

	RETURNS(silt_pool_alloc(pool, pool->chunk, 8), ENOENT);
	RETURNS(silt_pool_create(pool), 0);
	RETURNS(silt_pool_create(pool), EEXIST);
	for (int i = 0; i < 100; i++)
		nodes[i] = make_node(pool);
	for (int i = 0; i < 50; i++)
		expect_made_by(make_string(pool), make_string);
	expect_made_by(nodes[0], make_node); /* not who made the chunk, which begins there too */
	expect_made_by(nodes[99], make_node);
	EXPECT(silt_traceback_of(nodes[1] + 1, frames, 1) == 0);
	RETURNS(silt_snapshot("allocated"), 0);

	for (int i = 0; i < 40; i++)
		RETURNS(silt_pool_free(pool, nodes[i]), 0);
	RETURNS(silt_pool_free(pool, nodes[0]), ENOENT);
	EXPECT(silt_traceback_of(nodes[1], frames, 1) == 0);
	RETURNS(silt_snapshot("freed"), 0);

	RETURNS(silt_pool_reset(pool), 0);
	RETURNS(silt_pool_free(pool, nodes[50]), ENOENT);
	pool->used = 0;
	for (int i = 0; i < 3; i++)
		make_node(pool);
	/* where the first of the three is, which so ends */
	RETURNS(silt_pool_alloc(pool, nodes[0], 100), 0);
	RETURNS(silt_snapshot("reset"), 0);

	RETURNS(silt_pool_destroy(pool), 0);
	RETURNS(silt_pool_destroy(pool), ENOENT);
	RETURNS(silt_pool_reset(pool), ENOENT);
	RETURNS(silt_pool_alloc(pool, pool->chunk, 8), ENOENT);
	RETURNS(silt_snapshot("destroyed"), 0);
}

#define THREADS 4
#define PIECES 1000
static struct pool pools[THREADS];

static __attribute__((noinline)) void *make_in_thread(struct pool *pool)
{
	void *piece = carve(pool, 16);

	RETURNS(silt_pool_alloc(pool, piece, 16), 0);
	return piece;
}

static void *work(void *argument)
{
	struct pool *pool = argument;

	RETURNS(silt_pool_create(pool), 0);
	for (int round = 0; round < 20; round++) {
		pool->used = 0;
		for (int i = 0; i < PIECES; i++) {
			void *piece = make_in_thread(pool);

			if (i % 2)
				RETURNS(silt_pool_free(pool, piece), 0);
		}
		if (round < 19)
			RETURNS(silt_pool_reset(pool), 0);
	}
	return NULL;
}

static void many_threads(void)
{
	pthread_t threads[THREADS];

	for (int i = 0; i < THREADS; i++) {
		pools[i].chunk = make_chunk();
		EXPECT(pthread_create(&threads[i], NULL, work, &pools[i]) == 0);
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	RETURNS(silt_pool_destroy(&pools[0]), 0);
	RETURNS(silt_snapshot("threads"), 0);
}

/* The child knows what the parent told, and can tell more. */
static void child(struct pool *pool, void *node)
{
	expect_made_by(node, make_node);
	RETURNS(silt_pool_free(pool, node), 0);
	expect_made_by(make_node(pool), make_node);
	expect_made_by(make_string(pool), make_string);
	RETURNS(silt_snapshot("child"), 0);
	_exit(failures != 0);
}

static void *churn(void *stop)
{
	static struct pool pool;

	pool.chunk = make_chunk();
	RETURNS(silt_pool_create(&pool), 0);
	while (!__atomic_load_n((int *)stop, __ATOMIC_RELAXED)) {
		pool.used = 0;
		RETURNS(silt_pool_free(&pool, make_in_thread(&pool)), 0);
		RETURNS(silt_weak(pool.chunk + 8), 0);
		RETURNS(silt_root_add(&pool, 8), 0);
		RETURNS(silt_root_remove(&pool, 8), 0);
	}
	RETURNS(silt_pool_destroy(&pool), 0);
	free(pool.chunk);
	return NULL;
}

static void forks(struct pool *pool)
{
	int stop = 0, status;
	pthread_t thread;
	void *node;

	pool->used = 0;
	RETURNS(silt_pool_create(pool), 0);
	node = make_node(pool);
	make_node(pool);
	EXPECT(pthread_create(&thread, NULL, churn, &stop) == 0);
	for (int i = 0; i < 20; i++) {
		pid_t pid = fork();

		if (pid == 0)
			child(pool, node);
		EXPECT(waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
		       WEXITSTATUS(status) == 0);
	}
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	RETURNS(silt_snapshot("parent"), 0);
}

/* silt_stop() forgets the pieces, not the pool. */
static void stops(struct pool *pool)
{
	char *node = make_node(pool);

	RETURNS(silt_stop(), 0);
	EXPECT(silt_traceback_of(node, NULL, 0) == 0);
	make_node(pool); /* not recorded */
	RETURNS(silt_start(), 0);
	RETURNS(silt_pool_free(pool, node), ENOENT);
	expect_made_by(make_node(pool), make_node);
}

static void *global;

static void all_else(void)
{
	char *block = malloc(5 << 20), *small = malloc(10);

	RETURNS(silt_ignore(block), 0);
	RETURNS(silt_ignore(block + (4 << 20)), 0);
	RETURNS(silt_ignore(small + 9), 0);
	RETURNS(silt_ignore(&global), ENOENT);
	RETURNS(silt_ignore(NULL), EINVAL);
	RETURNS(silt_ignore_end(), EINVAL);
	RETURNS(silt_ignore_begin(), 0);
	RETURNS(silt_ignore_begin(), 0);
	RETURNS(silt_ignore_end(), 0);
	RETURNS(silt_ignore_end(), 0);
	RETURNS(silt_ignore_end(), EINVAL);
	RETURNS(silt_weak(block + 8), 0);
	RETURNS(silt_weak(&global), 0);
	RETURNS(silt_weak(NULL), EINVAL);
	RETURNS(silt_weak(block + 9), EINVAL);
	RETURNS(silt_root_add(&global, sizeof global), 0);
	RETURNS(silt_root_remove(&global, sizeof global), 0);
	RETURNS(silt_root_remove(&global, sizeof global), ENOENT);
	RETURNS(silt_root_add(&global, 0), EINVAL);
	RETURNS(silt_root_add(&global, SIZE_MAX), EINVAL);
	RETURNS(silt_pool_create(NULL), EINVAL);
	RETURNS(silt_pool_alloc(&global, NULL, 1), EINVAL);
	free(block);
	free(small);
}

int main(void)
{
	struct pool pool = {make_chunk(), 0};

	tracing = silt_is_tracing();
	errno = 4242;
	one_pool(&pool);
	many_threads();
	EXPECT(errno == 4242);
	forks(&pool);
	all_else();
	stops(&pool);
	RETURNS(silt_pool_destroy(&pool), 0);
	free(pool.chunk);
	return failures != 0;
}
