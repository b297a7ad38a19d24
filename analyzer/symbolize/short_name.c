/*
 * Shortens C++ names: see short_name.h.
 * Must not: crash or hang on any text: names come from untrusted files.
 */
#include "symbolize/short_name.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/mem.h"

#define MAX_DEPTH 40u	   /* of nested templates; deeper ones are copied unchanged */
#define MOST_ARGUMENTS 64u /* arguments of one template */

/* -- scanning -- */

static bool is_name(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '$';
}

static bool starts(const char *at, const char *end, const char *word)
{
	size_t length = strlen(word);

	return (size_t)(end - at) >= length && memcmp(at, word, length) == 0;
}

/* Returns the length of an operator's name, "operator" included; 0: none begins here. Its < and
 * > are not brackets. */
static size_t operator_length(const char *begin, const char *at, const char *end)
{
	const char *from = at;

	if (!starts(at, end, "operator") || (at > begin && is_name(at[-1])) ||
	    (at + 8 < end && is_name(at[8])))
		return 0;
	at += 8;
	if (starts(at, end, "()"))
		return 10;
	while (at < end && *at != '(')
		at++;
	return (size_t)(at - from);
}

/* Returns the end of the text in brackets that begins at `at`; `end` if it is not closed. */
static const char *closing(const char *at, const char *end)
{
	unsigned depth = 0;

	for (const char *begin = at; at < end;) {
		size_t skip = operator_length(begin, at, end);

		if (skip) {
			at += skip;
			continue;
		}
		if (strchr("<([{", *at))
			depth++;
		else if (strchr(">)]}", *at) && !(*at == '>' && at > begin && at[-1] == '-') &&
			 --depth == 0)
			return at + 1;
		at++;
	}
	return end;
}

/* -- templates -- */

static void reduce(FILE *out, const char *at, const char *end, unsigned depth);

static char *reduced(const char *at, const char *end, unsigned depth)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return mem_substring(at, (size_t)(end - at));
	reduce(out, at, end, depth);
	fclose(out);
	return text ? text : mem_string("");
}

/* Returns true for default template arguments of the standard library. */
static bool is_default(const char *argument)
{
	static const char *const defaults[] = {"std::allocator<", "std::char_traits<",
					       "std::less<",	  "std::hash<",
					       "std::equal_to<",  "std::default_delete<"};

	for (size_t i = 0; i < sizeof defaults / sizeof defaults[0]; i++)
		if (strncmp(argument, defaults[i], strlen(defaults[i])) == 0)
			return true;
	return false;
}

static size_t split(const char *at, const char *end, unsigned depth,
		    char *arguments[MOST_ARGUMENTS])
{
	const char *begin = at;
	size_t count = 0;

	while (at <= end && count < MOST_ARGUMENTS) {
		if (at == end || *at == ',') {
			while (begin < at && *begin == ' ')
				begin++;
			if (begin < at)
				arguments[count++] = reduced(begin, at, depth + 1);
			begin = ++at;
			continue;
		}
		at = strchr("<([{", *at) ? closing(at, end) : at + 1;
	}
	return count;
}

#define LONGEST_ARGUMENTS 60u

/* Shortens template arguments; the text begins after '<' and ends before '>'. */
static char *reduced_arguments(const char *at, const char *end, unsigned depth)
{
	char *arguments[MOST_ARGUMENTS], *text = NULL;
	size_t count = split(at, end, depth, arguments), size = 0;
	FILE *out = open_memstream(&text, &size);

	for (size_t i = 0; i < count; i++) {
		size_t length = strlen(arguments[i]);

		while (length && arguments[i][length - 1] == ' ')
			length--;
		if (out && (i == 0 || !is_default(arguments[i])))
			fprintf(out, "%s%.*s", i ? ", " : "", (int)length, arguments[i]);
		free(arguments[i]);
	}
	if (out)
		fclose(out);
	return text ? text : mem_string("");
}

/* Returns true if the name that ends at `at` is an internal one of the standard library. */
static bool is_internal(const char *begin, const char *at)
{
	while (at > begin && (is_name(at[-1]) || at[-1] == ':'))
		at--;
	return strncmp(at, "std::_", 6) == 0 && strncmp(at, "std::__cxx11::", 14) != 0 &&
	       strncmp(at, "std::__1::", 10) != 0;
}

static void reduce_arguments(FILE *out, const char *begin, const char *at, const char *end,
			     unsigned depth)
{
	char *text = reduced_arguments(at, end, depth);

	if (is_internal(begin, at - 1) || strlen(text) > LONGEST_ARGUMENTS)
		fputs("<...>", out);
	else
		fprintf(out, "<%s>", text);
	free(text);
}

/* Stores the replacement for the text at `at`, and returns the length of what it replaces. */
static size_t respelt(const char *at, const char *end, const char **text)
{
	static const struct {
		const char *from, *to;
	} words[] = {{"std::__cxx11::", "std::"}, {"std::__1::", "std::"}};

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (starts(at, end, words[i].from)) {
			*text = words[i].to;
			return strlen(words[i].from);
		}
	*text = "";
	return starts(at, end, "[abi:") ? (size_t)(closing(at, end) - at) : 0;
}

static void reduce(FILE *out, const char *at, const char *end, unsigned depth)
{
	const char *begin = at, *text;

	while (at < end) {
		size_t skip = operator_length(begin, at, end);

		if (skip) {
			fwrite(at, 1, skip, out);
			at += skip;
		} else if ((skip = respelt(at, end, &text)) > 0) {
			fputs(text, out);
			at += skip;
		} else if (*at == '<' && at > begin && is_name(at[-1]) && depth < MAX_DEPTH) {
			const char *close = closing(at, end);

			reduce_arguments(out, begin, at + 1,
					 close > at + 1 && close[-1] == '>' ? close - 1 : close,
					 depth);
			at = close;
		} else {
			putc(*at++, out);
		}
	}
}

/* -- strings -- */

static void replace_all(char *text, const char *from, const char *to)
{
	size_t old = strlen(from), new = strlen(to);

	for (char *at = strstr(text, from); at; at = strstr(at + new, from)) {
		memcpy(at, to, new);
		memmove(at + new, at + old, strlen(at + old) + 1);
	}
}

/* -- what surrounds the name -- */

/* Returns where the parameters begin: the last bracket that only qualifiers follow; `end` if
 * there are none. */
static const char *parameters(const char *name, const char *end)
{
	const char *found = end;

	for (const char *at = name; at < end;) {
		size_t skip = operator_length(name, at, end);

		if (skip) {
			at += skip;
			continue;
		}
		if (*at == '(' && !starts(at, end, "(anonymous namespace)"))
			found = at;
		/* the parameters were those of an enclosing function */
		else if (starts(at, end, "::"))
			found = end;
		at = strchr("<([{", *at) ? closing(at, end) : at + 1;
	}
	return found;
}

/* Returns where the name begins, after a return type: behind the last space outside brackets and
 * operators' names. */
static const char *name_start(const char *text, const char *end)
{
	const char *start = text;

	for (const char *at = text; at < end;) {
		size_t skip = operator_length(text, at, end);

		if (skip) {
			at += skip;
			continue;
		}
		if (*at == ' ')
			start = at + 1;
		at = strchr("<([{", *at) ? closing(at, end) : at + 1;
	}
	while (start < end && strchr("*&", *start))
		start++;
	return start;
}

#define FUNCTION_HANDLER "std::_Function_handler"

/* A std::function calls through a function of libstdc++ that is a template of the callee:
 * _Function_handler<void (int), App::start()::{lambda(int)#1}>. Returns the callee's name, which
 * the caller frees; NULL if the name is not of that form, or the callee is called by pointer. */
static char *called_by_function(const char *full, const char *end)
{
	const char *at = full + strlen(FUNCTION_HANDLER), *close;

	if (!starts(full, end, FUNCTION_HANDLER "<"))
		return NULL;
	close = closing(at, end) - 1;
	for (at++; at < close && *at != ',';)
		at = strchr("<([{", *at) ? closing(at, close) : at + 1;
	at += at < close;
	while (at < close && *at == ' ')
		at++;
	while (close > at && close[-1] == ' ')
		close--;
	if (at >= close || close[-1] == ')' || close[-1] == '*' ||
	    starts(at, close, FUNCTION_HANDLER))
		return NULL;
	return mem_substring(at, (size_t)(close - at));
}

char *short_name(const char *full)
{
	const char *end = full + strlen(full), *start;
	char *text, *name;

	if (full[0] == '<' || !strpbrk(full, ":(<"))
		return mem_string(full);
	text = called_by_function(full, end);
	if (text) {
		name = short_name(text);
		free(text);
		return name;
	}
	text = reduced(full, end, 0);
	replace_all(text, "std::basic_string<char>", "std::string");
	replace_all(text, "std::basic_string<wchar_t>", "std::wstring");
	end = parameters(text, text + strlen(text));
	start = name_start(text, end);
	if (start == end) { /* not of the expected form */
		start = text;
		end = text + strlen(text);
	}
	name = mem_substring(start, (size_t)(end - start));
	free(text);
	return name;
}
