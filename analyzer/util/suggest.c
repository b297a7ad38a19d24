/*
 * Finds the word that a mistyped word may stand for: see suggest.h.
 */
#include "util/suggest.h"

#include <string.h>

#define LONGEST 31

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

size_t suggest_distance(const char *a, const char *b)
{
	size_t rows = strlen(a), columns = strlen(b), table[LONGEST + 1][LONGEST + 1];

	if (rows > LONGEST || columns > LONGEST)
		return rows > columns ? rows : columns;
	for (size_t i = 0; i <= rows; i++) {
		for (size_t j = 0; j <= columns; j++) {
			if (i == 0 || j == 0) {
				table[i][j] = i + j;
				continue;
			}
			table[i][j] = least(least(table[i - 1][j], table[i][j - 1]) + 1,
					    table[i - 1][j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				table[i][j] = least(table[i][j], table[i - 2][j - 2] + 1);
		}
	}
	return table[rows][columns];
}

int suggest_near(const char *word, const char *name)
{
	size_t length = strlen(word);

	if (length >= 2 && strncmp(word, name, length) == 0)
		return 1;
	return suggest_distance(word, name) <= (strlen(name) <= 4 ? 1 : 2);
}
