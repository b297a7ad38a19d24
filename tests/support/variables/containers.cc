// What grows hangs in a container of the C++ library, which the argument names; for
// tests/e2e/containers.sh. 20 snapshots.
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "silt.h"

struct Sub {
	char data[80];
};
struct Session {
	std::string name;
	Sub *sub;
};
struct Hook {
	Sub sub;
	void operator()() const
	{
		asm volatile("" ::"r"(&sub));
	}
};
struct Feed {
	std::map<int, Session *> by_id_;
	std::unordered_map<std::string, Session *> by_instrument_;
	std::set<Sub *> watchers_;
	std::vector<Sub *> ticks_;
	std::deque<Sub *> queue_;
	std::list<Sub *> waiting_;
	std::vector<std::unique_ptr<Sub>> owned_;
	std::vector<std::shared_ptr<Sub>> shared_;
	std::vector<std::function<void()>> hooks_;
	std::vector<std::optional<std::string>> names_;
	std::vector<std::vector<Sub *>> rows_;
};

static Feed *feed;
static std::map<int, Session> sessions;

static void add(const std::string &mode, int i)
{
	std::string key = "instrument with a long name " + std::to_string(i);

	if (mode == "map")
		feed->by_id_[i] = new Session{key, new Sub};
	if (mode == "unordered_map")
		feed->by_instrument_[key] = new Session{key, new Sub};
	if (mode == "set")
		feed->watchers_.insert(new Sub);
	if (mode == "vector")
		feed->ticks_.push_back(new Sub);
	if (mode == "deque")
		feed->queue_.push_back(new Sub);
	if (mode == "list")
		feed->waiting_.push_back(new Sub);
	if (mode == "unique_ptr")
		feed->owned_.push_back(std::unique_ptr<Sub>(new Sub));
	if (mode == "shared_ptr")
		feed->shared_.push_back(std::shared_ptr<Sub>(new Sub));
	if (mode == "function")
		feed->hooks_.push_back(Hook{});
	if (mode == "optional")
		feed->names_.push_back(key);
	if (mode == "vectors")
		feed->rows_.push_back({new Sub});
	if (mode == "values")
		sessions[i] = Session{key, new Sub};
}

int main(int argc, char **argv)
{
	feed = new Feed;
	for (int i = 0; i < 400; i++) {
		add(argc > 1 ? argv[1] : "", i);
		if (i % 20 == 0)
			silt_snapshot(nullptr);
	}
}
