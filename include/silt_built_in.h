/*
 * Describes to libsilt.so, in the environment variable SILT_BUILT_IN, the functions of an allocator
 * that is linked into the executable. `silt run` sets it. The library overwrites the first
 * instructions of each function with a jump to its own code. A copy of these instructions runs
 * elsewhere, and then jumps to the rest of the function.
 *
 *   SILT_BUILT_IN = function { ";" function }
 *   function      = NAME "," address                               called, not overwritten
 *                 | NAME "," address "," original "," moved { "," fix }
 *   fix           = field "." end "." target
 *
 * Numbers are hexadecimal without a prefix. `original` and `moved` are bytes of two digits each.
 * `address` and `target` are addresses in the file (st_value). `original`: the bytes to overwrite.
 * The library compares them first, and changes nothing in another program that inherits the
 * variable. `moved`: the instructions that run elsewhere in their place. Each `fix` is a 32-bit
 * field in them, at the offset `field`, to be set to the distance from the offset `end` to
 * `target`.
 */
#ifndef SILT_BUILT_IN_H
#define SILT_BUILT_IN_H

#define SILT_BUILT_IN_VARIABLE "SILT_BUILT_IN"

/* bytes of a jump with a 32-bit displacement */
#define SILT_BUILT_IN_LEAST_ORIGINAL 5u
#define SILT_BUILT_IN_MOST_ORIGINAL 20u
#define SILT_BUILT_IN_MOST_MOVED 48u
#define SILT_BUILT_IN_MOST_FIXES 6u
#define SILT_BUILT_IN_MOST_FUNCTIONS 48u

/* NAME(name, prefixed): a function of the allocator; 1 if its name may follow a prefix such as je_,
 * _rjem_ or tc_. */
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

/* Functions that tell the allocator's figures: called, never overwritten. */
#define SILT_BUILT_IN_FIGURES(NAME)                                                                \
	NAME(mallctl, 1)                                                                           \
	NAME(MallocExtension_GetNumericProperty, 0)

#endif
