/* Says why snapshots could not be written: see run_lost.h. */
#include "control/run_lost.h"

#include <errno.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "base/rt.h"
#include "control/limits.h"
#include "control/run.h"
#include "control/run_directory.h"
#include "control/settings.h"

static struct {
	/* why the last lost snapshot could not be written: -errno; 0: none is lost */
	long error;
	bool said;
} lost;

void run_lost_begin(void)
{
	lost.error = 0;
}

void run_lost_say_again(void)
{
	lost.said = false;
}

void run_lost_note(long error)
{
	lost.error = error;
}

/* False if standard error is a pipe or file that the program opened, where our message would be
 * taken for its output. */
static bool stderr_is_the_users(void)
{
	struct stat status;

	return !settings.stderr_inode ||
	       (rt_syscall(SYS_fstat, 2, (long)&status, 0, 0, 0, 0) == 0 &&
		status.st_dev == settings.stderr_device && status.st_ino == settings.stderr_inode);
}

static const char *reason(long error)
{
	switch (error) {
	case -ENOSPC:
		return ": no space left";
	case -ENOMEM:
		return limits_no_memory();
	case -EACCES:
	case -EPERM:
		return ": permission denied";
	case -EROFS:
		return ": read-only file system";
	case -EDQUOT:
		return ": disk quota exceeded";
	case -ENAMETOOLONG:
		return ": name too long";
	case -ENOSYS:
		return ": a filter of system calls (seccomp) forbids what it needs";
	case -ECHILD:
		return ": the helper process has ended early";
	case -ETIMEDOUT:
		return ": it took too long";
	default:
		return "; the program goes on without it";
	}
}

void run_report_lost(void)
{
	long error = lost.error;

	if (!settings.serve /* under bare LD_PRELOAD nothing is printed */ ||
	    !stderr_is_the_users())
		return;
	limits_report_refused();
	if (!error || lost.said)
		return;
	lost.said = true;
	run_directory_report(reason(error));
}
