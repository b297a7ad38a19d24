/*
 * Shell commands beside the program of a soak: see shell.h.
 */
#include "soak/shell.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "soak/launch.h"
#include "util/mem.h"

pid_t shell_start(const char *command, bool quiet)
{
	pid_t pid = fork();

	if (pid != 0) {
		if (pid > 0)
			setpgid(pid, pid);
		return pid < 0 ? 0 : pid;
	}
	setpgid(0, 0);
	launch_restore();
	if (dup2(open("/dev/null", O_RDONLY | O_CLOEXEC), 0) < 0 ||
	    (quiet && dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), 2) < 0) || dup2(2, 1) < 0)
		_exit(126);
	execl("/bin/sh", "sh", "-c", command, (char *)NULL);
	_exit(126);
}

void shell_stop(pid_t pid)
{
	if (pid > 0) {
		kill(-pid, SIGTERM);
		kill(-pid, SIGCONT);
	}
}

char *shell_status_text(int status)
{
	if (WIFSIGNALED(status))
		return mem_format("signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
	return mem_format("status %d", WEXITSTATUS(status));
}
