/* Finds the commit that brought a leak: see bisect.h. */
#include "soak/bisect.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/child.h"
#include "util/mem.h"
#include "util/utf8.h"

#define ONLY_SKIPPED_LEFT 2 /* exit status of `git bisect run` */
#define LOG_TAIL 2000	    /* bytes shown of a log */

struct work {
	const struct bisect *bisect;
	/* hashes */
	char *good, *bad;
	/* temporary directory; contains `tree`, the records, and `out` unless the user gives one */
	char *directory;
	/* work tree; the user's directory in it; records of the steps */
	char *tree, *inside, *record;
	/* runs of the soaks, an absolute path */
	char *out;
	bool has_tree;
};

#define GIT(...) ((const char *const[]){"git", __VA_ARGS__, NULL})

static int git(const char *const *argv, const char *directory, int out)
{
	struct child how = {.directory = directory, .out = out, .err = -1};

	return child_run(argv, &how);
}

static int complain(const char *option, const char *revision, const char *what)
{
	utf8_complain("silt bisect: --%s %s: %s", option, revision, what);
	return 2;
}

/* -- the input -- */

static char *find_commit(const char *revision)
{
	char *name = mem_format("%s^{commit}", revision), *commit;

	commit = child_output(GIT("rev-parse", "--verify", "--quiet", "--end-of-options", name),
			      NULL);
	free(name);
	return commit;
}

/* Returns 0, or 2 after printing an error. */
static int check(struct work *work)
{
	const struct bisect *bisect = work->bisect;
	char *top = child_output(GIT("rev-parse", "--show-toplevel"), NULL);
	bool is_repository = top && *top;

	free(top);
	if (!is_repository) {
		fputs("silt bisect: not in a work tree of git; change to the program's directory\n",
		      stderr);
		return 2;
	}
	work->good = find_commit(bisect->good);
	if (!work->good)
		return complain("good", bisect->good, "no such revision");
	work->bad = find_commit(bisect->bad);
	if (!work->bad)
		return complain("bad", bisect->bad, "no such revision");
	if (strcmp(work->good, work->bad) == 0)
		return complain("bad", bisect->bad, "is the same commit as --good");
	if (git(GIT("merge-base", "--is-ancestor", work->good, work->bad), NULL, -1) != 0)
		return complain("good", bisect->good,
				"is not an ancestor of --bad; git merge-base names one of both");
	return 0;
}

/* -- the work tree -- */

static int open_null(void)
{
	return open("/dev/null", O_WRONLY | O_CLOEXEC);
}

static char *make_directory(void)
{
	const char *parent = getenv("TMPDIR");
	char *path = mem_format("%s/silt-bisect.XXXXXX", parent && *parent ? parent : "/tmp");

	if (mkdtemp(path))
		return path;
	utf8_complain("silt bisect: %s: %s", path, strerror(errno));
	free(path);
	return NULL;
}

static char *absolute(const char *path)
{
	char here[PATH_MAX];

	if (*path == '/' || !getcwd(here, sizeof here))
		return mem_string(path);
	return mem_format("%s/%s", here, path);
}

static int make_tree(struct work *work)
{
	char *prefix = child_output(GIT("rev-parse", "--show-prefix"), NULL);
	int null = open_null();
	int status;

	work->directory = prefix ? make_directory() : NULL;
	if (work->directory) {
		work->tree = mem_format("%s/tree", work->directory);
		work->inside = mem_format("%s/%s", work->tree, prefix);
		work->record = mem_string(work->directory);
		work->out = work->bisect->out ? absolute(work->bisect->out)
					      : mem_format("%s/runs", work->directory);
		work->has_tree = true; /* set before, because git may leave half a work tree */
		status = git(GIT("worktree", "add", "--quiet", "--detach", work->tree, work->good),
			     NULL, null);
	} else {
		status = 1;
	}
	close(null);
	free(prefix);
	if (status == 0)
		return 0;
	if (work->directory && !child_signal)
		fputs("silt bisect: git has made no work tree\n", stderr);
	return child_signal ? 128 + child_signal : 2;
}

/* Runs after a signal too. */
static void remove_tree(struct work *work)
{
	child_end();
	if (work->has_tree) {
		git(GIT("worktree", "remove", "--force", work->tree), NULL, -1);
		git(GIT("worktree", "prune"), NULL, -1);
	}
	if (work->directory)
		git((const char *const[]){"rm", "-rf", work->directory, NULL}, NULL, -1);
	free(work->good);
	free(work->bad);
	free(work->directory);
	free(work->tree);
	free(work->inside);
	free(work->record);
	free(work->out);
}

/* -- steps -- */

/* Returns the command line of a step, with `before` in front; the caller frees the array. */
static const char **step_command(const struct work *work, const char *const *before, size_t count)
{
	size_t soak = 0, at = 0;
	const char **argv;

	while (work->bisect->soak[soak])
		soak++;
	argv = mem_zeroed(count + soak + 12, sizeof *argv);
	for (; at < count; at++)
		argv[at] = before[at];
	argv[at++] = "bisect";
	argv[at++] = "--step";
	argv[at++] = "--record";
	argv[at++] = work->record;
	argv[at++] = "--out";
	argv[at++] = work->out;
	argv[at++] = "--build";
	argv[at++] = work->bisect->build;
	argv[at++] = "--";
	memcpy(argv + at, work->bisect->soak, soak * sizeof *argv);
	return argv;
}

/* Prints the end of a step's log. */
static void show_log(const struct work *work, const char *commit)
{
	char *path = mem_format("%s/%s.log", work->record, commit), text[LOG_TAIL + 1];
	FILE *file = fopen(path, "re");
	size_t size = 0;

	if (file) {
		if (fseek(file, -LOG_TAIL, SEEK_END) != 0)
			rewind(file);
		size = fread(text, 1, LOG_TAIL, file);
		fclose(file);
	}
	text[size] = '\0';
	for (char *line = text, *rest; *line; line = rest) {
		rest = line + strcspn(line, "\n");
		rest += *rest == '\n' ? (*rest = '\0', 1) : 0;
		utf8_complain("  %s", line);
	}
	free(path);
}

/* Judges one end before git is asked, because git cannot tell a wrong end from a result between
 * the ends. Returns 0, or the exit status after printing an error. */
static int check_end(const struct work *work, const char *option, const char *commit,
		     enum bisect_status expected)
{
	const char **argv = step_command(work, (const char *const[]){"/proc/self/exe"}, 1);
	const char *revision = expected == BISECT_CLEAN ? work->bisect->good : work->bisect->bad;
	struct child how = {.directory = work->inside, .out = -1, .err = -1};
	int status;

	status = git(GIT("checkout", "--quiet", "--detach", commit), work->tree, -1);
	status = status == 0 ? child_run(argv, &how) : 2;
	free(argv);
	if (child_signal)
		return 128 + child_signal;
	if (status == (int)expected)
		return 0;
	if (status == BISECT_LEAKING)
		complain(option, revision, "leaks too: give an older revision that does not");
	else if (status == BISECT_CLEAN)
		complain(option, revision,
			 "is clean: give one that leaks, or a soak that shows it");
	else
		complain(option, revision, "cannot be judged, see above; its log ends with");
	if (status != BISECT_LEAKING && status != BISECT_CLEAN)
		show_log(work, commit);
	return 1;
}

/* -- the result -- */

static void show_found(const struct work *work, const char *commit)
{
	char *path = mem_format("%s/%s.txt", work->record, commit), line[1000];
	char *text = child_output(
		GIT("log", "-1", "--format=%h %s (%an, %ad)", "--date=short", commit), work->tree);
	FILE *file = fopen(path, "re");

	fputs("the first commit that leaks: ", stdout);
	utf8_print(stdout, text ? text : commit);
	fputs("\n\n", stdout);
	/* printed by silt check, so without control characters */
	while (file && fgets(line, sizeof line, file))
		fputs(line, stdout);
	if (file)
		fclose(file);
	free(text);
	free(path);
}

/* Only skipped commits lie between the last bad and the last good one. */
static void show_candidates(const struct work *work)
{
	char *text = child_output(GIT("log", "--format=  %h %s", "refs/bisect/bad", "--not",
				      "--glob=refs/bisect/good-*"),
				  work->tree);
	fputs("the first commit that leaks is one of these, of which some do not build or are "
	      "inconclusive:\n",
	      stdout);
	fputs(text ? text : "", stdout);
	putchar('\n');
	free(text);
}

static int search(const struct work *work)
{
	char self[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
	const char *const before[] = {"git", "bisect", "run", "env", "-C", work->inside, self};
	const char **argv;
	char *found;
	int null = open_null(), status;

	self[length > 0 ? length : 0] = '\0';
	status = git(GIT("bisect", "start", work->bad, work->good), work->tree, null);
	if (status == 0) {
		argv = step_command(work, before, sizeof before / sizeof before[0]);
		status = git(argv, work->tree, null);
		free(argv);
	}
	close(null);
	if (child_signal)
		return 128 + child_signal;
	found = child_output(GIT("rev-parse", "refs/bisect/bad"), work->tree);
	if (status == 0 && found) {
		show_found(work, found);
	} else if (status == ONLY_SKIPPED_LEFT) {
		show_candidates(work);
		status = 1;
	} else {
		fprintf(stderr, "silt bisect: git bisect run has ended with status %d\n", status);
		status = 1;
	}
	free(found);
	return status;
}

int bisect_run(const struct bisect *bisect)
{
	struct work work = {.bisect = bisect};
	int status = check(&work);

	if (status == 0)
		status = make_tree(&work);
	if (status == 0)
		status = check_end(&work, "good", work.good, BISECT_CLEAN);
	if (status == 0)
		status = check_end(&work, "bad", work.bad, BISECT_LEAKING);
	if (status == 0)
		status = search(&work);
	if (child_signal)
		status = 128 + child_signal;
	remove_tree(&work);
	return status;
}
