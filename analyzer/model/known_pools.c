/*
 * Recognizes well-known pools: see known_pools.h.
 */
#include "model/known_pools.h"

#include <string.h>

#include "symbolize/frame.h"

/* SMALL_REQUEST_THRESHOLD of CPython's Objects/obmalloc.c, in bytes: larger blocks come from
 * malloc */
#define CPYTHON_SMALL 512

static bool begins(const struct frame *frame, const char *start)
{
	return frame->function && strncmp(frame->function, start, strlen(start)) == 0;
}

static bool has_part(const struct frame *frame, const char *part)
{
	return frame->function && strstr(frame->function, part);
}

/* GLib before 2.76 gets slabs by posix_memalign. Since then, or with always-malloc, the slice
 * allocator calls g_malloc. */
static bool is_slab_of_glib(const struct profile_site *site)
{
	for (uint32_t i = 0; i < site->frame_count; i++) {
		if (begins(site->frames[i], "g_malloc"))
			return false;
		if (begins(site->frames[i], "g_slice_"))
			return true;
	}
	return false;
}

const char *known_pools_of_site(const struct profile_site *site)
{
	if (is_slab_of_glib(site))
		return "GLib cuts slices from these blocks: run it with G_SLICE=always-malloc to "
		       "see which of them grow";
	for (uint32_t i = 0; i < site->frame_count; i++)
		if (has_part(site->frames[i], "__pool_alloc_base") ||
		    has_part(site->frames[i], "__gnu_cxx::__pool<"))
			return "libstdc++ cuts pieces from these blocks: run it with "
			       "GLIBCXX_FORCE_NEW=1 to see which of them grow";
	return NULL;
}

/* Returns true if the site allocates objects of CPython that its pool would have served. */
static bool is_small_object(const struct profile_site *site)
{
	if (site->counters->min_size > CPYTHON_SMALL)
		return false;
	for (uint32_t i = 0; i < site->frame_count && i < 4; i++)
		if (begins(site->frames[i], "_PyObject_GC_New") ||
		    begins(site->frames[i], "PyUnicode_New") ||
		    begins(site->frames[i], "PyType_GenericAlloc") ||
		    begins(site->frames[i], "PyTuple_New"))
			return true;
	return false;
}

const char *known_pools_of_mapping(const struct profile *profile)
{
	bool is_python = false;

	for (uint64_t s = 0; s < profile->site_count; s++) {
		const struct profile_site *site = &profile->sites[s];

		if (is_small_object(site))
			return NULL;
		for (uint32_t i = 0; i < site->frame_count && !is_python; i++)
			is_python = begins(site->frames[i], "_PyEval_EvalFrame");
	}
	return is_python ? "CPython cuts its objects from such memory: run it with "
			   "PYTHONMALLOC=malloc to see which of them grow"
			 : NULL;
}
