/* See conformance.h. Nothing here is reachable unless the routes are registered. */
#include "net/conformance.h"
#include "net/websocket.h"

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

const struct route *conformance_routes(size_t *n_out)
{
    static const struct route routes[] = { { "GET", "/conformance/echo", echo_open, 0, route_websocket } };
    *n_out = sizeof routes / sizeof *routes;
    return routes;
}
