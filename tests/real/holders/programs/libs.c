/*
 * Mistakes with libraries: statements that are never finalized, headers that are never freed,
 * events that are never freed.
 *   libs sqlite|curl|event|added SECONDS
 */
#include <curl/curl.h>
#include <event2/event.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static sqlite3 *db;
static struct event_base *base;

static void on_event(int descriptor, short what, void *data)
{
	(void)descriptor;
	(void)what;
	(void)data;
}

static void use_sqlite(int number)
{
	sqlite3_stmt *statement;
	char text[80];

	snprintf(text, sizeof text, "select %d", number);
	sqlite3_prepare_v2(db, text, -1, &statement, NULL);
	sqlite3_step(statement);
}

static void use_curl(int number)
{
	CURL *curl = curl_easy_init();
	char text[80];
	struct curl_slist *headers;

	snprintf(text, sizeof text, "X-Request: %d", number);
	headers = curl_slist_append(NULL, text);
	headers = curl_slist_append(headers, "Accept: */*");
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_cleanup(curl);
}

static void use_event(int number, int is_added)
{
	static const struct timeval hour = {3600, 0};
	struct event *event = event_new(base, -1, EV_PERSIST, on_event, NULL);

	(void)number;
	if (is_added)
		event_add(event, &hour);
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	time_t end = time(NULL) + (argc > 2 ? atoi(argv[2]) : 1);

	sqlite3_open(":memory:", &db);
	base = event_base_new();
	for (int i = 0; time(NULL) < end; i++) {
		if (strcmp(what, "sqlite") == 0)
			use_sqlite(i);
		else if (strcmp(what, "curl") == 0)
			use_curl(i);
		else
			use_event(i, strcmp(what, "added") == 0);
		nanosleep(&(struct timespec){0, 2000000}, NULL);
	}
	return 0;
}
