/*
 * Names of functions and places for formats that other programs read: each function once, with a
 * number.
 * Must not: let a control character or a byte that is not UTF-8 through: both become \xNN.
 */
#ifndef SILT_RENDER_NAMES_H
#define SILT_RENDER_NAMES_H

#include <stddef.h>

#include "symbolize/frame.h"

struct name {
	/* never empty: "MODULE+0x12", "0x12" or "[unknown]" if the function's name is unknown */
	const char *function;
	/* "": unknown */
	const char *file;
	/* the file name of the module; "": in no module */
	const char *module;
	/* the path of the module; "": in no module */
	const char *module_path;
};

struct names;
struct names *names_new(void);
void names_free(struct names *names);

/* Returns the number of a frame's function, counted from 0 in the order of the calls. Frames
 * with the same `struct name` share a number. */
size_t names_of(struct names *names, const struct frame *frame);
const struct name *names_get(const struct names *names, size_t number);
size_t names_count(const struct names *names);

/* Returns the line of a frame; 0: unknown. */
unsigned names_line(const struct frame *frame);
/* Returns "0x1234: function (file.c:12)" or "0x1234: function (in MODULE)", as Massif and DHAT
 * write it; the caller frees it. */
char *names_place(struct names *names, const struct frame *frame);
/* Returns the command line of the program, arguments separated by spaces; the caller frees it. */
struct snapshot;
char *names_command(const struct snapshot *snapshot);
/* Returns "a.out (pid 12), request "label", 0.8 s after the start", followed by what is
 * estimated, lost or incomplete; the caller frees it. */
char *names_title(const struct snapshot *snapshot);

#endif
