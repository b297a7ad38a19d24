/*
 * Is what a command printed safe where it goes, whatever names it was given?
 * Called by fuzz_commands.c, fuzz_text.c.
 */
#ifndef SILT_TESTS_FUZZ_CHECK_OUTPUT_H
#define SILT_TESTS_FUZZ_CHECK_OUTPUT_H

#include <stddef.h>

enum output_kind {
	OUTPUT_TEXT, /* well-formed UTF-8 without control characters but newlines and tabs */
	OUTPUT_JSON, /* RFC 8259, and the above */
	OUTPUT_XML,  /* well-formed, without processing instructions but the first line */
	OUTPUT_HTML, /* the page's own elements only, attributes in quotes, no event handlers */
	OUTPUT_LINES /* each line begins as GitHub's commands or TAP's do */
};

/* NULL: it is; else what is wrong, `at` where. */
const char *check_output(enum output_kind kind, const char *text, size_t size, size_t *at);

#endif
