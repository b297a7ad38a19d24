/*
 * Names source files as repositories do: see gate_formats.h.
 * Must not: follow a link out of the repository.
 */
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "render/gate_formats.h"
#include "util/mem.h"

/* Returns the path without "//", "/./" and "x/../", which compilers leave in debug information;
 * the caller frees it. */
static char *normalised(const char *path)
{
	char *text = mem_string(path[0] == '/' ? "/" : ""), *copy = mem_string(path), *rest = copy,
	     *piece;

	text = mem_resize(text, strlen(path) + 2, 1);
	while ((piece = strsep(&rest, "/"))) {
		char *last = strrchr(text, '/');
		const char *name = last ? last + 1 : text;

		if (!*piece || strcmp(piece, ".") == 0)
			continue;
		if (strcmp(piece, "..") == 0 && *name && strcmp(name, "..") != 0) {
			text[last ? (last == text ? 1 : last - text) : 0] = 0;
			continue;
		}
		if (strcmp(piece, "..") == 0 && strcmp(text, "/") == 0)
			continue;
		if (*name)
			strcat(text, "/");
		strcat(text, piece);
	}
	free(copy);
	return text;
}

/* Returns the part of `path` below `directory`; NULL: `path` is not below it. */
static const char *below(const char *path, const char *directory)
{
	size_t length = strlen(directory);

	while (length > 1 && directory[length - 1] == '/')
		length--;
	return length > 1 && strncmp(path, directory, length) == 0 && path[length] == '/' &&
			       path[length + 1]
		       ? path + length + 1
		       : NULL;
}

/* Tries the directory as it was named, then as realpath() names it. */
static char *relative_to(const char *path, const char *directory)
{
	char real[PATH_MAX];
	const char *rest = directory && *directory ? below(path, directory) : NULL;

	if (!rest && directory && *directory && realpath(directory, real))
		rest = below(path, real);
	return rest ? mem_string(rest) : NULL;
}

/* Finds the root of git's working tree around the working directory, else the working directory. */
static bool find_root(char directory[PATH_MAX])
{
	char start[PATH_MAX], *slash;

	if (!getcwd(start, sizeof start))
		return false;
	strcpy(directory, start);
	for (;;) {
		char *git = mem_format("%s/.git", directory);
		bool found = access(git, F_OK) == 0;

		free(git);
		if (found)
			return true;
		slash = strrchr(directory, '/');
		if (!slash || slash == directory)
			break;
		*slash = 0;
	}
	strcpy(directory, start);
	return true;
}

char *gate_relative(const char *file)
{
	static const char *const variables[] = {"GITHUB_WORKSPACE", "CI_PROJECT_DIR"};
	char *path = normalised(file), *relative = NULL, root[PATH_MAX];

	for (size_t i = 0; i < sizeof variables / sizeof variables[0] && !relative; i++)
		relative = relative_to(path, getenv(variables[i]));
	if (!relative && find_root(root))
		relative = relative_to(path, root);
	if (!relative)
		return path;
	free(path);
	return relative;
}
