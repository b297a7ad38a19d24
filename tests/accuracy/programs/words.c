/*
 * Words interned in a table.
 *
 * names: every word that comes is new; vocabulary: words come by Zipf's law from a vocabulary of
 * 3000, new ones ever more rarely; dictionary: all are read within the first second.
 */
#include "rounds.h"

struct word {
	struct word *next;
	unsigned hash, uses;
	char text[];
};

static struct word **words;
static unsigned word_count;

static const char *word_of(const char *text)
{
	unsigned hash = 2166136261U;
	struct word *word;
	size_t length = strlen(text);

	for (const char *c = text; *c; c++)
		hash = (hash ^ (unsigned char)*c) * 16777619U;
	for (word = words[hash % 4096]; word; word = word->next)
		if (word->hash == hash && strcmp(word->text, text) == 0) {
			word->uses++;
			return word->text;
		}
	word = checked(malloc(sizeof *word + length + 1));
	word->hash = hash;
	word->uses = 1;
	memcpy(word->text, text, length + 1);
	word->next = words[hash % 4096];
	words[hash % 4096] = word;
	word_count++;
	return word->text;
}

int main(int argc, char **argv)
{
	enum { NAMES, VOCABULARY, DICTIONARY };
	int mode = rounds_begin(argc, argv, "names vocabulary dictionary");
	unsigned long fresh = 0, length = 0;

	words = checked(calloc(4096, sizeof *words));
	while (next_round()) {
		for (int i = 0; i < 60; i++) {
			char text[64];
			unsigned long number = pick(3000);

			if (mode == NAMES)
				number = pick(10) == 0 ? fresh++ : pick(fresh + 1);
			else if (mode == VOCABULARY)
				number = pick(number + 1);
			else
				number = fresh++ % 3000;
			snprintf(text, sizeof text, "%lu-%s", number * 7919,
				 number % 3 ? "ung" : "lichkeit");
			length += strlen(word_of(text));
		}
	}
	printf("%u words, %lu characters\n", word_count, length);
	return 0;
}
