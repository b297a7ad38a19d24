/*
 * A clock that jumps, as a library that is preloaded to fake the time makes one; it allocates,
 * keeps thread-local state and takes a lock, as such libraries do. Run by tests/e2e/outside.sh.
 */
#include <pthread.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static __thread unsigned uses;
static long day = 86400;

int clock_gettime(clockid_t clock, struct timespec *now)
{
	int result = (int)syscall(SYS_clock_gettime, clock, now);

	pthread_mutex_lock(&lock);
	free(malloc(uses % 100));
	/* Forwards and backwards by a day, every other time. */
	now->tv_sec += ++uses % 2 ? day : -day;
	pthread_mutex_unlock(&lock);
	return result;
}
