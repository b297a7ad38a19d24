/* A growing array of bytes: see bytes.h. */
#include "base/bytes.h"

#include <string.h>

#include "base/rt.h"

static bool bytes_reserve(struct bytes *b, size_t more)
{
	size_t capacity = b->capacity ? b->capacity : 64ul << 10;
	unsigned char *data;

	if (b->size + more <= b->capacity)
		return true;
	while (capacity < b->size + more)
		capacity *= 2;
	data = b->failed ? NULL : rt_map_for(RT_BRIEF, capacity);
	if (!data) {
		b->failed = true;
		return false;
	}
	if (b->data) {
		memcpy(data, b->data, b->size);
		rt_unmap(b->data, b->capacity);
	}
	b->data = data;
	b->capacity = capacity;
	return true;
}

void bytes_add(struct bytes *b, const void *data, size_t size)
{
	if (bytes_reserve(b, size) && size) {
		memcpy(b->data + b->size, data, size);
		b->size += size;
	}
}

void bytes_varint(struct bytes *b, uint64_t value)
{
	if (!bytes_reserve(b, 10))
		return;
	for (; value >= 0x80; value >>= 7)
		b->data[b->size++] = (unsigned char)(value | 0x80);
	b->data[b->size++] = (unsigned char)value;
}

void bytes_zigzag(struct bytes *b, int64_t value)
{
	bytes_varint(b, (uint64_t)value << 1 ^ -(uint64_t)(value < 0));
}

void bytes_free(struct bytes *b)
{
	if (b->data)
		rt_unmap(b->data, b->capacity);
	*b = (struct bytes){0};
}
