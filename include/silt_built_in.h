/*
 * Allocators that are linked into an executable: how `silt run` tells libsilt.so where their
 * functions are, in the variable SILT_BUILT_IN. The library overwrites the first instructions of
 * each with a jump to a function of its own; what was there runs elsewhere, followed by a jump to
 * the rest.
 *
 *   SILT_BUILT_IN = function { ";" function }
 *   function      = NAME "," address                               only called by the library
 *                 | NAME "," address "," original "," moved { "," fix }
 *   fix           = field "." end "." target
 *
 * All numbers are hexadecimal without a prefix, `original` and `moved` two digits a byte. `address`
 * and `target` are addresses in the file (st_value). `original` are the bytes that are overwritten,
 * which the library compares first: it changes nothing in another program that inherits the
 * variable. `moved` are the instructions that run in their place, with 32-bit fields in them that
 * are relative to `end`: `field` and `end` are offsets in `moved`, and the field is to be the
 * distance from there to `target`.
 */
#ifndef SILT_BUILT_IN_H
#define SILT_BUILT_IN_H

#define SILT_BUILT_IN_VARIABLE "SILT_BUILT_IN"

/* A jump with a 32-bit displacement. */
#define SILT_BUILT_IN_LEAST_ORIGINAL 5u
#define SILT_BUILT_IN_MOST_ORIGINAL 20u
#define SILT_BUILT_IN_MOST_MOVED 48u
#define SILT_BUILT_IN_MOST_FIXES 6u
#define SILT_BUILT_IN_MOST_FUNCTIONS 48u

/*
 * NAME(name, prefixed): a function of the allocator, and whether its prefix (je_, _rjem_, tc_)
 * comes before the name.
 */
#define SILT_BUILT_IN_NAMES(NAME)                                                                  \
	NAME(malloc, 1)                                                                            \
	NAME(free, 1)                                                                              \
	NAME(calloc, 1)                                                                            \
	NAME(realloc, 1)                                                                           \
	NAME(posix_memalign, 1)                                                                    \
	NAME(aligned_alloc, 1)                                                                     \
	NAME(memalign, 1)                                                                          \
	NAME(valloc, 1)                                                                            \
	NAME(pvalloc, 1)                                                                           \
	NAME(mallocx, 1)                                                                           \
	NAME(rallocx, 1)                                                                           \
	NAME(xallocx, 1)                                                                           \
	NAME(_Znwm, 0)                                                                             \
	NAME(_Znam, 0)                                                                             \
	NAME(_ZnwmRKSt9nothrow_t, 0)                                                               \
	NAME(_ZnamRKSt9nothrow_t, 0)                                                               \
	NAME(_ZnwmSt11align_val_t, 0)                                                              \
	NAME(_ZnamSt11align_val_t, 0)                                                              \
	NAME(_ZnwmSt11align_val_tRKSt9nothrow_t, 0)                                                \
	NAME(_ZnamSt11align_val_tRKSt9nothrow_t, 0)                                                \
	NAME(cfree, 1)                                                                             \
	NAME(free_sized, 1)                                                                        \
	NAME(free_aligned_sized, 1)                                                                \
	NAME(dallocx, 1)                                                                           \
	NAME(sdallocx, 1)                                                                          \
	NAME(_ZdlPv, 0)                                                                            \
	NAME(_ZdaPv, 0)                                                                            \
	NAME(_ZdlPvm, 0)                                                                           \
	NAME(_ZdaPvm, 0)                                                                           \
	NAME(_ZdlPvRKSt9nothrow_t, 0)                                                              \
	NAME(_ZdaPvRKSt9nothrow_t, 0)                                                              \
	NAME(_ZdlPvSt11align_val_t, 0)                                                             \
	NAME(_ZdaPvSt11align_val_t, 0)                                                             \
	NAME(_ZdlPvmSt11align_val_t, 0)                                                            \
	NAME(_ZdaPvmSt11align_val_t, 0)                                                            \
	NAME(_ZdlPvSt11align_val_tRKSt9nothrow_t, 0)                                               \
	NAME(_ZdaPvSt11align_val_tRKSt9nothrow_t, 0)

/* What the allocator says of its own footprint: called, never overwritten. */
#define SILT_BUILT_IN_FIGURES(NAME)                                                                \
	NAME(mallctl, 1)                                                                           \
	NAME(MallocExtension_GetNumericProperty, 0)

#endif
