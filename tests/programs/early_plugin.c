/*
 * A library whose constructor runs before silt's and makes the process's first allocation where the C library holds a lock
 * of its own: the locale's, or (EARLY=atexit) that of the exit handlers. Run by tests/e2e/record.sh, preloaded.
 */
#include <locale.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static void nothing(void)
{
}

__attribute__((constructor)) static void early(void)
{
	const char *what = getenv("EARLY");

	if (what && strcmp(what, "atexit") == 0) {
		for (int i = 0; i < 100; i++)
			atexit(nothing);
	} else if (what && strcmp(what, "atfork") == 0) {
		for (int i = 0; i < 100; i++)
			pthread_atfork(nothing, nothing, nothing);
	}
	newlocale(LC_ALL_MASK, "C.UTF-8", (locale_t)0);
	setlocale(LC_ALL, "");
	setlocale(LC_COLLATE, "C");
}
