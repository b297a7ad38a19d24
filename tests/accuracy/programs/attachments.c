/*
 * A mail program that wants to be reminded of things.
 *
 * reminders: each keeps the whole attachment to show its length; digests: they keep the length, and
 * the oldest reminder goes when there are 200; subjects: a short line of an index points into the
 * message's whole text; excerpts: the line is copied.
 */
#include "rounds.h"

struct attachment {
	size_t size;
	unsigned char *content;
};

static struct attachment *attachment_read(size_t size)
{
	struct attachment *attachment = checked(malloc(sizeof *attachment));

	attachment->size = size;
	attachment->content = checked(malloc(size));
	memset(attachment->content, 7, size);
	return attachment;
}

static void attachment_free(struct attachment *attachment)
{
	free(attachment->content);
	free(attachment);
}

struct reminder {
	struct reminder *next;
	size_t (*show)(const struct reminder *reminder);
	struct attachment *attachment;
	size_t size;
};

static struct reminder *reminders;
static unsigned reminder_count;

static size_t show_size(const struct reminder *reminder)
{
	return reminder->attachment->size;
}

static size_t show_number(const struct reminder *reminder)
{
	return reminder->size;
}

static void remind_later(struct attachment *attachment, bool whole)
{
	struct reminder *reminder = checked(calloc(1, sizeof *reminder)), **last = &reminders;

	reminder->show = whole ? show_size : show_number;
	if (whole)
		reminder->attachment = attachment;
	reminder->size = attachment->size;
	reminder->next = reminders;
	reminders = reminder;
	if (!whole) {
		attachment_free(attachment);
		if (++reminder_count > 50) {
			while ((*last)->next)
				last = &(*last)->next;
			free(*last);
			*last = NULL;
		}
	}
}

struct subject {
	const char *text;
	unsigned length;
};

static struct {
	struct subject lines[4096];
	size_t count;
} folder;

static void folder_add(size_t size, bool whole)
{
	char *message = checked(malloc(size));
	struct subject *subject = &folder.lines[folder.count++ % 4096];

	memset(message, 'm', size);
	memcpy(message + 100, "a subject of some length, twice", 32);
	subject->length = 31;
	if (whole) {
		subject->text = message + 100;
		return;
	}
	if (folder.count > 60)
		free((char *)folder.lines[(folder.count - 60) % 4096].text);
	subject->text = checked(strdup(message + 100));
	if (folder.count > 60)
		folder.lines[(folder.count - 60) % 4096].text = NULL;
	free(message);
}

int main(int argc, char **argv)
{
	enum { REMINDERS, DIGESTS, SUBJECTS, EXCERPTS };
	int mode = rounds_begin(argc, argv, "reminders digests subjects excerpts");
	size_t shown = 0;

	while (next_round()) {
		if (rounds.number % 10)
			continue;
		if (mode == REMINDERS || mode == DIGESTS)
			remind_later(attachment_read(100000 + pick(60000)), mode == REMINDERS);
		else
			folder_add(40000 + pick(20000), mode == SUBJECTS);
		for (struct reminder *reminder = reminders; reminder; reminder = reminder->next)
			shown += reminder->show(reminder);
	}
	printf("%zu shown, %zu in the folder\n", shown, folder.count);
	return 0;
}
