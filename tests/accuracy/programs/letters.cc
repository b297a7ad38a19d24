/*
 * Letters in JSON, read by RapidJSON.
 *
 * sound: as it should be. The other: a header whose pool forgets its chunks. Header:
 * rapidjson/document.h. Mutant chunks: rapidjson/allocators.h s/baseAllocator_->Free(chunkHead_);//
 */
#include "rounds.h"
#include <rapidjson/document.h>
#include <string>

__attribute__((noinline)) static size_t letter_read(const std::string &text)
{
	rapidjson::Document letter;

	letter.Parse(text.c_str());
	return letter.HasParseError() ? 0 : letter["to"].Size();
}

int main(int argc, char **argv)
{
	size_t readers = 0;

	rounds_begin(argc, argv, "sound chunks");
	while (next_round()) {
		std::string text = "{\"from\": \"the house\", \"to\": [";

		for (unsigned long i = pick(20); i > 0; i--)
			text += "\"number " + std::to_string(i) +
				" of the long street behind the mill\", ";
		text += "\"all\"]}";
		readers += letter_read(text);
	}
	printf("%zu readers\n", readers);
	return 0;
}
