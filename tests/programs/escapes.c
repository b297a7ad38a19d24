/*
 * A program whose every name attacks whoever prints it, once tests/e2e/security.sh has replaced
 * "attack_name_..." in the file: functions, the source file, a thread, the global that holds the
 * blocks. Grows, and loses blocks in cycles; a snapshot a round.
 */
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include <silt.h>

struct node {
	struct node *next, *self;
	char text[100];
};

struct node *global_attack_name_that_is_long_enough_for_it_x;

# 1 "/src/file_attack_name_that_is_long_enough_for_it_x.c"
static __attribute__((noinline)) struct node *make_attack_name_that_is_long_enough_for_it_x(void)
{
	return calloc(1, sizeof(struct node));
}

static __attribute__((noinline)) void lose_attack_name_that_is_long_enough_for_it_x(void)
{
	struct node *lost = make_attack_name_that_is_long_enough_for_it_x();

	lost->next = lost->self = lost;
}

static void *start_attack_name_that_is_long_enough_for_it_x(void *unused)
{
	pthread_setname_np(pthread_self(), "\x1b[31m<b>&\"'");
	lose_attack_name_that_is_long_enough_for_it_x();
	return unused;
}

int main(void)
{
	pthread_t thread;

	for (int round = 0; round < 10; round++) {
		for (int i = 0; i < 500; i++) {
			struct node *node = make_attack_name_that_is_long_enough_for_it_x();

			node->next = global_attack_name_that_is_long_enough_for_it_x;
			global_attack_name_that_is_long_enough_for_it_x = node;
			lose_attack_name_that_is_long_enough_for_it_x();
		}
		for (int i = 0; i < 30; i++)
			if (pthread_create(&thread, NULL,
					   start_attack_name_that_is_long_enough_for_it_x,
					   NULL) != 0)
				return 1;
		usleep(100000);
		silt_snapshot("\x1b[31m<label>&\"'");
	}
	return 0;
}
