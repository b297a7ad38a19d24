/*
 * Runs a command so many times and waits for each by its number, as many a process 1 of a container
 * does, then prints what processes are left: `adopts TIMES COMMAND [ARG...]`. Run by
 * tests/e2e/helper.sh as process 1.
 */
#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void print_process(const char *pid)
{
	char path[300], line[512] = "";
	FILE *file;

	snprintf(path, sizeof path, "/proc/%s/stat", pid);
	file = fopen(path, "r");
	if (file && fgets(line, sizeof line, file)) {
		char *end = strrchr(line, ')');

		if (end)
			end[3] = 0; /* the state, such as Z */
		puts(strchr(line, '('));
	}
	if (file)
		fclose(file);
}

int main(int argc, char **argv)
{
	struct dirent *entry;
	DIR *proc;

	if (argc < 3)
		return 2;
	for (int i = 0; i < atoi(argv[1]); i++) {
		pid_t pid = fork();
		int status;

		if (pid == 0) {
			execvp(argv[2], argv + 2);
			_exit(127);
		}
		if (waitpid(pid, &status, 0) != pid)
			return 1;
		printf("%d\n", WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
	}
	usleep(200000); /* what is about to end has ended */
	proc = opendir("/proc");
	while (proc && (entry = readdir(proc)))
		if (isdigit((unsigned char)entry->d_name[0]) && atoi(entry->d_name) != getpid())
			print_process(entry->d_name);
	/* One of our own is no matter. */
	return 0;
}
