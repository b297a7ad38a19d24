/*
 * A ledger of invoices in a chained hash table.
 *
 * archive, slow, stepwise and accelerating keep every invoice; recent evicts the oldest; yearly
 * empties the ledger when a year is over; audit keeps every invoice until it has been audited, some
 * rounds later.
 */
#include "rounds.h"

#define BUCKETS 1024

struct invoice {
	struct invoice *next, *newer;
	unsigned long number;
	char *customer;
	unsigned amounts[24];
};

static struct {
	struct invoice *buckets[BUCKETS];
	struct invoice *oldest, *newest;
	unsigned count;
} ledger;

static struct invoice *invoice_make(unsigned long number)
{
	struct invoice *invoice = checked(calloc(1, sizeof *invoice));
	char name[40];

	snprintf(name, sizeof name, "customer %lu of the southern region", number);
	invoice->number = number;
	invoice->customer = checked(strdup(name));
	for (size_t i = 0; i < 24; i++)
		invoice->amounts[i] = (unsigned)pick(100000);
	return invoice;
}

static void ledger_enter(unsigned long number)
{
	struct invoice *invoice = invoice_make(number),
		       **bucket = &ledger.buckets[number * 31 % BUCKETS];

	invoice->next = *bucket;
	*bucket = invoice;
	*(ledger.newest ? &ledger.newest->newer : &ledger.oldest) = invoice;
	ledger.newest = invoice;
	ledger.count++;
}

static void ledger_drop_oldest(void)
{
	struct invoice *invoice = ledger.oldest,
		       **link = &ledger.buckets[invoice->number * 31 % BUCKETS];

	while (*link != invoice)
		link = &(*link)->next;
	*link = invoice->next;
	ledger.oldest = invoice->newer;
	if (!ledger.oldest)
		ledger.newest = NULL;
	ledger.count--;
	free(invoice->customer);
	free(invoice);
}

int main(int argc, char **argv)
{
	enum { ARCHIVE, SLOW, STEPWISE, ACCELERATING, RECENT, YEARLY, AUDIT };
	int mode =
		rounds_begin(argc, argv, "archive slow stepwise accelerating recent yearly audit");
	unsigned long number = 0;

	while (next_round()) {
		unsigned long count = 3;

		if (mode == SLOW)
			count = rounds.number % 8 == 0;
		else if (mode == STEPWISE)
			count = rounds.number % 100 == 99 ? 600 : 0;
		else if (mode == ACCELERATING)
			count = 1 + (unsigned long)elapsed_ms() / 600;
		while (count-- > 0)
			ledger_enter(number++);
		if (mode == RECENT) {
			while (ledger.count > 700)
				ledger_drop_oldest();
		} else if (mode == YEARLY && rounds.number % 170 == 0) {
			while (ledger.count > 0)
				ledger_drop_oldest();
		} else if (mode == AUDIT && rounds.number > 60) {
			for (int i = 0; i < 3; i++)
				ledger_drop_oldest();
		}
	}
	printf("%u invoices\n", ledger.count);
	return 0;
}
