/*
 * Base64 (RFC 4648, section 4), with padding.
 */
#ifndef SILT_UTIL_BASE64_H
#define SILT_UTIL_BASE64_H

#include <stddef.h>

/* Encodes `size` bytes; the caller frees the text. */
char *base64_encode(const unsigned char *data, size_t size);

#endif
