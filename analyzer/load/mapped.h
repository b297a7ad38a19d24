/*
 * Reads the section of a snapshot file about the memory that the program maps itself, by call
 * stack.
 * Must not: trust a number in the file.
 */
#ifndef SILT_LOAD_MAPPED_H
#define SILT_LOAD_MAPPED_H

#include "load/reader.h"

/* Call it after the nodes are read. Returns true also if the file has no such section. */
bool mapped_section_read(struct reader *reader);

#endif
