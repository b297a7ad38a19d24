/*
 * Reads the sections of a snapshot file about the process, its modules and its call sites.
 * Must not: trust a number in the file.
 */
#ifndef SILT_LOAD_SECTIONS_H
#define SILT_LOAD_SECTIONS_H

#include "load/reader.h"

/* Fills in the reader's snapshot. Returns false if the file is damaged, with a message. */
bool sections_read(struct reader *reader);

#endif
