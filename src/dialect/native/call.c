/* The one way of every native HTTP request. Runs on the request's loop; the command it makes travels to a lane and comes back here. What a
   call holds dies with the request, but for the command, which is destroyed when it has been answered. */
#include "dialect/native/call.h"
#include "base/clock.h"
#include "base/utf8.h"
#include "dialect/native/native.h"

static const char *const audiences[] = { "native", "bot", NULL };
static const char *const cookies[] = { COOKIE_ACCESS, NULL };
static const struct identity_rules rules = { audiences, cookies, false };

/* Whoever asks who they are is told "nobody", which is no fault: every page asks it first. */
static void refuse(struct call *a, enum fault f)
{
    if (f == fault_unauthenticated && a->row->encode == encode_who) {
        encode_nobody(a);
        return;
    }
    problem_respond(a->r, &(struct problem){ f, a->detail, a->retry_after_s });
}

static void finish(void *user, struct command *command)
{
    struct call *a = user;
    if (request_is_orphan(a->r)) {
        respond_empty(a->r, 204);
    } else if (command->fault) {
        a->detail = command->detail, a->retry_after_s = command->retry_after_s;
        if (a->by_cookie && command->fault == fault_unauthenticated) session_cookies_clear(a->r);
        if (command->kind == command_desk_step && !id_none(command->out.desk_step.chat.room)) refuse_desk_step(a);
        else refuse(a, command->fault);
    } else {
        a->row->encode(a);
    }
    command_destroy(command);
}

enum fault call_take(struct call *a, enum limit limit, struct span key)
{
    return limits_take(a->door->limits, limit, key, clock_mono_ms(), &a->retry_after_s) ? fault_none : fault_limited;
}

/* Known people are limited by account, strangers by address. */
static enum fault take_of_row(struct call *a)
{
    if (a->row->limit == CALL_UNLIMITED) return fault_none;
    enum limit limit = (enum limit)a->row->limit;
    if (!id_none(a->identity.actor.account)) return call_take(a, limit, span_make(&a->identity.actor.account.v, sizeof(int64_t)));
    char address[46];
    conn_address(request_conn(a->r), address);
    return limits_take_address(a->door->limits, limit, address, clock_mono_ms(), &a->retry_after_s) ? fault_none : fault_limited;
}

enum fault call_prove(struct request *r, struct identity *out, const char **detail_out)
{
    return identity_prove(r, &rules, out, detail_out);
}

/* Rows for anyone set cookies, so a foreign page may not make them happen (log-in by force). */
static enum fault prove(struct call *a)
{
    if (command_authority_of(a->row->command) != command_authority_anyone) return identity_prove(a->r, &rules, &a->identity, &a->detail);
    if (origin_is_not_foreign(a->r) || span_eq(request_method(a->r), SPAN("GET"))) return fault_none;
    a->detail = "origin";
    return fault_forbidden;
}

static struct span address_of(struct call *a)
{
    char address[46];
    conn_address(request_conn(a->r), address);
    return arena_copy(a->command->arena, span_of(address));
}

void call_run(struct request *r, const struct call_row *row)
{
    struct call *a = arena_new(request_arena(r), struct call);
    *a = (struct call){ .r = r, .door = request_door(r), .row = row };
    enum fault f = prove(a);
    if (!f) f = take_of_row(a);
    if (!f) {
        a->command = command_create(row->command, a->identity.actor);
        a->command->from = address_of(a);
        f = row->decode(a);
    }
    if (!f) {
        gate_submit(a->door->gate, a->command, finish, a);
        return;
    }
    if (a->command) command_destroy(a->command);
    refuse(a, f);
}

struct span call_keep(struct call *a, struct span s)
{
    return arena_copy(a->command->arena, s);
}

/* The name of a refused field may be anything that came from outside: it is told only when it is short. */
static void blame(struct call *a, struct span field)
{
    a->detail = field.n && field.n <= 32 && utf8_valid(field) ? arena_copy(request_arena(a->r), field).p : "body";
}

enum fault body_begin(struct call *a, struct body *b)
{
    enum fault f = json_parse(&b->json, request_body(a->r), request_body(a->r).n);
    if (f) {
        a->detail = "body";
        return f;
    }
    b->fields = json_fields(b->json.root);
    return fault_none;
}

enum fault body_end(struct call *a, struct body *b)
{
    struct span bad = { 0 };
    enum fault f = json_fields_end_strict(&b->fields, &bad);
    if (f) blame(a, bad);
    json_done(&b->json);
    return f;
}

enum fault call_path_id(struct call *a, const char *name, int64_t *out)
{
    if (span_to_i64(request_param(a->r, name), out) && *out > 0 && *out < INT64_C(1) << 53) return fault_none;
    a->detail = name;
    return fault_not_found;
}

enum fault call_query_int(struct call *a, const char *name, int64_t least, int64_t greatest, int64_t none, int64_t *out)
{
    struct span text = request_query_param(a->r, name);
    *out = none;
    if (!text.p) return fault_none;
    if (span_to_i64(text, out) && *out >= least && *out <= greatest) return fault_none;
    a->detail = name;
    return fault_invalid;
}

enum fault decode_nothing(struct call *a)
{
    (void)a;
    return fault_none;
}

void reply_begin(struct reply *reply)
{
    buf_init(&reply->body, ENCODE_ANSWER_MAX_BYTES);
    reply->w = json_writer(&reply->body);
}

void reply_end(struct call *a, struct reply *reply, int status)
{
    response_header(a->r, "Cache-Control", SPAN("no-store"));
    if (reply->body.failed)
        problem_respond(a->r, &(struct problem){ .fault = fault_too_large });
    else
        respond(a->r, status, "application/json", buf_span(&reply->body));
    buf_fini(&reply->body);
}

void reply_begin_list(struct reply *reply, const char *name)
{
    reply_begin(reply);
    json_begin_object(&reply->w);
    json_key(&reply->w, name);
    json_begin_array(&reply->w);
}

void reply_end_list(struct call *a, struct reply *reply)
{
    json_end_array(&reply->w);
    json_end_object(&reply->w);
    reply_end(a, reply, 200);
}

void reply_end_page(struct call *a, struct reply *reply, bool more)
{
    json_end_array(&reply->w);
    json_put_bool(&reply->w, "more", more);
    json_end_object(&reply->w);
    reply_end(a, reply, 200);
}

void encode_nothing(struct call *a)
{
    respond_empty(a->r, 204);
}

/* The rows, and a handler for each. */
enum { limit_none = CALL_UNLIMITED };
#define ROUTE(name, method, path, command_name, limit_name, decode, encode)                                      \
    static void handle_##name(struct request *r)                                                                 \
    {                                                                                                            \
        static const struct call_row row = { command_##command_name, (int)limit_##limit_name, decode, encode };   \
        call_run(r, &row);                                                                                        \
    }
#include "dialect/native/routes.def"
#undef ROUTE

static const struct route http_rows[] = {
#define ROUTE(name, method, path, command, limit, decode, encode) { method, "/api/v1" path, handle_##name, 0, 0 },
#include "dialect/native/routes.def"
#undef ROUTE
};

void native_routes(struct router *router)
{
    gateway_routes(router);
    upload_routes(router);
    tus_routes(router);
    router_add(router, http_rows, sizeof http_rows / sizeof *http_rows);
}
