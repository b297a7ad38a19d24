/*
 * Allocates memory, or ends the program with an error if there is none.
 */
#ifndef SILT_UTIL_MEM_H
#define SILT_UTIL_MEM_H

#include <stdarg.h>
#include <stddef.h>

/* The caller frees all of it. mem_alloc(): uninitialized; mem_zeroed(): zeroed. */
void *mem_alloc(size_t size);
void *mem_zeroed(size_t count, size_t size);
/* Resizes an array to `count` elements of `size` bytes, keeping its contents. */
void *mem_resize(void *memory, size_t count, size_t size);
/* Copies: of a text, of the first `length` bytes of a text (terminated), of what printf() makes. */
char *mem_string(const char *text);
char *mem_substring(const char *text, size_t length);
char *mem_format(const char *format, ...) __attribute__((format(printf, 1, 2)));
char *mem_vformat(const char *format, va_list arguments) __attribute__((format(printf, 1, 0)));

/* Makes room for one more element; the array doubles when it is full. */
#define MEM_GROW(array, count, capacity)                                                           \
	do {                                                                                       \
		if ((count) == (capacity)) {                                                       \
			(capacity) = (capacity) ? (capacity)*2 : 16;                               \
			(array) = mem_resize((array), (capacity), sizeof *(array));                \
		}                                                                                  \
	} while (0)

#endif
