/* Runs one step of a bisection: see bisect.h. */
#include "soak/bisect.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "util/child.h"
#include "util/mem.h"
#include "util/utf8.h"

struct step {
	const struct bisect *bisect;
	/* hash of the commit; first line of its message, in quotes */
	char *commit, *subject;
	/* descriptors, or -1 */
	int log, found;
};

static int open_record(const struct step *step, const char *suffix)
{
	char *path;
	int fd;

	if (!step->bisect->record)
		return -1;
	path = mem_format("%s/%s.%s", step->bisect->record, step->commit, suffix);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
	free(path);
	return fd;
}

static int build(const struct step *step)
{
	const char *const argv[] = {"sh", "-c", step->bisect->build, NULL};
	struct child how = {.out = step->log >= 0 ? step->log : STDERR_FILENO, .err = step->log};

	return child_run(argv, &how);
}

static int soak(const struct step *step)
{
	size_t count = 0;
	struct child how = {.out = step->found, .err = step->log};
	const char **argv;
	char *out;
	int status;

	while (step->bisect->soak[count])
		count++;
	argv = mem_zeroed(count + 5, sizeof *argv);
	out = mem_format("%s/%s", step->bisect->out ? step->bisect->out : "silt-out", step->commit);
	argv[0] = "/proc/self/exe";
	argv[1] = "soak";
	argv[2] = "--out";
	argv[3] = out;
	for (size_t i = 0; i < count; i++)
		argv[4 + i] = step->bisect->soak[i];
	status = child_run(argv, &how);
	free(out);
	free(argv);
	return status;
}

static int print_result(const struct step *step, int status, const char *what)
{
	utf8_complain("silt bisect: %.12s %s: %s", step->commit, step->subject, what);
	return status;
}

static int judge(const struct step *step)
{
	int status = build(step);
	char *what;

	if (status != 0 && !child_signal) {
		what = mem_format("does not build (status %d), skipped", status);
		print_result(step, BISECT_SKIP, what);
		free(what);
		return BISECT_SKIP;
	}
	status = soak(step);
	if (child_signal)
		return 128 + child_signal;
	if (status == 0)
		return print_result(step, BISECT_CLEAN, "clean");
	if (status == 1)
		return print_result(step, BISECT_LEAKING, "leaking");
	return print_result(step, BISECT_SKIP,
			    status == 3 ? "inconclusive, skipped" : "the soak failed, skipped");
}

int bisect_step(const struct bisect *bisect)
{
	const char *const head[] = {"git", "rev-parse", "HEAD", NULL};
	const char *const subject[] = {"git", "log", "-1", "--format=%s", NULL};
	struct step step = {.bisect = bisect, .log = -1, .found = -1};
	int status;

	step.commit = child_output(head, NULL);
	step.subject = child_output(subject, NULL);
	if (!step.commit || !step.subject) {
		fputs("silt bisect: this is no work tree of git\n", stderr);
		status = BISECT_SKIP;
	} else {
		step.log = open_record(&step, "log");
		step.found = open_record(&step, "txt");
		status = judge(&step);
	}
	if (step.log >= 0)
		close(step.log);
	if (step.found >= 0)
		close(step.found);
	free(step.commit);
	free(step.subject);
	return status;
}
