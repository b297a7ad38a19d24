/*
 * Makes the attempt in a process of its own: see attach.h.
 * Must not: leave a thread stopped, wait without a limit.
 */
#include "attach/guardian.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "attach/elf.h"
#include "attach/frames.h"
#include "attach/stub.h"
#include "attach/target.h"
#include "attach/tracee.h"
#include "silt_attach.h"
#include "util/mem.h"
#include "util/monotonic.h"

#ifdef __x86_64__

#define PAGE 4096u
#define RUN_NS 20000000000ul	/* for opening the library and its answer */
#define PAUSE_NS 2000000l	/* between two looks at the threads */
#define LIBRARY_MAX (64l << 20) /* bytes of libsilt.so at most */
#define FIRST (-20)		/* setpriority(2) */

struct attempt {
	const struct attach_request *request;
	uint32_t command;
	struct target target;
	struct elf_functions libc;
	struct frames *frames;
	struct tracee thread;
	struct stub_data data;
	/* mappings in the process; 0: none */
	uint64_t area, code;
	/* descriptor of the library in the process; -1: none */
	int file;
	struct attach_answer answer;
	/* why a thread was not at a safe point */
	char *last_why;
	/* the piece of code has run in the process */
	bool ran;
	/* the piece of code has unmapped its data */
	bool cleared;
	/* the thread runs, and will return by itself */
	bool left_alone;
	/* the process that waits for the answer */
	pid_t caller;
	/* the process can open the library by its path */
	bool sees_library;
};

static bool refuse(struct attempt *attempt, char *reason)
{
	free(attempt->answer.refusal);
	attempt->answer.refusal = reason;
	return false;
}

/* -- preparation -- */

/* Returns true if the user of the process can read the library by its path. */
static bool can_see_library(const struct attempt *attempt)
{
	const char *library = attempt->request->library;
	pid_t pid;
	int status = 1;

	if (!attempt->target.same_files)
		return false;
	if (geteuid() != 0)
		return access(library, R_OK) == 0;
	pid = fork();
	if (pid == 0) {
		bool changed = setgroups(0, NULL) == 0 && setgid(attempt->target.group) == 0 &&
			       setuid(attempt->target.user) == 0;

		_exit(changed && access(library, R_OK) == 0 ? 0 : 1);
	}
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return pid > 0 && status == 0;
}

static uint64_t entry_in(const struct attempt *attempt, const struct target_module *module)
{
	struct elf_functions functions;
	uint64_t entry = 0;

	if (elf_read(&functions, &attempt->target, module)) {
		entry = elf_address(&functions, SILT_ATTACH_ENTRY);
		elf_free(&functions);
	}
	return entry;
}

/* Returns the address of the library's function, if the library is mapped already. */
static uint64_t find_entry(const struct attempt *attempt)
{
	const struct target *target = &attempt->target;
	const struct target_module *library = target_find(target, "libsilt.so");
	uint64_t entry = library ? entry_in(attempt, library) : 0;

	/* A detach does not know the file's name (SILT_LIBRARY); an attach opens it again. */
	if (attempt->command == SILT_ATTACH_END)
		for (size_t i = 0; !entry && i < target->module_count; i++)
			entry = entry_in(attempt, &target->modules[i]);
	return entry;
}

/* in glibc, makes __libc_dlopen_mode() behave as dlopen() */
#define MODE_OF_DLOPEN 0x80000000u

static bool find_functions(struct attempt *attempt)
{
	const struct target_module *libc = target_libc(&attempt->target);
	struct stub_data *data = &attempt->data;

	if (!libc || !elf_read(&attempt->libc, &attempt->target, libc))
		return refuse(attempt,
			      mem_string("its libc.so.6 cannot be read: run silt as root"));
	data->dlopen = elf_address(&attempt->libc, "dlopen");
	data->dlsym = elf_address(&attempt->libc, "dlsym");
	data->dlerror = elf_address(&attempt->libc, "dlerror");
	data->mode = RTLD_NOW;
	if (!data->dlopen) { /* before glibc 2.34; it gives no error text */
		data->dlopen = elf_address(&attempt->libc, "__libc_dlopen_mode");
		data->dlsym = elf_address(&attempt->libc, "__libc_dlsym");
		data->dlerror = 0;
		data->mode = RTLD_NOW | MODE_OF_DLOPEN;
	}
	data->errno_location = elf_address(&attempt->libc, "__errno_location");
	if (!data->dlopen || !data->dlsym || !data->errno_location)
		return refuse(attempt, mem_string("its C library cannot be asked to load "
						  "libsilt.so: start it with `silt run`"));
	if (!elf_find_calls(&attempt->target, libc, &attempt->thread.calls))
		return refuse(attempt, mem_string("no system call is found in its C library"));
	return true;
}

static bool prepare(struct attempt *attempt)
{
	const struct attach_request *request = attempt->request;
	struct stub_data *data = &attempt->data;
	char *path = mem_format("/proc/%d/mem", (int)request->pid);

	attempt->thread.memory = open(path, O_RDWR | O_CLOEXEC);
	free(path);
	if (attempt->thread.memory < 0)
		return refuse(attempt, target_forbidden(&attempt->target));
	if (!find_functions(attempt))
		return false;
	data->entry = find_entry(attempt);
	data->result = -1;
	data->attach =
		(struct silt_attach){.version = SILT_ATTACH_VERSION, .command = attempt->command};
	if (attempt->command == SILT_ATTACH_END && !data->entry)
		return refuse(attempt, mem_string("it is not attached to"));
	snprintf(data->symbol, sizeof data->symbol, "%s", SILT_ATTACH_ENTRY);
	if (request->settings_size > sizeof data->settings ||
	    strlen(request->library) >= STUB_PATH_MAX)
		return refuse(attempt, mem_string("the settings are too long"));
	memcpy(data->settings, request->settings, request->settings_size);
	snprintf(data->path, sizeof data->path, "%s", request->library);
	data->attacher = attempt->target.same_processes ? getpid() : 0;
	attempt->sees_library = data->entry || can_see_library(attempt);
	attempt->frames = frames_open(&attempt->target, &attempt->libc);
	if (!attempt->frames)
		return refuse(attempt, mem_string("its call stacks cannot be read"));
	return true;
}

/* -- a thread at a safe point -- */

static void note_why(struct attempt *attempt, pid_t tid, const char *why)
{
	free(attempt->last_why);
	attempt->last_why = mem_format("thread %d is %s", (int)tid, why);
}

/* Returns true if this thread is stopped at a safe point. */
static bool try_thread(struct attempt *attempt, pid_t tid)
{
	struct tracee *thread = &attempt->thread;
	char *why = NULL;

	switch (tracee_stop(thread, &attempt->target, tid)) {
	case TRACEE_FORBIDDEN:
		if (target_is_traced_by_helper(&attempt->target, tid)) {
			note_why(attempt, tid, "part of a heap graph for the moment");
			return false;
		}
		return refuse(attempt, target_forbidden(&attempt->target));
	case TRACEE_SUSPENDED:
		return refuse(attempt, mem_format("it is stopped: kill -CONT %d, then try again",
						  (int)attempt->target.pid));
	case TRACEE_BUSY:
		note_why(attempt, tid,
			 "in a system call that cannot be interrupted without a trace");
		return false;
	case TRACEE_GONE:
		return false;
	case TRACEE_STOPPED:
		break;
	}
	if (frames_are_safe(attempt->frames, tid, (long)thread->registers.orig_rax >= 0, &why)) {
		if (tracee_prepare(thread))
			return true;
		why = mem_string("on a stack that is nearly full");
	}
	note_why(attempt, tid, why);
	free(why);
	tracee_let_go(thread);
	return false;
}

static bool find_thread(struct attempt *attempt)
{
	uint64_t deadline = monotonic_ns() + attempt->request->timeout_ns;

	do {
		size_t count;
		pid_t *threads = target_threads(&attempt->target, &count);
		bool found = false;

		for (size_t i = 0; i < count && !found && !attempt->answer.refusal; i++)
			found = try_thread(attempt, threads[i]);
		free(threads);
		if (found || attempt->answer.refusal)
			return found;
		if (count == 0)
			return refuse(attempt, mem_string("it has ended"));
		if (getppid() != attempt->caller)
			return refuse(attempt, mem_string("nobody waits for it any more"));
		nanosleep(&(struct timespec){0, PAUSE_NS}, NULL);
	} while (monotonic_ns() < deadline);
	return refuse(
		attempt,
		mem_format(
			"no thread was found at a safe point%s%s: try again, or longer (--timeout)",
			attempt->last_why ? "; at last " : "",
			attempt->last_why ? attempt->last_why : ""));
}

/* -- work in the process -- */

static uint64_t map(struct attempt *attempt, size_t size, int protection)
{
	long result = tracee_call(&attempt->thread, SYS_mmap, 0, size, (uint64_t)protection,
				  MAP_PRIVATE | MAP_ANONYMOUS, ~0ull, 0);

	return result < 0 && result > -4096 ? 0 : (uint64_t)result;
}

/* Unmaps what the piece of code has not unmapped itself. */
static void unmap(struct attempt *attempt)
{
	if (attempt->file >= 0)
		tracee_call(&attempt->thread, SYS_close, (uint64_t)attempt->file, 0, 0, 0, 0, 0);
	if (attempt->area)
		tracee_call(&attempt->thread, SYS_munmap, attempt->area, STUB_AREA, 0, 0, 0, 0);
	if (attempt->code && !attempt->ran) /* otherwise the library unmaps it at its next call */
		tracee_call(&attempt->thread, SYS_munmap, attempt->code, PAGE, 0, 0, 0, 0);
}

static bool copy_library(const char *from, int to)
{
	static char buffer[64 << 10];
	int library = open(from, O_RDONLY | O_CLOEXEC);
	ssize_t n = -1, total = 0;

	while (library >= 0 && total < LIBRARY_MAX &&
	       (n = read(library, buffer, sizeof buffer)) > 0) {
		if (write(to, buffer, (size_t)n) != n)
			n = -1;
		if (n < 0)
			break;
		total += n;
	}
	if (library >= 0)
		close(library);
	return library >= 0 && n == 0;
}

/* Copies the library to a file without a name, for a process that cannot see it. */
static bool bring_library(struct attempt *attempt)
{
	struct tracee *thread = &attempt->thread;
	static const char name[] = "libsilt.so";
	char *path;
	int fd;
	bool copied;

	if (!tracee_write(thread, attempt->area, name, sizeof name))
		return refuse(attempt, mem_string("its memory cannot be written"));
	attempt->file =
		(int)tracee_call(thread, SYS_memfd_create, attempt->area, MFD_CLOEXEC, 0, 0, 0, 0);
	if (attempt->file < 0)
		return refuse(
			attempt,
			mem_format("it cannot make the file that the library is brought in by: %s",
				   strerror(-attempt->file)));
	path = mem_format("/proc/%d/fd/%d", (int)attempt->target.pid, attempt->file);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	free(path);
	copied = fd >= 0 && copy_library(attempt->request->library, fd);
	if (fd >= 0)
		close(fd);
	snprintf(attempt->data.path, sizeof attempt->data.path, "/proc/self/fd/%d", attempt->file);
	return copied || refuse(attempt, mem_string("the library could not be copied into it"));
}

/* Writes the piece of code and its data, after which the thread returns by itself. */
static bool write_stub(struct attempt *attempt, struct stub_marks *marks)
{
	unsigned char code[PAGE];
	uint64_t data_at = attempt->area + STUB_STACK;
	size_t size = stub_code(code, sizeof code, &attempt->thread.mended, attempt->thread.mask,
				attempt->area, attempt->file, marks);

	attempt->data.saved = data_at + offsetof(struct stub_data, room);
	attempt->data.attach.settings = data_at + offsetof(struct stub_data, settings);
	attempt->data.attach.code = attempt->code;
	return size && tracee_write(&attempt->thread, attempt->code, code, size) &&
	       tracee_write(&attempt->thread, data_at, &attempt->data, sizeof attempt->data);
}

static const char *reason_of(int64_t result)
{
	switch (result) {
	case SILT_ATTACH_VERSIONS:
		return "another version's libsilt.so is loaded in it: use the silt that belongs "
		       "to it";
	case SILT_ATTACH_ALREADY:
		return "it is recorded already: `silt snap` and `silt watch` work on it";
	case SILT_ATTACH_NOT:
		return "it is not attached to";
	case SILT_ATTACH_HELPER:
		return "the helper process could not be started in it: it may have reached a limit "
		       "of processes or memory";
	case SILT_ATTACH_FOREIGN:
		return "its memory is another process's for the moment: try again";
	case SILT_ATTACH_SYMBOLS:
		return "its calls of malloc could not be redirected";
	case SILT_ATTACH_LEAVING:
		return "recording has ended, but the helper process does not exit: kill it";
	case SILT_ATTACH_CONFINED:
		return "it has forbidden itself system calls (seccomp)";
	default:
		return "the library cannot record in it: memory is short, or it began with more "
		       "rights than its user has (set-user-ID)";
	}
}

static bool conclude(struct attempt *attempt, enum tracee_run run)
{
	struct stub_data *data = &attempt->data;
	char text[256] = "";

	if (run == TRACEE_FAULT)
		return refuse(attempt,
			      mem_string("the library failed in it; it goes on as before"));
	if (run != TRACEE_DONE)
		return refuse(attempt, mem_string("it has ended"));
	if (!tracee_read(&attempt->thread, attempt->area + STUB_STACK, data, sizeof *data))
		return refuse(attempt, mem_string("its memory cannot be read"));
	if (data->error && tracee_read(&attempt->thread, data->error, text, sizeof text - 1))
		return refuse(attempt, mem_format("the library cannot be opened in it: %s", text));
	if (data->result != SILT_ATTACH_DONE)
		return refuse(attempt, mem_string(reason_of(data->result)));
	attempt->answer.redirected = data->attach.redirected;
	return true;
}

static bool work(struct attempt *attempt)
{
	struct tracee *thread = &attempt->thread;
	struct user_regs_struct registers = {0};
	enum tracee_run run;
	struct stub_marks marks;
	uint64_t data_at;
	bool done;

	attempt->area = map(attempt, STUB_AREA, PROT_READ | PROT_WRITE);
	attempt->code = attempt->area ? map(attempt, PAGE, PROT_READ | PROT_EXEC) : 0;
	if (!attempt->code)
		return refuse(
			attempt,
			mem_string("it gets no memory for the library: a limit is reached, or "
				   "the system forbids new code (SELinux execmem)"));
	if (!attempt->data.entry && !attempt->sees_library && !bring_library(attempt))
		return false;
	if (!write_stub(attempt, &marks))
		return refuse(attempt, mem_string("its memory cannot be written"));
	attempt->ran = true;
	data_at = attempt->area + STUB_STACK;
	registers.rip = attempt->code;
	registers.rsp = data_at;
	registers.rbx = data_at;
	run = tracee_run_noting(thread, &registers, data_at + offsetof(struct stub_data, noted),
				data_at + offsetof(struct stub_data, taken),
				attempt->code + marks.answered, RUN_NS);
	if (run == TRACEE_LATE) {
		/* it goes on, and returns when it is done */
		refuse(attempt,
		       mem_format("the library is not done in it after %lu s; it goes on by itself",
				  RUN_NS / 1000000000));
		attempt->left_alone = true;
		return false;
	}
	done = conclude(attempt, run);
	attempt->cleared =
		run == TRACEE_DONE &&
		tracee_run(thread, NULL, attempt->code + marks.cleared, RUN_NS) == TRACEE_DONE;
	return done;
}
static bool try(struct attempt *attempt)
{
	const uint64_t left = 1;
	uint64_t start;
	bool done;

	if (!target_read(&attempt->target, attempt->request->pid))
		return refuse(attempt,
			      mem_string("there is no such process, or it belongs to another user: "
					 "run silt as root"));
	attempt->answer.refusal = target_refusal(&attempt->target);
	if (attempt->answer.refusal || !prepare(attempt) || !find_thread(attempt))
		return false;
	start = monotonic_ns();
	done = work(attempt);
	if (!attempt->left_alone) { /* otherwise it is released when this process ends */
		if (!attempt->cleared)
			unmap(attempt);
		tracee_let_go(&attempt->thread);
		if (attempt->ran)
			tracee_write(&attempt->thread, attempt->code + SILT_ATTACH_LEFT, &left,
				     sizeof left);
	}
	attempt->answer.stopped_ns = monotonic_ns() - start;
	return done;
}

/* -- the guardian process -- */

struct message {
	bool done;
	uint32_t redirected;
	uint64_t stopped_ns;
	char refusal[1024];
};

/* Only SIGKILL can end the guardian: it ignores signals and the end of the terminal, and the OOM
 * killer takes it last. A thread of the process waits for it, so it raises its priority if it
 * may. */
static void shield(void)
{
	FILE *file;
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	setsid();
	setpriority(PRIO_PROCESS, 0, FIRST);
	file = fopen("/proc/self/oom_score_adj", "we");
	if (file) {
		fputs("-1000", file);
		fclose(file);
	}
}

static void guard(const struct attach_request *request, uint32_t command, pid_t caller,
		  int answer_to)
{
	struct attempt *attempt = mem_zeroed(1, sizeof *attempt);
	struct message message = {0};

	shield();
	attempt->request = request;
	attempt->command = command;
	attempt->caller = caller;
	attempt->file = -1;
	message.done = try(attempt);
	message.redirected = attempt->answer.redirected;
	message.stopped_ns = attempt->answer.stopped_ns;
	if (attempt->answer.refusal)
		snprintf(message.refusal, sizeof message.refusal, "%s", attempt->answer.refusal);
	if (write(answer_to, &message, sizeof message) < 0)
		_exit(1);
	_exit(0);
}

bool guardian_run(const struct attach_request *request, uint32_t command,
		  struct attach_answer *answer)
{
	struct message message = {0};
	pid_t pid, caller = getpid();
	int ends[2];
	ssize_t got;

	*answer = (struct attach_answer){0};
	if (pipe2(ends, O_CLOEXEC) < 0 || (pid = fork()) < 0) {
		answer->refusal = mem_format("cannot start a process: %s", strerror(errno));
		return false;
	}
	if (pid == 0) {
		close(ends[0]);
		guard(request, command, caller, ends[1]);
	}
	close(ends[1]);
	while ((got = read(ends[0], &message, sizeof message)) < 0 && errno == EINTR)
		;
	if (got != sizeof message)
		snprintf(message.refusal, sizeof message.refusal,
			 "the process that attaches has ended");
	close(ends[0]);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	if (!message.done)
		answer->refusal = mem_string(message.refusal);
	answer->redirected = message.redirected;
	answer->stopped_ns = message.stopped_ns;
	return message.done;
}
#else
bool guardian_run(const struct attach_request *request, uint32_t command,
		  struct attach_answer *answer)
{
	(void)request, (void)command;
	*answer = (struct attach_answer){
		.refusal = mem_string(
			"attaching is known on x86-64 only: start the program with `silt run`")};
	return false;
}
#endif
