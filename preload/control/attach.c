/*
 * Starts and stops recording while the program runs. `silt attach` and `silt detach` call this in a
 * thread of the program that they have stopped where it holds no lock of the C library, the dynamic
 * linker or ours.
 *
 * The library was opened with dlopen(), so it is not in the process's search order. Instead - the
 * allocator's symbols in the library that the program uses are redirected to ours (redirect.h),
 *   which affects later lookups: by modules opened later, functions not called before, dlsym();
 * - words in the data of all modules that hold such a function's address are changed to ours
 *   (rebind.h), which affects what is bound already.
 * Functions of the C library that the library replaces (exit, exec, ...) are treated alike.
 * Detaching undoes both, in the modules that are then loaded. Copies of our addresses elsewhere in
 * the program stay, and our functions then only pass calls on, so the library is never unloaded.
 *
 * Path: cold. Threads: one of the program at a time, on a stack that is not its own, while all
 * others run. Memory: static.
 * Must not: leave an attach half done: if a step fails, the earlier ones are undone.
 */
#include <dlfcn.h>
#include <errno.h>
#include <string.h>
#include <sys/syscall.h>

#include "base/libc.h"
#include "base/rt.h"
#include "control/control.h"
#include "record/real.h"
#include "record/rebind.h"
#include "record/allocator_calls.h"
#include "record/redirect.h"
#include "record/track.h"
#include "silt_attach.h"

#define MOST_VARIABLES 64u

RT_EXPORT long silt_lib_attach(struct silt_attach *attach);

/* Beside malloc's family: functions that end the program, or that the helper interferes with. */
static const char *const others[] = {
	"exit",	     "quick_exit", "_exit",	"_Exit",      "abort",	"__assert_fail", "setuid",
	"seteuid",   "setreuid",   "setresuid", "setfsuid",   "setgid", "setegid",	 "setregid",
	"setresgid", "setfsgid",   "setgroups", "initgroups", "capset", "chroot",	 "unshare",
	"setns",     "waitpid",	   "wait3",	"wait4",      "waitid", "execve",	 "execv",
	"execvp",    "execvpe",	   "fexecve",	"execveat",   "execl",	"execlp",	 "execle",
	"prctl",     "syscall",
};
#define OTHERS (sizeof others / sizeof others[0])

static struct {
	struct rt_lock lock;
	bool recording;
	/* first malloc's family and the allocator's other functions */
	struct redirect_hook hooks[REDIRECT_FAMILY + ALLOCATOR_CALLS + OTHERS];
	size_t family, count;
	char text[SILT_ATTACH_SETTINGS_SIZE];
	char *variables[MOST_VARIABLES + 1];
	/* a page that the former call brought, to be unmapped */
	uint64_t code;
} state;

/* -- redirecting calls -- */

/* Done once: after a redirection these lookups would find our own functions. */
static void find_hooks(void)
{
	if (state.count)
		return;
	state.family = redirect_family(state.hooks);
	state.family += allocator_calls_find(state.hooks + state.family);
	state.count = state.family;
	for (size_t i = 0; i < state.family; i++)
		if (!state.hooks[i].next && strcmp(state.hooks[i].name, "reallocarray") == 0)
			state.hooks[i].next =
				redirect_find((uintptr_t)real.malloc, state.hooks[i].name);
	for (size_t i = 0; i < OTHERS; i++)
		state.hooks[state.count++] = (struct redirect_hook){
			others[i], redirect_find((uintptr_t)silt_lib_attach, others[i]),
			(uintptr_t)libc_symbol(RTLD_NEXT, others[i])};
}

static uint32_t rebind(bool back)
{
	struct rebind_pair pairs[REDIRECT_FAMILY + ALLOCATOR_CALLS + OTHERS];

	for (size_t i = 0; i < state.count; i++) {
		const struct redirect_hook *hook = &state.hooks[i];

		pairs[i] = back ? (struct rebind_pair){hook->ours, hook->next}
				: (struct rebind_pair){hook->next, hook->ours};
		if (!hook->ours || !hook->next || hook->ours == hook->next)
			pairs[i].from = 0;
	}
	return rebind_modules(pairs, state.count);
}

static bool redirect(bool back)
{
	return redirect_symbols((uintptr_t)real.malloc, state.hooks, state.family, back) &&
	       redirect_symbols(libc_code(), state.hooks + state.family, state.count - state.family,
				back);
}

/* Symbols first, so that no call is bound to the old functions in between. */
static bool redirect_calls(uint32_t *words)
{
	if (!redirect(false)) {
		redirect(true);
		return false;
	}
	*words = rebind(false);
	return true;
}

static void restore_calls(void)
{
	redirect(true);
	rebind(true);
}

/* -- the calls -- */

/* Copies the settings: the attacher's memory goes away. */
static bool take_variables(const char *text)
{
	size_t count = 0;

	memcpy(state.text, text, sizeof state.text);
	state.text[sizeof state.text - 2] = 0;
	state.text[sizeof state.text - 1] = 0;
	for (char *at = state.text; *at && count < MOST_VARIABLES; at += strlen(at) + 1)
		state.variables[count++] = at;
	state.variables[count] = NULL;
	return count > 0;
}

static long start(struct silt_attach *attach)
{
	if (control_active())
		return SILT_ATTACH_ALREADY;
	if (atomic_load(&rt_confined))
		return SILT_ATTACH_CONFINED;
	if (!take_variables((const char *)attach->settings) || !control_attach(state.variables))
		return SILT_ATTACH_REFUSED;
	find_hooks();
	if (!redirect_calls(&attach->redirected) || !control_attached()) {
		restore_calls();
		control_detach();
		return attach->redirected ? SILT_ATTACH_HELPER : SILT_ATTACH_SYMBOLS;
	}
	state.recording = true;
	return SILT_ATTACH_DONE;
}

static long end(void)
{
	if (!state.recording)
		return SILT_ATTACH_NOT;
	if (!control_own_process())
		return SILT_ATTACH_FOREIGN;
	restore_calls();
	state.recording = false;
	return control_detach() ? SILT_ATTACH_DONE : SILT_ATTACH_LEAVING;
}

static long run(struct silt_attach *attach)
{
	if (attach->version != SILT_ATTACH_VERSION)
		return SILT_ATTACH_VERSIONS;
	/* An attacher that was killed does not say that its thread has left. */
	if (state.code && *(const volatile uint64_t *)(state.code + SILT_ATTACH_LEFT))
		rt_syscall(SYS_munmap, (long)state.code, (long)rt_page_size(), 0, 0, 0, 0);
	state.code = attach->code;
	if (attach->command == SILT_ATTACH_START)
		return start(attach);
	return attach->command == SILT_ATTACH_END ? end() : SILT_ATTACH_VERSIONS;
}

long silt_lib_attach(struct silt_attach *attach)
{
	uintptr_t guard = track_self.guard;
	int saved = errno;
	long result;

	if (!rt_trylock(&state.lock))
		return SILT_ATTACH_ALREADY;
	track_self.guard = 1;
	result = run(attach);
	track_self.guard = guard;
	rt_unlock(&state.lock);
	errno = saved;
	return result;
}
