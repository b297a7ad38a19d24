// C++: operator new, containers, inlining, exceptions through frames that allocate. Prints a
// number, the same with and without silt. Run by tests/e2e/record.sh.
#include <cstdio>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace shop {
struct Order {
	std::string name;
	std::vector<int> items;
};

class Registry {
public:
	__attribute__((noinline)) void add(int number)
	{
		auto order = std::make_shared<Order>();
		order->name = "order number " + std::to_string(number) + " with a long name";
		order->items.resize(10);
		orders[number] = order;
		if (number % 10 == 9)
			throw std::runtime_error("tenth order");
	}
	std::map<int, std::shared_ptr<Order>> orders;
};
} // namespace shop

int main()
{
	auto *registry = new shop::Registry;
	int caught = 0;

	for (int i = 0; i < 1000; i++) {
		try {
			registry->add(i);
		} catch (const std::exception &error) {
			caught += std::string(error.what()).size() > 0;
		}
	}
	std::printf("%d %zu\n", caught, registry->orders.size());
	return 0;
}
