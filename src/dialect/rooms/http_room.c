/* Rooms as pages: shown, entered, made, deleted; and the slash that a path lacks. Runs on the request's loop. */
#include "dialect/rooms/visit.h"

enum fault room_param(struct request *r, const char *name, int64_t *out)
{
    return span_to_i64(request_param(r, name), out) && *out > 0 && *out < INT64_C(1) << 53 ? fault_none : fault_not_found;
}

/* ---- Coming in */

/* Rooms that are not entered one by one (channels of a guild) are looked at all the same. */
static void joined(struct visit *v, struct command *c)
{
    if (c->fault && c->fault != fault_forbidden)
        visit_refuse(v, c->fault, c->detail, c->retry_after_s);
    else
        v->next(v, c);
}

/* A link on a page of another site shows a room, but makes nobody a member. */
static bool comes_from_elsewhere(struct visit *v)
{
    return span_eq(request_header(v->r, "sec-fetch-site"), SPAN("cross-site"));
}

static void found(struct visit *v, struct command *c)
{
    const struct room_view *room = &c->out.room_get.room;
    v->must_join = !c->fault && room->role == role_none && room->public && !comes_from_elsewhere(v);
    if (c->fault)
        visit_refuse(v, c->fault, "room", c->retry_after_s);
    else if (!v->must_join || v->only_looks)
        v->next(v, c);
    else if (visit_may(v, limit_change))
        visit_ask(v, room_join(v), joined);
}

struct command *room_join(struct visit *v)
{
    struct command *c = command_create(command_member_put, v->actor);
    c->in.member_put = (struct member_put_in){ .room = v->room, .account = v->actor.account, .role = role_member };
    return c;
}

void room_look(struct visit *v, visit_fn *next)
{
    v->only_looks = true;
    room_enter(v, next);
}

void room_enter(struct visit *v, visit_fn *next)
{
    if (room_param(v->r, "room", &v->room.v)) {
        visit_refuse(v, fault_not_found, "room", 0);
        return;
    }
    struct command *c = command_create(command_room_get, v->actor);
    c->in.room_get.room = v->room;
    v->next = next;
    visit_ask(v, c, found);
}

/* ---- The page */

void room_page(struct visit *v)
{
    struct span action = arena_printf(request_arena(v->r), "/room/%lld/", (long long)v->room.v);
    visit_page(v, action.p, "<textarea name=\"content\"></textarea><input type=\"file\" name=\"file\" />");
}

static void show(struct visit *v, struct command *c)
{
    (void)c;
    room_page(v);
}

static void get_room(struct request *r)
{
    struct visit *v = visit_member(r);
    if (v && visit_may(v, limit_ask)) room_enter(v, show);
}

/* ---- Making */

static void show_create(struct visit *v, struct command *c)
{
    (void)c;
    visit_page(v, "/create/", "<input type=\"hidden\" name=\"room_name\" />");
}

static void get_create(struct request *r)
{
    struct visit *v = visit_member(r);
    if (v) visit_ask(v, command_create(command_account_get, v->actor), show_create);
}

static void created(struct visit *v, struct command *c)
{
    if (c->fault)
        visit_refuse(v, c->fault, c->detail, c->retry_after_s);
    else
        visit_redirect_room(v, c->out.room_create.room.id);
}

static void post_create(struct request *r)
{
    struct visit *v = visit_form(r);
    if (!v || !visit_signed_in(v)) return;
    struct span name = span_trim(visit_field(v, "room_name"));
    if (!name.n) {
        visit_redirect(v, SPAN("/create/"));
        return;
    }
    if (!visit_may(v, limit_change)) return;
    struct command *c = command_create(command_room_create, v->actor);
    c->in.room_create = (struct room_create_in){ .kind = room_group, .name = arena_copy(c->arena, name), .public = true };
    visit_ask(v, c, created);
}

/* ---- Deleting */

static void deleted(struct visit *v, struct command *c)
{
    if (c->fault == fault_none)
        visit_redirect(v, SPAN("/"));
    else if (c->fault == fault_forbidden)
        visit_redirect_room(v, v->room);
    else
        visit_refuse(v, c->fault, c->detail, c->retry_after_s);
}

static void post_delete_room(struct request *r)
{
    struct visit *v = visit_form(r);
    if (!v || !visit_signed_in(v) || !visit_may(v, limit_change)) return;
    if (room_param(r, "room", &v->room.v)) {
        visit_refuse(v, fault_not_found, "room", 0);
        return;
    }
    struct command *c = command_create(command_room_delete, v->actor);
    c->in.room_delete.room = v->room;
    visit_ask(v, c, deleted);
}

static void get_delete_room(struct request *r)
{
    struct visit *v = visit_member(r);
    if (!v) return;
    if (room_param(r, "room", &v->room.v))
        visit_refuse(v, fault_not_found, "room", 0);
    else
        visit_redirect_room(v, v->room);
}

/* ---- */

static void add_slash(struct request *r)
{
    struct span path = request_path(r), query = request_query(r);
    response_header(r, "Location", arena_printf(request_arena(r), SPAN_FMT "/%s" SPAN_FMT, SPAN_ARG(path), query.n ? "?" : "", SPAN_ARG(query)));
    response_header(r, "Cross-Origin-Opener-Policy", SPAN("same-origin"));
    respond(r, 301, "text/html; charset=utf-8", SPAN(""));
}

static const struct route rows[] = {
    { "GET", "/room/{room:int}/", get_room },
    { "GET", "/create/", get_create },
    { "POST", "/create/", post_create },
    { "GET", "/delete-room/{room:int}/", get_delete_room },
    { "POST", "/delete-room/{room:int}/", post_delete_room },
    { "GET", "/login", add_slash },
    { "GET", "/logout", add_slash },
    { "GET", "/create", add_slash },
    { "GET", "/room/{room:int}", add_slash },
    { "GET", "/delete-room/{room:int}", add_slash },
    { "GET", "/delete-content/{message:int}/{type}", add_slash },
    { "GET", "/download/{message:int}", add_slash },
};

void room_routes(struct router *router)
{
    router_add(router, rows, sizeof rows / sizeof *rows);
}
