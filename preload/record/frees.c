/* Call stacks that free blocks: see frees.h. */
#include "base/rt.h"
#include "record/frees.h"

#define MAX_RECORDS (1u << 18) /* 8 MiB */

struct frees_site {
	/* marked blocks that were freed */
	_Atomic uint32_t seen;
	/* number of its first record; 0: none */
	_Atomic uint32_t first;
};

static struct {
	struct rt_lock lock;
	/* of struct frees_site, by site */
	struct rt_array sites;
	/* of struct frees_record; element 0 unused */
	struct rt_array records;
	_Atomic uint32_t count;
} frees = {.lock = RT_LOCK(RT_RANK_FREES)};

static inline struct frees_site *site_at(uint32_t site)
{
	uint32_t part = 31u - (uint32_t)__builtin_clz(site / 1024 + 1);

	return atomic_load_explicit(&frees.sites.parts[part], memory_order_acquire)
		       ? rt_array_at(&frees.sites, site, sizeof(struct frees_site))
		       : NULL;
}

static struct frees_record *record_at(uint32_t number)
{
	return rt_array_at(&frees.records, number, sizeof(struct frees_record));
}

static struct frees_site *add_site(uint32_t site)
{
	rt_lock(&frees.lock);
	rt_array_reserve(&frees.sites, site, sizeof(struct frees_site));
	rt_unlock(&frees.lock);
	return site_at(site);
}

uint32_t frees_choose(uint32_t site, uint64_t *random)
{
	struct frees_site *of = site_at(site);
	uint32_t seen;

	if (unlikely(!of) && !(of = add_site(site)))
		return 0;
	seen = atomic_fetch_add_explicit(&of->seen, 1, memory_order_relaxed) + 1;
	if (seen <= FREES_OFTEN)
		return FREES_OFTEN;
	*random ^= *random << 13; /* xorshift64 (Marsaglia 2003) */
	*random ^= *random >> 7;
	*random ^= *random << 17;
	return (uint32_t)(*random >> 32) % seen < FREES_OFTEN ? seen : 0;
}

/* The record of a call stack; NULL: none. *count: records passed before it, or all that the site
 * has. */
static struct frees_record *find(struct frees_site *of, uint32_t stack, uint32_t how,
				 uint32_t *count)
{
	*count = 0;
	for (uint32_t at = atomic_load_explicit(&of->first, memory_order_acquire); at; ++*count) {
		struct frees_record *record = record_at(at);

		if (record->stack == stack && record->how == how)
			return record;
		at = record->next;
	}
	return NULL;
}

/* Called with the lock held. Adds a record, unless another thread has meanwhile. */
static struct frees_record *add(struct frees_site *of, uint32_t site, uint32_t stack, uint32_t how)
{
	uint32_t count, number = atomic_load_explicit(&frees.count, memory_order_relaxed) + 1;
	struct frees_record *record = find(of, stack, how, &count);

	if (record || count >= FREES_STACKS || number >= MAX_RECORDS ||
	    !rt_array_reserve(&frees.records, number, sizeof *record))
		return record;
	record = record_at(number);
	record->site = site;
	record->stack = stack;
	record->how = how;
	record->next = atomic_load_explicit(&of->first, memory_order_relaxed);
	atomic_store_explicit(&frees.count, number, memory_order_release);
	atomic_store_explicit(&of->first, number, memory_order_release);
	return record;
}

void frees_add(uint32_t site, uint32_t stack, uint32_t how, uint32_t weight)
{
	struct frees_site *of = site_at(site);
	struct frees_record *record;
	uint32_t count;

	if (!of)
		return;
	record = find(of, stack, how, &count);
	if (!record && count < FREES_STACKS) {
		rt_lock(&frees.lock);
		record = add(of, site, stack, how);
		rt_unlock(&frees.lock);
	}
	if (!record)
		return; /* the site has its full number of records */
	atomic_fetch_add_explicit(&record->samples, 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&record->weight, weight, memory_order_relaxed);
}

const struct frees_record *frees_of(uint32_t site)
{
	struct frees_site *of = site_at(site);
	uint32_t first = of ? atomic_load_explicit(&of->first, memory_order_acquire) : 0;

	return first ? record_at(first) : NULL;
}

const struct frees_record *frees_next(const struct frees_record *record)
{
	return record->next ? record_at(record->next) : NULL;
}

void frees_clear(void)
{
	uint32_t count = atomic_load(&frees.count);

	for (uint32_t i = 1; i <= count; i++) {
		struct frees_record *record = record_at(i);

		atomic_store(&record->samples, 0);
		atomic_store(&record->weight, 0);
		atomic_store(&site_at(record->site)->seen, 0);
	}
}

void frees_before_fork(void)
{
	rt_lock(&frees.lock);
}

void frees_after_fork(void)
{
	rt_unlock(&frees.lock);
}
