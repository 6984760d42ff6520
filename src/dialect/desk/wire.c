/* How this door answers: JSON with success or error (D-01), its CORS headers (D-43), what lies around the routes. Runs on the request's loop. */
#include "base/clock.h"
#include "dialect/desk/call.h"
#include "dialect/desk/desk.h"
#include "dialect/desk/files.h"
#include "dialect/desk/socket.h"
#include "door/cors.h"

#define CONTENT_TYPE "application/json; charset=utf-8"

static void headers(struct request *r)
{
    cors_headers(r);
    response_header(r, "Access-Control-Allow-Headers", SPAN("Content-Type, Authorization"));
    response_header(r, "Access-Control-Allow-Methods", SPAN("GET,HEAD,PUT,PATCH,POST,DELETE,OPTIONS"));
}

void desk_answer(struct request *r, int status, struct span body)
{
    headers(r);
    respond(r, status, CONTENT_TYPE, body);
}

void desk_answer_success(struct request *r)
{
    desk_answer(r, 200, SPAN("{\"success\":true}"));
}

void desk_refuse(struct request *r, int status, const char *words)
{
    struct buf body;
    buf_init(&body, 64 * 1024);
    struct json_writer w = json_writer(&body);
    json_begin_object(&w);
    json_put_string(&w, "error", span_of(words));
    json_end_object(&w);
    desk_answer(r, status, buf_span(&body));
    buf_fini(&body);
}

/* D-28, D-34, D-36, D-37. */
static const struct {
    int status;
    const char *words;
} answers[fault_count] = {
    [fault_none] = { 200, "" },
    [fault_invalid] = { 400, "So'rov noto'g'ri" },
    [fault_too_large] = { 413, "Juda katta" },
    [fault_unauthenticated] = { 401, "Kim ekaningiz isbotlanmagan" },
    [fault_forbidden] = { 403, "Ruxsat yo'q" },
    [fault_not_found] = { 404, "Chat topilmadi" },
    [fault_conflict] = { 409, "Chat boshqa holatda" },
    [fault_gone] = { 404, "Chat topilmadi" },
    [fault_limited] = { 429, "Juda ko'p so'rov" },
    [fault_busy] = { 503, "Server band" },
    [fault_unavailable] = { 500, "Database ulanish xatosi" },
    [fault_uncertain] = { 500, "Database ulanish xatosi" },
    [fault_internal] = { 500, "Server xatosi" },
};

void desk_answer_fault(struct request *r, enum fault f, const char *detail, int64_t retry_after_s)
{
    const char *words = answers[f].words;
    if (detail && strcmp(detail, "closed") == 0) words = "Chat yopilgan";
    if (detail && strcmp(detail, "files") == 0) words = "Fayl topilmadi";
    if (detail && strcmp(detail, "capacity") == 0) words = "Agentning o'rni to'lgan";
    if (f == fault_busy && !retry_after_s) retry_after_s = 1;
    if (retry_after_s) response_header(r, "Retry-After", arena_printf(request_arena(r), "%lld", (long long)retry_after_s));
    if (f == fault_invalid && detail)
        desk_refuse(r, 400, arena_printf(request_arena(r), "%s noto'g'ri", detail).p);
    else
        desk_refuse(r, answers[f].status, words);
}

/* D-35: the old server's words, as JSON. */
static void not_found(struct request *r)
{
    struct span method = request_method(r), path = request_path(r);
    desk_refuse(r, 404, arena_printf(request_arena(r), "Cannot " SPAN_FMT " " SPAN_FMT, SPAN_ARG(method), SPAN_ARG(path)).p);
}

/* D-42 */
static void preflight(struct request *r)
{
    struct span asked = request_header(r, "access-control-request-headers");
    cors_headers(r);
    response_header(r, "Access-Control-Allow-Headers", asked.n ? asked : SPAN("Content-Type, Authorization"));
    response_header(r, "Access-Control-Allow-Methods", SPAN("GET,HEAD,PUT,PATCH,POST,DELETE,OPTIONS"));
    response_header(r, "Access-Control-Max-Age", SPAN("600"));
    respond_empty(r, 204);
}

static const struct route around[] = {
    { "OPTIONS", "/api/chats", preflight },
    { "OPTIONS", "/api/chats/{rest*}", preflight },
    { "OPTIONS", "/api/messages", preflight },
    { "OPTIONS", "/api/messages/{rest*}", preflight },
    { "OPTIONS", "/api/status", preflight },
    { "OPTIONS", "/health", preflight },
    { NULL, "/api/chats", not_found },
    { NULL, "/api/chats/{rest*}", not_found },
    { NULL, "/api/messages", not_found },
    { NULL, "/api/messages/{rest*}", not_found },
    { NULL, "/api/status", not_found },
};

/* One request */

struct desk_call *desk_call_begin_without_body(struct request *r)
{
    struct desk_call *call = arena_new(request_arena(r), struct desk_call);
    call->r = r, call->door = request_door(r), call->arena = request_arena(r);
    call->signed_id = request_query_param(r, "userId");
    call->signature = request_query_param(r, "userSignature");
    return call;
}

struct desk_call *desk_call_begin(struct request *r, struct desk_input *in)
{
    enum fault f = desk_input_read(r, in);
    if (f) {
        desk_input_done(in);
        if (f == fault_too_large) desk_refuse(r, 413, "request entity too large");
        else desk_refuse(r, 400, "Unexpected token in JSON");
        return NULL;
    }
    struct desk_call *call = desk_call_begin_without_body(r);
    struct span signature = desk_input_text(in, "userSignature");
    if (!signature.n) return call;
    call->signature = signature;
    call->signed_id = desk_input_name(in, "userId");
    return call;
}

bool desk_call_fields_end(struct desk_call *call, struct desk_input *in)
{
    desk_input_done(in);
    if (in->wrong) desk_answer_fault(call->r, fault_invalid, in->wrong, 0);
    return !in->wrong;
}

bool desk_call_room(struct desk_call *call, struct span hex, const char *field, const char *words)
{
    if (!hex.n)
        desk_refuse(call->r, 400, words);
    else if (!desk_room_of(hex, &call->room))
        desk_answer_fault(call->r, fault_invalid, field, 0);
    else if (id_none(call->room))
        desk_answer_fault(call->r, fault_not_found, NULL, 0);
    else
        return true;
    return false;
}

bool desk_call_may(struct desk_call *call, enum limit limit)
{
    int64_t retry_after_s = 0;
    if (limits_take_account(call->door->limits, limit, call->who.actor.account, clock_mono_ms(), &retry_after_s)) return true;
    desk_answer_fault(call->r, fault_limited, NULL, retry_after_s);
    return false;
}

void desk_call_submit(struct desk_call *call, struct command *c, void (*done)(void *call, struct command *c))
{
    gate_submit(call->door->gate, c, done, call);
}

void desk_routes(struct router *router, const struct door_settings *settings)
{
    desk_present_with(settings->key);
    desk_files_routes(router);
    desk_chats_routes(router);
    desk_messages_routes(router);
    desk_socket_routes(router, settings);
    router_add(router, around, sizeof around / sizeof *around);
}
