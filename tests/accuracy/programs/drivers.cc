/*
 * Drivers of a taxi company, in C++: threads and objects counted by reference.
 *
 * trips: a std::thread per trip, kept in a vector and never joined; joined: they are; cars: cars
 * counted by a handle, a trip without a fare never lets go of its car; fares: all do.
 */
#include "rounds.h"
#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace
{

std::vector<std::thread> trips;
std::atomic<unsigned long> metres;

struct Car {
	unsigned number;
	std::atomic<int> holders{1};
	char plate[240];
};

std::vector<Car *> on_the_road;

Car *car_start(unsigned number)
{
	Car *car = new Car;

	car->number = number;
	std::snprintf(car->plate, sizeof car->plate, "T %u", number);
	return static_cast<Car *>(checked(car));
}

void car_release(Car *car)
{
	if (car->holders.fetch_sub(1) == 1)
		delete car;
}

void drive(unsigned number)
{
	std::string log(1200, 'm');

	metres += log.size() + number;
}

void stop_first(bool forget)
{
	Car *car = on_the_road.front();

	on_the_road.erase(on_the_road.begin());
	if (!forget || car->number % 4)
		car_release(car);
}

} // namespace

int main(int argc, char **argv)
{
	enum { TRIPS, JOINED, CARS, FARES };
	int mode = rounds_begin(argc, argv, "trips joined cars fares");
	unsigned number = 0;

	while (next_round()) {
		if (mode == TRIPS) {
			if (rounds.number % 8 == 0)
				trips.emplace_back(drive, number++);
		} else if (mode == JOINED) {
			trips.emplace_back(drive, number++);
			if (trips.size() > 5) {
				trips.front().join();
				trips.erase(trips.begin());
			}
		} else {
			Car *car = car_start(number++);

			for (unsigned long i = 1 + pick(3); i > 0; i--) {
				car->holders++;
				on_the_road.push_back(car);
			}
			car_release(car);
			while (on_the_road.size() > 120)
				stop_first(mode == CARS);
		}
	}
	std::printf("%lu\n", metres.load());
	std::fflush(stdout);
	_exit(0);
}
