"""Containers of the C++ library."""
from .base import Container


def keyed_map(name, of, header):
    """A map of the C++ library from the key to the item."""
    return Container(name, """
struct $box {
	""" + of + """ $all;
	uint64_t $count = 0;
};

ATTR static void $add(struct $box *b, struct $item *it)
{
	b->$all[it->$key] = it;
	b->$count++;
}

static struct $item *$find(struct $box *b, uint64_t key)
{
	auto at = b->$all.find(key);

	return at == b->$all.end() ? nullptr : at->second;
}

static struct $item *$take(struct $box *b, uint64_t key)
{
	auto at = b->$all.find(key);
	struct $item *it = nullptr;

	if (at == b->$all.end())
		return it;
	it = at->second;
	b->$all.erase(at);
	b->$count--;
	return it;
}

static void $sweep(struct $box *b, uint32_t before)
{
	for (auto at = b->$all.begin(); at != b->$all.end();) {
		if (!$goes(at->second, before)) {
			++at;
			continue;
		}
		$unmake(at->second);
		at = b->$all.erase(at);
		b->$count--;
	}
}
""", allocates=("add",), can="take sweep find keyed", headers=(header,), walk="for (auto &pair : b->$all)\n\t\t$call(pair.second);",
                     shape="tree" if header == "map" else "hash")


def shared_map(name, of, header, key):
    """The same with shared pointers and keys that are strings."""
    return Container(name, """
struct $box {
	""" + of + """ $all;
	uint64_t $count = 0;
};

static """ + key + """ $key_of(uint64_t key)
{
	""" + ("return key;" if key == "uint64_t" else "return \"entry number \" + std::to_string(key);") + """
}

ATTR static void $add(struct $box *b, struct $item *it)
{
	b->$all[$key_of(it->$key)] = std::shared_ptr<struct $item>(it, $unmake);
	b->$count++;
}

static struct $item *$find(struct $box *b, uint64_t key)
{
	auto at = b->$all.find($key_of(key));

	return at == b->$all.end() ? nullptr : at->second.get();
}

static struct $item *$take(struct $box *b, uint64_t key)
{
	b->$count -= b->$all.erase($key_of(key));
	return nullptr;
}

static void $sweep(struct $box *b, uint32_t before)
{
	for (auto at = b->$all.begin(); at != b->$all.end();) {
		if (!$goes(at->second.get(), before)) {
			++at;
			continue;
		}
		at = b->$all.erase(at);
		b->$count--;
	}
}
""", allocates=("add", "key_of"), can="take sweep find keyed", headers=(header, "memory", "string"),
                     shape="tree" if header == "map" else "hash")


def sequence(name, of, header, front, value="it", raw="at"):
    """A sequence of the C++ library; the oldest is at the front."""
    return Container(name, """
struct $box {
	""" + of + """ $all;
	uint64_t $count = 0;
};

ATTR static void $add(struct $box *b, struct $item *it)
{
	b->$all.push_back(""" + value + """);
	b->$count++;
}

static struct $item *$find(struct $box *b, uint64_t key)
{
	int steps = 0;

	for (auto &at : b->$all) {
		if (""" + raw + """->$key == key)
			return """ + raw + """;
		if (++steps == 50)
			break;
	}
	return nullptr;
}

static struct $item *$take(struct $box *b, uint64_t key)
{
	struct $item *it = nullptr;

	(void)key;
	if (b->$all.empty())
		return it;
	""" + front + """
	b->$count--;
	return it;
}

static void $sweep(struct $box *b, uint32_t before)
{
	for (auto &at : b->$all)
		if ($goes(""" + raw + """, before))
			$unmake(""" + raw + """), at = nullptr;
	b->$all.erase(std::remove(b->$all.begin(), b->$all.end(), nullptr), b->$all.end());
	b->$count = b->$all.size();
}
""", allocates=("add",), can="take sweep find", headers=(header, "algorithm"), walk="for (auto &at : b->$all)\n\t\t$call(at);",
                     shape="list" if header == "list" else "array")


ALL = [
    keyed_map("std::unordered_map", "std::unordered_map<uint64_t, struct $item *>", "unordered_map"),
    keyed_map("std::map", "std::map<uint64_t, struct $item *>", "map"),
    shared_map("std::unordered_map of shared_ptr", "std::unordered_map<uint64_t, std::shared_ptr<struct $item>>",
               "unordered_map", "uint64_t"),
    shared_map("std::map of strings and shared_ptr", "std::map<std::string, std::shared_ptr<struct $item>>", "map",
               "std::string"),
    sequence("std::vector", "std::vector<struct $item *>", "vector", "it = b->$all.back();\n\tb->$all.pop_back();"),
    sequence("std::list", "std::list<struct $item *>", "list", "it = b->$all.front();\n\tb->$all.pop_front();"),
    sequence("std::deque", "std::deque<struct $item *>", "deque", "it = b->$all.front();\n\tb->$all.pop_front();"),
]
ALL[4].can.discard("take")  # the youngest would go, the oldest stay
