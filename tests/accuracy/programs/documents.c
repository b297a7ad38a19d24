/*
 * An editor's documents: trees whose nodes know their parents.
 *
 * discard: a closed document is forgotten whole; close: it is freed; undo: nodes taken out are kept
 * for undoing, without a limit, in a list of the editor that main has on its stack; revisions: the
 * same with a limit.
 */
#include "rounds.h"

struct node {
	struct node *parent, *first, *next;
	char text[40];
};

struct editor {
	struct node *document;
	struct node *taken;
	unsigned taken_count;
};

static struct node *node_create(struct node *parent, const char *text)
{
	struct node *node = checked(calloc(1, sizeof *node));

	snprintf(node->text, sizeof node->text, "%s", text);
	node->parent = parent;
	if (parent) {
		node->next = parent->first;
		parent->first = node;
	}
	return node;
}

static void node_free(struct node *node)
{
	while (node) {
		struct node *next = node->next;

		node_free(node->first);
		free(node);
		node = next;
	}
}

static struct node *document_open(unsigned paragraphs)
{
	struct node *document = node_create(NULL, "document");

	for (unsigned i = 0; i < paragraphs; i++)
		node_create(node_create(document, "paragraph"), "run");
	return document;
}

static void take_out(struct editor *editor, unsigned limit)
{
	struct node *paragraph = editor->document->first;

	if (!paragraph)
		return;
	editor->document->first = paragraph->next;
	paragraph->parent = NULL;
	paragraph->next = editor->taken;
	editor->taken = paragraph;
	if (++editor->taken_count > limit) {
		struct node **link = &editor->taken;

		while ((*link)->next)
			link = &(*link)->next;
		node_free(*link);
		*link = NULL;
		editor->taken_count--;
	}
}

int main(int argc, char **argv)
{
	enum { DISCARD, CLOSE, UNDO, REVISIONS };
	int mode = rounds_begin(argc, argv, "discard close undo revisions");
	struct editor editor = {NULL, NULL, 0};

	while (next_round()) {
		if (mode == DISCARD || mode == CLOSE) {
			if (mode == CLOSE)
				node_free(editor.document);
			editor.document = document_open(1 + (unsigned)pick(6));
		} else {
			if (!editor.document)
				editor.document = document_open(20);
			for (int i = 0; i < 4; i++) {
				node_create(node_create(editor.document, "paragraph"), "run");
				take_out(&editor, mode == UNDO ? 1000000 : 300);
			}
		}
		checked(&editor);
	}
	printf("%u taken out\n", editor.taken_count);
	return 0;
}
