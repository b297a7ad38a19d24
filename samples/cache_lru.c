/*
 * A cache bounded by LRU eviction, the repaired twin of cache_unbounded.c.
 *
 * It fills in the first rounds and then holds 300 pages for ever. silt should have nothing to
 * report: what grows at first levels off.
 *
 * Usage: cache_lru [ROUNDS] [MILLISECONDS PER ROUND]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BUCKETS 512
#define CAPACITY 300

struct page {
	struct page *next; /* in its bucket */
	struct page *newer, *older;
	char *url;
	char *html;
};

static struct {
	struct page *buckets[BUCKETS];
	struct page *newest, *oldest;
	size_t count;
	unsigned long hits, misses;
} cache;

static unsigned hash(const char *text)
{
	unsigned h = 5381;

	while (*text)
		h = h * 33 + (unsigned char)*text++;
	return h % BUCKETS;
}

static char *page_render(const char *url)
{
	char *html = malloc(2048);

	if (html)
		snprintf(html, 2048, "<html><title>%s</title></html>", url);
	return html;
}

static void lru_remove(struct page *page)
{
	*(page->newer ? &page->newer->older : &cache.newest) = page->older;
	*(page->older ? &page->older->newer : &cache.oldest) = page->newer;
}

static void lru_add(struct page *page)
{
	page->newer = NULL;
	page->older = cache.newest;
	*(cache.newest ? &cache.newest->newer : &cache.oldest) = page;
	cache.newest = page;
}

static void evict_oldest(void)
{
	struct page *page = cache.oldest, **link = &cache.buckets[hash(page->url)];

	while (*link != page)
		link = &(*link)->next;
	*link = page->next;
	lru_remove(page);
	cache.count--;
	free(page->url);
	free(page->html);
	free(page);
}

static struct page *cache_get(const char *url)
{
	struct page *page = cache.buckets[hash(url)];

	while (page && strcmp(page->url, url) != 0)
		page = page->next;
	if (page) {
		lru_remove(page);
		lru_add(page);
	}
	return page;
}

static struct page *cache_put(const char *url, char *html)
{
	struct page *page;

	if (cache.count == CAPACITY)
		evict_oldest();
	page = malloc(sizeof *page);
	if (!page)
		return NULL;
	page->url = strdup(url);
	page->html = html;
	page->next = cache.buckets[hash(url)];
	cache.buckets[hash(url)] = page;
	lru_add(page);
	cache.count++;
	return page;
}

static size_t serve(const char *url)
{
	struct page *page = cache_get(url);

	if (page) {
		cache.hits++;
	} else {
		cache.misses++;
		page = cache_put(url, page_render(url));
	}
	return page && page->html ? strlen(page->html) : 0;
}

int main(int argc, char **argv)
{
	int rounds = argc > 1 ? atoi(argv[1]) : 20, pause = argc > 2 ? atoi(argv[2]) : 50;
	size_t sent = 0;

	for (int round = 0; round < rounds; round++) {
		for (int i = 0; i < 200; i++) {
			char url[64];

			/* A session number in the URL makes most of them new. */
			snprintf(url, sizeof url, "/article?id=%d&session=%d", i % 20,
				 round * 200 + i);
			sent += serve(url);
		}
		usleep((useconds_t)pause * 1000);
	}
	printf("%zu bytes sent, %lu hits, %lu misses\n", sent, cache.hits, cache.misses);
	return 0;
}
