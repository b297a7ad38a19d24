/*
 * silt explain: a kind of finding in a few words: what it looks like in memory, how it is told, what it is mistaken for, how to
 * repair it. silt-diagnosis(7) says the same at length.
 */
#include <stdio.h>
#include <string.h>

#include "cli/usage.h"
#include "commands/commands.h"

static const char usage[] = "Usage: silt explain [KIND]\n"
			    "\n"
			    "Explains a kind of finding of `silt report`; without KIND lists them.\n";

static const struct {
	const char *kind, *what, *looks, *told, *mistaken, *repair, *sample;
} kinds[] = {
	{"growing-cache", "A table, list or tree that entries are put into and never taken out of.",
	 "Blocks reachable from one holder, ever more of them; with an entry grow its key, its value and now "
	 "and then the array of "
	 "buckets.",
	 "The number of blocks that have lived through a snapshot interval rises from segment to segment "
	 "after the warm-up, to the "
	 "end; there are survivors of nearly every interval. The sites that hang from each other are one "
	 "finding, named by the "
	 "holder and the path to where they fan out.",
	 "A cache that fills (it decelerates and stops), one that is full (survivors of its last intervals "
	 "only), one that is "
	 "flushed now and then (it falls), start-up, pools, buffers that double.",
	 "Bound it by number or bytes and evict the least recently used, or entries older than a time; or "
	 "remove an entry when what "
	 "it stands for ends.",
	 "cache_unbounded, repaired: cache_lru"},
	{"listener-leak", "Subscriptions that are never taken back: the bus keeps the subscribers alive.",
	 "Records that carry the address of a function and a context pointer, in a list or an array.",
	 "As growing-cache, and nearly every record has a word that is the exact entry of a function, the "
	 "same few again and again.",
	 "Job queues and handlers of connections (they come and go, so they do not grow); objects with "
	 "virtual functions (a pointer "
	 "to a table is not counted).",
	 "Unsubscribe at the end of the subscriber's life; or let the list hold a weak handle (an index with "
	 "a generation counter) "
	 "and drop what is gone.",
	 "listeners_leak, repaired: listeners_weak"},
	{"lost", "Blocks that no pointer leads to.",
	 "Unreachable in graph after graph; others may hang from them.",
	 "No root reaches them, they were born before the last interval, and their number rises.",
	 "Pointers that are hidden: tagged, xored, kept by the kernel; silt(3) has what a program can say. "
	 "Where threads could not be "
	 "stopped the last pointer may be in a register: confidence is lower then.",
	 "Free it on the path that drops the last pointer: error paths, early returns, a pointer that is "
	 "overwritten, realloc's "
	 "result.",
	 "error_path_lost, repaired: error_path_freed"},
	{"lost-cycle", "Objects that keep each other alive by counts of references, and nothing else does.",
	 "Unreachable strongly connected components that nothing else points to.",
	 "As lost, and the components are shown edge by edge, by call site and offset.",
	 "The head of an empty intrusive list points to itself: that is no cycle.",
	 "Make one direction weak: the pointer to the parent takes no reference; or break the cycle when its "
	 "owner is closed.",
	 "tree_cycle, repaired: tree_weak_parent"},
	{"refcount-leak", "A reference that is taken and never given back.",
	 "Lost blocks whose count says that somebody still holds them.",
	 "A word at one offset is the number of pointers to the block in the site's sound blocks, and more "
	 "in its lost ones.",
	 "Small numbers that follow the number of pointers by chance; it takes sound blocks to learn the "
	 "offset from.",
	 "Give the reference back on the path that misses it.", "tree_cycle keeps counts, but is a cycle"},
	{"captured", "A callback or record that keeps far more alive than it needs.",
	 "Few small records that accumulate, each leading to a large block.",
	 "As listener-leak, and the blocks it leads to are at least 16 KiB and 64 times the record.",
	 "A cache of large values has no callback in its entries.",
	 "Copy the small part the callback needs, and let the rest go.",
	 "capture_dataset, repaired: capture_number"},
	{"thread-leak", "Threads that end and are never joined, or wait for what never comes.",
	 "Records of threads that the C library keeps for pthread_join, each with its stack and thread-local "
	 "storage.",
	 "From graph to graph there are more threads that were started with one function.",
	 "A pool that fills stops growing; threads that come and go are as many as before.",
	 "Join them, or detach them; wake what waits for good.",
	 "threads_unjoined, repaired: threads_joined"},
	{"fragmentation", "Memory the allocator has taken and cannot use or give back.",
	 "Live bytes stay while the arenas grow; free memory lies between live blocks.",
	 "What the allocator has taken rises to the end, live bytes do not, and the difference is free "
	 "memory in its arenas.",
	 "A heap that grew to its peak once does not rise any more; resident memory that grows outside the "
	 "heap is a note.",
	 "Allocate what lives long apart from what lives briefly; malloc_trim() where it lies at the top; "
	 "fewer arenas.",
	 "-"},
	{"growing",
	 "It grows for certain, and there is no heap graph to say why; or it grows outside malloc.", "-",
	 "As growing-cache; sites that grow in step are one finding. Outside malloc: mappings of one name "
	 "and what is "
	 "resident of them both rise.",
	 "Stacks of more and more threads; pages that are touched for the first time.",
	 "Run with `silt run --graph all`, or `silt snap PID --graph`.", "-"},
};

static void print_part(const char *title, const char *text)
{
	size_t column;

	if (strcmp(text, "-") == 0)
		return;
	printf("\n%s\n  ", title);
	column = 2;
	while (*text) {
		size_t word = strcspn(text, " ");

		if (column + word > 100) {
			fputs("\n  ", stdout);
			column = 2;
		}
		printf("%.*s%s", (int)word, text, text[word] ? " " : "");
		column += word + 1;
		text += word + (text[word] == ' ');
	}
	putchar('\n');
}

int explain_command(int argc, char **argv)
{
	static const struct option options[] = {{"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
	int option;

	while ((option = usage_getopt(argc, argv, "h", options)) != -1) {
		if (option != 'h')
			return 2;
		fputs(usage, stdout);
		return 0;
	}
	if (!usage_operands(argv[0], usage, argv + optind, 0, 1, "one kind of finding"))
		return 2;
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		if (!argv[optind]) {
			printf("%-14s %s\n", kinds[i].kind, kinds[i].what);
		} else if (strcmp(argv[optind], kinds[i].kind) == 0) {
			printf("%s: %s\n", kinds[i].kind, kinds[i].what);
			print_part("In memory", kinds[i].looks);
			print_part("How it is told", kinds[i].told);
			print_part("What it can be mistaken for", kinds[i].mistaken);
			print_part("What to change", kinds[i].repair);
			print_part("Samples", kinds[i].sample);
			return 0;
		}
	}
	if (!argv[optind])
		return 0;
	fprintf(stderr, "silt explain: no kind \"%s\"; `silt explain` lists them\n", argv[optind]);
	return 2;
}
