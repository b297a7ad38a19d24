/*
 * Weather stations in an open-addressing table, their readings in arrays that double.
 *
 * stations meets new stations for ever; series appends to the arrays of 40 stations for ever;
 * doubling stops appending when an array is full; means counts in place and only churns.
 */
#include "rounds.h"

struct station {
	unsigned long id;
	double sum;
	unsigned long count, capacity;
	double *readings;
};

static struct station **stations;
static size_t station_count, station_slots;

static void stations_place(struct station **slots, size_t size, struct station *station)
{
	size_t i = station->id * 0x9e3779b97f4a7c15UL % size;

	while (slots[i])
		i = (i + 1) % size;
	slots[i] = station;
}

static void stations_widen(void)
{
	size_t wider = station_slots ? station_slots * 2 : 64;
	struct station **slots = checked(calloc(wider, sizeof *slots));

	for (size_t i = 0; i < station_slots; i++)
		if (stations[i])
			stations_place(slots, wider, stations[i]);
	free(stations);
	stations = slots;
	station_slots = wider;
}

static struct station *station_find(unsigned long id)
{
	struct station *station;

	if (station_slots) {
		for (size_t i = id * 0x9e3779b97f4a7c15UL % station_slots; stations[i];
		     i = (i + 1) % station_slots)
			if (stations[i]->id == id)
				return stations[i];
	}
	if (station_count * 4 >= station_slots * 3)
		stations_widen();
	station = checked(calloc(1, sizeof *station + 200));
	station->id = id;
	stations_place(stations, station_slots, station);
	station_count++;
	return station;
}

static void station_append(struct station *station, double value)
{
	if (station->count == station->capacity) {
		station->capacity = station->capacity ? station->capacity * 2 : 16;
		station->readings =
			checked(realloc(station->readings, station->capacity * sizeof(double)));
	}
	station->readings[station->count++] = value;
}

static double telegram_decode(unsigned long size)
{
	char *text = checked(malloc(size)), *copy;
	double value;

	memset(text, '0', size - 1);
	text[size - 1] = 0;
	copy = checked(strdup(text));
	value = (double)strlen(copy);
	free(text);
	free(copy);
	return value;
}

int main(int argc, char **argv)
{
	enum { STATIONS, SERIES, DOUBLING, MEANS };
	int mode = rounds_begin(argc, argv, "stations series doubling means");
	unsigned long next = 1;

	while (next_round()) {
		if (mode == STATIONS) {
			for (int i = 0; i < 3; i++)
				station_find(next++)->sum += telegram_decode(64 + pick(100));
		} else if (mode == MEANS) {
			for (int i = 0; i < 200; i++)
				station_find(pick(500))->sum += telegram_decode(40 + pick(3000));
		} else {
			for (unsigned long id = 0; id < 40; id++) {
				struct station *station = station_find(id);

				for (unsigned long i = 0; i <= id / 4; i++)
					if (mode == SERIES || station->count < 2048)
						station_append(station, (double)pick(100));
			}
		}
	}
	printf("%zu stations\n", station_count);
	return 0;
}
