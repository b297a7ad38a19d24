/*
 * A price list of 3000 articles, which is read at the start and changed one article at a time.
 *
 * reprice: the text of a price is replaced; renew: the whole article is, within its list;
 * withdraw: articles are renewed, and the old ones are kept; offers: a budget of articles, of which
 * lasting offers take ever more from those that are only remembered.
 */
#include "rounds.h"

#define ARTICLES 3000

struct article {
	struct article *next;
	unsigned long number;
	char *price;
	char about[40];
};

static struct article *articles, *withdrawn, *offers, *remembered, **remembered_end = &remembered;
static unsigned long count;

static void article_read(unsigned long number)
{
	struct article *article = checked(calloc(1, sizeof *article));

	article->number = number;
	article->price = checked(strdup("as it was at first"));
	article->next = articles;
	articles = article;
}

static struct article **article_find(unsigned steps)
{
	struct article **link = &articles;

	while (steps-- && (*link)->next)
		link = &(*link)->next;
	return link;
}

static void article_reprice(struct article *article)
{
	char *price = checked(malloc(48));

	snprintf(price, 48, "%lu.%02lu", pick(100), pick(100));
	free(article->price);
	article->price = price;
}

static void article_renew(struct article **link, bool keep)
{
	struct article *old = *link, *article = checked(malloc(sizeof *article));

	*article = *old;
	*link = article;
	if (!keep) {
		free(old);
		return;
	}
	old->price = NULL;
	old->next = withdrawn;
	withdrawn = old;
}

static void article_remember(void)
{
	struct article *article = checked(calloc(1, sizeof *article));

	*remembered_end = article;
	remembered_end = &article->next;
	count++;
}

static void article_offer(void)
{
	struct article *article = checked(calloc(1, sizeof *article));

	article->next = offers;
	offers = article;
	count++;
}

static void keep_to_budget(void)
{
	while (count > ARTICLES && remembered) {
		struct article *article = remembered;

		remembered = article->next;
		if (!remembered)
			remembered_end = &remembered;
		free(article);
		count--;
	}
}

int main(int argc, char **argv)
{
	enum { REPRICE, RENEW, WITHDRAW, OFFERS };
	int mode = rounds_begin(argc, argv, "reprice renew withdraw offers");

	for (unsigned long i = 0; i < ARTICLES; i++) {
		if (mode == OFFERS)
			article_remember();
		else
			article_read(i);
	}
	while (next_round()) {
		char *question = checked(strdup("what does it cost?"));

		if (mode == REPRICE) {
			article_reprice(*article_find(pick(ARTICLES)));
		} else if (mode == OFFERS) {
			article_remember();
			article_remember();
			article_offer();
			keep_to_budget();
		} else {
			article_renew(article_find(pick(ARTICLES)), mode == WITHDRAW);
		}
		free(question);
	}
	printf("%lu articles\n", count);
	return 0;
}
