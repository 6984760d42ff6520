/* Looking at a request. All spans live in its parser or its arena, so they stay until it is answered. */
#include "net/request.h"
#include "wire/cookie.h"
#include "wire/form.h"
#include <stdlib.h>

struct request *request_create(struct conn *c, struct http_parser *parser)
{
    struct arena *arena = arena_create(sizeof(struct request) + 1024, REQUEST_ARENA_MAX_BYTES);
    if (!arena) return NULL;
    struct request *r = arena_new(arena, struct request);
    r->conn = c;
    r->door = c->net->config.door;
    r->router = c->net->config.router;
    r->arena = arena;
    r->parser = parser;
    buf_init(&r->headers, RESPONSE_HEADERS_MAX_BYTES);
    r->is_secure = c->ssl != NULL;
    const struct net_proxies *proxies = c->net->config.trusted_proxies;
    if (proxies_contain(proxies, c->address)) {
        memcpy(r->client, c->address, 16);
        proxies_client(proxies, request_header(r, "x-forwarded-for"), r->client);
        r->is_forwarded = true;
        r->is_secure |= span_eq_nocase(request_header(r, "x-forwarded-proto"), SPAN("https"));
    }
    return r;
}

struct arena *request_arena(struct request *r) { return r->arena; }
void *request_door(struct request *r) { return r->door; }
struct conn *request_conn(struct request *r) { return r->conn; }
struct span request_method(const struct request *r) { return http_parser_method(r->parser); }
struct span request_path(const struct request *r) { return http_parser_path(r->parser); }
struct span request_query(const struct request *r) { return http_parser_query(r->parser); }
struct span request_body(const struct request *r) { return http_parser_body(r->parser); }
int64_t request_declared_bytes(const struct request *r) { return http_parser_declared_bytes(r->parser); }
bool request_is_secure(const struct request *r) { return r->is_secure; }
void *request_user(const struct request *r) { return r->user; }
void request_set_user(struct request *r, void *user) { r->user = user; }
void request_on_gone(struct request *r, void (*gone)(struct request *r)) { r->gone = gone; }
void *request_route_arg(const struct request *r) { return r->route ? r->route->arg : NULL; }
bool request_is_orphan(const struct request *r) { return !r->conn || r->conn->stage != stage_http; }

struct span request_param(const struct request *r, const char *name)
{
    size_t n = strlen(name);
    for (unsigned i = 0; i < r->n_params; i++)
        if (r->params[i].n_name == n && memcmp(r->params[i].name, name, n) == 0) return r->params[i].value;
    return (struct span){ 0 };
}

struct span request_query_param(struct request *r, const char *name)
{
    struct span value;
    if (form_find(request_query(r), span_of(name), r->arena, &value) != fault_none) return (struct span){ 0 };
    return value;
}

struct span request_header(const struct request *r, const char *lower_case_name)
{
    struct span name = span_of(lower_case_name), all = http_parser_header(r->parser, name, 0), next;
    for (size_t i = 1; all.p && (next = http_parser_header(r->parser, name, i)).p; i++)
        all = arena_printf(r->arena, SPAN_FMT ", " SPAN_FMT, SPAN_ARG(all), SPAN_ARG(next));
    return all;
}

struct span request_cookie(struct request *r, const char *name)
{
    struct span header, found = { 0 };
    for (size_t i = 0; !found.p && (header = http_parser_header(r->parser, SPAN("cookie"), i)).p; i++)
        found = cookie_find(header, span_of(name));
    return found;
}
