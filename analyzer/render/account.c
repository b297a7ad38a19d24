/* Composes the text of a finding: see account.h. */
#include "render/account.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "diagnose/diagnose.h"
#include "diagnose/finding.h"
#include "load/snapshot.h"
#include "model/freed.h"
#include "model/holders.h"
#include "model/known_pools.h"
#include "model/profile.h"
#include "model/statistics.h"
#include "render/account_parts.h"
#include "render/draft.h"
#include "render/headline.h"
#include "symbolize/frame.h"
#include "symbolize/symbolize.h"
#include "symbolize/variable.h"
#include "util/mem.h"
#include "util/size.h"
#include "util/utf8.h"
#include "util/words.h"

/* -- facts: path, callback, cycle -- */

const struct variable *account_callback_table(const struct diagnosis *diagnosis,
					      struct profile_context *context,
					      const struct snapshot_code *code)
{
	if (!code->table || code->module == SNAPSHOT_NO_MODULE)
		return NULL;
	return symbolizer_variable(profile_context_symbolizer(context),
				   diagnosis_profile(diagnosis)->modules[code->module],
				   code->address, false);
}

const struct frame *account_callback(const struct diagnosis *diagnosis,
				     struct profile_context *context,
				     const struct snapshot_code *code)
{
	const struct profile *profile = diagnosis_profile(diagnosis);
	const struct frame *frames;

	if (code->module == SNAPSHOT_NO_MODULE)
		return NULL;
	symbolizer_frames(profile_context_symbolizer(context), profile->modules[code->module],
			  code->address, true, &frames);
	return &frames[0];
}

static void add_path(const struct composing *c, struct account *account)
{
	struct draft draft;

	if (!c->finding->path)
		return;
	draft_open(&draft);
	fputs("path: ", draft.file);
	draft_name(&draft, holders_path(diagnosis_holders(c->diagnosis), c->finding->path));
	account_add_line(&account->facts, draft_close(&draft));
}

static void add_callback(const struct composing *c, struct account *account)
{
	const struct snapshot_code *code = c->finding->callback;
	const struct variable *table =
		code ? account_callback_table(c->diagnosis, c->context, code) : NULL;
	const struct frame *frame = code ? account_callback(c->diagnosis, c->context, code) : NULL;
	struct draft draft;

	if (!table && !frame)
		return;
	draft_open(&draft);
	fputs(table ? "functions: " : "callback: ", draft.file);
	if (table)
		draft_name(&draft, table->name);
	else
		draft_frame(&draft, frame);
	account_add_line(&account->facts, draft_close(&draft));
}

static int cycle_pass(const struct profile *profile, const struct profile_site *lead,
		      const struct snapshot_triple *triple)
{
	if (triple->from == triple->to)
		return 2;
	return &profile->sites[triple->to] == lead ? 0 : 1;
}

static void add_edge(const struct profile *profile, const struct snapshot_triple *triple,
		     struct account *account, uint64_t count)
{
	struct draft draft;

	draft_open(&draft);
	fputs(count ? "       " : "cycle: ", draft.file);
	draft_site(&draft, &profile->sites[triple->from]);
	fprintf(draft.file, " at offset %" PRIu64 " -> ", triple->offset);
	draft_site(&draft, &profile->sites[triple->to]);
	account_add_line(&account->facts, draft_close(&draft));
}

/* Adds a line for each pointer of the cycle: from where, at which offset, to where. */
static void add_cycle(const struct composing *c, struct account *account)
{
	const struct profile *profile = diagnosis_profile(c->diagnosis);
	const struct snapshot_component *component = c->finding->component;

	const struct profile_site *lead =
		c->finding->site_count ? c->finding->sites[0].profile : NULL;
	uint64_t count = 0;

	/* First the pointers back to the leading site, then the other pointers, last those
	 * between blocks of one site. */
	for (int pass = 0; pass < 3 && component; pass++)
		for (uint64_t i = 0; i < component->triple_count; i++) {
			const struct snapshot_triple *triple =
				&profile->snapshot->graph.triples[component->first_triple + i];

			if (cycle_pass(profile, lead, triple) == pass)
				add_edge(profile, triple, account, count++);
		}
}

static void add_pins(const struct composing *c, struct account *account)
{
	char size[SIZE_TEXT];
	struct draft draft;

	for (size_t i = 0; i < c->finding->pin_count; i++) {
		const struct finding_pin *pin = &c->finding->pins[i];

		draft_open(&draft);
		fprintf(draft.file, "%s free beside %" PRIu64 " block%s of ",
			size_format(size, (double)pin->bytes, false), pin->blocks,
			words_s(pin->blocks));
		draft_site(&draft, pin->profile);
		account_add_line(&account->facts, draft_close(&draft));
	}
}

/* -- evidence -- */

/* Adds which setting makes a pool show its pieces, if the finding, or the block that leads to
 * it, lies in a known pool. */
static void add_pool(const struct composing *c, const struct profile_site *site,
		     struct account *account)
{
	const struct finding *finding = c->finding;
	const char *pool = finding->mapping || finding->of_mappings
				   ? known_pools_of_mapping(diagnosis_profile(c->diagnosis))
			   : site ? known_pools_of_site(site)
				  : NULL;

	for (size_t i = 0; i < finding->site_count && !pool; i++)
		if (finding->sites[i].profile)
			pool = known_pools_of_site(finding->sites[i].profile);
	if (pool)
		account_add_line(&account->evidence,
				 (struct account_line){.text = mem_string(pool)});
}

static void add_evidence(const struct finding *finding, struct account *account)
{
	for (size_t i = 0; i < finding->evidence_count; i++)
		account_add_line(&account->evidence,
				 (struct account_line){.text = utf8_clean(finding->evidence[i])});
}

/* Adds where other blocks of the line are freed. */
static void add_freed(const struct finding *finding, const struct profile_site *site,
		      struct account *account)
{
	const struct freed *freed = finding->freed;
	char *text;

	if (!freed)
		return;
	text = freed_sentence(freed, site, finding->sites[0].live_blocks);
	account->freed.text = utf8_clean(text);
	free(text);
	if (freed->count)
		account_add_stack(freed->list[0].stack, &account->freed_stack);
}

/* -- the whole account -- */

struct account *account_new(const struct diagnosis *diagnosis, struct profile_context *context,
			    const struct finding *finding, const char *unit)
{
	struct composing c = {diagnosis, context, finding, unit ? unit : "iteration"};
	const struct profile_site *site = headline_site(finding);
	const struct frame *frame = site ? site->frames[site->blamed] : NULL;
	struct account *account =
		account_plain(finding_kind_name(finding->kind), NULL, finding_advice(finding));

	account->confidence = finding->confidence;
	account->headline = headline_compose(&c);
	add_path(&c, account);
	add_callback(&c, account);
	add_cycle(&c, account);
	add_pins(&c, account);
	account_add_sites(account, finding);
	add_evidence(finding, account);
	add_pool(&c, site, account);
	if (site) {
		account->callers = account_callers(site);
		account_add_stack(site, &account->stack);
		add_freed(finding, site, account);
	}
	account->next = account_next(&c, site);
	account->function = frame && frame->function ? mem_string(frame->function) : NULL;
	account->file = frame && frame->file ? mem_string(frame->file) : NULL;
	account->line = frame ? frame->line : 0;
	return account;
}

struct account *account_plain(const char *kind, const char *headline, const char *advice)
{
	struct account *account = mem_zeroed(1, sizeof *account);

	account->kind = kind;
	account->confidence = 1;
	if (headline)
		account->headline.text = utf8_clean(headline);
	account->advice = mem_string(advice);
	return account;
}

static void free_lines(struct account_lines *lines)
{
	for (size_t i = 0; i < lines->count; i++)
		free(lines->list[i].text);
	free(lines->list);
}

void account_free(struct account *account)
{
	if (!account)
		return;
	free(account->headline.text);
	free_lines(&account->facts);
	free_lines(&account->sites);
	free_lines(&account->evidence);
	free(account->callers.text);
	free_lines(&account->stack);
	free(account->freed.text);
	free_lines(&account->freed_stack);
	free(account->advice);
	free(account->next);
	free(account->function);
	free(account->file);
	free(account);
}

const struct gate_words account_words = {account_new, account_plain, account_free};
