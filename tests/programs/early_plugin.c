/*
 * A library whose constructor runs before silt's. By EARLY:
 *   (any)      makes the process's first allocation where the C library holds a lock of its own: the locale's
 *   atexit     the same, and that of the exit handlers
 *   atfork     the same, and that of the handlers of fork
 *   join       has a handler before fork that waits for a thread to end, which has allocated, as libraries with pools of threads do
 *   unload     has one that loads and unloads the library EARLY_LIBRARY
 *   mutex      has handlers that take a mutex and let it go, under which other threads allocate
 *   ask        waits in the constructor for a thread that registers such handlers; to be loaded by dlopen()
 * Run by tests/e2e/record.sh, preloaded, and torture.sh.
 */
#include <dlfcn.h>
#include <locale.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_t worker;
static sem_t allocated, end;
static void *volatile kept;

static void nothing(void)
{
}

static void *work(void *unused)
{
	kept = malloc(10);
	sem_post(&allocated);
	sem_wait(&end);
	return unused;
}

static void start_worker(void)
{
	if (pthread_create(&worker, NULL, work, NULL) == 0)
		sem_wait(&allocated);
}

static void join_worker(void)
{
	sem_post(&end);
	pthread_join(worker, NULL);
}

static void unload(void)
{
	void *library = dlopen(getenv("EARLY_LIBRARY"), RTLD_NOW);

	if (!library)
		abort();
	dlclose(library);
}

static void take_mutex(void)
{
	pthread_mutex_lock(&mutex);
}

static void give_mutex(void)
{
	pthread_mutex_unlock(&mutex);
}

/* A thread's first allocation takes locks of a recorder's. */
static void *allocate(void *unused)
{
	take_mutex();
	kept = malloc(8);
	give_mutex();
	return unused;
}

static void *threads(void *unused)
{
	for (;;) {
		pthread_t thread;

		if (pthread_create(&thread, NULL, allocate, NULL) == 0)
			pthread_join(thread, NULL);
	}
	return unused;
}

static void *ask(void *unused)
{
	pthread_atfork(nothing, nothing, nothing);
	return unused;
}

__attribute__((constructor)) static void early(void)
{
	const char *what = getenv("EARLY");
	pthread_t thread;

	if (!what)
		what = "";
	if (strcmp(what, "atexit") == 0) {
		for (int i = 0; i < 100; i++)
			atexit(nothing);
	} else if (strcmp(what, "atfork") == 0) {
		for (int i = 0; i < 100; i++)
			pthread_atfork(nothing, nothing, nothing);
	} else if (strcmp(what, "join") == 0) {
		sem_init(&allocated, 0, 0);
		sem_init(&end, 0, 0);
		start_worker();
		pthread_atfork(join_worker, start_worker, start_worker);
	} else if (strcmp(what, "unload") == 0) {
		pthread_atfork(unload, nothing, nothing);
	} else if (strcmp(what, "mutex") == 0) {
		pthread_atfork(take_mutex, give_mutex, give_mutex);
		pthread_create(&thread, NULL, threads, NULL);
	} else if (strcmp(what, "ask") == 0 && pthread_create(&thread, NULL, ask, NULL) == 0) {
		pthread_join(thread, NULL);
	}
	newlocale(LC_ALL_MASK, "C.UTF-8", (locale_t)0);
	setlocale(LC_ALL, "");
	setlocale(LC_COLLATE, "C");
}
