/*
 * A stock exchange that tells charts and alerts about prices.
 *
 * charts: closed charts stay subscribed, in a list; polite: they unsubscribe; alerts: the
 * subscribers are an array of records that doubles, alerts are never cancelled; staff: a few
 * hundred subscribe in the first second and stay; desk: subscribers come and go in the array.
 */
#include "rounds.h"

struct subscriber {
	struct subscriber *next;
	void (*on_price)(void *context, int price);
	void *context;
};

struct watch {
	void *context;
	void (*fire)(void *context, int price);
	int limit;
};

static struct {
	struct subscriber *subscribers;
	struct watch *watches;
	size_t watch_count, watch_capacity;
	int price;
} exchange;

struct chart {
	int last;
	unsigned points;
	unsigned char pixels[900];
};

static void chart_on_price(void *context, int price)
{
	struct chart *chart = context;

	chart->last = price;
	chart->pixels[chart->points++ % sizeof chart->pixels] = (unsigned char)price;
}

static void attach(void (*on_price)(void *, int), void *context)
{
	struct subscriber *subscriber = checked(malloc(sizeof *subscriber));

	subscriber->on_price = on_price;
	subscriber->context = context;
	subscriber->next = exchange.subscribers;
	exchange.subscribers = subscriber;
}

static void detach(void *context)
{
	struct subscriber **link = &exchange.subscribers, *subscriber;

	while (*link && (*link)->context != context)
		link = &(*link)->next;
	subscriber = *link;
	if (subscriber) {
		*link = subscriber->next;
		free(subscriber);
	}
}

static struct chart *chart_open(void)
{
	struct chart *chart = checked(calloc(1, sizeof *chart));

	attach(chart_on_price, chart);
	return chart;
}

struct limit {
	int price, fired;
	char owner[180];
};

static void limit_check(void *context, int price)
{
	struct limit *limit = context;

	limit->fired += price > limit->price;
}

static struct limit *limit_set(int price)
{
	struct limit *limit = checked(calloc(1, sizeof *limit));

	limit->price = price;
	if (exchange.watch_count == exchange.watch_capacity) {
		exchange.watch_capacity =
			exchange.watch_capacity ? exchange.watch_capacity * 2 : 32;
		exchange.watches = checked(realloc(
			exchange.watches, exchange.watch_capacity * sizeof *exchange.watches));
	}
	exchange.watches[exchange.watch_count++] = (struct watch){limit, limit_check, price};
	return limit;
}

static void limit_cancel(size_t index)
{
	free(exchange.watches[index].context);
	exchange.watches[index] = exchange.watches[--exchange.watch_count];
}

static void publish(int price)
{
	exchange.price = price;
	for (struct subscriber *subscriber = exchange.subscribers; subscriber;
	     subscriber = subscriber->next)
		subscriber->on_price(subscriber->context, price);
	for (size_t i = 0; i < exchange.watch_count; i++)
		exchange.watches[i].fire(exchange.watches[i].context, price);
}

int main(int argc, char **argv)
{
	enum { CHARTS, POLITE, ALERTS, STAFF, DESK };
	int mode = rounds_begin(argc, argv, "charts polite alerts staff desk");
	struct chart *open[16] = {NULL};

	while (next_round()) {
		if (mode == CHARTS || mode == POLITE) {
			struct chart **slot = &open[rounds.number % 16];

			if (mode == POLITE && *slot) {
				detach(*slot);
				free(*slot);
			}
			if (mode == POLITE || rounds.number % 2)
				*slot = chart_open();
		} else if (mode == STAFF) {
			if (rounds.number < 200)
				chart_open();
		} else {
			limit_set((int)pick(1000));
			if (mode == ALERTS)
				limit_set((int)pick(1000));
			else if (exchange.watch_count > 200)
				limit_cancel(pick(exchange.watch_count));
		}
		publish((int)pick(1000));
	}
	printf("price %d\n", exchange.price);
	return 0;
}
