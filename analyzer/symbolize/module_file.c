/*
 * Finds and opens the file of a module: see module_file.h.
 */
#include "symbolize/module_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "symbolize/bounds.h"
#include "symbolize/symbolize.h"
#include "util/mem.h"

/* Finds the debug file, but refuses one that would exceed the bounds. */
static int find_debuginfo(Dwfl_Module *module, void **userdata, const char *name, GElf_Addr base,
			  const char *file, const char *link, GElf_Word checksum, char **found)
{
	struct module_symbols *symbols = *userdata;
	int fd = dwfl_standard_find_debuginfo(module, userdata, name, base, file, link, checksum,
					      found);

	if (fd < 0 || !symbols || bounds_add_file(&symbols->bounds, fd))
		return fd;
	close(fd);
	free(*found);
	*found = NULL;
	return -1;
}

static const Dwfl_Callbacks callbacks = {
	.find_elf = dwfl_build_id_find_elf,
	.find_debuginfo = find_debuginfo,
	.section_address = dwfl_offline_section_address,
};

static bool same_build_id(Dwfl_Module *module, const struct symbol_module *wanted)
{
	const unsigned char *bits;
	GElf_Addr address;
	int size = dwfl_module_build_id(module, &bits, &address);

	return size > 0 && (size_t)size == wanted->build_id_size &&
	       memcmp(bits, wanted->build_id, (size_t)size) == 0;
}

static Dwfl_Module *report(struct module_symbols *symbols, const char *path)
{
	Dwfl_Module *module;
	struct stat status;
	/* O_NONBLOCK, because the path may name a FIFO */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return NULL;
	if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode)) {
		close(fd);
		errno = EINVAL;
		return NULL;
	}
	symbols->bounds = (struct dwarf_bounds){0};
	bounds_add_file(&symbols->bounds, fd);
	symbols->dwfl = dwfl_begin(&callbacks);
	if (!symbols->dwfl) {
		close(fd);
		return NULL;
	}
	dwfl_report_begin(symbols->dwfl);
	/* unpacks a file that is compressed as a whole */
	bounds_limit_memory(&symbols->bounds);
	module = dwfl_report_elf(symbols->dwfl, path, path, fd, 0, true);
	bounds_unlimit_memory();
	dwfl_report_end(symbols->dwfl, NULL, NULL);
	if (!module) {
		close(fd); /* on success libdwfl keeps it */
		dwfl_end(symbols->dwfl);
		symbols->dwfl = NULL;
		errno = ENOEXEC;
	}
	return module;
}

void module_file_close(struct module_symbols *symbols)
{
	if (symbols->dwfl)
		dwfl_end(symbols->dwfl);
	symbols->dwfl = NULL;
}

/* Returns true if the file is the recorded one. Without a build id only the machine can be
 * compared. */
static bool is_as_recorded(Dwfl_Module *module, const struct symbol_module *wanted)
{
	GElf_Addr bias;
	GElf_Ehdr header;
	Elf *elf;

	if (wanted->build_id_size)
		return same_build_id(module, wanted);
	elf = wanted->machine ? dwfl_module_getelf(module, &bias) : NULL;
	return !elf || !gelf_getehdr(elf, &header) || header.e_machine == wanted->machine;
}

/* Opens the module below SILT_SYSROOT, the root of another machine's files. */
static Dwfl_Module *report_below_sysroot(struct module_symbols *symbols,
					 const struct symbol_module *wanted)
{
	const char *sysroot = getenv("SILT_SYSROOT");
	Dwfl_Module *module;
	char *path;

	if (!sysroot || !sysroot[0])
		return NULL;
	path = mem_format("%s%s", sysroot, wanted->path);
	module = report(symbols, path);
	free(path);
	if (module && !is_as_recorded(module, wanted)) {
		module_file_close(symbols);
		return NULL;
	}
	return module;
}

/* Opens the debug file by build id, so that names survive the module's own file. */
static Dwfl_Module *report_debug_file(struct module_symbols *symbols,
				      const struct symbol_module *wanted)
{
	char path[200] = "/usr/lib/debug/.build-id/", *end = path + strlen(path);
	Dwfl_Module *module;

	if (wanted->build_id_size < 2 || wanted->build_id_size > 64)
		return NULL;
	for (size_t i = 0; i < wanted->build_id_size; i++) {
		static const char digits[] = "0123456789abcdef";

		*end++ = digits[wanted->build_id[i] >> 4];
		*end++ = digits[wanted->build_id[i] & 15];
		if (i == 0)
			*end++ = '/';
	}
	strcpy(end, ".debug");
	module = report(symbols, path);
	if (module && !same_build_id(module, wanted)) {
		module_file_close(symbols);
		return NULL;
	}
	return module;
}

/* Linux appends this to the path of a mapped file that was removed or replaced; a new file may
 * have the path. Returns the path without it; NULL if it does not end so. */
static char *without_deleted(const char *path)
{
	static const char deleted[] = " (deleted)";
	size_t length = strlen(path), suffix = sizeof deleted - 1;

	if (length <= suffix || strcmp(path + length - suffix, deleted) != 0)
		return NULL;
	return mem_substring(path, length - suffix);
}

Dwfl_Module *module_file_open(struct module_symbols *symbols, const struct symbol_module *wanted,
			      char **note)
{
	Dwfl_Module *module = report_below_sysroot(symbols, wanted), *debug;
	char *replacement;
	const char *problem;

	if (module)
		return module;
	module = report(symbols, wanted->path);
	if (module && is_as_recorded(module, wanted))
		return module;
	problem = module ? "is another build than the one recorded" : strerror(errno);
	module_file_close(symbols);
	replacement = wanted->build_id_size ? without_deleted(wanted->path)
					    /* only a build id can show that it is the same */
					    : NULL;
	if (replacement) {
		module = report(symbols, replacement);
		free(replacement);
		if (module && same_build_id(module, wanted))
			return module;
		module_file_close(symbols);
	}
	debug = report_debug_file(symbols, wanted);
	if (!debug)
		*note = mem_format("%s: %s; its functions are shown by address", wanted->path,
				   problem);
	return debug;
}
