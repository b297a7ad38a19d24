/*
 * C++ objects held by what the language makes of them: `lost_objects MODE`; see lost_cases.c.
 */
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "machine.h"

struct Counted {
	~Counted() { ++gone; }
	static int gone;
	char bytes[101];
};
int Counted::gone;

struct First {
	virtual ~First() {}
	char a[40];
};
struct Second {
	virtual ~Second() {}
	char b[40];
};
struct Both : First, Second {
	char c[921];
};

static Counted *volatile array;
static Second *volatile second;
static std::string *volatile text;
static std::map<int, std::string> *volatile table;
static std::function<int()> *volatile closure;
static std::vector<std::unique_ptr<Counted>> things;
struct Link {
	std::shared_ptr<Link> other;
	char bytes[100];
};

static __attribute__((noinline)) void run(const char *mode)
{
	if (!strcmp(mode, "array")) {
		array = new Counted[10]; /* the address is past the array's cookie */
	} else if (!strcmp(mode, "array_empty")) {
		array = new Counted[0];
	} else if (!strcmp(mode, "array_lost")) {
		array = new Counted[10];
		array = nullptr;
	} else if (!strcmp(mode, "second_base")) {
		second = new Both;
	} else if (!strcmp(mode, "string")) {
		text = new std::string(1000, 'x');
	} else if (!strcmp(mode, "string_lost")) {
		new std::string(1000, 'x');
	} else if (!strcmp(mode, "map")) {
		table = new std::map<int, std::string>;
		for (int i = 0; i < 100; i++)
			(*table)[i] = std::string(100, 'y');
	} else if (!strcmp(mode, "function")) {
		auto big = std::make_shared<std::vector<char>>(100000);
		closure = new std::function<int()>([big] { return (int)big->size(); });
	} else if (!strcmp(mode, "unique")) {
		for (int i = 0; i < 100; i++)
			things.push_back(std::unique_ptr<Counted>(new Counted));
	} else if (!strcmp(mode, "shared_cycle")) {
		auto a = std::make_shared<Link>(), b = std::make_shared<Link>();
		a->other = b;
		b->other = a;
	} else {
		exit(2);
	}
}

static __attribute__((noinline)) void scrub()
{
	volatile char stack[32768];

	for (size_t i = 0; i < sizeof stack; i++)
		stack[i] = 0;
	machine_scrub_registers();
}

int main(int argc, char **argv)
{
	if (argc < 2)
		return 2;
	run(argv[1]);
	scrub();
	_Exit(0); /* before destructors of statics */
}
