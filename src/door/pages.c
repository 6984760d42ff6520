/* The common rows and the fallback. Runs on the request's loop, owns nothing.

   The fallback answers, in this order: an embedded file of that name; for a page load (GET, Accept with text/html, not under /api/) the web
   client itself, which knows its own paths; otherwise a problem body with the router's status. */
#include "door/pages.h"
#include "door/cors.h"
#include "door/figures.h"
#include "door/problem.h"
#include "net/web_files.h"
#include "wire/json.h"
#include <stdio.h>

#define PAGE_PATH_MAX 512

static bool accepts(const struct request *r, const char *type)
{
    struct span accept = request_header(r, "accept");
    return accept.n && memmem(accept.p, accept.n, type, strlen(type));
}

static void not_found(struct request *r)
{
    problem_respond(r, &(struct problem){ .fault = fault_not_found, .detail = "path" });
}

static void file_or_not_found(struct request *r, const char *path)
{
    struct door *door = request_door(r);
    if (!door->settings->web || !web_files_respond(door->settings->web, r, path)) not_found(r);
}

/* The banner of the old desk, for those who ask for JSON and not for a page (wire table, GET /). */
static void banner(struct request *r)
{
    struct buf body;
    buf_init(&body, 4096);
    struct json_writer w = json_writer(&body);
    json_begin_object(&w);
    json_put_string(&w, "message", SPAN("suhbat"));
    json_put_string(&w, "version", SPAN(SUHBAT_VERSION));
    json_put_string(&w, "transport", SPAN("Socket.io WebSocket"));
    json_key(&w, "endpoints");
    json_begin_object(&w);
    json_put_string(&w, "health", SPAN("/health"));
    json_put_string(&w, "api", SPAN("/api/*"));
    json_put_string(&w, "websocket", SPAN("ws://[host]/socket.io/"));
    json_end_object(&w);
    json_end_object(&w);
    respond(r, 200, "application/json", buf_span(&body));
    buf_fini(&body);
}

static void front_page(struct request *r)
{
    response_header(r, "Vary", SPAN("Accept"));
    if (accepts(r, "application/json") && !accepts(r, "text/html"))
        banner(r);
    else
        file_or_not_found(r, "index.html");
}

static void page_setup(struct request *r)
{
    file_or_not_found(r, "index.html");
}
static void page_docs(struct request *r)
{
    file_or_not_found(r, "docs.html");
}
/* Redoc makes its styles at run time, through style elements of its own: the only page of ours that may. */
static void page_redoc(struct request *r)
{
    response_header(r, "Content-Security-Policy",
        SPAN("default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
             "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"));
    file_or_not_found(r, "redoc.html");
}
static void page_openapi(struct request *r)
{
    file_or_not_found(r, "openapi.json");
}

/* The browser's library of Socket.IO. Pages of other origins load it, also as a module. */
static void socketio_file(struct request *r)
{
    struct span name = request_param(r, "file");
    bool plain = span_starts(name, SPAN("socket.io.")) && !memchr(name.p, '/', name.n);
    const char *path = arena_printf(request_arena(r), "socket.io/" SPAN_FMT, SPAN_ARG(name)).p;
    struct web_files *web = ((struct door *)request_door(r))->settings->web;
    if (!plain || !web || !web_files_has(web, path)) {
        not_found(r);
        return;
    }
    cors_headers(r);
    response_header(r, "Cache-Control", SPAN("public, max-age=3600"));
    web_files_respond(web, r, path);
}

/* The path without its leading slash; false when it is too long, climbs, or has bytes that no file of ours has in its name. */
static bool file_path(const struct request *r, char out[PAGE_PATH_MAX])
{
    struct span path = request_path(r);
    if (path.n < 2 || path.n > PAGE_PATH_MAX) return false;
    for (size_t i = 1; i < path.n; i++) {
        unsigned char c = (unsigned char)path.p[i];
        if (c <= ' ' || c >= 127 || c == '%' || c == '\\' || (c == '.' && (path.p[i - 1] == '/' || path.p[i - 1] == '.'))) return false;
    }
    memcpy(out, path.p + 1, path.n - 1);
    out[path.n - 1] = 0;
    return true;
}

static bool is_page_load(const struct request *r)
{
    return accepts(r, "text/html") && !span_starts(request_path(r), SPAN("/api/"));
}

static bool answered_by_web(struct request *r)
{
    struct web_files *web = ((struct door *)request_door(r))->settings->web;
    struct span method = request_method(r);
    if (!web || !(span_eq(method, SPAN("GET")) || span_eq(method, SPAN("HEAD")))) return false;
    char path[PAGE_PATH_MAX];
    if (file_path(r, path) && web_files_respond(web, r, path)) return true;
    return is_page_load(r) && web_files_respond(web, r, "index.html");
}

static enum fault fault_of_status(int status)
{
    for (int f = 1; f < fault_count; f++)
        if (problem_status((enum fault)f) == status) return (enum fault)f;
    return status < 500 ? fault_invalid : fault_internal;
}

static void method_not_allowed(struct request *r)
{
    struct buf body;
    buf_init(&body, 4096);
    struct json_writer w = json_writer(&body);
    json_begin_object(&w);
    problem_fields(&w, &(struct problem){ .fault = fault_invalid, .detail = "method" }, request_language(r));
    json_end_object(&w);
    respond(r, 405, "application/problem+json", buf_span(&body));
    buf_fini(&body);
}

static void fallback(struct request *r, int status)
{
    if (status == 404 && answered_by_web(r)) return;
    if (status == 405)
        method_not_allowed(r);
    else
        problem_respond(r, &(struct problem){ .fault = fault_of_status(status), .detail = status == 404 ? "path" : NULL });
}

static const struct route routes[] = {
    { "GET", "/", front_page },
    { "GET", "/setup", page_setup },
    { "GET", "/docs", page_docs },
    { "GET", "/redoc", page_redoc },
    { "GET", "/openapi.json", page_openapi },
    { "GET", "/health", figures_health },
    { "GET", "/metrics", figures_metrics },
    { "GET", "/socket.io/{file}", socketio_file },
};

void door_common_routes(struct router *router)
{
    router_add(router, routes, sizeof routes / sizeof *routes);
    router_set_fallback(router, fallback);
}
