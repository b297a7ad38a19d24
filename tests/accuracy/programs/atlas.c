/*
 * Maps of an atlas, each in pages of its own from the system.
 *
 * unfold: every map stays mapped; fold: the oldest of 32 goes when one comes; wander: one large
 * sheet, mapped at the start, of which ever more is looked at; shelf: as unfold, in shared memory
 * of one name.
 */
#include "rounds.h"
#include <fcntl.h>
#include <sys/mman.h>

#define MAP_SIZE (96ul << 10)
#define SHEET_SIZE (1ul << 30)

static void *maps[32];

static void *map_open(int file)
{
	void *map = mmap(NULL, MAP_SIZE, PROT_READ | PROT_WRITE,
			 file < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED, file, 0);

	if (map == MAP_FAILED)
		exit(1);
	memset(map, 1, MAP_SIZE);
	return map;
}

int main(int argc, char **argv)
{
	enum { UNFOLD, FOLD, WANDER, SHELF };
	int mode = rounds_begin(argc, argv, "unfold fold wander shelf"), file = -1;
	unsigned char *sheet = NULL;
	unsigned long looked = 0;

	if (mode == SHELF &&
	    ((file = memfd_create("shelf", MFD_CLOEXEC)) < 0 || ftruncate(file, MAP_SIZE)))
		return 1;
	if (mode == WANDER)
		sheet = mmap(NULL, SHEET_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			     -1, 0);
	if (sheet == MAP_FAILED)
		return 1;
	while (next_round()) {
		void **place = &maps[rounds.number % 32];
		char *note = checked(malloc(100 + pick(100)));

		free(note);
		if (rounds.number % 4)
			continue;
		if (mode == WANDER) {
			for (unsigned long i = 0; i < MAP_SIZE && looked < SHEET_SIZE;
			     i += 4096, looked += 4096)
				sheet[looked] = 1;
			continue;
		}
		if (mode == FOLD && *place)
			munmap(*place, MAP_SIZE);
		*place = map_open(file);
	}
	printf("%ld maps\n", rounds.number / 4);
	return 0;
}
