/*
 * A weather service and those who want to hear of it, in C++.
 *
 * displays: observers by virtual functions, never detached; detach: they are; lambdas: listeners in
 * std::function, never taken out; tokens: they are taken out when the token goes; towns: objects
 * with virtual functions in a map, none ever erased.
 */
#include "rounds.h"
#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace
{

struct Observer {
	virtual ~Observer() = default;
	virtual void hear(int degrees) = 0;
};

struct Display : Observer {
	int shown = 0;
	unsigned char pixels[500] = {};

	void hear(int degrees) override
	{
		shown = degrees;
		pixels[static_cast<unsigned>(degrees) % sizeof pixels]++;
	}
};

struct Town {
	std::string name;
	explicit Town(std::string n) : name(std::move(n))
	{
	}
	virtual ~Town() = default;
	virtual int height() const = 0;
};

struct Harbour : Town {
	using Town::Town;
	int depths[40] = {};

	int height() const override
	{
		return depths[3];
	}
};

class Service
{
	std::vector<Observer *> observers;
	std::map<unsigned, std::function<void(int)>> listeners;
	unsigned next = 0;

      public:
	std::map<std::string, std::unique_ptr<Town>> towns;

	void attach(Observer *observer)
	{
		observers.push_back(observer);
	}
	void detach(Observer *observer)
	{
		observers.erase(std::find(observers.begin(), observers.end(), observer));
	}
	unsigned listen(std::function<void(int)> listener)
	{
		listeners.emplace(next, std::move(listener));
		return next++;
	}
	void leave(unsigned token)
	{
		listeners.erase(token);
	}
	void tell(int degrees)
	{
		for (auto *observer : observers)
			observer->hear(degrees);
		for (auto &entry : listeners)
			entry.second(degrees);
	}
};

Service service;

__attribute__((noinline)) Display *display_open()
{
	auto *display = new Display;

	service.attach(display);
	return display;
}

__attribute__((noinline)) unsigned page_watch(unsigned number)
{
	auto history = std::make_shared<std::vector<int>>(60, static_cast<int>(number));

	return service.listen(
		[history, number](int degrees) { (*history)[number % 60] = degrees; });
}

__attribute__((noinline)) void town_visit(unsigned number)
{
	auto &town = service.towns["the town of number " + std::to_string(number)];

	if (!town)
		town = std::make_unique<Harbour>(std::to_string(number));
}

} // namespace

int main(int argc, char **argv)
{
	enum { DISPLAYS, DETACH, LAMBDAS, TOKENS, TOWNS };
	int mode = rounds_begin(argc, argv, "displays detach lambdas tokens towns");
	Display *open[8] = {};
	std::vector<unsigned> tokens;
	unsigned number = 0;

	while (next_round()) {
		if (mode == DISPLAYS) {
			open[rounds.number % 8] = display_open();
		} else if (mode == DETACH) {
			Display *&place = open[rounds.number % 8];

			if (place)
				service.detach(place);
			delete place;
			place = display_open();
		} else if (mode == TOWNS) {
			town_visit(number++);
			town_visit(number++);
		} else {
			tokens.push_back(page_watch(number++));
			if (tokens.size() > 100) {
				if (mode == TOKENS)
					service.leave(tokens.front());
				tokens.erase(tokens.begin());
			}
		}
		if (rounds.number % 20 == 0)
			service.tell(static_cast<int>(pick(40)));
	}
	std::printf("%d\n", open[0] ? open[0]->shown : 0);
	std::fflush(stdout);
	_exit(0);
}
