/*
 * How often each word stands in a text, in maps of stb_ds.
 *
 * sound: as it should be, a map is freed when its text is done. The others: a header that lacks one
 * call to free. Header: stb/stb_ds.h. Mutant index: stb/stb_ds.h s/STBDS_FREE(NULL,
 * stbds_header(a)->hash_table)/(void)0/ Mutant strings: stb/stb_ds.h s/STBDS_FREE(NULL,
 * \*(char\*\*) ((char \*) a + elemsize\*i))/(void)0/
 */
#include "rounds.h"

#define STB_DS_IMPLEMENTATION
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wsign-compare"
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wmissing-prototypes"
#pragma GCC diagnostic ignored "-Wimplicit-fallthrough"
#include <stb/stb_ds.h>
#pragma GCC diagnostic pop

struct count {
	char *key;
	unsigned value;
};

__attribute__((noinline)) static long text_count(unsigned length)
{
	struct count *counts = NULL;
	long different;

	sh_new_strdup(counts);
	for (unsigned i = 0; i < length; i++) {
		char word[24];
		unsigned before;

		snprintf(word, sizeof word, "word%lu", pick(40));
		before = shget(counts, word);
		shput(counts, word, before + 1);
	}
	different = shlen(counts);
	shfree(counts);
	return different;
}

int main(int argc, char **argv)
{
	long different = 0;

	rounds_begin(argc, argv, "sound index strings");
	while (next_round())
		different += text_count(30 + (unsigned)pick(60));
	printf("%ld different words\n", different);
	return 0;
}
