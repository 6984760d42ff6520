/* The requests of Engine.IO: on the right loop, with the right words, into a session new or old. Refusals and their order are those of the
   reference server, which clients and suites know. The loop's thread; owns nothing. */
#include "net/engine_state.h"
#include "net/request.h"

enum refusal { unknown_transport, unknown_session, bad_method, bad_request, forbidden, unsupported_version, accepted };

static bool is_upgrade(const struct request *r)
{
    return r->route->flags & route_websocket;
}

static void refuse(struct request *r, enum refusal why)
{
    static const char *const words[] = { "Transport unknown", "Session ID unknown", "Bad handshake method", "Bad request", "Forbidden",
                                         "Unsupported protocol version" };
    if (is_upgrade(r))
        respond(r, 400, "text/html", span_of(words[why]));
    else
        respond(r, why == forbidden ? 403 : 400, "application/json",
                arena_printf(r->arena, "{\"code\":%d,\"message\":\"%s\"}", (int)why, words[why]));
}

/* A session whose pong is overdue is over, also when the alarm rings a moment later. */
static struct engine_session *find(struct engine *engine, struct span id)
{
    struct engine_session *s = engine_by_id(engine, id);
    if (!s || !s->awaits_pong || loop_now_ms(engine->net->loop) < s->heart.due_ms) return s;
    engine_close(s);
    return NULL;
}

static enum refusal look_at_newcomer(struct request *r, const struct engine_rules *rules, bool websocket)
{
    if (!span_eq(request_method(r), SPAN("GET"))) return bad_method;
    if (websocket != is_upgrade(r)) return bad_request;
    if (rules->allows && !rules->allows(r)) return forbidden;
    if (!span_eq(request_query_param(r, "EIO"), SPAN("4"))) return unsupported_version;
    return request_query_param(r, "j").p ? bad_request : accepted; /* JSONP went with protocol 3 */
}

static enum refusal look_at(struct request *r, struct engine *engine, struct engine_session **out)
{
    struct span transport = request_query_param(r, "transport"), id = request_query_param(r, "sid");
    bool websocket = span_eq(transport, SPAN("websocket"));
    if (!websocket && !span_eq(transport, SPAN("polling"))) return unknown_transport;
    if (id.n == 0) return look_at_newcomer(r, engine->rules, websocket);
    *out = find(engine, id);
    if (!*out) return unknown_session;
    if (is_upgrade(r)) return websocket ? accepted : bad_request;
    return websocket == !(*out)->polling ? accepted : bad_request;
}

/* Handshakes */

static void accept_socket(struct engine *engine, struct request *r, struct engine_session *s)
{
    http_accept_websocket(r, &engine->socket, s, SPAN(""));
}

static void open_session(struct engine *engine, struct request *r)
{
    struct engine_session *s = engine_create(engine);
    if (!s) {
        respond_problem(r, 503);
        return;
    }
    if (engine->rules->remember) s->memory = engine->rules->remember(r);
    if (is_upgrade(r)) {
        accept_socket(engine, r, s);
    } else if (!engine_open_polling(s, r)) {
        engine_drop(s);
        respond_problem(r, 503);
    }
}

/* Only a session over polling that nobody else is taking over may be taken over; whoever comes too late is let in and out. */
static void join_session(struct engine *engine, struct request *r, struct engine_session *s)
{
    struct conn *c = r->conn;
    bool may = s->polling && !s->polling->probe;
    accept_socket(engine, r, may ? s : NULL);
    if (!may) ws_close(c, WS_NORMAL, "");
}

static void answer(struct request *r, struct engine *engine)
{
    struct engine_session *s = NULL;
    enum refusal why = look_at(r, engine, &s);
    if (why == unknown_session && !is_upgrade(r) && engine_poll_late(engine, r, request_query_param(r, "sid"))) return;
    if (why != accepted)
        refuse(r, why);
    else if (is_upgrade(r) && !request_is_websocket(r))
        return;
    else if (!s)
        open_session(engine, r);
    else if (is_upgrade(r))
        join_session(engine, r, s);
    else if (!s->polling)
        refuse(r, bad_request);
    else
        engine_poll_request(s, r);
}

static void answer_preflight(struct request *r)
{
    struct span asked = request_header(r, "access-control-request-headers");
    response_header(r, "Access-Control-Allow-Methods", SPAN("GET,POST"));
    if (asked.n) response_header(r, "Access-Control-Allow-Headers", asked);
    respond_empty(r, 204);
}

static struct net *home_of(struct request *r)
{
    struct net *here = r->conn->net;
    int loop = engine_id_loop(request_query_param(r, "sid"));
    struct net *home = loop >= 0 && loop < net_n_loops(here) ? net_of_loop(here, loop) : NULL;
    return home ? home : here;
}

static void at_home(struct request *r)
{
    const struct engine_rules *rules = request_route_arg(r);
    if (request_is_orphan(r)) {
        respond_empty(r, 400);
        return;
    }
    if (rules->cors) rules->cors(r);
    if (span_eq(request_method(r), SPAN("OPTIONS")))
        answer_preflight(r);
    else
        answer(r, engine_get(r->conn->net, rules));
}

static void handle(struct request *r)
{
    request_move(r, home_of(r), at_home);
}

void engine_routes(struct router *router, struct engine_rules *rules)
{
    rules->routes[0] = (struct route){ NULL, rules->path, handle, rules->max_payload_bytes, 0, rules };
    rules->routes[1] = (struct route){ "GET", rules->path, handle, 0, route_websocket, rules };
    router_add(router, rules->routes, 2);
}
