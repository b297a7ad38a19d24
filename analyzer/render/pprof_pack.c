/* Packs and compresses the messages of a pprof profile: see pprof_pack.h. */
#include "render/pprof_pack.h"

#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>

#include "util/mem.h"

/* Tag of field 2 of a Profile (a length-delimited message), followed by the length and the
 * message. */
#define SAMPLE_TAG 0x12
#define VARINT_MOST 10

/* The gzip header has neither time nor name, so that the same profile gives the same bytes. */
void pprof_pack_begin(struct pprof_packer *packer)
{
	if (deflateInit2(&packer->stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 15 + 16, 8,
			 Z_DEFAULT_STRATEGY) != Z_OK)
		abort();
}

/* zlib counts bytes in an unsigned int */
static unsigned smaller(size_t size)
{
	return size < UINT_MAX ? (unsigned)size : UINT_MAX;
}

static void add_packed(struct pprof_packer *packer, const unsigned char *data, size_t size,
		       int flush)
{
	z_stream *stream = &packer->stream;
	int result;

	do {
		unsigned piece = smaller(size);

		stream->next_in = (unsigned char *)data;
		stream->avail_in = piece;
		data += piece;
		size -= piece;
		do {
			MEM_GROW(packer->out, stream->total_out, packer->capacity);
			stream->next_out = packer->out + stream->total_out;
			stream->avail_out = smaller(packer->capacity - stream->total_out);
			result = deflate(stream, size ? Z_NO_FLUSH : flush);
			if (result == Z_STREAM_ERROR)
				abort();
		} while (stream->avail_out == 0 && result != Z_STREAM_END);
	} while (size);
}

/* Returns a buffer for a message of `size` bytes. */
static unsigned char *message_room(struct pprof_packer *packer, size_t size)
{
	while (packer->message_capacity < size) {
		free(packer->message);
		packer->message_capacity = size + packer->message_capacity;
		packer->message = mem_alloc(packer->message_capacity);
	}
	return packer->message;
}

void pprof_pack_sample(struct pprof_packer *packer, const Pprof__Sample *sample)
{
	size_t size = pprof__sample__get_packed_size(sample), head = 0;
	unsigned char *message = message_room(packer, 1 + VARINT_MOST + size);

	message[head++] = SAMPLE_TAG;
	for (size_t rest = size; head == 1 || rest; rest >>= 7)
		message[head++] = (unsigned char)((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
	pprof__sample__pack(sample, message + head);
	add_packed(packer, message, head + size, Z_NO_FLUSH);
}

unsigned char *pprof_pack_end(struct pprof_packer *packer, const Pprof__Profile *profile,
			      size_t *packed)
{
	size_t size = pprof__profile__get_packed_size(profile);
	unsigned char *message = message_room(packer, size);

	pprof__profile__pack(profile, message);
	add_packed(packer, message, size, Z_FINISH);
	*packed = packer->stream.total_out;
	deflateEnd(&packer->stream);
	free(packer->message);
	return packer->out;
}
