/*
 * A snapshot file: see file.h.
 * Must not: call malloc or stdio, know what a section contains.
 */
#include "snapshot/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>

#include "base/rt.h"
#include "silt_checksum.h"

struct silt_string snapshot_file_bytes(struct snapshot_file *file, const void *data, size_t size)
{
	struct silt_string string = {(uint32_t)file->strings.size, (uint32_t)size};

	bytes_add(&file->strings, data, size);
	return string;
}

struct silt_string snapshot_file_string(struct snapshot_file *file, const char *text)
{
	return snapshot_file_bytes(file, text ? text : "", text ? strlen(text) : 0);
}

void snapshot_file_begin(struct snapshot_file *file, uint32_t kind, uint32_t record_size)
{
	static const char zeros[8];

	bytes_add(&file->bytes, zeros, -file->bytes.size & 7);
	/* Kinds of sections are fixed in the code: one too many fails the very first snapshot. */
	if (file->section_count == SNAPSHOT_FILE_SECTIONS) {
		file->bytes.failed = true;
		file->section_count--;
	}
	file->sections[file->section_count] = (struct silt_section){
		.kind = kind, .record_size = record_size, .offset = file->bytes.size};
}

void snapshot_file_end(struct snapshot_file *file, uint64_t count)
{
	struct silt_section *section = &file->sections[file->section_count++];

	section->size = file->bytes.size - section->offset;
	section->count = count;
	if (!file->bytes.failed)
		section->crc = silt_crc32c(file->bytes.data + section->offset, section->size);
}

void snapshot_file_finish(struct snapshot_file *file)
{
	struct silt_header header = {.magic = SILT_MAGIC, .version = SILT_VERSION};
	size_t table_size;

	snapshot_file_begin(file, SILT_SECTION_STRINGS, 0);
	bytes_add(&file->bytes, file->strings.data, file->strings.size);
	snapshot_file_end(file, file->strings.size);
	snapshot_file_begin(file, 0, 0); /* aligns the table */
	table_size = file->section_count * sizeof file->sections[0];
	header.section_count = file->section_count;
	header.table_offset = file->bytes.size;
	header.table_crc = silt_crc32c(file->sections, table_size);
	bytes_add(&file->bytes, file->sections, table_size);
	header.file_size = file->bytes.size;
	header.header_crc = silt_crc32c(&header, offsetof(struct silt_header, header_crc));
	if (!file->bytes.failed)
		memcpy(file->bytes.data, &header, sizeof header);
}

long snapshot_file_write(const struct snapshot_file *file, int directory, const char *name)
{
	char temporary[64];
	struct rt_text text = {temporary, sizeof temporary, 0};
	long fd, result = 0;
	size_t done = 0;

	rt_text(&text, ".");
	rt_text(&text, name);
	rt_text(&text, ".tmp");
	rt_syscall(SYS_unlinkat, directory, (long)temporary, 0, 0, 0, 0);
	fd = rt_syscall(SYS_openat, directory, (long)temporary,
			O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600, 0, 0);
	if (fd < 0)
		return fd;
	while (done < file->bytes.size && result >= 0) {
		result = rt_write(fd, file->bytes.data + done, file->bytes.size - done);
		if (result == -EINTR)
			result = 0;
		else if (result == 0)
			result = -ENOSPC;
		done += result > 0 ? (size_t)result : 0;
	}
	rt_syscall(SYS_close, fd, 0, 0, 0, 0, 0);
	if (result >= 0)
		result = rt_syscall(SYS_renameat2, directory, (long)temporary, directory,
				    (long)name, 0, 0);
	if (result < 0)
		rt_syscall(SYS_unlinkat, directory, (long)temporary, 0, 0, 0, 0);
	return result < 0 ? result : 0;
}
