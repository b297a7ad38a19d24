/*
 * Shapes of data in C++. Built and run by tests/e2e/variables.sh.
 */
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "ask.h"

namespace space
{
struct Base {
	virtual ~Base();
	Base *parent = nullptr;
};
Base::~Base()
{
}

struct Mixin {
	char *tag = nullptr;
};

struct Derived : Base, Mixin {
	Derived &self;
	std::unique_ptr<Base> owned;
	Derived() : self(*this)
	{
	}
};

class Outer
{
      public:
	struct Inner;
	static Inner *table[4];
	Inner *inner = nullptr;
	static Outer &instance()
	{
		static Outer only;
		return only;
	}
};
struct Outer::Inner {
	long number = 0;
	Derived *derived = nullptr;
};
Outer::Inner *Outer::table[4];

static Derived *hidden;
Outer::Inner *others[4];
std::vector<Derived *> vector;
std::list<Mixin> list;
template <typename T> struct Box {
	T *content;
};
Box<Outer> box;
} // namespace space

namespace
{
space::Derived *anonymous;
}
thread_local space::Box<int> *t_box;
space::Derived &reference = *new space::Derived;

int main()
{
	const size_t tag = 16, self = 24;
	space::Outer &outer = space::Outer::instance();

	ask_start();
	ask("space::others space::Outer::Inner *[4] shapes.cc:52 32", space::others, "%s", "");
	ask("space::Outer::table[].derived->tag", space::Outer::table, " 0/8 8 %zu", tag);
	ask("space::hidden->parent", &space::hidden, " 0 8");
	ask("space::hidden->self->self->owned", &space::hidden, " 0 %zu %zu %zu", self, self,
	    self + 8);
	ask("space::vector[].tag", &space::vector, " 0 0/8 %zu", tag);
	ask("space::list[...]", &space::list, " 0 0r");
	ask("space::box.content->inner->derived", &space::box, " 0 0 8");
	ask("space::box space::Box<space::Outer> shapes.cc:58 8", &space::box, "%s", "");
	ask("(anonymous namespace)::anonymous->tag", &anonymous, " 0 %zu", tag);
	ask("space::Outer::instance()::only.inner->derived", &outer, " 0 8");
	ask_tls_variable("t_box->content", &t_box, " 0 0");
	__asm__ volatile("" ::"r"(&space::hidden), "r"(&anonymous) : "memory");
	return t_box != nullptr;
}
