/* The directory of this process's snapshots: see run_directory.h. */
#include "control/run_directory.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "base/rt.h"
#include "control/run_hold.h"
#include "control/settings.h"
#include "unwind/modules.h"

/* bytes of the program's name in the name of its directory */
#define NAME_MAX_BYTES 208ul
/* leaves room for "/NAME.PID.NUMBER/NUMBER.silt" */
#define PARENT_MAX (RUN_PATH_MAX - NAME_MAX_BYTES - 80ul)

static struct {
	/* absolute SILT_OUT; empty: unknown, see no_parent */
	char parent[RUN_PATH_MAX];
	/* -errno */
	long no_parent;
	/* SILT_OUT is relative, and the working directory unknown */
	bool no_working_directory;
	/* parent/EXE.PID; empty until it is created */
	char directory[RUN_PATH_MAX];
	char working_directory[RUN_PATH_MAX];
	/* of the program */
	char name[NAME_MAX_BYTES];
	uint32_t pid;
} place;

/* Returns 0 or -errno. For a directory that was unmounted or is outside of a chroot the kernel
 * returns "(unreachable)/...": -ENOENT. */
static long find_working_directory(void)
{
	long result = rt_syscall(SYS_getcwd, (long)place.working_directory,
				 sizeof place.working_directory, 0, 0, 0, 0);

	if (result >= 0 && place.working_directory[0] == '/')
		return 0;
	place.working_directory[0] = 0;
	return result < 0 ? result : -ENOENT;
}

/* Leaves the parent empty if its path is unknown or too long, rather than use part of it. */
static void find_parent(long error)
{
	struct rt_text parent = {place.parent, sizeof place.parent, 0};
	bool relative = settings.out[0] != '/';

	place.no_working_directory = relative && error;
	place.no_parent = place.no_working_directory ? error : -ENAMETOOLONG;
	if (place.no_working_directory ||
	    (relative ? strlen(place.working_directory) + 1 : 0) + strlen(settings.out) >
		    PARENT_MAX)
		return;
	if (relative) {
		rt_text(&parent, place.working_directory);
		rt_text(&parent, "/");
	}
	rt_text(&parent, settings.out);
}

void run_directory_find(uint32_t pid)
{
	struct rt_text name = {place.name, sizeof place.name, 0};

	place.pid = pid;
	place.parent[0] = 0;
	rt_text(&name, modules_program_name());
	find_parent(find_working_directory());
}

void run_directory_forget(uint32_t pid)
{
	place.pid = pid;
	place.directory[0] = 0;
	run_hold_after_fork();
}

const char *run_directory_path(void)
{
	return place.directory;
}

const char *run_directory_working(void)
{
	return place.working_directory;
}

/* -- creating it -- */

static long make_directory(const char *path)
{
	return rt_syscall(SYS_mkdirat, AT_FDCWD, (long)path, 0700, 0, 0, 0);
}

static uint32_t user(void)
{
	return (uint32_t)rt_syscall(SYS_geteuid, 0, 0, 0, 0, 0, 0);
}

/* True if other users can change what is in this directory. */
static bool is_shared(const struct stat *directory)
{
	return directory->st_mode & 022 || (directory->st_uid != 0 && directory->st_uid != user());
}

/* True if `path` is a link that another user made in a world-writable directory. (The kernel's
 * fs.protected_symlinks, which may be off, checks only the last part of a path.) */
static bool is_planted(const char *path)
{
	struct stat status, above = {0};

	if (rt_syscall(SYS_newfstatat, AT_FDCWD, (long)path, (long)&status, AT_SYMLINK_NOFOLLOW, 0,
		       0) < 0 ||
	    !S_ISLNK(status.st_mode) || status.st_uid == 0 || status.st_uid == user())
		return false;
	/* The directory that contains the link; "PATH/.." would follow the link. */
	char parent[RUN_PATH_MAX];
	struct rt_text text = {parent, sizeof parent, 0};
	const char *slash = strrchr(path, '/');

	rt_text_bytes(&text, path, (size_t)(slash - path) + 1);
	return rt_syscall(SYS_newfstatat, AT_FDCWD, (long)parent, (long)&above, 0, 0, 0) < 0 ||
	       above.st_mode & 002;
}

/* Checks all parents of the run directory; with `make`, creates those that are missing. -EPERM: one
 * is a link that somebody planted. */
static long walk_parents(bool make)
{
	char path[RUN_PATH_MAX];
	char *end = path + strlen(place.parent);

	long result = 0;

	memcpy(path, place.parent, sizeof path);
	for (char *slash = path + 1; slash <= end; slash++) {
		if (*slash && *slash != '/')
			continue;
		*slash = 0;
		if (make)
			result = make_directory(path);
		if (is_planted(path))
			return -EPERM;
		if (slash < end)
			*slash = '/';
	}
	return result == -EEXIST ? 0 : result;
}

static void compose(uint64_t attempt)
{
	struct rt_text text = {place.directory, sizeof place.directory, 0};

	rt_text(&text, place.parent);
	rt_text(&text, "/");
	rt_text(&text, place.name);
	rt_text(&text, ".");
	rt_text_number(&text, place.pid);
	/* A former process of this name had the same pid, or this one has called exec. */
	if (attempt > 1) {
		rt_text(&text, ".");
		rt_text_number(&text, attempt);
	}
}

/* Creates it by way of the parent process's run directory, which is kept open. */
static long create_in_parents(void)
{
	int parent = run_hold_open_parent();
	long result;

	if (parent < 0)
		return -EACCES;
	result = rt_syscall(SYS_mkdirat, parent, (long)(strrchr(place.directory, '/') + 1), 0700, 0,
			    0, 0);
	if (result == 0) {
		long fd = rt_syscall(SYS_openat, parent, (long)(strrchr(place.directory, '/') + 1),
				     O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0, 0, 0);

		if (fd >= 0) {
			run_hold((int)fd, RUN_HOLD_OWNER);
			rt_syscall(SYS_close, fd, 0, 0, 0, 0, 0);
		}
	}
	rt_syscall(SYS_close, parent, 0, 0, 0, 0, 0);
	return result;
}

static long create_directory(void)
{
	long result = place.parent[0] ? walk_parents(false) : place.no_parent;

	if (result == 0)
		result = -EEXIST;
	for (uint64_t attempt = 1; attempt < 10000 && result == -EEXIST; attempt++) {
		compose(attempt);
		result = make_directory(place.directory);
		if (result == -EACCES || result == -EPERM ||
		    (result == -ENOENT && run_parent_is_held()))
			result = create_in_parents();
		if (result == -ENOENT) {
			result = walk_parents(true);
			if (result == 0)
				result = make_directory(place.directory);
		}
	}
	if (result < 0)
		place.directory[0] = 0;
	return result;
}

/* Where other users may rename things, checks that the directory is still ours. Elsewhere its owner
 * is not checked: some file systems report another one. */
static bool is_ours(long fd)
{
	struct stat parent, directory;

	if (rt_syscall(SYS_newfstatat, AT_FDCWD, (long)place.parent, (long)&parent, 0, 0, 0) < 0 ||
	    rt_syscall(SYS_fstat, fd, (long)&directory, 0, 0, 0, 0) < 0)
		return false;
	return !is_shared(&parent) || !is_shared(&directory);
}

/* Returns a descriptor or -errno; -ENOENT: not created yet, removed, or replaced by another. */
static long open_directory(void)
{
	long fd = rt_syscall(SYS_openat, AT_FDCWD, (long)place.directory,
			     O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0, 0, 0);

	if (fd == -ELOOP || fd == -ENOTDIR)
		return -ENOENT;
	if (fd >= 0 && !is_ours(fd)) {
		rt_syscall(SYS_close, fd, 0, 0, 0, 0, 0);
		return -ENOENT;
	}
	return fd;
}

int run_directory_open(void)
{
	long fd = run_hold_open();

	if (fd == -ENOENT && place.directory[0] && !run_is_held())
		fd = open_directory();
	if (fd == -ENOENT) {
		long result = create_directory();

		fd = result < 0 ? result : run_is_held() ? run_hold_open() : open_directory();
	}
	return (int)fd;
}

static void say_no_working_directory(void)
{
	rt_say("cannot write snapshots: the working directory ",
	       place.no_parent == -ENOENT ? "is gone (removed or unmounted)"
	       : place.no_parent == -EACCES || place.no_parent == -EPERM
		       ? "cannot be determined (permission denied)"
		       : "cannot be determined (getcwd failed)",
	       ": set SILT_OUT to an absolute path");
}

void run_directory_report(const char *reason)
{
	if (place.no_working_directory)
		say_no_working_directory();
	else
		rt_say("cannot write a snapshot in ",
		       place.directory[0] ? place.directory
		       : place.parent[0]  ? place.parent
					  : "SILT_OUT",
		       reason);
}
