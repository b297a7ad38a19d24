/*
 * Links of lists and trees that lie in their elements, where a path through them is hard to tell
 * from another. Built and run by tests/e2e/variables.sh.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include <uthash.h>

#include "ask.h"

struct list_head {
	struct list_head *next, *prev;
};

/* a tree of tasks: a head of a list, and the links of another, of one type */
struct task {
	long number;
	struct list_head children;
	struct list_head sibling;
	char *name;
};

/* in two lists at once */
struct mail {
	TAILQ_ENTRY(mail) by_date;
	TAILQ_ENTRY(mail) by_sender;
	char *body;
	TAILQ_HEAD(parts, part) parts;
};
struct part {
	char *text;
	TAILQ_ENTRY(part) others;
};
TAILQ_HEAD(mails, mail);

struct user {
	long id;
	char *name;
	UT_hash_handle hh;
};

/* as FreeBSD 13 has them */
struct place {
	char *name;
	struct {
		struct place *rbe_link[3];
	} entry;
};
struct places {
	struct place *rbh_root;
};

/* the whole element is the node */
struct number {
	struct number *next;
	long value;
};

static struct task *g_root;
static struct mails g_mails = TAILQ_HEAD_INITIALIZER(g_mails);
static struct mail *g_current;
static struct user *g_users;
static struct places g_places;
static struct number *g_numbers;
static struct list_head *g_ring;

static void ask_lists(void)
{
	const size_t sibling = offsetof(struct task, sibling), body = offsetof(struct mail, body);
	const size_t by_sender = offsetof(struct mail, by_sender);

	ask("g_root->children[...]", &g_root, " 0 8@%zu", sibling);
	ask("g_root->children[...]->name", &g_root, " 0 8@%zu %zu@%zu %zu", sibling, sibling,
	    sibling, offsetof(struct task, name));
	ask("g_root->children[...]->children[...]->name", &g_root, " 0 8@%zu 8@%zu %zu", sibling,
	    sibling, offsetof(struct task, name));
	ask("g_mails[...]->body", &g_mails, " 0 0 %zu", body);
	ask("g_mails[...]->body", &g_mails, " 0 %zur %zu", by_sender, body);
	ask("g_mails[...]->by_sender.tqe_next->body", &g_mails, " 0 0 %zu %zu", by_sender, body);
	ask("g_mails[...]->parts[...]->text", &g_mails, " 0 0r %zu 8 0",
	    offsetof(struct mail, parts));
	ask("g_current->by_date.tqe_next->body", &g_current, " 0 0 %zu", body);
	ask("g_numbers->next", &g_numbers, " 0 0r");
	ask("g_ring[...]", &g_ring, " 0 8");
}

static void ask_tables(void)
{
	const size_t hh = offsetof(struct user, hh), table = hh + offsetof(UT_hash_handle, tbl);
	const size_t next = hh + offsetof(UT_hash_handle, next);
	const size_t in_order = hh + offsetof(UT_hash_handle, hh_next);

	ask("g_users", &g_users, " 0");
	ask("g_users->hh.tbl", &g_users, " 0 %zu", table);
	ask("g_users->hh.tbl->buckets", &g_users, " 0 %zu 0", table);
	ask("g_users[...]->name", &g_users, " 0 %zu 0 0/%zu@%zu 8", table, sizeof(UT_hash_bucket),
	    hh);
	ask("g_users[...]->name", &g_users, " 0 %zu 0 0/%zu@%zu %zu@%zu 8", table,
	    sizeof(UT_hash_bucket), hh, in_order, hh);
	ask("g_users[...]->name", &g_users, " 0 %zu %zu@%zu 8", table,
	    offsetof(UT_hash_table, tail), hh);
	ask("g_users[...]->name", &g_users, " 0 %zu 8", next);
	ask("g_users[...]->hh.key", &g_users, " 0 %zur %zu", next,
	    hh + offsetof(UT_hash_handle, key));
	ask("g_places[...]->name", &g_places, " 0 16 8 0");
}

int main(void)
{
	ask_start();
	ask_lists();
	ask_tables();
	return g_root || g_mails.tqh_first || g_current || g_users || g_places.rbh_root ||
	       g_numbers || g_ring;
}
