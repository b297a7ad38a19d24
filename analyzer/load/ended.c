/* Notes that a signal ended the process of a run: see ended.h. */
#include "load/ended.h"

#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "load/run_dir.h"
#include "load/snapshot.h"
#include "util/control.h"
#include "util/mem.h"

bool ended_read(struct ended *ended, const char *run)
{
	char *path = mem_format("%s/" ENDED_FILE, run), line[80] = "";
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC), out_of_memory = 0;
	ssize_t length = fd >= 0 ? read(fd, line, sizeof line - 1) : -1;

	free(path);
	if (fd >= 0)
		close(fd);
	*ended = (struct ended){0};
	if (length <= 0 ||
	    sscanf(line, "%d %" SCNu64 " %d", &ended->signal, &ended->unix_ns, &out_of_memory) != 3)
		return false;
	ended->out_of_memory = out_of_memory == 1;
	return ended->signal > 0 && ended->signal < NSIG;
}

static bool write_line(const struct ended *ended, const char *run)
{
	char *path = mem_format("%s/" ENDED_FILE, run);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	bool written = fd >= 0 && dprintf(fd, "%d %" PRIu64 " %d\n", ended->signal, ended->unix_ns,
					  ended->out_of_memory) > 0;

	free(path);
	if (fd >= 0)
		close(fd);
	return written;
}

bool ended_write(const struct ended *ended, const char *out, pid_t pid)
{
	struct snapshot_error error;
	size_t count;
	char **runs = run_dir_all(out, &count, &error);
	bool written = false;

	for (size_t i = 0; i < count; i++) {
		const char *slash = strrchr(runs[i], '/');

		if (control_names_process(slash ? slash + 1 : runs[i], pid))
			written = write_line(ended, runs[i]) || written;
		free(runs[i]);
	}
	free(runs);
	return written;
}
