/*
 * What differs from machine to machine: system calls, registers, where a return address is, how
 * thread-local storage is laid out.
 * Path: hot in unwinding, so all of it is inline. Threads: all. Memory: none.
 * Must not: know what it is used for. A port to another machine is one more file beside
 *   arch_x86_64.h and arch_aarch64.h; each defines what is listed here.
 *
 *   ARCH_MACHINE				e_machine of its ELF files
 *   arch_syscall(number, a, b, c, d, e, f)	a raw system call: the result or -errno
 *   arch_clone(...)			see rt_clone()
 *   arch_thread_pointer()		what thread-local variables are addressed by
 *   arch_stack_pointer()			of the function that asks
 *   ARCH_CALLER_SP			the stack pointer in the caller of this function, once this one has returned
 *
 * Unwinding (DWARF register numbers: each machine's supplement to the System V ABI):
 *   ARCH_CALL_SIZE_MAX			defined: calls can be told from behind; the most bytes looked at
 *   arch_call_before(address, target)	does one end there? Its target, 0: it depends
 *   arch_is_jump(address), arch_jump_target(address)	a jump to a fixed place, of 5 bytes at most
 *   ARCH_JUMP_SIZE_MAX, arch_jump_slot(address)	where an entry of a PLT has its pointer; 0: this is not one
 *   ARCH_DWARF_FP, _SP, _RA		frame pointer, stack pointer, return address
 *   ARCH_RETURN_IN_REGISTER		1: a call leaves the return address in a register, and functions keep it anywhere in their frame;
 *   					0: it stands just below the caller's stack pointer
 *   struct arch_place			where a frame's pc is stored; arch_place(cfa, slot): at CFA + 8 * slot; arch_place_of(word)
 *   arch_is_above(place, low)		is it at or above `low`?
 *   arch_pc_at(place, sp)		the pc there; `sp`: stack pointer of the frame that it belongs to
 *   arch_place_word(place, sp)		the word itself, as it is stored
 *   struct arch_link, arch_linked(link)	the register for return addresses where something was interrupted; the pc in it
 *   ARCH_RED_ZONE			bytes below the stack pointer that a function may use
 *   arch_return_address(word)		without the bits that sign it
 *   arch_untag(word)			a pointer without the bits that the processor ignores
 *   ARCH_ADDRESS_BITS			of addresses in user space
 *   arch_signal_context(sp)		the ucontext of the signal frame that the stack pointer is at
 *   ARCH_SIGRETURN_UNTOLD		1: where a handler returns to there may be no unwind information;
 *   ARCH_SIGRETURN_IN_MODULE		1: then it is in a module
 *   ARCH_SIGRETURN_SIZE_MAX		bytes of the code there, at most
 *   arch_is_sigreturn(pc)		tells by the code there
 *   arch_context_pc, _sp, _fp(context)	of what was interrupted; _link: the register for return addresses
 *
 * Threads that were stopped: struct user_regs_struct, as an array of ARCH_REGISTERS words
 *   ARCH_REGISTER_PC, _SP, _FP, _RESULT	indices: program counter, stack and frame pointer, what a system call returned
 *   arch_register_link(registers)	the register for return addresses
 *   ARCH_REGISTER_ARGUMENT, _ARGUMENTS	the first argument of a system call; all six
 *   ARCH_REGISTER_CALL			the number of the system call
 *   ARCH_CALL_FORGOTTEN			1: once a call was interrupted, nothing but /proc/PID/syscall, read before, tells which it was
 *   ARCH_CAN_REST			defined: graph/rest.c knows how a thread does the rest of an interrupted call, which takes
 *   ARCH_REGISTER_FLAGS			the processor's flags
 *   ARCH_CALL_SIZE			bytes of the instruction that makes a system call
 *   ARCH_VECTOR_SETS			register sets that hold vectors, the first that there is is taken (NT_ of elf.h)
 *   ARCH_THREAD_SET			register set that holds the thread pointer; 0: it is the word ARCH_REGISTER_THREAD
 *   ARCH_TLS_VARIANT			1: the thread's record ends at the thread pointer, static thread-local storage lies above; 2: it
 *   					begins there, storage lies below (Drepper, ELF Handling For Thread-Local Storage, 3)
 *
 *   ARCH_LIBUNWIND, ARCH_UNWIND_PREFIX	libunwind's library for this machine, and what its functions' names begin with
 *   ARCH_UNWIND_REGISTERS		how many registers its remote interface may ask for
 *   ARCH_UNWIND_PC, _RETURN, _SP		numbers: the pc where it was interrupted, where a call will return to, the stack pointer
 *   ARCH_UNWIND_PRESERVED			of those that a call preserves, but pc and stack pointer, pairs: number, index among ARCH_REGISTERS
 *   ARCH_UNWIND_NOTE(values)		notes those that a call preserves, and pc and stack pointer, by number
 */
#ifndef SILT_ARCH_H
#define SILT_ARCH_H

#if defined(__x86_64__)
#include "base/arch_x86_64.h"
#elif defined(__aarch64__)
#include "base/arch_aarch64.h"
#else
#error "silt's library knows x86-64 and aarch64; see arch.h for what another machine takes"
#endif

#endif
