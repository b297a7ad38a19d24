/*
 * A tree of reference-counted nodes whose children hold counted references to their parents.
 *
 * Parent and child keep each other's count above zero after the last outside reference is gone:
 * nothing points to them any more, and they are never freed. silt diff names node_new; the kind is
 * `lost-cycle`: node (children) -> array -> node (parent). tree_weak_parent.c is the repaired twin.
 *
 * Usage: tree_cycle [ROUNDS] [MILLISECONDS PER ROUND]
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define FANOUT 4

struct node {
	unsigned references;
	struct node *parent;
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

static void node_unref(struct node *node)
{
	if (!node || --node->references > 0)
		return;
	for (unsigned i = 0; i < node->child_count; i++)
		node_unref(node->children[i]);
	node_unref(node->parent);
	free(node->children);
	free(node);
}

static void node_add_child(struct node *parent, struct node *child)
{
	child->parent = node_ref(parent);
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
