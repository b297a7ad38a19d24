/* symbolize/short_name.c: C++ names without what says nothing. */
#include <stdlib.h>

#include "suites.h"
#include "symbolize/short_name.h"

static void becomes(const char *full, const char *expected)
{
	char *text = short_name(full);

	ck_assert_str_eq(text, expected);
	free(text);
}

#define STRING "std::__cxx11::basic_string<char, std::char_traits<char>, std::allocator<char> >"

START_TEST(library_types_are_shortened)
{
	becomes("f(" STRING " const&)", "f");
	becomes("Table<" STRING ", int>::put(int)", "Table<std::string, int>::put");
	becomes("std::map<int, " STRING
		", std::less<int>, std::allocator<std::pair<int const, " STRING
		" > > >::operator[](int const&)",
		"std::map<int, std::string>::operator[]");
	becomes("std::unique_ptr<Foo, std::default_delete<Foo> >::reset(Foo*)",
		"std::unique_ptr<Foo>::reset");
	becomes("std::_Rb_tree<int, int, std::less<int> >::_M_insert(int)",
		"std::_Rb_tree<...>::_M_insert");
	becomes("std::__1::vector<int>::push_back(int const&)", "std::vector<int>::push_back");
	becomes("name[abi:cxx11](int)", "name");
	becomes("std::_Function_handler<void (int), App::start()::{lambda(int)#1}>::_M_manager("
		"std::_Any_data&, std::_Any_data const&, std::_Manager_operation)",
		"App::start()::{lambda(int)#1}");
	becomes("std::_Function_handler<void (std::pair<int, int>), Printer<int, long> "
		">::_M_invoke(int)",
		"Printer<int, long>");
	becomes("std::_Function_handler<void (int), void (*)(int)>::_M_manager(int)",
		"std::_Function_handler<...>::_M_manager");
	becomes("std::_Function_handler<", "std::_Function_handler<...>");
	becomes("std::_Function_handler<int,", "std::_Function_handler<...>");
}
END_TEST

START_TEST(return_type_and_arguments_go)
{
	becomes("void* Pool<int, (Kind)2>::take<long>(long)", "Pool<int, (Kind)2>::take<long>");
	becomes("Foo::size() const", "Foo::size");
	becomes("ns::A<ns::B<(unsigned char)1> >::c(void (*)(int))",
		"ns::A<ns::B<(unsigned char)1>>::c");
	becomes("(anonymous namespace)::Table::put(int)", "(anonymous namespace)::Table::put");
	becomes("app::make()::{lambda(int)#1}::operator()(int) const",
		"app::make()::{lambda(int)#1}::operator()");
	becomes("foo(int) [clone .cold]", "foo");
}
END_TEST

START_TEST(operators_keep_their_name)
{
	becomes("operator new(unsigned long)", "operator new");
	becomes("operator new[](unsigned long)", "operator new[]");
	becomes("Foo::operator->() const", "Foo::operator->");
	becomes("bool operator<(Foo const&, Foo const&)", "operator<");
	becomes("Foo::operator bool() const", "Foo::operator bool");
	becomes("Foo::operator()(int)", "Foo::operator()");
}
END_TEST

START_TEST(other_names_stay)
{
	becomes("main", "main");
	becomes("g_source_new", "g_source_new");
	becomes("<alloc::vec::Vec<T> as core::ops::Drop>::drop",
		"<alloc::vec::Vec<T> as core::ops::Drop>::drop");
	becomes("", "");
	becomes("<<<", "<<<");
	becomes("f<", "f<>");
	becomes("f(", "f");
	becomes("(((", "(((");
	becomes("operator", "operator");
}
END_TEST

Suite *short_name_suite(void)
{
	return suite_of("short_name",
			(const TTest *const[]){library_types_are_shortened,
					       return_type_and_arguments_go,
					       operators_keep_their_name, other_names_stay, NULL});
}
