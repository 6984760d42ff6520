/* Finds the proof of identity in a request and verifies it over wire/token. Runs on the request's loop; owns nothing: what it finds lives in
   the request's arena. Tokens never reach logs or error texts. */
#include "door/identity.h"
#include "base/clock.h"

/* So a bot's token is told from others wherever it turns up; for us it is a token like any. */
static const struct span bot_prefix = SPAN(IDENTITY_BOT_PREFIX);
static const struct span bearer_prefix = SPAN("bearer.");

/* ?token= and subprotocols are for sockets only: a token in the URL of an ordinary request would end in somebody's history. */
static struct span protocol_token(struct request *r)
{
    struct span rest = request_header(r, "sec-websocket-protocol");
    while (rest.n) {
        struct span offered = span_trim(span_cut(rest, ',', &rest));
        if (span_starts(offered, bearer_prefix)) return span_make(offered.p + bearer_prefix.n, offered.n - bearer_prefix.n);
    }
    return (struct span){ 0 };
}

struct span identity_subprotocol(struct request *r)
{
    struct span rest = request_header(r, "sec-websocket-protocol");
    while (rest.n) {
        struct span offered = span_trim(span_cut(rest, ',', &rest));
        if (offered.n && !span_starts(offered, bearer_prefix)) return offered;
    }
    return (struct span){ 0 };
}

static struct span bearer_token(struct request *r)
{
    struct span rest, header = request_header(r, "authorization");
    struct span scheme = span_cut(header, ' ', &rest);
    return span_eq_nocase(scheme, SPAN("Bearer")) ? span_trim(rest) : (struct span){ 0 };
}

static struct span cookie_token(struct request *r, const char *const *names)
{
    struct span found = { 0 };
    for (; *names && !found.n; names++) found = request_cookie(r, *names);
    return found;
}

static bool authority_matches(struct span origin, struct span host, bool secure)
{
    struct span https = SPAN("https://"), http = SPAN("http://");
    struct span scheme = span_starts(origin, https) ? https : http;
    if (!host.n || !span_starts(origin, scheme) || (secure && scheme.n != https.n)) return false;
    return span_eq_nocase(span_make(origin.p + scheme.n, origin.n - scheme.n), host);
}

bool origin_is_known(struct request *r, struct span origin)
{
    const struct door_settings *settings = ((struct door *)request_door(r))->settings;
    if (authority_matches(origin, request_header(r, "host"), request_is_secure(r))) return true;
    for (size_t i = 0; i < settings->n_origins; i++)
        if (!span_eq(settings->origins[i], SPAN("*")) && span_eq_nocase(settings->origins[i], origin)) return true;
    return false;
}

bool origin_is_ours(struct request *r)
{
    struct span origin = request_header(r, "origin");
    return origin.p ? origin_is_known(r, origin) : span_eq(request_header(r, "sec-fetch-site"), SPAN("same-origin"));
}

bool origin_is_not_foreign(struct request *r)
{
    if (request_header(r, "origin").p) return origin_is_ours(r);
    struct span site = request_header(r, "sec-fetch-site");
    return !site.p || span_eq(site, SPAN("same-origin")) || span_eq(site, SPAN("none"));
}

enum fault identity_of_token(struct request *r, struct span token, const char *const *audiences, struct identity *out)
{
    const struct door_settings *settings = ((struct door *)request_door(r))->settings;
    if (span_starts(token, bot_prefix)) token.p += bot_prefix.n, token.n -= bot_prefix.n;
    for (; *audiences; audiences++) {
        struct token_claims claims;
        enum fault f = token_verify(settings->key, token, span_of(*audiences), clock_wall_us() / 1000000, request_arena(r), &claims);
        if (f || id_none(claims.account)) continue;
        *out = (struct identity){ { claims.account, claims.session }, arena_copy(request_arena(r), claims.subject) };
        return fault_none;
    }
    return fault_unauthenticated;
}

static bool changes_nothing(struct request *r)
{
    struct span method = request_method(r);
    return span_eq(method, SPAN("GET")) || span_eq(method, SPAN("HEAD"));
}

enum fault identity_prove(struct request *r, const struct identity_rules *rules, struct identity *out, const char **detail_out)
{
    *out = (struct identity){ 0 };
    bool by_cookie = false;
    struct span token = bearer_token(r);
    if (!token.n && rules->websocket) token = protocol_token(r);
    if (!token.n && rules->websocket) token = request_query_param(r, "token");
    if (!token.n) token = cookie_token(r, rules->cookies), by_cookie = true;
    if (!token.n) return fault_unauthenticated;
    if (by_cookie && (rules->websocket || !changes_nothing(r)) && !origin_is_ours(r)) {
        *detail_out = "origin";
        return fault_forbidden;
    }
    return identity_of_token(r, token, rules->audiences, out);
}
