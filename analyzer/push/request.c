/*
 * Checks a request before anything is sent: see push.h.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "push/push.h"
#include "util/http.h"
#include "util/utf8.h"

static void complain(const char *option, const char *value, const char *wrong)
{
	utf8_complain("silt push: --%s %s: %s", option, value, wrong);
}

static bool has_control(const char *text)
{
	for (; text && *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return true;
	return false;
}

/* Checks a file now, because curl's error messages do not name it. */
static bool check_file(const char *option, const char *path)
{
	if (!path || access(path, R_OK) == 0)
		return true;
	complain(option, path, strerror(errno));
	return false;
}

static bool check_labels(const struct push_request *request)
{
	const char *name = request->target.application, *wrong;

	wrong = name ? push_check_application(request->target.engine, name) : NULL;
	if (wrong) {
		complain("name", name, wrong);
		return false;
	}
	for (size_t i = 0; i < request->label_count; i++) {
		const struct push_label *label = &request->labels[i];

		wrong = push_check_label(request->target.engine, label->name, label->value);
		for (size_t j = 0; j < i && !wrong; j++)
			if (strcmp(request->labels[j].name, label->name) == 0)
				wrong = "given twice";
		if (wrong) {
			complain("label", label->name, wrong);
			return false;
		}
	}
	return true;
}

bool push_check_request(const struct push_request *request)
{
	const struct http_options *http = &request->http;

	if (!check_labels(request))
		return false;
	if (has_control(http->tenant) || has_control(http->token)) {
		fputs("silt push: --tenant and SILT_PUSH_TOKEN cannot hold control characters\n",
		      stderr);
		return false;
	}
	return check_file("ca", http->ca) && check_file("cert", http->certificate) &&
	       check_file("key", http->key);
}
