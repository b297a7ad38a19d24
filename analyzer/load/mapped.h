/*
 * What the program maps itself, by call stack: the section of a snapshot file.
 * Must not: trust a number in the file.
 */
#ifndef SILT_LOAD_MAPPED_H
#define SILT_LOAD_MAPPED_H

#include "load/reader.h"

/* After the nodes; true too where the file has none. */
bool mapped_section_read(struct reader *reader);

#endif
