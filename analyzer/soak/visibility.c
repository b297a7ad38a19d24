/*
 * Finds whether silt can see a program's heap: see visibility.h.
 * Must not: refuse a program that runs well under silt, only less visible.
 */
#include "soak/visibility.h"

#include <ctype.h>
#include <dirent.h>
#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "load/built_in.h"
#include "load/program.h"
#include "load/run_dir.h"
#include "load/snapshot.h"
#include "model/doubt.h"
#include "silt_built_in.h"
#include "silt_snapshot.h"
#include "soak/either_malloc.h"
#include "soak/launch.h"
#include "util/control.h"
#include "util/mem.h"
#include "util/utf8.h"

/* -- obstacles -- */

struct obstacle {
	/* the program would not run */
	bool refuse;
	char *reason, *remedy;
};

static char *reason_given;

const char *visibility_reason(void)
{
	return reason_given;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static const char *machine_name(int machine, int elf_class)
{
	switch (machine) {
	case EM_386:
		return "32-bit x86";
	case EM_X86_64:
		return elf_class == ELFCLASS32 ? "x32" : "x86-64";
	case EM_AARCH64:
		return "aarch64";
	case EM_ARM:
		return "32-bit ARM";
	case EM_RISCV:
		return elf_class == ELFCLASS32 ? "32-bit RISC-V" : "RISC-V";
	case EM_PPC64:
		return "PowerPC";
	case EM_S390:
		return "s390";
	default:
		return "another machine";
	}
}

/* Compares with the machine that libsilt.so was built for, because some machines run programs of
 * several. */
static bool library_differs(const char *command, const struct program *program,
			    struct program *library)
{
	const char *path = launch_library(command);
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	bool differs;

	*library = (struct program){0};
	differs =
		fd >= 0 && program_read_elf(library, fd) &&
		(library->machine != program->machine || library->elf_class != program->elf_class);
	if (fd >= 0)
		close(fd);
	free(library->loader);
	return differs;
}

static bool is_valgrind(const struct program *program)
{
	const char *name = base_name(program->path), *file = base_name(program->file);

	return strcmp(name, "valgrind") == 0 || strcmp(file, "valgrind.bin") == 0 ||
	       strstr(program->file, "/libexec/valgrind/");
}

static void look_at_loader(struct obstacle *obstacle, const struct program *program)
{
	const char *loader = base_name(program->loader);

	if (strncmp(loader, "ld-linux", 8) != 0 && strncmp(loader, "ld64", 4) != 0 &&
	    strncmp(loader, "ld-musl-", 8) != 0) {
		obstacle->reason =
			mem_format("its dynamic linker is %s, neither glibc's nor musl's, one of "
				   "which libsilt.so needs",
				   program->loader);
		obstacle->remedy = mem_string("build it for glibc to look for the leak");
	}
}

/* Tells the library where the allocator's functions are, if that can be known. Otherwise *reason,
 * to be freed, says why. */
static bool can_record_built_in(const struct program *program, char **reason)
{
	char *text = built_in_describe(program->file, reason);

	if (text)
		setenv(SILT_BUILT_IN_VARIABLE, text, 1);
	free(text);
	return text != NULL;
}

static void look_at_malloc(struct obstacle *obstacle, const struct program *program)
{
	const char *name = program->allocator ? program->allocator : "an allocator";
	char *why = NULL;

	if (program->malloc == PROGRAM_MALLOC_EITHER)
		either_malloc_note(program);
	if (program->malloc == PROGRAM_MALLOC_SHARED || program->malloc == PROGRAM_MALLOC_EITHER ||
	    can_record_built_in(program, &why))
		return;
	switch (program->malloc) {
	case PROGRAM_MALLOC_EXPORTED:
		obstacle->reason = mem_format(
			"it has %s built in: its own malloc comes before any preloaded one", name);
		break;
	case PROGRAM_MALLOC_HIDDEN:
		obstacle->reason = mem_format("it has %s built in for itself: only what its "
					      "shared libraries allocate is seen",
					      name);
		break;
	case PROGRAM_MALLOC_RENAMED:
		obstacle->reason = mem_format(
			"it has %s built in: what it allocates by that is not seen", name);
		break;
	case PROGRAM_MALLOC_SHARED:
	case PROGRAM_MALLOC_EITHER:
		return;
	}
	obstacle->remedy =
		mem_format("%s; link the allocator as a shared library (-ljemalloc instead of "
			   "libjemalloc.a), or build without it; jemalloc and tcmalloc have heap "
			   "profiles of their own",
			   why);
	free(why);
}

/* Verified: AddressSanitizer's shared runtime ends the program, ThreadSanitizer's crashes in it,
 * LeakSanitizer's runs. */
static void look_at_sanitizer(struct obstacle *obstacle, const struct program *program)
{
	bool address = strcmp(program->sanitizer, "AddressSanitizer") == 0,
	     leak = strcmp(program->sanitizer, "LeakSanitizer") == 0;

	obstacle->refuse = address || (program->sanitizer_shared && !leak);
	obstacle->reason = mem_format(
		"it is built with %s, %s", program->sanitizer,
		!program->sanitizer_shared ? "whose malloc comes before any preloaded one"
		: leak			   ? "which stands in for malloc itself"
		       : "which has to come before all other libraries and ends it otherwise");
	obstacle->remedy = mem_format("run a build without -fsanitize%s",
				      address ? "; AddressSanitizer itself tells lost blocks "
						"(ASAN_OPTIONS=detect_leaks=1)"
					      : "");
}

/* Stores the first obstacle that applies; `obstacle` stays empty if there is none. */
static void look(struct obstacle *obstacle, const char *command, const struct program *program)
{
	struct program library;

	if (is_valgrind(program)) {
		obstacle->refuse = true;
		obstacle->reason = mem_string(
			"valgrind stands in for malloc itself, and runs the program on a "
			"processor of its own making");
		obstacle->remedy = mem_string("run the program under one of the two");
	} else if (!program->elf) {
		return;
	} else if (library_differs(command, program, &library)) {
		obstacle->reason = mem_format("it is a program for %s, and libsilt.so is built "
					      "for %s: it cannot be preloaded",
					      machine_name(program->machine, program->elf_class),
					      machine_name(library.machine, library.elf_class));
		obstacle->remedy = mem_string(
			"build silt for that machine and name its library in SILT_LIBRARY");
	} else if (program->sanitizer) {
		look_at_sanitizer(obstacle, program);
	} else if (program->go) {
		obstacle->reason = mem_format(
			"it is a Go program%s: Go's heap is not malloc's%s",
			program->loader ? "" : ", statically linked",
			program->loader ? ", only what C code in it allocates is seen" : "");
		obstacle->remedy = mem_string("use the heap profile of runtime/pprof");
	} else if (!program->loader && !program->is_loader) {
		obstacle->reason = mem_string(
			"it is statically linked: there is no dynamic linker to load libsilt.so");
		obstacle->remedy = mem_string("link it without -static to see its heap; programs "
					      "that it starts are recorded");
	} else if (program->privileges) {
		obstacle->reason =
			mem_format("it is %s: the dynamic linker ignores LD_PRELOAD there",
				   program->privileges);
		obstacle->remedy = mem_string(
			"run it as the user it becomes (as root under sudo), or a copy of it "
			"without these rights");
	} else {
		if (program->loader)
			look_at_loader(obstacle, program);
		if (!obstacle->reason)
			look_at_malloc(obstacle, program);
	}
}

static void print_obstacle(const char *command, const char *name, const struct program *program,
			   const struct obstacle *obstacle, bool force)
{
	fprintf(stderr, "silt %s: ", command);
	utf8_print(stderr, name);
	if (program->script && program->elf) {
		fputs(", a script for ", stderr);
		utf8_print(stderr, program->file);
	}
	fputs(obstacle->refuse && !force ? ": not started: "
					 : ": will be recorded in part or not at all: ",
	      stderr);
	utf8_print(stderr, obstacle->reason);
	fputs("\n  ", stderr);
	utf8_print(stderr, obstacle->remedy);
	fputs(obstacle->refuse && !force ? "; --force starts it all the same\n" : "\n", stderr);
}

bool visibility_before(const char *command, const char *name, bool force)
{
	struct program program;
	struct obstacle obstacle = {0};
	bool start = true;

	if (access("/proc/self/maps", R_OK) < 0)
		fprintf(stderr,
			"silt %s: /proc is not mounted: there will be no source lines and no heap "
			"graph; mount -t proc proc /proc restores both\n",
			command);
	if (program_read(&program, name) && program.file)
		look(&obstacle, command, &program);
	if (obstacle.reason) {
		print_obstacle(command, name, &program, &obstacle, force);
		start = !obstacle.refuse || force;
		free(reason_given);
		reason_given = obstacle.reason;
	}
	free(obstacle.remedy);
	program_free(&program);
	return start;
}

/* -- after the end -- */

static bool is_since(int directory, const char *name, const struct timespec *since)
{
	struct stat status;

	return fstatat(directory, name, &status, 0) == 0 &&
	       (status.st_mtim.tv_sec > since->tv_sec ||
		(status.st_mtim.tv_sec == since->tv_sec &&
		 status.st_mtim.tv_nsec >= since->tv_nsec));
}

/* Returns the last snapshot of the process. If it executed several programs, that of the program
 * that allocated most. `others`: other processes have run directories; `begun`: this one has. */
static struct snapshot *last_snapshot(const char *out, pid_t pid, const struct timespec *since,
				      bool *others, bool *begun)
{
	DIR *directory = opendir(out);
	struct snapshot *best = NULL;
	struct dirent *entry;

	while (directory && (entry = readdir(directory))) {
		struct snapshot_error error;
		struct snapshot *snapshot = NULL;
		struct run_dir *run;
		char *path;

		if (entry->d_name[0] == '.' || !is_since(dirfd(directory), entry->d_name, since))
			continue;
		if (!control_names_process(entry->d_name, pid)) {
			*others = true;
			continue;
		}
		*begun = true;
		path = mem_format("%s/%s", out, entry->d_name);
		run = run_dir_open(path, &error);
		if (run)
			snapshot = snapshot_load(run->snapshots[run->count - 1], &error);
		if (snapshot &&
		    (!best || snapshot->process.total_blocks > best->process.total_blocks)) {
			snapshot_free(best);
			best = snapshot;
		} else {
			snapshot_free(snapshot);
		}
		run_dir_free(run);
		free(path);
	}
	if (directory)
		closedir(directory);
	return best;
}

/* Programs such as `false` allocate nothing and use little memory: a message about them would be
 * noise. */
#define SOME_MEMORY (1ull << 20)

static bool has_memory(const struct snapshot *snapshot)
{
	const struct silt_process *process = &snapshot->process;

	return process->total_blocks > 0 ||
	       process->anonymous_rss_bytes > process->overhead_bytes + SOME_MEMORY;
}

void visibility_after(const char *command, const char *name, const char *out, pid_t pid,
		      const struct timespec *since)
{
	bool others = false, begun = false;
	struct snapshot *snapshot = last_snapshot(out, pid, since, &others, &begun);
	const char *only = getenv("SILT_ONLY"), *doubt = snapshot ? doubt_of(snapshot) : NULL;

	if ((snapshot && doubt && !has_memory(snapshot)) ||
	    either_malloc_tell(command, name, out, since))
		doubt = NULL; /* top, report and check print it when asked */
	if (snapshot && doubt) {
		fprintf(stderr, "silt %s: ", command);
		utf8_print(stderr, name);
		fprintf(stderr, ": %s\n", doubt);
	} else if (!snapshot && !(only && *only && others)) {
		fprintf(stderr, "silt %s: no snapshot of ", command);
		utf8_print(stderr, name);
		fputs(" was written to ", stderr);
		utf8_print(stderr, out);
		fprintf(stderr, "%s%s\n", others ? ", only of programs that it started" : "",
			reason_given	? ""
			: begun		? ": it was killed before its first snapshot (--interval)"
			: only && *only ? ": --only does not match it"
			: others || access(out, W_OK) < 0
				? ""
				: ": what it starts has lost LD_PRELOAD if it clears the "
				  "environment (env -i, sudo); put `silt run` behind it");
	}
	snapshot_free(snapshot);
}
