/* Which handler answers a path. Rows are looked through in the order of registration, which is the precedence of the doors; there are
   a few dozen, and the first segment rejects nearly all of them. Immutable once the loops run, so all of them share it.
   Path segments are percent-decoded before they are compared: two spellings of one path reach the same row. */
#include "base/log.h"
#include "net/request.h"
#include "wire/form.h"
#include <stdlib.h>

enum segment_kind { segment_literal, segment_any, segment_int, segment_rest };

struct segment {
    enum segment_kind kind;
    struct span text; /* the literal, or the name of the parameter */
};

struct row {
    const struct route *route;
    unsigned n_segments;
    struct segment segments[PATH_SEGMENTS_MAX];
};

struct router {
    struct row *rows;
    size_t n_rows;
    void (*fallback)(struct request *r, int status);
};

/* A requested path in pieces. More segments than fit stay together in the last one, which then only a "rest" can match. */
struct path {
    struct span whole;
    unsigned n;
    bool overflows;
    struct span raw[PATH_SEGMENTS_MAX], decoded[PATH_SEGMENTS_MAX];
};

struct router *router_create(void)
{
    struct router *router = calloc(1, sizeof *router);
    if (!router) abort();
    router->fallback = respond_problem;
    return router;
}

void router_destroy(struct router *router)
{
    if (!router) return;
    free(router->rows);
    free(router);
}

void router_set_fallback(struct router *router, void (*fallback)(struct request *r, int status))
{
    router->fallback = fallback;
}

static struct segment parse_segment(struct span s)
{
    if (s.n < 3 || s.p[0] != '{' || s.p[s.n - 1] != '}') return (struct segment){ segment_literal, s };
    struct span kind, name = span_cut(span_make(s.p + 1, s.n - 2), ':', &kind);
    if (span_eq(kind, SPAN("int"))) return (struct segment){ segment_int, name };
    if (name.p[name.n - 1] == '*') return (struct segment){ segment_rest, span_make(name.p, name.n - 1) };
    return (struct segment){ segment_any, name };
}

static void row_parse(struct row *row, const struct route *route)
{
    *row = (struct row){ .route = route };
    struct span rest = span_of(route->path + 1);
    do {
        assert(row->n_segments < PATH_SEGMENTS_MAX);
        row->segments[row->n_segments++] = parse_segment(span_cut(rest, '/', &rest));
    } while (rest.p);
}

void router_add(struct router *router, const struct route *routes, size_t n)
{
    struct row *rows = realloc(router->rows, (router->n_rows + n) * sizeof *rows);
    if (!rows) abort();
    router->rows = rows;
    for (size_t i = 0; i < n; i++) row_parse(&rows[router->n_rows++], &routes[i]);
}

static bool path_cut(struct span whole, struct arena *arena, struct path *out)
{
    *out = (struct path){ .whole = whole };
    if (whole.n == 0 || whole.p[0] != '/') return false;
    struct span rest = { whole.p + 1, whole.n - 1 };
    do {
        if (out->n == PATH_SEGMENTS_MAX) {
            out->overflows = true;
            return true;
        }
        out->raw[out->n] = span_cut(rest, '/', &rest);
        if (form_decode(out->raw[out->n], false, arena, &out->decoded[out->n]) != fault_none) return false;
        out->n++;
    } while (rest.p);
    return true;
}

static bool is_digits(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < '0' || s.p[i] > '9') return false;
    return s.n > 0;
}

static void param_add(struct request *r, struct span name, struct span value)
{
    if (r->n_params == ROUTE_PARAMS_MAX) return;
    r->params[r->n_params++] = (struct request_param){ name.p, name.n, value };
}

static bool rest_add(struct request *r, struct span name, const struct path *path, unsigned from)
{
    struct span raw = { path->raw[from].p, (size_t)(path->whole.p + path->whole.n - path->raw[from].p) }, decoded;
    if (form_decode(raw, false, r->arena, &decoded) != fault_none) return false;
    param_add(r, name, arena_copy(r->arena, decoded));
    return true;
}

static bool row_matches(const struct row *row, const struct path *path, struct request *r)
{
    r->n_params = 0;
    for (unsigned i = 0; i < row->n_segments; i++) {
        const struct segment *s = &row->segments[i];
        if (i >= path->n) return false;
        if (s->kind == segment_rest) return rest_add(r, s->text, path, i);
        struct span have = path->decoded[i];
        if (s->kind == segment_literal ? !span_eq(s->text, have) : have.n == 0) return false;
        if (s->kind == segment_int && !is_digits(have)) return false;
        if (s->kind != segment_literal) param_add(r, s->text, have);
    }
    return row->n_segments == path->n && !path->overflows;
}

static bool method_matches(const struct route *route, struct span method)
{
    if (!route->method || span_eq(span_of(route->method), method)) return true;
    return span_eq(method, SPAN("HEAD")) && strcmp(route->method, "GET") == 0;
}

static void allow_add(struct buf *allow, const char *method)
{
    if (allow->n && http_list_has(buf_span(allow), span_of(method))) return;
    if (allow->n) buf_append_cstr(allow, ", ");
    buf_append_cstr(allow, method);
    if (strcmp(method, "GET") == 0) buf_append_cstr(allow, ", HEAD");
}

void router_match(const struct router *router, struct request *r)
{
    struct path path;
    struct buf allow;
    struct span method = request_method(r);
    bool upgrades = http_parser_wants_upgrade(r->parser, SPAN("websocket")), has_websocket = false;
    if (!path_cut(request_path(r), r->arena, &path)) {
        r->refused_status = 400;
        return;
    }
    buf_init(&allow, 256);
    for (size_t i = 0; i < router->n_rows && !r->route; i++) {
        const struct route *route = router->rows[i].route;
        if (!row_matches(&router->rows[i], &path, r)) continue;
        if (!(route->flags & route_websocket) != !upgrades) {
            has_websocket |= (route->flags & route_websocket) != 0;
        } else if (method_matches(route, method)) {
            r->route = route;
        } else if (route->method) {
            allow_add(&allow, route->method);
        }
    }
    r->refused_status = r->route ? 0 : allow.n ? 405 : has_websocket && !upgrades ? 426 : 404;
    if (r->refused_status == 405) response_header(r, "Allow", buf_span(&allow));
    if (r->refused_status == 426) response_upgrade(r);
    buf_fini(&allow);
}

void router_run(struct request *r)
{
    if (r->route)
        r->route->handle(r);
    else
        r->router->fallback(r, r->refused_status);
}
