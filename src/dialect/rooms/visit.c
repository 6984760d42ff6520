/* See visit.h. Runs on the request's loop. The cookie of a session is a token of ours (audience "rooms"): it names a session of the house, which the core
   looks at in the transaction of every command, so that it ends wherever it is ended; or nobody's session, which is a random number and no more.

       no cookie, or a dead one ─ GET /login/ ─► nobody's session ─ POST /login/ ─► a session of the house ─ /logout/, ended elsewhere ─► none */
#include "dialect/rooms/visit.h"
#include "base/clock.h"
#include "base/rand.h"
#include "dialect/rooms/form.h"
#include "door/grant.h"
#include "door/identity.h"
#include "door/problem.h"

#define AUDIENCE "rooms"

static void derive_secret(struct visit *v)
{
    unsigned char hash[TOKEN_MAC_BYTES];
    struct arena *arena = request_arena(v->r);
    struct span of = id_none(v->actor.account) ? arena_printf(arena, "nobody " SPAN_FMT, SPAN_ARG(v->username))
                                               : arena_printf(arena, "session %lld", (long long)v->actor.session.v);
    token_mac(v->door->settings->key, "rooms forms", of, hash);
    csrf_secret(hash, v->secret);
}

static bool take_token(struct visit *v, const char *cookie, const char *audience)
{
    struct token_claims claims;
    struct span token = request_cookie(v->r, cookie);
    if (!token.n) return false;
    if (token_verify(v->door->settings->key, token, span_of(audience), clock_wall_us() / 1000000, request_arena(v->r), &claims)) return false;
    v->actor = (struct actor){ claims.account, claims.session };
    v->username = claims.subject;
    derive_secret(v);
    return true;
}

/* Whoever has signed in to the web client is known here too. */
struct visit *visit_begin(struct request *r)
{
    struct visit *v = arena_new(request_arena(r), struct visit);
    v->r = r, v->door = request_door(r);
    bool has_session = take_token(v, COOKIE_SESSION, AUDIENCE);
    if (has_session && !id_none(v->actor.account)) return v;
    take_token(v, COOKIE_ACCESS, "native");
    return v;
}

bool visit_other_proof(struct visit *v)
{
    struct session_id dead = v->actor.session;
    return take_token(v, COOKIE_ACCESS, "native") && !id_eq(v->actor.session, dead);
}

static void forget(struct visit *v)
{
    v->actor = (struct actor){ 0 };
    v->username = SPAN("");
    v->secret[0] = 0;
}

void visit_make_session(struct visit *v)
{
    char nonce[33];
    forget(v);
    rand_token(nonce, sizeof nonce - 1);
    v->username = arena_copy(request_arena(v->r), span_of(nonce));
    derive_secret(v);
    if (request_cookie(v->r, COOKIE_ACCESS).n) grant_clear_native_cookies(v->r); /* it opens nothing any more, but would be asked first */
}

void visit_sign_in(struct visit *v, const struct grant *grant)
{
    struct span access;
    v->actor = (struct actor){ grant->account.person.id, grant->session };
    v->username = arena_copy(request_arena(v->r), grant->account.person.username);
    derive_secret(v);
    if (grant_access_token(v->r, grant, "native", v->door->settings->access_ttl_s, &access) == fault_none) grant_set_native_cookies(v->r, grant, access);
}

void visit_sign_out(struct visit *v)
{
    forget(v);
    grant_set_cookie(v->r, COOKIE_SESSION, SPAN(""), "/", 0);
    grant_clear_native_cookies(v->r);
}

/* ---- What proves a form */

static struct span origin_of(struct span url)
{
    size_t n = 0;
    for (int slashes = 0; n < url.n; n++)
        if (url.p[n] == '/' && ++slashes == 3) break;
    return span_make(url.p, n);
}

static bool origin_fits(struct request *r)
{
    if (request_header(r, "origin").p || !request_is_secure(r)) return origin_is_not_foreign(r);
    return origin_is_known(r, origin_of(request_header(r, "referer")));
}

static void refuse_form(struct visit *v)
{
    visit_html(v, 403, "<h1>Forbidden</h1><p>CSRF verification failed. Request aborted.</p>");
}

bool visit_origin_fits(struct visit *v)
{
    bool fits = origin_fits(v->r);
    if (!fits) refuse_form(v);
    return fits;
}

bool visit_proves(struct visit *v, struct span field)
{
    struct span token = field.n ? field : request_header(v->r, "x-csrftoken");
    return v->secret[0] && csrf_proves(span_trim(token), v->secret);
}

bool visit_token_fits(struct visit *v, struct span field)
{
    bool fits = visit_proves(v, field);
    if (!fits) refuse_form(v);
    return fits;
}

struct span visit_field(struct visit *v, const char *name)
{
    return form_field(request_header(v->r, "content-type"), v->body, name, request_arena(v->r));
}

bool visit_signed_in(struct visit *v)
{
    bool is = !id_none(v->actor.account);
    if (!is) visit_login_first(v);
    return is;
}

bool visit_may(struct visit *v, enum limit limit)
{
    int64_t retry_after_s = 0;
    bool may = limits_take_account(v->door->limits, limit, v->actor.account, clock_mono_ms(), &retry_after_s);
    if (!may) visit_refuse(v, fault_limited, NULL, retry_after_s);
    return may;
}

struct visit *visit_member(struct request *r)
{
    struct visit *v = visit_begin(r);
    return visit_signed_in(v) ? v : NULL;
}

struct visit *visit_form(struct request *r)
{
    struct visit *v = visit_begin(r);
    v->body = request_body(r);
    return visit_origin_fits(v) && visit_token_fits(v, visit_field(v, "csrfmiddlewaretoken")) ? v : NULL;
}

/* ---- Asking */

static void answered(void *user, struct command *c)
{
    struct visit *v = user;
    if (c->fault == fault_unauthenticated) {
        forget(v);
        grant_set_cookie(v->r, COOKIE_SESSION, SPAN(""), "/", 0);
        visit_login_first(v);
    } else if (c->fault == fault_busy || c->fault == fault_unavailable || c->fault == fault_uncertain || c->fault == fault_internal) {
        visit_refuse(v, c->fault, c->detail, c->retry_after_s);
    } else {
        v->then(v, c);
    }
    command_destroy(c);
}

void visit_ask(struct visit *v, struct command *c, visit_fn *then)
{
    v->then = then;
    gate_submit(v->door->gate, c, answered, v);
}

/* ---- Answering */

static void put_session(struct visit *v)
{
    struct grant grant = { .account.person = { .id = v->actor.account, .username = v->username }, .session = v->actor.session };
    struct span token;
    if (v->secret[0] && grant_access_token(v->r, &grant, AUDIENCE, SESSION_TTL_S, &token) == fault_none)
        grant_set_cookie(v->r, COOKIE_SESSION, token, "/", SESSION_TTL_S);
}

void visit_headers(struct visit *v)
{
    put_session(v);
    response_header(v->r, "Cross-Origin-Opener-Policy", SPAN("same-origin"));
}

void visit_html(struct visit *v, int status, const char *words)
{
    visit_headers(v);
    respond(v->r, status, "text/html; charset=utf-8", span_of(words));
}

void visit_refuse(struct visit *v, enum fault fault, const char *detail, int64_t retry_after_s)
{
    if (retry_after_s) response_header(v->r, "Retry-After", arena_printf(request_arena(v->r), "%lld", (long long)retry_after_s));
    visit_html(v, problem_status(fault), problem_sentence(fault, detail, language_uz));
}

void visit_redirect(struct visit *v, struct span to)
{
    struct buf location;
    buf_init(&location, 8192);
    form_append_path(&location, to, "");
    response_header(v->r, "Location", location.failed ? SPAN("/") : buf_span(&location));
    visit_headers(v);
    respond(v->r, 302, "text/html; charset=utf-8", SPAN(""));
    buf_fini(&location);
}

void visit_redirect_room(struct visit *v, struct room_id room)
{
    visit_redirect(v, arena_printf(request_arena(v->r), "/room/%lld/", (long long)room.v));
}

void visit_login_first(struct visit *v)
{
    struct buf to;
    buf_init(&to, 8192);
    buf_append_cstr(&to, "/login/?next=");
    form_append_path(&to, request_path(v->r), "?&#+%");
    visit_redirect(v, to.failed ? SPAN("/login/") : arena_copy(request_arena(v->r), buf_span(&to)));
    buf_fini(&to);
}

void visit_page(struct visit *v, const char *action, const char *inputs)
{
    char token[CSRF_TOKEN_CHARS + 1];
    csrf_mask(v->secret, token);
    struct span form = arena_printf(request_arena(v->r),
        "<form hidden method=\"post\" action=\"%s\" enctype=\"multipart/form-data\" autocomplete=\"off\">"
        "<input type=\"hidden\" name=\"csrfmiddlewaretoken\" value=\"%s\" />%s</form>\n", action, token, inputs);
    if (!response_has_header(v->r, "cache-control")) response_header(v->r, "Cache-Control", SPAN("no-store"));
    put_session(v);
    if (v->door->settings->web && web_files_respond_with(v->door->settings->web, v->r, "index.html", form)) return;
    response_header(v->r, "Cross-Origin-Opener-Policy", SPAN("same-origin"));
    respond(v->r, 200, "text/html; charset=utf-8", form);
}
