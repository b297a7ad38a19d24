/*
 * Attaches and detaches for the commands: see attach.h.
 * Must not: print.
 */
#include "attach/attach.h"

#include <errno.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "attach/guardian.h"
#include "attach/target.h"
#include "silt_attach.h"
#include "util/control.h"
#include "util/mem.h"

bool attach_start(const struct attach_request *request, struct attach_answer *answer)
{
	return guardian_run(request, SILT_ATTACH_START, answer);
}

/* takes the last snapshot while the process runs, so that the process need not wait */
static void take_last(pid_t pid)
{
	char *run = control_find(pid), answer[5000];
	int connection = run ? control_connect_in(run) : -1;

	free(run);
	if (connection < 0)
		return;
	control_ask(connection, "snapshot detach\n", answer, sizeof answer);
	close(connection);
}

bool attach_end_at_once(const struct attach_request *request, struct attach_answer *answer)
{
	return guardian_run(request, SILT_ATTACH_END, answer);
}

bool attach_end(const struct attach_request *request, struct attach_answer *answer)
{
	take_last(request->pid);
	return attach_end_at_once(request, answer);
}

void attach_answer_free(struct attach_answer *answer)
{
	free(answer->refusal);
	answer->refusal = NULL;
}

bool attach_same_files(pid_t pid)
{
	struct target target;
	bool same = target_read(&target, pid) && target.same_files;

	target_free(&target);
	return same;
}

/* Checks with the rights of that user. */
static bool can_write(const char *directory, uid_t user, gid_t group)
{
	int status = 1;
	pid_t pid = fork();

	if (pid == 0) {
		bool changed = setgroups(0, NULL) == 0 && setgid(group) == 0 && setuid(user) == 0;

		_exit(changed && access(directory, W_OK | X_OK) == 0 ? 0 : 1);
	}
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return pid > 0 && status == 0;
}

char *attach_prepare_out(pid_t pid, const char *out, bool own)
{
	struct target target;
	char *refusal = NULL;

	if (geteuid() != 0 || !target_read(&target, pid))
		return NULL; /* the process is of our own user, or the attempt reports the error */
	if (target.user != 0 && target.same_files) {
		if ((mkdir(out, 0700) == 0 || own) && chown(out, target.user, target.group) < 0)
			rmdir(out);
		if (!can_write(out, target.user, target.group))
			refusal = mem_format(
				"its user (%u) cannot write to %s: name another directory with "
				"--out, as under /tmp or /var/tmp",
				(unsigned)target.user, out);
	}
	target_free(&target);
	return refusal;
}

char *attach_settings(size_t *size)
{
	extern char **environ;
	size_t length = 0;
	char *text = mem_alloc(1);

	for (char **entry = environ; *entry; entry++) {
		size_t more = strlen(*entry) + 1;

		if (strncmp(*entry, "SILT_", 5) != 0 || strncmp(*entry, "SILT_LIBRARY=", 13) == 0)
			continue;
		text = mem_resize(text, length + more + 1, 1);
		memcpy(text + length, *entry, more);
		length += more;
	}
	text[length] = 0;
	*size = length + 1;
	return text;
}

char *attach_find_run(pid_t pid)
{
	char *directory = control_find(pid), *path;

	if (!directory || attach_same_files(pid))
		return directory;
	path = mem_format("/proc/%d/root%s", (int)pid, directory);
	free(directory);
	return path;
}
