/* The life of a desk client: opened, moved from polling to WebSocket, ended. Runs on the loop of its session, which owns the struct desk_socket. */
#include "dialect/desk/socket.h"
#include "chat/command.h"
#include "door/cors.h"
#include "door/limits.h"
#include <stdlib.h>

#define CONNECT_TIMEOUT_MS 45000
#define PAYLOAD_MAX_BYTES 1000000

static void on_moved(struct socketio *s, struct conn *to)
{
    struct desk_socket *d = socketio_user(s);
    if (d->listener) hub_rehome(d->listener, to);
}

static void on_drain(struct socketio *s)
{
    struct desk_socket *d = socketio_user(s);
    if (d->listener) hub_drained(d->listener);
}

/* D-58 */
static void on_close(struct socketio *s)
{
    struct desk_socket *d = socketio_user(s);
    if (!d) return;
    if (d->joined) desk_socket_say_gone(d);
    if (d->counted) limits_socket_leave(desk_socket_door(d)->limits, desk_socket_account(d));
    if (d->listener) hub_forget(d->listener);
    for (struct desk_waiting *w = d->waiting, *next; w; w = next) {
        next = w->next;
        free(w);
    }
    free(d->username);
    free(d->joined);
    free(d);
}

static const struct socketio_handler handler = {
    .on_connect = desk_socket_connect,
    .on_event = desk_socket_event,
    .on_moved = on_moved,
    .on_drain = on_drain,
    .on_close = on_close,
};
static const struct socketio_namespace namespaces[] = { { "/", &handler } };
static struct socketio_rules rules = {
    .namespaces = namespaces, .n_namespaces = 1,
    .engine = { .path = "/socket.io/", .claim_ms = CONNECT_TIMEOUT_MS,
                .max_payload_bytes = PAYLOAD_MAX_BYTES, .cors = cors_headers, .remember = desk_socket_remember, .forget = free },
};

void desk_socket_routes(struct router *router, const struct door_settings *settings)
{
    rules.engine.ping_interval_ms = (int32_t)settings->socket_ping_ms;
    rules.engine.ping_timeout_ms = (int32_t)settings->socket_pong_ms;
    socketio_routes(router, &rules);
}

/* ---- What the other files need */

struct door *desk_socket_door(const struct desk_socket *d)
{
    return conn_door(socketio_conn(d->s));
}

struct account_id desk_socket_account(const struct desk_socket *d)
{
    return d->listener ? listener_actor(d->listener).account : (struct account_id){ 0 };
}

struct desk_errand *desk_errand(struct desk_socket *d, struct command *c, int64_t ack)
{
    struct desk_errand *e = arena_new(c->arena, struct desk_errand);
    *e = (struct desk_errand){ .door = desk_socket_door(d), .ref = socketio_ref(d->s), .ack = ack };
    d->n_pending++;
    return e;
}

struct desk_socket *desk_errand_home(const struct desk_errand *e)
{
    struct socketio *s = socketio_find(e->door->net, &rules, e->ref);
    struct desk_socket *d = s ? socketio_user(s) : NULL;
    if (d) d->n_pending--;
    return d;
}
