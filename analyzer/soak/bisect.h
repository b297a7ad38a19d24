/*
 * Which commit brought a leak: `git bisect run` with a build and a soak for each step, in a work
 * tree of its own.
 * Must not: touch the user's work tree, index, HEAD or bisection; leave anything behind.
 */
#ifndef SILT_SOAK_BISECT_H
#define SILT_SOAK_BISECT_H

/* As `git bisect run` has them. */
enum bisect_status { BISECT_CLEAN = 0, BISECT_LEAKING = 1, BISECT_SKIP = 125 };

struct bisect {
	/* revisions, as given */
	const char *good, *bad;
	/* shell command */
	const char *build;
	/* arguments of silt soak, NULL after the last */
	char **soak;
	/* where the runs of each commit are kept, below its name; NULL: they are not */
	const char *out;
	/* of a step: where COMMIT.log and COMMIT.txt, which has the findings, are put; NULL: the
	 * standard streams */
	const char *record;
};

/* Finds the commit, says it and its finding on standard output and what happens on standard error.
 * 0: found; 1: not, which is said; 2: wrong input; 128+N: interrupted. */
int bisect_run(const struct bisect *bisect);
/* Builds what is checked out in the working directory, and judges it: enum bisect_status. */
int bisect_step(const struct bisect *bisect);

#endif
