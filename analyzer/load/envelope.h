/*
 * The outermost layer of a snapshot file: header, section table, check sums, padding.
 * Must not: know what a section means.
 */
#ifndef SILT_LOAD_ENVELOPE_H
#define SILT_LOAD_ENVELOPE_H

#include "load/reader.h"

/*
 * Returns true if every bit of the file is what the writer wrote: header, table and sections match
 * their check sums, the sections do not overlap, and the bytes between them are zero. Fills in
 * reader->sections. Costs time in proportion to the file's size.
 */
bool envelope_check(struct reader *reader);

/*
 * Checks the header alone, of a file of reader->size bytes of which only the first `size` are in
 * `data`, so that a huge file that is not a snapshot is not read into memory.
 */
bool envelope_check_header(struct reader *reader, const unsigned char *data, uint64_t size);

/*
 * Reads a section of one record of `size` bytes, without the rest of the file. Returns false,
 * without an error message, if the file is damaged or not of that simple form.
 */
bool envelope_peek(const struct reader *reader, int fd, uint32_t kind, void *record, size_t size);

#endif
