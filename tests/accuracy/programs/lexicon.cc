/*
 * A lexicon, in C++.
 *
 * remember: a std::map that keeps every entry; limit: an unordered map that is cleared at 1500;
 * chapters: chapters and their book point to each other by shared_ptr; weak: the way back is a
 * weak_ptr; jobs: small functions that wait have captured whole texts.
 */
#include "rounds.h"
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace
{

std::map<std::string, std::string> lexicon;
std::unordered_map<unsigned, std::string> lately;
std::vector<std::function<size_t()>> errands;

struct Book;

struct Chapter {
	std::shared_ptr<Book> book;
	std::weak_ptr<Book> loosely;
	char text[100] = {};
};

struct Book {
	std::vector<std::shared_ptr<Chapter>> chapters;
};

__attribute__((noinline)) void remember(unsigned number)
{
	std::string word = "the word of the day number " + std::to_string(number);

	lexicon[word] = "means the same as what was said " + std::to_string(number * 7) +
			" days ago, and more";
}

__attribute__((noinline)) void look_up(unsigned number)
{
	if (lately.size() >= 1500)
		lately.clear();
	lately.emplace(number,
		       "a text that is too long for the short strings " + std::to_string(number));
}

__attribute__((noinline)) size_t book_write(unsigned chapters, bool weak)
{
	auto book = std::make_shared<Book>();

	for (unsigned i = 0; i < chapters; i++) {
		auto chapter = std::make_shared<Chapter>();

		if (weak)
			chapter->loosely = book;
		else
			chapter->book = book;
		book->chapters.push_back(chapter);
	}
	return book->chapters.size();
}

__attribute__((noinline)) void errand_later(size_t size)
{
	std::string text(size, 'x');

	errands.push_back([text]() { return text.size(); });
}

} // namespace

int main(int argc, char **argv)
{
	enum { REMEMBER, LIMIT, CHAPTERS, WEAK, JOBS };
	int mode = rounds_begin(argc, argv, "remember limit chapters weak jobs");
	unsigned number = 0;
	size_t sum = 0;

	while (next_round()) {
		if (mode == REMEMBER) {
			remember(number++);
			remember(number++);
		} else if (mode == LIMIT) {
			for (int i = 0; i < 8; i++)
				look_up(number++);
		} else if (mode == JOBS) {
			if (rounds.number % 10 == 0)
				errand_later(80000 + pick(40000));
			for (auto &errand : errands)
				sum += errand();
		} else {
			sum += book_write(1 + static_cast<unsigned>(pick(4)), mode == WEAK);
		}
	}
	std::printf("%zu\n", sum);
	std::fflush(stdout);
	_exit(0);
}
