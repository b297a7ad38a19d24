/*
 * Frames packed with zlib.
 *
 * pack: the state of a packing that ended early is not freed; send: it always is; sent: packed
 * frames are kept, in an array that is static in a function. Libraries: zlib
 */
#include "rounds.h"
#include <zlib.h>

static unsigned char *frame_pack(const unsigned char *pixels, size_t size, size_t *packed,
				 bool release)
{
	unsigned char *out = checked(malloc(size));
	z_stream stream = {0};

	if (deflateInit2(&stream, 1, Z_DEFLATED, 9, 1, Z_DEFAULT_STRATEGY) != Z_OK)
		exit(1);
	stream.next_in = (unsigned char *)pixels;
	stream.avail_in = (unsigned)size;
	stream.next_out = out;
	stream.avail_out = (unsigned)size;
	deflate(&stream, Z_FINISH);
	*packed = stream.total_out;
	if (release)
		deflateEnd(&stream);
	return out;
}

static void frame_remember(unsigned char *frame, size_t size)
{
	static unsigned char **seen;
	static size_t count, capacity;

	if (count == capacity) {
		capacity = capacity ? capacity + capacity / 2 : 64;
		seen = checked(realloc(seen, capacity * sizeof *seen));
	}
	seen[count++] = checked(realloc(frame, size + 300));
}

int main(int argc, char **argv)
{
	enum { PACK, SEND, SENT };
	int mode = rounds_begin(argc, argv, "pack send sent");
	static unsigned char pixels[2000];
	size_t packed, total = 0;

	while (next_round()) {
		unsigned char *frame;

		for (size_t i = 0; i < sizeof pixels; i++)
			pixels[i] = (unsigned char)pick(9);
		frame = frame_pack(pixels, sizeof pixels, &packed,
				   mode != PACK || rounds.number % 9);
		total += packed;
		if (mode == SENT && rounds.number % 2)
			frame_remember(frame, packed);
		else
			free(frame);
	}
	printf("%zu\n", total);
	return 0;
}
