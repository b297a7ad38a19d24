/*
 * The outermost layer of a snapshot file: header, section table, check sums, padding.
 * Must not: know what a section means.
 */
#ifndef SILT_LOAD_ENVELOPE_H
#define SILT_LOAD_ENVELOPE_H

#include "load/reader.h"

/*
 * True if every bit of the file is what the writer wrote: header, table and sections match their
 * check sums, tile the file without overlap, and what lies between them is zero. Fills in
 * reader->sections. The cost is proportional to the file's size.
 */
bool envelope_check(struct reader *reader);

/*
 * The same for the header alone, of a file of reader->size bytes of which only the first `size` are
 * there: so that a huge file that is no snapshot is not read into memory.
 */
bool envelope_check_header(struct reader *reader, const unsigned char *data, uint64_t size);

/*
 * Reads a section of one record of `size` bytes, and nothing else that is long. False: it is not
 * that simple, or something is wrong; nothing is said.
 */
bool envelope_peek(const struct reader *reader, int fd, uint32_t kind, void *record, size_t size);

#endif
