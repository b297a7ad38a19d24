/* The run directory kept open: see run_hold.h. */
#include "control/run_hold.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "base/rt.h"

struct held {
	/* -1: none */
	int fd;
	dev_t device;
	ino_t inode;
};

static struct held own = {.fd = -1}, parent = {.fd = -1};

static bool is_same(long fd, const struct held *held)
{
	struct stat status;

	return fd >= 0 && rt_syscall(SYS_fstat, fd, (long)&status, 0, 0, 0, 0) == 0 &&
	       status.st_dev == held->device && status.st_ino == held->inode;
}

static long open_in(long directory)
{
	return rt_syscall(SYS_openat, directory, (long)".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0,
			  0, 0);
}

/* The helper has other descriptors than the program, but the run directory as its working
 * directory. */
static int open_again(const struct held *held)
{
	long fd = -ENOENT;

	if (held->fd < 0)
		return -ENOENT;
	if (is_same(held->fd, held))
		fd = open_in(held->fd);
	if (fd < 0)
		fd = open_in(AT_FDCWD);
	if (is_same(fd, held))
		return (int)fd;
	if (fd >= 0)
		rt_syscall(SYS_close, fd, 0, 0, 0, 0, 0);
	return -ENOENT;
}

void run_hold(int directory, uint32_t user)
{
	struct stat status;
	int fd;

	if (user != RUN_HOLD_OWNER)
		rt_syscall(SYS_fchown, directory, user, -1, 0, 0, 0);
	if (own.fd >= 0 && is_same(own.fd, &own) && is_same(directory, &own))
		return;
	fd = (int)rt_syscall(SYS_fcntl, directory, F_DUPFD_CLOEXEC, 3, 0, 0, 0);
	fd = fd >= 0 ? rt_high_descriptor(fd) : -1;
	if (fd < 0 || rt_syscall(SYS_fstat, fd, (long)&status, 0, 0, 0, 0) < 0)
		return;
	own = (struct held){fd, status.st_dev, status.st_ino};
}

bool run_is_held(void)
{
	return own.fd >= 0;
}

int run_hold_open(void)
{
	return open_again(&own);
}

int run_hold_fd(void)
{
	return own.fd >= 0 ? own.fd : parent.fd;
}

void run_hold_after_fork(void)
{
	if (own.fd < 0)
		return;
	if (parent.fd >= 0 && is_same(parent.fd, &parent))
		rt_syscall(SYS_close, parent.fd, 0, 0, 0, 0, 0);
	parent = own;
	own.fd = -1;
}

bool run_parent_is_held(void)
{
	return parent.fd >= 0;
}

int run_hold_open_parent(void)
{
	return open_again(&parent);
}
