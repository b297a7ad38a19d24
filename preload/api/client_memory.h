/*
 * The functions by which <silt.h> tells what the program knows of its memory: see client_memory.c.
 * Path: warm (pools), else cold. Threads: any. Memory: none.
 * Must not: change errno; touch the memory it is told about.
 */
#ifndef SILT_CLIENT_MEMORY_H
#define SILT_CLIENT_MEMORY_H

#include "base/rt.h"

/* Each returns 0 or an error number of silt(3). None keeps memory of the caller. */
RT_EXPORT int silt_lib_root_add(const void *start, size_t size);
RT_EXPORT int silt_lib_root_remove(const void *start, size_t size);
RT_EXPORT int silt_lib_ignore(const void *block);
RT_EXPORT int silt_lib_ignore_begin(void);
RT_EXPORT int silt_lib_ignore_end(void);
RT_EXPORT int silt_lib_weak(const void *slot);
RT_EXPORT int silt_lib_pool_create(const void *pool);
RT_EXPORT int silt_lib_pool_alloc(const void *pool, const void *piece, size_t size);
RT_EXPORT int silt_lib_pool_free(const void *pool, const void *piece);
RT_EXPORT int silt_lib_pool_reset(const void *pool);
RT_EXPORT int silt_lib_pool_destroy(const void *pool);

#endif
