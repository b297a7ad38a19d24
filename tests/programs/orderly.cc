/*
 * Keeps what it should not, and gives it back before it is gone. Run by tests/e2e/ends.sh.
 *
 *   orderly main     on SIGTERM erases entry by entry for 0.6 s, then returns from main
 *   orderly static   on SIGTERM returns from main; a static object's destructor erases for 0.6 s
 *   orderly exit     the same by exit()
 *   orderly thread   the same by exit() in another thread
 *   orderly local    on SIGTERM returns from main; a thread_local object's destructor erases for 0.6 s
 *   orderly queue S  a queue that climbs for S seconds, is freed at once, and the program ends 0.2 s later
 *   orderly drain S  the same, and then the program works on for S seconds
 *   orderly saw S    a buffer that fills and is freed eight times in S seconds
 */
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>
#include <thread>
#include <unistd.h>

static volatile sig_atomic_t stopped;

static void stop(int)
{
	stopped = 1;
}

class Registry
{
	std::map<int, std::string> entries;

      public:
	void __attribute__((noinline)) remember(int number)
	{
		entries.emplace(number, std::string(400, 'x'));
	}
	void forget(unsigned microseconds)
	{
		unsigned pause =
			entries.empty() ? 0 : microseconds / static_cast<unsigned>(entries.size());

		while (!entries.empty()) {
			entries.erase(entries.begin());
			usleep(pause);
		}
	}
	void drop()
	{
		entries.clear();
	}
	~Registry()
	{
		forget(600000);
	}
};

static void work(Registry &registry, double seconds, int *number)
{
	auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);

	while (std::chrono::steady_clock::now() < end && !stopped) {
		free(malloc(100)); // balanced work beside it
		if (number)
			registry.remember((*number)++);
		usleep(1000);
	}
}

int main(int argc, char **argv)
{
	std::string way = argc > 1 ? argv[1] : "main";
	double seconds = argc > 2 ? atof(argv[2]) : 20;
	int number = 0;

	signal(SIGTERM, stop);
	if (way == "local") {
		static thread_local Registry registry;

		work(registry, seconds, &number);
		return 0;
	}
	auto *heap = new Registry;
	if (way == "queue" || way == "drain") {
		work(*heap, seconds, &number);
		heap->drop();
		if (way == "drain")
			work(*heap, seconds, nullptr);
		usleep(200000);
		_exit(0);
	}
	for (int i = 0; way == "saw" && i < 8; i++) {
		work(*heap, seconds / 8, &number);
		heap->drop();
	}
	if (way == "saw" || way == "main") {
		if (way == "main")
			work(*heap, seconds, &number);
		delete heap;
		return 0;
	}
	static Registry registry;
	work(registry, seconds, &number);
	if (way == "exit")
		exit(0);
	if (way == "thread") {
		std::thread([] { exit(0); }).detach();
		pause();
	}
	return 0;
}
