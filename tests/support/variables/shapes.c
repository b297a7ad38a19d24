/*
 * Shapes of data in C. Built and run by tests/e2e/variables.sh, together with shapes_other.c.
 */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "ask.h"

struct hidden; /* defined in shapes_other.c */
typedef struct {
	struct hidden *secret;
} holder;

struct list_head {
	struct list_head *next, *prev;
};

struct value {
	char *text;
	unsigned flags : 3;
	const struct value *const *peers;
};

struct item {
	int number;
	struct list_head node;
	struct value *value;
};

struct rival { /* of item; later words tell them apart */
	int number;
	struct list_head node;
	long plain, more;
};

typedef struct {
	struct list_head node;
	void *payload;
} anonymous_item;

union any {
	long number;
	char *string;
	struct value *value;
	void (*call)(void);
};

struct table {
	size_t count;
	struct bucket {
		struct entry *head, *tail;
	} * buckets;
	struct bucket fixed[4];
	_Atomic(struct entry *) latest;
};

struct entry {
	struct entry *next;
	union any any;
	union {
		struct {
			char *name;
			void *data;
		};
		long numbers[2];
	};
	struct table *owner;
};

struct tail {
	int length;
	struct entry *entries[1];
};

struct vector {
	size_t count;
	struct value values[];
};

static struct item s_item; /* compilers leave out types that nothing is of */
static struct rival s_rival;
static anonymous_item s_anonymous_item;
struct table g_table;
static holder s_holder;
struct list_head g_items = {&g_items, &g_items};
static struct list_head *s_anonymous;
void *g_pointers[10];
char **g_strings;
static struct tail *s_tail;
struct vector *g_vector;
static volatile void *volatile s_nothing;
const struct entry *const *g_constants[2][3];
int (*(*g_factory)(const char *, int[4]))(void);
_Thread_local struct table t_table;
static __thread struct entry *t_entry;
void *shapes_other(void);

struct entry *count(void)
{
	static struct entry *kept;
	static int again;

	if (!again++)
		kept = NULL;
	ask("count::kept struct entry * shapes.c:101 8", &kept, "%s", "");
	ask("count::kept->owner", &kept, " 0 %zu", offsetof(struct entry, owner));
	return kept;
}

static inline __attribute__((always_inline)) void inner(struct entry *given, void *cfa)
{
	struct entry *inlined[3] = {given, NULL, NULL};

	__asm__ volatile("" ::"r"(inlined) : "memory");
	ask_local("inlined[].owner", cfa, &inlined[0], " 0/8 %zu", offsetof(struct entry, owner));
	__asm__ volatile("" ::"r"(inlined) : "memory");
}

__attribute__((noinline)) static int frames(int argument)
{
	struct table table;
	void *cfa = __builtin_dwarf_cfa();
	int sum = argument;

	memset(&table, argument, sizeof table);
	__asm__ volatile("" ::"r"(&table) : "memory");
	ask_local("table.fixed[2].head->next", cfa, &table.fixed[2].head, " 0 0");
	if (sum) {
		struct value block = {.text = NULL};

		__asm__ volatile("" ::"r"(&block) : "memory");
		ask_local("block.text", cfa, &block.text, " 0");
		__asm__ volatile("" ::"r"(&block) : "memory");
	}
	inner(NULL, cfa);
	__asm__ volatile("" ::"r"(&table) : "memory");
	return sum;
}

static void ask_types(void)
{
	ask("g_table struct table shapes.c:84 88", &g_table.fixed[1], "%s", "");
	ask("s_holder holder shapes.c:85 8", &s_holder, "%s", "");
	ask("g_pointers void *[10] shapes.c:88 80", &g_pointers[9], "%s", "");
	ask("s_nothing volatile void *volatile shapes.c:92 8", &s_nothing, "%s", "");
	ask("g_constants const struct entry *const *[2][3] shapes.c:93 48", g_constants, "%s", "");
	ask("g_factory int (*(*)(const char *, int *))(void) shapes.c:94 8", &g_factory, "%s", "");
	ask_tls_variable("t_entry struct entry * shapes.c:96 8", &t_entry, "%s", "");
	ask_tls_variable("t_table struct table shapes.c:95 88", &t_table, "%s", "");
}

static void ask_paths(void)
{
	const size_t buckets = offsetof(struct table, buckets), any = offsetof(struct entry, any);
	const size_t node = offsetof(struct item, node);

	ask("g_table.buckets[].head->next->any.value->text", &g_table, " %zu 0/16 0r %zu 0",
	    buckets, any);
	ask("g_table.buckets[3].tail->name", &g_table, " %zu 56 16", buckets);
	ask("g_table.fixed[].head->data", &g_table, " %zu/16 24", offsetof(struct table, fixed));
	ask("g_table.latest->owner->latest", &g_table, " %zu %zu %zu",
	    offsetof(struct table, latest), offsetof(struct entry, owner),
	    offsetof(struct table, latest));
	ask_tls_variable("t_table.fixed[3].tail->any.value", &t_table, " %zu %zu",
			 offsetof(struct table, fixed[3].tail), any);
	ask("s_holder.secret->known_there->+0x8", &s_holder, " 0 8 8");
	ask("g_items[...]->value->peers[]", &g_items, " 0@%zu %zu@%zur %zu 16 0/8", node, node,
	    node, offsetof(struct item, value));
	ask("g_items[...]->value->text", &g_items, " 8@%zu %zu 0", node,
	    offsetof(struct item, value));
	ask("g_items[...]", &g_items, " 8@%zu %zu@%zur", node, node, node);
	ask("s_anonymous->payload", &s_anonymous, " 0 %zu", offsetof(anonymous_item, payload));
	ask("g_pointers[]->+0x8->+0x0[]", g_pointers, " 0/8 8 0/8");
	ask("g_strings[]", &g_strings, " 0 0/8");
	ask("g_strings[5]", &g_strings, " 0 40");
	ask("s_tail->entries[].next", &s_tail, " 0 8/8 0");
	ask("s_tail->entries[7]->next", &s_tail, " 0 64 0");
	ask("g_vector->values[].text", &g_vector, " 0 8/24");
	ask("g_vector->values[2].peers[0]->text", &g_vector, " 0 %zu 0 0", 8 + 2 * 24 + (size_t)16);
	ask("s_nothing->+0x10", &s_nothing, " 0 16");
	ask("g_constants[1][2][0]->next", g_constants, " 40 0 0");
}

int main(void)
{
	ask_start();
	ask_types();
	ask_paths();
	count();
	shapes_other();
	__asm__ volatile("" ::"r"(&s_item), "r"(&s_rival), "r"(&s_anonymous_item));
	return frames((int)(s_nothing != NULL) + 1) == 0 || s_holder.secret || s_anonymous ||
	       s_tail || t_entry;
}
