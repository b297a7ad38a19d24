/*
 * Names of functions and places for formats that others read: each function once, with a number.
 * Must not: let a control character or a byte that is not UTF-8 through: both become \xNN.
 */
#ifndef SILT_RENDER_NAMES_H
#define SILT_RENDER_NAMES_H

#include <stddef.h>

#include "symbolize/frame.h"

struct name {
	/* or "MODULE+0x12", "0x12", "[unknown]" where its name is not known: never empty */
	const char *function;
	/* "": unknown */
	const char *file;
	/* its file name; "": in no module */
	const char *module;
	/* "": in no module */
	const char *module_path;
};

struct names;
struct names *names_new(void);
void names_free(struct names *names);

/* The number of a frame's function, from 0 in the order they are asked for: those that differ in
 * nothing of `struct name` share it. */
size_t names_of(struct names *names, const struct frame *frame);
const struct name *names_get(const struct names *names, size_t number);
size_t names_count(const struct names *names);

/* The line that is known of a frame, else 0. */
unsigned names_line(const struct frame *frame);
/* "0x1234: function (file.c:12)" as Massif and DHAT have it, or "... (in MODULE)"; to be freed. */
char *names_place(struct names *names, const struct frame *frame);
/* What the program was called with, its arguments behind each other; to be freed. */
struct snapshot;
char *names_command(const struct snapshot *snapshot);
/* "a.out (pid 12), request "label", 0.8 s after the start", and what is estimated, lost or
 * incomplete; to be freed. */
char *names_title(const struct snapshot *snapshot);

#endif
