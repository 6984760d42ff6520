/* /login/ and /logout/. Runs on the request's loop. Passwords go from the form into the command's arena and nowhere else. */
#include "base/clock.h"
#include "base/utf8.h"
#include "dialect/rooms/form.h"
#include "dialect/rooms/visit.h"

/* The form keeps where its reader wanted to go. */
static const char *login_action(struct visit *v)
{
    struct span next = request_query_param(v->r, "next");
    struct buf action;
    buf_init(&action, 8192);
    buf_append_cstr(&action, "/login/?next=");
    form_append_path(&action, next, "?&#+%'\"<>");
    const char *kept = form_next_is_ours(next) && !action.failed ? arena_copy(request_arena(v->r), buf_span(&action)).p : "/login/";
    buf_fini(&action);
    return kept;
}

/* the same page for whoever comes and for whoever was wrong. */
static void show_login(struct visit *v)
{
    char token[CSRF_TOKEN_CHARS + 1];
    if (!v->secret[0]) visit_make_session(v);
    csrf_mask(v->secret, token);
    response_header(v->r, "Cache-Control", SPAN("no-cache, no-store, must-revalidate"));
    response_header(v->r, "Pragma", SPAN("no-cache"));
    response_header(v->r, "Expires", SPAN("0"));
    response_header(v->r, "X-CSRFToken", span_of(token));
    visit_page(v, login_action(v), "<input type=\"hidden\" name=\"username\" /><input type=\"hidden\" name=\"password\" />");
}

static void look(struct visit *v);

static void looked(void *user, struct command *c)
{
    struct visit *v = user;
    enum fault fault = c->fault;
    command_destroy(c);
    if (fault == fault_none) {
        visit_redirect(v, SPAN("/")); /* */
    } else if (fault != fault_unauthenticated) {
        visit_refuse(v, fault, NULL, 0);
    } else if (visit_other_proof(v)) {
        look(v);
    } else {
        visit_make_session(v);
        show_login(v);
    }
}

static void look(struct visit *v)
{
    gate_submit(v->door->gate, command_create(command_account_get, v->actor), looked, v);
}

static void get_login(struct request *r)
{
    struct visit *v = visit_begin(r);
    if (id_none(v->actor.account))
        show_login(v);
    else
        look(v);
}

static void former_ended(void *user, struct command *c)
{
    (void)user;
    command_destroy(c);
}

static void logged_in(void *user, struct command *c)
{
    struct visit *v = user;
    if (c->fault == fault_none) {
        struct span next = request_query_param(v->r, "next");
        if (!id_none(v->actor.account)) gate_submit(v->door->gate, command_create(command_session_revoke, v->actor), former_ended, NULL);
        visit_sign_in(v, &c->out.session_open.grant);
        visit_redirect(v, form_next_is_ours(next) ? next : SPAN("/")); /* */
    } else if (c->fault == fault_busy || c->fault == fault_unavailable || c->fault == fault_internal || c->fault == fault_uncertain) {
        visit_refuse(v, c->fault, NULL, c->retry_after_s);
    } else {
        show_login(v); /* */
    }
    command_destroy(c);
}

static bool may_try(struct visit *v, struct span username)
{
    int64_t retry_after_s = 0;
    char address[46];
    conn_address(request_conn(v->r), address);
    bool may = limits_take_address(v->door->limits, limit_login_address, address, clock_mono_ms(), &retry_after_s) &&
               limits_take(v->door->limits, limit_login_account, utf8_fold(request_arena(v->r), username), clock_mono_ms(), &retry_after_s);
    if (!may) visit_refuse(v, fault_limited, NULL, retry_after_s); /* */
    return may;
}

static void post_login(struct request *r)
{
    struct visit *v = visit_form(r);
    if (!v) return;
    struct span username = span_trim(visit_field(v, "username")), password = visit_field(v, "password"), agent = request_header(r, "user-agent");
    if (!username.n || !password.n) {
        show_login(v);
        return;
    }
    if (!may_try(v, username)) return;
    char address[46];
    conn_address(request_conn(r), address);
    struct command *c = command_create(command_session_open, (struct actor){ 0 });
    c->in.session_open.who.username = arena_copy(c->arena, username);
    c->in.session_open.who.password = arena_copy(c->arena, password); /* as it was typed */
    c->in.session_open.agent = utf8_valid(agent) ? arena_copy(c->arena, agent) : SPAN("");
    c->in.session_open.address = arena_copy(c->arena, span_of(address));
    gate_submit(v->door->gate, c, logged_in, v);
}

/* whatever became of the session, it is over here. */
static void logged_out(void *user, struct command *c)
{
    struct visit *v = user;
    if (c->fault == fault_none || c->fault == fault_unauthenticated || c->fault == fault_not_found) {
        visit_sign_out(v);
        visit_redirect(v, SPAN("/"));
    } else {
        visit_refuse(v, c->fault, NULL, c->retry_after_s);
    }
    command_destroy(c);
}

static void log_out(struct visit *v)
{
    if (!id_none(v->actor.account)) {
        gate_submit(v->door->gate, command_create(command_session_revoke, v->actor), logged_out, v);
        return;
    }
    visit_sign_out(v);
    visit_redirect(v, SPAN("/"));
}

/* A link on a page of another site ends nothing. */
static void get_logout(struct request *r)
{
    struct visit *v = visit_begin(r);
    if (span_eq(request_header(r, "sec-fetch-site"), SPAN("cross-site")))
        visit_redirect(v, SPAN("/"));
    else
        log_out(v);
}

static void post_logout(struct request *r)
{
    struct visit *v = visit_form(r);
    if (v) log_out(v);
}

static const struct route rows[] = {
    { "GET", "/login/", get_login },
    { "POST", "/login/", post_login },
    { "GET", "/logout/", get_logout },
    { "POST", "/logout/", post_logout },
};

void login_routes(struct router *router)
{
    router_add(router, rows, sizeof rows / sizeof *rows);
}
