/* The words and shapes of this door's answers, and the proof it asks for. Runs on the request's loop; owns nothing. */
#include "dialect/receipts/answer.h"
#include "base/clock.h"
#include "chat/command.h"
#include "door/cors.h"
#include "door/identity.h"
#include "door/limits.h"
#include "door/problem.h"

static const char *const audiences[] = { "receipts", "native", NULL };
static const char *const cookies[] = { COOKIE_RECEIPTS, COOKIE_ACCESS, NULL };
static const struct identity_rules rules = { audiences, cookies, false };

void receipts_answer(struct request *r, int status, struct span body)
{
    cors_headers(r);
    response_header(r, "Cache-Control", SPAN("no-store"));
    respond(r, status, "application/json", body);
}

static void answer_one(struct request *r, int status, const char *name, struct span words)
{
    struct buf body;
    buf_init(&body, 16 * 1024);
    struct json_writer w = json_writer(&body);
    json_begin_object(&w);
    json_put_string(&w, name, words);
    json_end_object(&w);
    receipts_answer(r, status, buf_span(&body));
    buf_fini(&body);
}

void receipts_detail(struct request *r, int status, struct span detail)
{
    if (status == 401) response_header(r, "WWW-Authenticate", SPAN("Bearer"));
    answer_one(r, status, "detail", detail);
}

void receipts_say(struct request *r, const char *name, struct span words)
{
    answer_one(r, 200, name, words);
}

static void answer_sentence(struct request *r, enum fault fault, const char *detail, int64_t retry_after_s)
{
    if (retry_after_s) response_header(r, "Retry-After", arena_printf(request_arena(r), "%lld", (long long)retry_after_s));
    receipts_detail(r, problem_status(fault), span_of(problem_sentence(fault, detail, language_ru)));
}

void receipts_fault(struct request *r, const struct command *c)
{
    if (c->fault == fault_unauthenticated) receipts_detail(r, 401, SPAN("Invalid or expired token"));
    else answer_sentence(r, c->fault, c->detail, c->retry_after_s);
}

void receipts_limited(struct request *r, int64_t retry_after_s)
{
    answer_sentence(r, fault_limited, NULL, retry_after_s);
}

bool receipts_fits(struct request *r, struct unfit *u)
{
    if (unfit_end(u) == fault_none) return true;
    receipts_answer(r, 422, buf_span(u->w.out));
    return false;
}

static bool brings_no_proof(struct request *r)
{
    return !request_header(r, "authorization").p && !request_cookie(r, COOKIE_RECEIPTS).p && !request_cookie(r, COOKIE_ACCESS).p;
}

bool receipts_who(struct request *r, bool may_trust, struct actor *out)
{
    bool trusts = may_trust && ((struct door *)request_door(r))->settings->trusts_receipts;
    struct identity identity;
    const char *detail = NULL;
    enum fault fault = identity_prove(r, &rules, &identity, &detail);
    *out = fault ? (struct actor){ 0 } : identity.actor;
    out->trusted = trusts;
    if (!fault || trusts) return true;
    if (fault == fault_forbidden) answer_sentence(r, fault, detail, 0);
    else receipts_detail(r, 401, brings_no_proof(r) ? SPAN("Authorization header is missing") : SPAN("Invalid or expired token"));
    return false;
}

bool receipts_may(struct request *r, bool changes, struct actor actor)
{
    struct limits *limits = ((struct door *)request_door(r))->limits;
    enum limit limit = changes ? limit_change : limit_ask;
    int64_t retry_after_s = 0;
    char address[46];
    conn_address(request_conn(r), address);
    bool taken = id_none(actor.account) ? limits_take_address(limits, limit, address, clock_mono_ms(), &retry_after_s)
                                        : limits_take_account(limits, limit, actor.account, clock_mono_ms(), &retry_after_s);
    if (!taken) receipts_limited(r, retry_after_s);
    return taken;
}
