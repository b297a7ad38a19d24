/*
 * The tree of tree_cycle.c repaired: the pointer to the parent is weak, it is not counted.
 *
 * A parent holds its children and outlives them, so the back pointer needs no count. silt should
 * have nothing to report.
 *
 * Usage: tree_weak_parent [ROUNDS] [MILLISECONDS PER ROUND]
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define FANOUT 4

struct node {
	unsigned references;
	struct node *parent; /* not counted: the parent holds us */
	struct node **children;
	unsigned child_count;
	long value;
};

static struct node *node_new(long value)
{
	struct node *node = calloc(1, sizeof *node);

	if (!node)
		abort();
	node->references = 1;
	node->children = calloc(FANOUT, sizeof(struct node *));
	node->value = value;
	return node;
}

static struct node *node_ref(struct node *node)
{
	node->references++;
	return node;
}

static void node_unref(struct node *node);

/* A child that others still hold is left without a parent. */
static void node_unref_child(struct node *child)
{
	child->parent = NULL;
	node_unref(child);
}

static void node_unref(struct node *node)
{
	if (!node || --node->references > 0)
		return;
	for (unsigned i = 0; i < node->child_count; i++)
		node_unref_child(node->children[i]);
	free(node->children);
	free(node);
}

static void node_add_child(struct node *parent, struct node *child)
{
	child->parent = parent;
	parent->children[parent->child_count++] = node_ref(child);
}

static struct node *build(int depth)
{
	struct node *node = node_new(depth);

	for (int i = 0; depth > 0 && i < FANOUT; i++) {
		struct node *child = build(depth - 1);

		node_add_child(node, child);
		node_unref(child); /* the tree has it now */
	}
	return node;
}

static long sum(const struct node *node)
{
	long total = node->value;

	for (unsigned i = 0; i < node->child_count; i++)
		total += sum(node->children[i]);
	return total;
}

int main(int argc, char **argv)
{
	int rounds = argc > 1 ? atoi(argv[1]) : 20, pause = argc > 2 ? atoi(argv[2]) : 50;
	long total = 0;

	for (int round = 0; round < rounds; round++) {
		for (int i = 0; i < 10; i++) {
			struct node *document = build(3);

			total += sum(document);
			node_unref(document);
		}
		usleep((useconds_t)pause * 1000);
	}
	printf("%ld\n", total);
	return 0;
}
