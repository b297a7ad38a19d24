/*
 * News feeds read with libxml2.
 *
 * drop: a feed with no news is not freed; read: every feed is; find: the object that a
 * query by path gives is not freed. Libraries: libxml-2.0
 */
#include "rounds.h"
#include <libxml/parser.h>
#include <libxml/xpath.h>

static xmlDocPtr feed_parse(unsigned long number)
{
	char text[400];
	int length = snprintf(
		text, sizeof text,
		"<feed><title>Feed %lu</title><item id='%lu'><title>News of the day</title>"
		"<text>Nothing has happened.</text></item></feed>",
		number, number % 7);

	return checked(xmlReadMemory(text, length, "feed.xml", NULL, 0));
}

static size_t title_length(xmlDocPtr feed)
{
	xmlChar *title = checked(xmlNodeGetContent(xmlDocGetRootElement(feed)));
	size_t length = (size_t)xmlStrlen(title);

	xmlFree(title);
	return length;
}

static int item_count(xmlDocPtr feed, bool release)
{
	xmlXPathContextPtr context = checked(xmlXPathNewContext(feed));
	xmlXPathObjectPtr items =
		checked(xmlXPathEvalExpression((const xmlChar *)"//item", context));
	int count = items->nodesetval ? items->nodesetval->nodeNr : 0;

	if (release)
		xmlXPathFreeObject(items);
	xmlXPathFreeContext(context);
	return count;
}

int main(int argc, char **argv)
{
	enum { DROP, READ, FIND };
	int mode = rounds_begin(argc, argv, "drop read find");
	size_t length = 0;

	xmlInitParser();
	while (next_round()) {
		xmlDocPtr feed = feed_parse((unsigned long)rounds.number);

		length += title_length(feed);
		length += (size_t)item_count(feed, mode != FIND);
		if (mode != DROP || rounds.number % 4)
			xmlFreeDoc(feed);
	}
	printf("%zu\n", length);
	return 0;
}
