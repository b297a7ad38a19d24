/*
 * Programs that change their rights: users, groups, capabilities, the root directory. - Just before
 * a program gives up the rights to reach its run directory by name, the directory is
 *   created, kept open and given to the new user.
 * - Except for chroot(), the helper ends before the call and another starts after it, so that it
 * never
 *   has more rights than the program.
 * Path: cold. Threads: any. Memory: none.
 * Must not: change what a call does or returns; open the directory to any user but the one that the
 * program becomes.
 */
#include "control/identity.h"

#include <dlfcn.h>
#include <errno.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/types.h>

#include "base/libc.h"
#include "base/rt.h"
#include "control/control.h"
#include "control/run.h"

#define UNCHANGED ((uid_t)-1)

typedef int change_1(uid_t);
typedef int change_2(uid_t, uid_t);
typedef int change_3(uid_t, uid_t, uid_t);
typedef int change_list(size_t, const gid_t *);
typedef int change_by_name(const char *, gid_t);
typedef int change_capabilities(void *, const void *);
typedef int change_root(const char *);

static struct {
	change_1 *setuid, *seteuid, *setgid, *setegid, *setfsuid, *setfsgid;
	change_2 *setreuid, *setregid;
	change_3 *setresuid, *setresgid;
	change_list *setgroups;
	change_by_name *initgroups;
	change_capabilities *capset;
	change_root *chroot;
} next;

#define FIND(name)                                                                                 \
	do {                                                                                       \
		if (!next.name)                                                                    \
			*(void **)&next.name = libc_symbol(RTLD_NEXT, #name);                      \
	} while (0)

void identity_prepare(void)
{
	FIND(setuid);
	FIND(seteuid);
	FIND(setgid);
	FIND(setegid);
	FIND(setfsuid);
	FIND(setfsgid);
	FIND(setreuid);
	FIND(setregid);
	FIND(setresuid);
	FIND(setresgid);
	FIND(setgroups);
	FIND(initgroups);
	FIND(capset);
	FIND(chroot);
}

static void before_user(uid_t effective)
{
	int saved = errno;

	if (effective != UNCHANGED && effective != 0 &&
	    rt_syscall(SYS_geteuid, 0, 0, 0, 0, 0, 0) == 0 && control_active() &&
	    !atomic_load(&rt_confined) && control_own_process())
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

/* -- by number -- */

bool identity_before(long number, const unsigned long arguments[6])
{
	switch (number) {
	case SYS_setuid:
	case SYS_setfsuid:
		before_user((uid_t)arguments[0]);
		break;
	case SYS_setreuid:
	case SYS_setresuid:
		before_user((uid_t)arguments[1]);
		break;
	case SYS_setgid:
	case SYS_setfsgid:
	case SYS_setregid:
	case SYS_setresgid:
	case SYS_setgroups:
	case SYS_capset:
		break;
	default:
		return false;
	}
	return control_stop_helper(false);
}

bool identity_before_prctl(int option)
{
	return (option == PR_SET_NO_NEW_PRIVS || option == PR_CAPBSET_DROP ||
		option == PR_CAP_AMBIENT || option == PR_SET_SECUREBITS) &&
	       control_stop_helper(false);
}

/* -- the C library's functions -- */

static int missing(void)
{
	errno = ENOSYS;
	return -1;
}

static int finish(bool stopped, int result)
{
	if (stopped)
		control_restart_helper();
	return result;
}

/* Body of a function that replaces `name`: `before`, then the call while no helper runs. */
#define CALL(name, before, ...)                                                                    \
	FIND(name);                                                                                \
	before;                                                                                    \
	bool stopped = control_stop_helper(false);                                                 \
	return finish(stopped, next.name ? next.name(__VA_ARGS__) : missing())
#define NOTHING (void)0

extern int setuid(uid_t user);
extern int seteuid(uid_t effective);
extern int setreuid(uid_t first, uid_t effective);
extern int setresuid(uid_t first, uid_t effective, uid_t saved);
extern int setfsuid(uid_t user);
extern int setgid(gid_t group);
extern int setegid(gid_t effective);
extern int setregid(gid_t first, gid_t effective);
extern int setresgid(gid_t first, gid_t effective, gid_t saved);
extern int setfsgid(gid_t group);
extern int setgroups(size_t count, const gid_t *groups);
extern int initgroups(const char *user, gid_t group);
extern int capset(void *header, const void *data);
extern int chroot(const char *path);

RT_EXPORT int setuid(uid_t user)
{
	CALL(setuid, before_user(user), user);
}

RT_EXPORT int seteuid(uid_t effective)
{
	CALL(seteuid, before_user(effective), effective);
}

RT_EXPORT int setreuid(uid_t first, uid_t effective)
{
	CALL(setreuid, before_user(effective), first, effective);
}

RT_EXPORT int setresuid(uid_t first, uid_t effective, uid_t saved)
{
	CALL(setresuid, before_user(effective), first, effective, saved);
}

RT_EXPORT int setfsuid(uid_t user)
{
	CALL(setfsuid, before_user(user), user);
}

RT_EXPORT int setgid(gid_t group)
{
	CALL(setgid, NOTHING, group);
}

RT_EXPORT int setegid(gid_t effective)
{
	CALL(setegid, NOTHING, effective);
}

RT_EXPORT int setregid(gid_t first, gid_t effective)
{
	CALL(setregid, NOTHING, first, effective);
}

RT_EXPORT int setresgid(gid_t first, gid_t effective, gid_t saved)
{
	CALL(setresgid, NOTHING, first, effective, saved);
}

RT_EXPORT int setfsgid(gid_t group)
{
	CALL(setfsgid, NOTHING, group);
}

RT_EXPORT int setgroups(size_t count, const gid_t *groups)
{
	CALL(setgroups, NOTHING, count, groups);
}

RT_EXPORT int initgroups(const char *user, gid_t group)
{
	CALL(initgroups, NOTHING, user, group);
}

RT_EXPORT int capset(void *header, const void *data)
{
	CALL(capset, NOTHING, header, data);
}

RT_EXPORT int chroot(const char *path)
{
	FIND(chroot);
	before_root();
	return next.chroot ? next.chroot(path) : missing();
}
