/*
 * Allocates in every phase of a process, a thread and a plugin (argument: phases_plugin.so):
 * constructors, destructors, handlers at exit, destructors of thread-specific data and of
 * thread-local variables. Run by tests/e2e/torture.sh.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define THREADS 50

extern int __cxa_thread_atexit_impl(void (*function)(void *), void *object, void *module);
extern void *__dso_handle;
static void *volatile kept[4 * THREADS + 20];
static _Atomic int count;
static pthread_key_t key;

#define PHASE(name, bytes)                                                                         \
	static __attribute__((noinline)) void name(void)                                           \
	{                                                                                          \
		kept[count++] = malloc(bytes);                                                     \
	}
PHASE(in_first_constructor, 101)
PHASE(in_constructor, 102)
PHASE(in_key_destructor, 103)
PHASE(in_key_destructor_again, 104)
PHASE(in_tls_destructor, 105)
PHASE(in_atexit, 106)
PHASE(in_on_exit, 107)
PHASE(in_destructor, 108)

__attribute__((constructor(102))) static void first_constructor(void)
{
	in_first_constructor();
}

__attribute__((constructor)) static void constructor(void)
{
	in_constructor();
}

__attribute__((destructor)) static void destructor(void)
{
	in_destructor();
}

static void at_exit(void)
{
	in_atexit();
}

static void on_exit_too(int status, void *argument)
{
	(void)status;
	(void)argument;
	in_on_exit();
}

/* The C library calls it again as long as there is a value, up to four times. */
static void key_destructor(void *value)
{
	if (value == &key) {
		in_key_destructor();
		pthread_setspecific(key, &count);
	} else {
		in_key_destructor_again();
	}
}

static void tls_destructor(void *object)
{
	(void)object;
	in_tls_destructor();
}

static void *thread_main(void *unused)
{
	pthread_setspecific(key, &key);
	__cxa_thread_atexit_impl(tls_destructor, NULL, __dso_handle);
	return unused;
}

int main(int argc, char **argv)
{
	pthread_t threads[THREADS];

	pthread_key_create(&key, key_destructor);
	atexit(at_exit);
	on_exit(on_exit_too, NULL);
	for (int i = 0; i < THREADS; i++)
		if (pthread_create(&threads[i], NULL, thread_main, NULL) != 0)
			return 1;
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	for (int i = 0; i < 3; i++) {
		void *plugin = dlopen(argc > 1 ? argv[1] : "", RTLD_NOW);

		if (!plugin) {
			puts(dlerror());
			return 1;
		}
		if (i < 2)
			dlclose(plugin); /* the third time its destructor comes at the end */
	}
	return 0;
}
