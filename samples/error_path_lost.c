/*
 * A parser that forgets its half-built record when a line is malformed.
 *
 * Nothing points to the record and its fields after the early return. silt diff names parse_record
 * and copy_field; the kind is `lost`: unreachable, bytes lost directly (the record) and through it
 * (its fields). error_path_freed.c is the repaired twin.
 *
 * Usage: error_path_lost [ROUNDS] [MILLISECONDS PER ROUND]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct record {
	char *name;
	char *address;
	int age;
};

static char *copy_field(const char **line)
{
	size_t length = strcspn(*line, ",");
	char *field = malloc(length + 1);

	if (!field)
		abort();
	memcpy(field, *line, length);
	field[length] = 0;
	*line += length + ((*line)[length] == ',');
	return field;
}

static void record_free(struct record *record)
{
	free(record->name);
	free(record->address);
	free(record);
}

static struct record *parse_record(const char *line)
{
	struct record *record = calloc(1, sizeof *record);
	char *age, *end;

	if (!record)
		abort();
	record->name = copy_field(&line);
	record->address = copy_field(&line);
	age = copy_field(&line);
	record->age = (int)strtol(age, &end, 10);
	if (*end || end == age) {
		free(age);
		return NULL; /* the record and what it holds are forgotten */
	}
	free(age);
	return record;
}

int main(int argc, char **argv)
{
	int rounds = argc > 1 ? atoi(argv[1]) : 20, pause = argc > 2 ? atoi(argv[2]) : 50;
	long ages = 0, refused = 0;

	for (int round = 0; round < rounds; round++) {
		for (int i = 0; i < 500; i++) {
			char line[128];
			struct record *record;

			snprintf(line, sizeof line,
				 "person %d,%d Long Street and a town of some length,%s%d", i,
				 round, i % 5 == 0 ? "about " : "", 20 + i % 60);
			record = parse_record(line);
			if (record) {
				ages += record->age;
				record_free(record);
			} else {
				refused++;
			}
		}
		usleep((useconds_t)pause * 1000);
	}
	printf("%ld years, %ld lines refused\n", ages, refused);
	return 0;
}
