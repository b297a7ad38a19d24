/* Posts to an HTTP server: see http.h. */
#include "util/http.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "silt_release.h"
#include "util/curl.h"
#include "util/mem.h"

struct http {
	CURL *handle;
	const struct http_options *options;
	struct curl_slist *headers;
	char error[CURL_ERROR_SIZE];
	struct http_answer *answer;
	size_t body_size;
};

static struct curl_slist *add_header(struct curl_slist *headers, const char *format,
				     const char *value)
{
	char *header = mem_format(format, value); // NOLINT(clang-diagnostic-format-nonliteral)

	headers = curl.slist_append(headers, header);
	free(header);
	return headers;
}

/* Keeps the beginning of the answer's body. */
static size_t take_body(char *data, size_t size, size_t count, void *argument)
{
	struct http *http = argument;
	size_t room = sizeof http->answer->body - 1 - http->body_size;
	size_t taken = size * count < room ? size * count : room;

	memcpy(http->answer->body + http->body_size, data, taken);
	http->body_size += taken;
	return size * count;
}

static void set_options(struct http *http)
{
	const struct http_options *options = http->options;
	CURL *handle = http->handle;

#if LIBCURL_VERSION_NUM >= 0x075500
	curl.easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
#else
	curl.easy_setopt(handle, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
	curl.easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
	curl.easy_setopt(handle, CURLOPT_USERAGENT, "silt/" SILT_RELEASE);
	curl.easy_setopt(handle, CURLOPT_NETRC, (long)CURL_NETRC_OPTIONAL);
	curl.easy_setopt(handle, CURLOPT_TIMEOUT_MS, (long)(options->timeout_ns / 1000000));
	curl.easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS,
			 (long)(options->timeout_ns / 3000000 + 1));
	curl.easy_setopt(handle, CURLOPT_ERRORBUFFER, http->error);
	curl.easy_setopt(handle, CURLOPT_WRITEFUNCTION, take_body);
	curl.easy_setopt(handle, CURLOPT_WRITEDATA, http);
	if (options->ca)
		curl.easy_setopt(handle, CURLOPT_CAINFO, options->ca);
	if (options->certificate)
		curl.easy_setopt(handle, CURLOPT_SSLCERT, options->certificate);
	if (options->key)
		curl.easy_setopt(handle, CURLOPT_SSLKEY, options->key);
	if (options->insecure) {
		curl.easy_setopt(handle, CURLOPT_SSL_VERIFYPEER, 0L);
		curl.easy_setopt(handle, CURLOPT_SSL_VERIFYHOST, 0L);
	}
}

struct http *http_open(const struct http_options *options)
{
	struct http *http;

	if (!curl_load() || curl.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return NULL;
	http = mem_zeroed(1, sizeof *http);
	http->options = options;
	http->handle = curl.easy_init();
	if (!http->handle) {
		http_close(http);
		return NULL;
	}
	/* disables "Expect: 100-continue", which not every server answers */
	http->headers = curl.slist_append(NULL, "Expect:");
	if (options->tenant)
		http->headers = add_header(http->headers, "X-Scope-OrgID: %s", options->tenant);
	if (options->token)
		http->headers =
			add_header(http->headers, "Authorization: Bearer %s", options->token);
	set_options(http);
	return http;
}

void http_close(struct http *http)
{
	if (!http)
		return;
	curl.slist_free_all(http->headers);
	curl.easy_cleanup(http->handle);
	curl.global_cleanup();
	free(http);
}

char *http_escape(struct http *http, const char *text)
{
	char *escaped = curl.easy_escape(http->handle, text, 0),
	     *copy = mem_string(escaped ? escaped : "");

	curl.free(escaped);
	return copy;
}

static enum http_result judge_failure(CURLcode code)
{
	switch (code) {
	case CURLE_COULDNT_RESOLVE_PROXY:
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_CONNECT:
	case CURLE_OPERATION_TIMEDOUT:
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
	case CURLE_GOT_NOTHING:
	case CURLE_PARTIAL_FILE:
	case CURLE_HTTP2:
	case CURLE_HTTP2_STREAM:
		return HTTP_AGAIN;
	default:
		return HTTP_REFUSED;
	}
}

static void judge_status(struct http *http, struct http_answer *answer)
{
	curl_off_t wait = 0;
	long status = 0;

	curl.easy_getinfo(http->handle, CURLINFO_RESPONSE_CODE, &status);
	answer->reached = true;
	answer->status = status;
	answer->body_size = http->body_size;
	if (status >= 200 && status < 300)
		return;
	answer->result = (status >= 500 && status != 501) || status == 408 || status == 429
				 ? HTTP_AGAIN
				 : HTTP_REFUSED;
	curl.easy_getinfo(http->handle, CURLINFO_RETRY_AFTER, &wait);
	answer->wait_ns = wait > 0 && wait < 3600 ? (uint64_t)wait * 1000000000u : 0;
	snprintf(answer->text, sizeof answer->text, "HTTP status %ld%s", status,
		 status >= 300 && status < 400 ? " (a redirection, which is not followed)" : "");
}

static void perform(struct http *http, const char *url, struct http_answer *answer)
{
	CURLcode code;

	*answer = (struct http_answer){.result = HTTP_OK};
	http->answer = answer;
	http->body_size = 0;
	http->error[0] = '\0';
	curl.easy_setopt(http->handle, CURLOPT_URL, url);
	code = curl.easy_perform(http->handle);
	if (code == CURLE_OK) {
		judge_status(http, answer);
		return;
	}
	answer->result = judge_failure(code);
	answer->body[0] = '\0';
	snprintf(answer->text, sizeof answer->text, "%.350s",
		 http->error[0] ? http->error : curl.easy_strerror(code));
}

void http_post_form(struct http *http, const char *url, const struct http_part *parts, size_t count,
		    struct http_answer *answer)
{
	curl_mime *form = curl.mime_init(http->handle);

	for (size_t i = 0; i < count; i++) {
		curl_mimepart *part = curl.mime_addpart(form);

		curl.mime_name(part, parts[i].name);
		curl.mime_filename(part, parts[i].file_name);
		curl.mime_type(part, parts[i].type);
		curl.mime_data(part, parts[i].data, parts[i].size);
	}
	curl.easy_setopt(http->handle, CURLOPT_MIMEPOST, form);
	curl.easy_setopt(http->handle, CURLOPT_HTTPHEADER, http->headers);
	perform(http, url, answer);
	curl.easy_setopt(http->handle, CURLOPT_MIMEPOST, NULL);
	curl.mime_free(form);
}

void http_post(struct http *http, const char *url, const char *type, const void *body, size_t size,
	       struct http_answer *answer)
{
	struct curl_slist *headers = add_header(NULL, "Content-Type: %s", type);

	for (const struct curl_slist *header = http->headers; header; header = header->next)
		headers = curl.slist_append(headers, header->data);
	curl.easy_setopt(http->handle, CURLOPT_POST, 1L);
	curl.easy_setopt(http->handle, CURLOPT_POSTFIELDS, body);
	curl.easy_setopt(http->handle, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)size);
	curl.easy_setopt(http->handle, CURLOPT_HTTPHEADER, headers);
	perform(http, url, answer);
	curl.easy_setopt(http->handle, CURLOPT_HTTPHEADER, NULL);
	curl.slist_free_all(headers);
}
