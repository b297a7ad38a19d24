/* render/html.c, render/json.c: no text becomes markup; the page's script and style can stand
 * in their elements. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "render/html_page.h"
#include "render/html_assets.h"
#include "render/json.h"
#include "render/markup.h"
#include "suites.h"

static void expect(const char *text, const char *expected)
{
	char *got = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&got, &size);

	markup_text(file, text);
	fclose(file);
	ck_assert_str_eq(got, expected);
	free(got);
}

START_TEST(text_is_escaped)
{
	expect("main", "main");
	expect(NULL, "");
	expect("operator<<(a&, b&&)", "operator&lt;&lt;(a&amp;, b&amp;&amp;)");
	expect("\"'><script>", "&quot;&#39;&gt;&lt;script&gt;");
	expect("a\033[2Jb\xff", "a\\x1b[2Jb\\xff");
	expect("naïve ∀", "naïve ∀");
}
END_TEST

START_TEST(json_within_a_page_is_inert)
{
	char *got = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&got, &size);
	struct json json = {.file = file, .inert = true};

	json_object(&json, NULL);
	json_string(&json, "</script>", "<!-- & -->");
	json_end_object(&json);
	fclose(file);
	ck_assert_ptr_null(strpbrk(got, "<>&"));
	ck_assert_ptr_nonnull(
		strstr(got, "\"\\u003c/script\\u003e\": \"\\u003c!-- \\u0026 --\\u003e\""));
	free(got);
}
END_TEST

START_TEST(assets_cannot_end_their_element)
{
	ck_assert_uint_gt(strlen(html_script), 1000);
	ck_assert_uint_gt(strlen(html_style), 1000);
	ck_assert_ptr_null(strcasestr(html_script, "</script"));
	ck_assert_ptr_null(strcasestr(html_script, "<!--"));
	ck_assert_ptr_null(strstr(html_script, "innerHTML"));
	ck_assert_ptr_null(strcasestr(html_style, "</style"));
	ck_assert_ptr_null(strstr(html_style, "url("));
}
END_TEST

Suite *html_suite(void)
{
	const TTest *const tests[] = {text_is_escaped, json_within_a_page_is_inert,
				      assets_cannot_end_their_element, NULL};

	return suite_of("html", tests);
}
