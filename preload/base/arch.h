/*
 * What differs between machines: system calls, registers, where return addresses are, the layout of
 * thread-local storage.
 * Path: hot in unwinding, so all of it is inline. Threads: all. Memory: none.
 * Must not: know what it is used for. A port to another machine is one more file beside
 *   arch_x86_64.h and arch_aarch64.h; each defines what is listed here.
 *
 *   ARCH_MACHINE				e_machine of its ELF files
 *   arch_syscall(number, a, b, c, d, e, f)	a raw system call: returns the result or -errno
 *   arch_clone(...)			see rt_clone()
 *   arch_add(counter, value)		adds to a counter that only this thread writes; other threads read whole words
 *   arch_add_last(counter, value)	the same, with release order
 *   arch_thread_pointer()		the base of thread-local storage
 *   arch_stack_pointer()			of the calling function
 *   ARCH_CALLER_SP			the caller's stack pointer once this function has returned
 *
 * Unwinding (DWARF register numbers: each machine's supplement to the System V ABI):
 *   ARCH_CALL_SIZE_MAX			defined if a call can be recognised from the address after it; the most bytes read
 *   arch_call_before(address, target)	true if a call ends at the address; *target: where it leads, 0: unknown
 *   arch_is_jump(address), arch_jump_target(address)	a jump to a fixed address, of 5 bytes at most
 *   ARCH_JUMP_SIZE_MAX, arch_jump_slot(address)	the slot that a PLT entry jumps by; 0: this is no PLT entry
 *   ARCH_DWARF_FP, _SP, _RA		frame pointer, stack pointer, return address
 *   ARCH_RETURN_IN_REGISTER		1: a call leaves the return address in a register, and functions save it anywhere in their frame;
 *   					0: it is just below the caller's stack pointer
 *   struct arch_place			where a frame's return address is stored; arch_place(cfa, slot): at CFA + 8 * slot;
 *   					arch_place_of(word)
 *   arch_is_above(place, low)		true if the place is at or above `low`
 *   arch_pc_at(place, sp)		the return address stored there; `sp`: the stack pointer of the frame that it returns to
 *   arch_place_word(place, sp)		a pointer to the stored word
 *   struct arch_link, arch_linked(link)	the return address register of an interrupted function; the address in it
 *   ARCH_RED_ZONE			bytes below the stack pointer that a function may use
 *   arch_return_address(word)		the address without its signature (pointer authentication)
 *   arch_untag(word)			a pointer without the bits that the processor ignores
 *   ARCH_ADDRESS_BITS			of addresses in user space
 *   arch_signal_context(sp)		the ucontext of the signal frame that the stack pointer is at
 *   ARCH_SIGRETURN_UNTOLD		1: the code that a signal handler returns to may have no unwind information
 *   ARCH_SIGRETURN_IN_MODULE		1: and is in a module then
 *   ARCH_SIGRETURN_SIZE_MAX		the most bytes of that code
 *   arch_is_sigreturn(pc)		true if that code is at the pc
 *   arch_context_pc, _sp, _fp(context)	of the interrupted function; _link: its return address register
 *
 * Stopped threads: struct user_regs_struct as an array of ARCH_REGISTERS words
 *   ARCH_REGISTER_PC, _SP, _FP, _RESULT	indices: program counter, stack and frame pointer, result of a system call
 *   arch_register_link(registers)	the return address register
 *   ARCH_REGISTER_ARGUMENT, _ARGUMENTS	the first argument of a system call; all six
 *   ARCH_REGISTER_CALL			the number of the system call
 *   ARCH_CALL_FORGOTTEN			1: the registers of an interrupted call do not tell which it was; only /proc/PID/syscall, read
 *   					before, does
 *   ARCH_CAN_REST			defined if graph/rest.c can complete an interrupted call in its thread, which needs
 *   ARCH_REGISTER_FLAGS			the processor's flags
 *   ARCH_CALL_SIZE			bytes of the system call instruction
 *   ARCH_VECTOR_SETS			register sets with vectors (NT_ of elf.h); the first that exists is used
 *   ARCH_THREAD_SET			register set with the thread pointer; 0: it is the word ARCH_REGISTER_THREAD
 *   ARCH_TLS_VARIANT			1: the thread's record ends at the thread pointer, static thread-local storage is above; 2: the
 *   					record begins there, the storage is below (Drepper, ELF Handling For Thread-Local Storage, 3)
 *
 *   ARCH_LIBUNWIND, ARCH_UNWIND_PREFIX	libunwind's library for this machine, and the prefix of its functions' names
 *   ARCH_UNWIND_REGISTERS		number of registers that its remote interface may ask for
 *   ARCH_UNWIND_PC, _RETURN, _SP		register numbers: pc of the interrupted function, return address, stack pointer
 *   ARCH_UNWIND_PRESERVED			registers that a call preserves, but for pc and stack pointer, as pairs: number, index among
 *   					ARCH_REGISTERS
 *   ARCH_UNWIND_NOTE(values)		stores these registers, pc and stack pointer in values[], by number
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
