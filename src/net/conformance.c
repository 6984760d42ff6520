/* See conformance.h. Nothing here is reachable unless the routes are registered. */
#include "net/conformance.h"
#include "net/conn.h"
#include <stdio.h>

static void echo_text(struct conn *c, struct span text)
{
    ws_send_text(c, text);
}

static void echo_binary(struct conn *c, struct span bytes)
{
    ws_send_binary(c, bytes);
}

static const struct ws_handler echo_handler = {
    .on_text = echo_text,
    .on_binary = echo_binary,
    .max_message_bytes = 16u << 20,
};

static void echo_open(struct request *r)
{
    if (request_is_websocket(r)) http_accept_websocket(r, &echo_handler, NULL, SPAN(""));
}

/* Answers on the loop that the path names. */

static void loop_answer(struct request *r)
{
    char number[16];
    snprintf(number, sizeof number, "%d", loop_index(conn_net(request_conn(r))->loop));
    response_header(r, "X-Loop", span_of(number));
    if (span_eq(request_method(r), SPAN("POST")))
        respond(r, 200, "application/octet-stream", request_body(r));
    else
        respond(r, 200, "text/plain", span_of(number));
}

static void loop_move(struct request *r, route_fn *handle)
{
    int64_t index;
    bool known = span_to_i64(request_param(r, "loop"), &index) && index < net_n_loops(conn_net(request_conn(r)));
    struct net *to = known ? net_of_loop(conn_net(request_conn(r)), (int)index) : NULL;
    if (to)
        request_move(r, to, handle);
    else
        respond_empty(r, 404);
}

static void loop_visit(struct request *r) { loop_move(r, loop_answer); }
static void loop_echo(struct request *r) { loop_move(r, echo_open); }

const struct route *conformance_routes(size_t *n_out)
{
    static const struct route routes[] = {
        { "GET", "/conformance/echo", echo_open, 0, route_websocket },
        { "GET", "/conformance/loop", loop_answer, 0, 0 },
        { "GET", "/conformance/loop/{loop:int}", loop_visit, 0, 0 },
        { "POST", "/conformance/loop/{loop:int}", loop_visit, 1 << 20, 0 },
        { "GET", "/conformance/loop/{loop:int}", loop_echo, 0, route_websocket },
    };
    *n_out = sizeof routes / sizeof *routes;
    return routes;
}
