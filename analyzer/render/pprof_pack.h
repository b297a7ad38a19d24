/*
 * Packs the messages of a pprof profile, and compresses each sample as soon as it is encoded: all
 * samples together take a hundred times the size of a snapshot with deep call stacks. The fields of
 * a message may come in any order.
 * Must not: know where the figures come from.
 */
#ifndef SILT_RENDER_PPROF_PACK_H
#define SILT_RENDER_PPROF_PACK_H

#include <stddef.h>
#include <zlib.h>

#include "render/pprof.pb-c.h"

struct pprof_packer {
	z_stream stream;
	unsigned char *out, *message;
	size_t capacity, message_capacity;
};

/* Begins a gzip stream. `packer` must be zeroed. */
void pprof_pack_begin(struct pprof_packer *packer);
/* Adds a sample, which may be changed afterwards. */
void pprof_pack_sample(struct pprof_packer *packer, const Pprof__Sample *sample);
/* Adds the rest of the profile, and ends the stream. Returns the stream, which the caller frees,
 * and its size. */
unsigned char *pprof_pack_end(struct pprof_packer *packer, const Pprof__Profile *profile,
			      size_t *packed);

#endif
