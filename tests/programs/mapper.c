/*
 * Maps 128 KiB from the system every 5 ms for as many milliseconds as its first argument says,
 * beside malloc; with a second argument it unmaps each before the next, and touches ever more of a
 * large mapping instead. Run by tests/e2e/report.sh.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PIECE (128ul << 10)
#define LARGE (1ul << 30)

int main(int argc, char **argv)
{
	int rounds = argc > 1 ? atoi(argv[1]) / 5 : 100;
	char *large = mmap(NULL, LARGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	for (int i = 0; i < rounds; i++) {
		char *piece = mmap(NULL, PIECE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
				   -1, 0);

		if (piece == MAP_FAILED || large == MAP_FAILED)
			return 1;
		memset(piece, 1, PIECE);
		free(malloc(100));
		usleep(5000);
		if (argc < 3)
			continue;
		munmap(piece, PIECE);
		memset(large + (unsigned long)i * 65536 % LARGE, 1, 65536);
	}
	return 0;
}
