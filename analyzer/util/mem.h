/*
 * Memory that is there or ends the program: an analyzer without memory has nothing better to do.
 */
#ifndef SILT_UTIL_MEM_H
#define SILT_UTIL_MEM_H

#include <stddef.h>

/* All of it is free()d by whoever got it. Bytes as they are, and zeroed. */
void *mem_alloc(size_t size);
void *mem_zeroed(size_t count, size_t size);
/* Room for `count` elements of `size` bytes, keeping what is there. */
void *mem_resize(void *memory, size_t count, size_t size);
/* Copies: of a text, of `length` bytes of one (then terminated), of what printf() makes. */
char *mem_string(const char *text);
char *mem_substring(const char *text, size_t length);
char *mem_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Makes room for one more element in an array that doubles. */
#define MEM_GROW(array, count, capacity)                                                           \
	do {                                                                                       \
		if ((count) == (capacity)) {                                                       \
			(capacity) = (capacity) ? (capacity)*2 : 16;                               \
			(array) = mem_resize((array), (capacity), sizeof *(array));                \
		}                                                                                  \
	} while (0)

#endif
