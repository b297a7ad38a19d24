/*
 * Programs that give up the rights to reach their run directory by name: a user other than root, a root directory of their own. Just
 * before, the directory is made, kept open and given to the new user.
 * Called by: the program, in place of the C library's functions. Path: cold. Threads: any. Memory: none.
 * Must not: change what a call does or returns; open the directory to anybody but the user that the program becomes.
 */
#include <dlfcn.h>
#include <errno.h>
#include <sys/syscall.h>
#include <sys/types.h>

#include "control.h"
#include "run.h"

#define UNCHANGED ((uid_t)-1)

typedef int change_1(uid_t);
typedef int change_2(uid_t, uid_t);
typedef int change_3(uid_t, uid_t, uid_t);
typedef int change_root(const char *);

static struct {
	change_1 *setuid, *seteuid;
	change_2 *setreuid;
	change_3 *setresuid;
	change_root *chroot;
} next;

#define FIND(name)                                                                                           \
	do {                                                                                                 \
		if (!next.name)                                                                              \
			*(void **)&next.name = dlsym(RTLD_NEXT, #name);                                      \
	} while (0)

void identity_prepare(void)
{
	FIND(setuid);
	FIND(seteuid);
	FIND(setreuid);
	FIND(setresuid);
	FIND(chroot);
}

static void before_user(uid_t effective)
{
	int saved = errno;

	if (effective != UNCHANGED && effective != 0 && rt_syscall(SYS_geteuid, 0, 0, 0, 0, 0, 0) == 0 &&
	    control_active() && !atomic_load(&rt_confined) && control_own_process())
		run_prepare_for(effective);
	errno = saved;
}

static void before_root(void)
{
	int saved = errno;

	if (control_active() && !atomic_load(&rt_confined) && control_own_process())
		run_prepare_for(RUN_SAME_USER);
	errno = saved;
}

static int missing(void)
{
	errno = ENOSYS;
	return -1;
}

#define CALL(name, ...) (next.name ? next.name(__VA_ARGS__) : missing())

extern int setuid(uid_t user);
extern int seteuid(uid_t effective);
extern int setreuid(uid_t first, uid_t effective);
extern int setresuid(uid_t first, uid_t effective, uid_t saved);
extern int chroot(const char *path);

RT_EXPORT int setuid(uid_t user)
{
	FIND(setuid);
	before_user(user);
	return CALL(setuid, user);
}

RT_EXPORT int seteuid(uid_t effective)
{
	FIND(seteuid);
	before_user(effective);
	return CALL(seteuid, effective);
}

RT_EXPORT int setreuid(uid_t first, uid_t effective)
{
	FIND(setreuid);
	before_user(effective);
	return CALL(setreuid, first, effective);
}

RT_EXPORT int setresuid(uid_t first, uid_t effective, uid_t saved)
{
	FIND(setresuid);
	before_user(effective);
	return CALL(setresuid, first, effective, saved);
}

RT_EXPORT int chroot(const char *path)
{
	FIND(chroot);
	before_root();
	return CALL(chroot, path);
}
