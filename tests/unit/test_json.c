/* render/json.c: nesting, commas, escapes. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "render/json.h"
#include "suites.h"

START_TEST(document_is_well_formed)
{
	char *text = NULL;
	size_t size = 0;
	struct json json = {.file = open_memstream(&text, &size)};

	json_object(&json, NULL);
	json_array(&json, "empty");
	json_end_array(&json);
	json_array(&json, "list");
	for (int i = 0; i < 2; i++) {
		json_object(&json, NULL);
		json_unsigned(&json, "n", UINT64_MAX);
		json_signed(&json, "m", INT64_MIN);
		json_end_object(&json);
	}
	json_end_array(&json);
	json_string(&json, "text", "a\"b\\c\n\x01\xff\xc3\xbc");
	/* CSI as one character, a text direction: what a terminal would obey. */
	json_string(&json, "c1",
		    "\xc2\x9b"
		    "31m\xe2\x80\xae\x7f");
	json_string(&json, "none", NULL);
	json_bool(&json, "yes", true);
	json_real(&json, "real", 0.5);
	json_real(&json, "nan", NAN);
	json_end_object(&json);
	json_finish(&json);
	fclose(json.file);
	ck_assert_str_eq(
		text,
		"{\n \"empty\": [],\n \"list\": [\n  {\n   \"n\": 18446744073709551615,\n   \"m\": "
		"-9223372036854775808\n  },\n  {\n   \"n\": 18446744073709551615,\n   \"m\": "
		"-9223372036854775808\n  }\n ],\n \"text\": "
		"\"a\\\"b\\\\c\\u000a\\u0001\\ufffd\xc3\xbc\",\n \"c1\": "
		"\"\\u009b31m\\u202e\\u007f\",\n \"none\": "
		"null,\n \"yes\": true,\n \"real\": 0.5,\n \"nan\": null\n}\n");
	free(text);
}
END_TEST

Suite *json_suite(void)
{
	return suite_of("json", (const TTest *const[]){document_is_well_formed, NULL});
}
