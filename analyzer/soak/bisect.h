/*
 * Finds the commit that brought a leak: `git bisect run` with a build and a soak for each step, in
 * a work tree of its own.
 * Must not: touch the user's work tree, index, HEAD or bisection; leave anything behind.
 */
#ifndef SILT_SOAK_BISECT_H
#define SILT_SOAK_BISECT_H

/* exit statuses of a step, as `git bisect run` defines them */
enum bisect_status { BISECT_CLEAN = 0, BISECT_LEAKING = 1, BISECT_SKIP = 125 };

struct bisect {
	/* revisions, as the user wrote them */
	const char *good, *bad;
	/* shell command */
	const char *build;
	/* arguments of `silt soak`; NULL after the last */
	char **soak;
	/* directory that keeps the runs of each commit below the commit's name; NULL: runs are
	 * not kept */
	const char *out;
	/* Used by a step: directory for COMMIT.log and COMMIT.txt, which has the findings; NULL:
	 * the standard streams. */
	const char *record;
};

/* Finds the commit. Prints it and its finding on standard output, progress on standard error.
 * Returns the exit status: 0 found, 1 not found (with a message), 2 wrong input, 128+N
 * interrupted by signal N. */
int bisect_run(const struct bisect *bisect);
/* Builds and judges what is checked out in the working directory. Returns an enum bisect_status. */
int bisect_step(const struct bisect *bisect);

#endif
