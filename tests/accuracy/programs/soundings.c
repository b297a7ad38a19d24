/*
 * Depth soundings in an SQLite database in memory.
 *
 * ask: prepared statements are not finalized when nothing was found; answer: they are; record: the
 * table grows; survey: old soundings are deleted. Libraries: sqlite3
 */
#include "rounds.h"
#include <sqlite3.h>

static sqlite3 *chart;

static void run(const char *sql)
{
	char *message = NULL;

	if (sqlite3_exec(chart, sql, NULL, NULL, &message) != SQLITE_OK) {
		fprintf(stderr, "%s\n", message);
		exit(1);
	}
}

static int depth_at(unsigned long place, bool finalize)
{
	sqlite3_stmt *question;
	int depth = -1;

	if (sqlite3_prepare_v2(chart, "SELECT depth FROM soundings WHERE place = ?", -1, &question,
			       NULL) != SQLITE_OK)
		exit(1);
	sqlite3_bind_int64(question, 1, (sqlite3_int64)place);
	if (sqlite3_step(question) == SQLITE_ROW)
		depth = sqlite3_column_int(question, 0);
	else if (!finalize) {
		sqlite3_reset(question);
		return depth;
	}
	sqlite3_finalize(question);
	return depth;
}

static void sounding_record(unsigned long place)
{
	char sql[400];

	snprintf(sql, sizeof sql, "INSERT INTO soundings VALUES (%lu, %lu, '%0200lu')", place,
		 place % 70, place);
	run(sql);
}

int main(int argc, char **argv)
{
	enum { ASK, ANSWER, RECORD, SURVEY };
	int mode = rounds_begin(argc, argv, "ask answer record survey");
	unsigned long place = 0;
	long depth = 0;

	if (sqlite3_open(":memory:", &chart) != SQLITE_OK)
		return 1;
	run("CREATE TABLE soundings (place INTEGER PRIMARY KEY, depth INTEGER, remark TEXT)");
	for (; place < 300; place++)
		sounding_record(place);
	while (next_round()) {
		if (mode == ASK || mode == ANSWER) {
			if (rounds.number % 3 == 0)
				depth += depth_at(pick(400), mode == ANSWER);
			continue;
		}
		sounding_record(place++);
		sounding_record(place++);
		if (mode == SURVEY && rounds.number % 50 == 0) {
			char sql[80];

			snprintf(sql, sizeof sql, "DELETE FROM soundings WHERE place < %lu",
				 place - 300);
			run(sql);
		}
	}
	printf("%ld\n", depth);
	return 0;
}
