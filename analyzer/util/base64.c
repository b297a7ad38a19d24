/*
 * Base64: see base64.h.
 */
#include "util/base64.h"

#include <stdint.h>

#include "util/mem.h"

char *base64_encode(const unsigned char *data, size_t size)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	char *text = mem_alloc((size + 2) / 3 * 4 + 1), *out = text;

	for (size_t i = 0; i < size; i += 3) {
		uint32_t three = (uint32_t)data[i] << 16;

		if (i + 1 < size)
			three |= (uint32_t)data[i + 1] << 8;
		if (i + 2 < size)
			three |= data[i + 2];
		*out++ = digits[three >> 18];
		*out++ = digits[three >> 12 & 63];
		*out++ = i + 1 < size ? digits[three >> 6 & 63] : '=';
		*out++ = i + 2 < size ? digits[three & 63] : '=';
	}
	*out = '\0';
	return text;
}
