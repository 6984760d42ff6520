/* CORS by the operator's list of origins (fetch.spec.whatwg.org, CORS protocol). Runs on the request's loop, owns nothing. */
#include "door/cors.h"

enum standing { origin_unlisted, origin_listed, origin_anybody };

static enum standing standing_of(struct request *r, struct span origin)
{
    const struct door_settings *settings = ((struct door *)request_door(r))->settings;
    enum standing found = origin_unlisted;
    for (size_t i = 0; origin.n && i < settings->n_origins; i++) {
        if (span_eq_nocase(settings->origins[i], origin)) return origin_listed;
        if (span_eq(settings->origins[i], SPAN("*"))) found = origin_anybody;
    }
    return found;
}

static enum standing headers_for(struct request *r)
{
    struct span origin = request_header(r, "origin");
    enum standing standing = standing_of(r, origin);
    response_header(r, "Vary", SPAN("Origin"));
    if (standing == origin_unlisted) return standing;
    response_header(r, "Access-Control-Allow-Origin", standing == origin_listed ? origin : SPAN("*"));
    if (standing == origin_listed) response_header(r, "Access-Control-Allow-Credentials", SPAN("true"));
    return standing;
}

void cors_headers(struct request *r)
{
    headers_for(r);
}

void cors_preflight(struct request *r)
{
    if (headers_for(r) == origin_unlisted) {
        respond(r, 400, "text/plain; charset=utf-8", SPAN("Disallowed CORS origin"));
        return;
    }
    struct span asked = request_header(r, "access-control-request-headers");
    response_header(r, "Access-Control-Allow-Methods", SPAN("DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"));
    response_header(r, "Access-Control-Max-Age", SPAN("600"));
    if (asked.n) response_header(r, "Access-Control-Allow-Headers", asked);
    respond(r, 200, "text/plain; charset=utf-8", SPAN("OK"));
}
