/*
 * A cache without eviction: every page ever asked for stays in memory.
 *
 * The memory is reachable, from the global `cache`, so a leak checker at exit has nothing to say.
 * silt diff names page_render and cache_put as the sites that grow; the kind is `growing-cache`,
 * the holder the global `cache`. cache_lru.c is the repaired twin.
 *
 * Usage: cache_unbounded [ROUNDS] [MILLISECONDS PER ROUND]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BUCKETS 512

struct page {
	struct page *next; /* in its bucket */
	char *url;
	char *html;
};

static struct {
	struct page *buckets[BUCKETS];
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

static struct page *cache_get(const char *url)
{
	struct page *page = cache.buckets[hash(url)];

	while (page && strcmp(page->url, url) != 0)
		page = page->next;
	return page;
}

static struct page *cache_put(const char *url, char *html)
{
	struct page *page = malloc(sizeof *page);

	if (!page)
		return NULL;
	page->url = strdup(url);
	page->html = html;
	page->next = cache.buckets[hash(url)];
	cache.buckets[hash(url)] = page;
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
