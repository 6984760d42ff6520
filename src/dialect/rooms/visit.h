/* One request to the old pages: who visits, what proves a form, and the ways to answer. Lives in the request's arena. Private to this dialect. */
#pragma once
#include "chat/command.h"
#include "dialect/rooms/csrf.h"
#include "door/door.h"
#include "door/limits.h"

#define COOKIE_SESSION "sessionid"
#define SESSION_TTL_S 86400                       /* */
#define ROOMS_FILE_MAX_BYTES (INT64_C(100) << 20) /* */

struct visit;
typedef void visit_fn(struct visit *v, struct command *c);
struct visit {
    struct request *r;
    struct door *door;
    struct actor actor;   /* none: nobody is signed in */
    struct span username; /* of the actor, or the nonce of a session that nobody signed in to; empty: no session at all */
    char secret[CSRF_SECRET_CHARS + 1]; /* empty: no session */
    struct span body;     /* of a small form */
    visit_fn *then, *next; /* next: after the room was entered, or looked at */
    bool only_looks, must_join;
    struct room_id room;
    struct message_id message;
    enum message_part part;
    struct span text, file;
};

/* Who visits, by the cookies. Never NULL. */
struct visit *visit_begin(struct request *r);
/* The same, of a page that wants somebody signed in. NULL: answered. */
struct visit *visit_member(struct request *r);
/* The same, of a form; with its token proven first. NULL: answered. */
struct visit *visit_form(struct request *r);

/* the page the form came from. False: answered. */
bool visit_origin_fits(struct visit *v);
bool visit_proves(struct visit *v, struct span field);
/* False: answered. */
bool visit_token_fits(struct visit *v, struct span field);
bool visit_signed_in(struct visit *v);
bool visit_may(struct visit *v, enum limit limit);
struct span visit_field(struct visit *v, const char *name);
/* The session of the old cookie is over: does that of the web client live on? Then the visit is its. */
bool visit_other_proof(struct visit *v);
/* A session that nobody has signed in to, for the log-in page. */
void visit_make_session(struct visit *v);
/* From now on the visit is that of the account that has just signed in. */
void visit_sign_in(struct visit *v, const struct grant *grant);
void visit_sign_out(struct visit *v);

/* Asks the core. then answers, unless the session is over, or the house too busy: that is answered here. */
void visit_ask(struct visit *v, struct command *c, visit_fn *then);
/* What is refused in words. */
void visit_refuse(struct visit *v, enum fault fault, const char *detail, int64_t retry_after_s);

/* Answers. All of them send the session's cookie again and the headers of R-09. */
void visit_redirect(struct visit *v, struct span to);
void visit_redirect_room(struct visit *v, struct room_id room);
void visit_login_first(struct visit *v);
void visit_html(struct visit *v, int status, const char *words);
/* The web client, with a hidden form to this path and the token in it. inputs: HTML of further fields. */
void visit_page(struct visit *v, const char *action, const char *inputs);
void visit_headers(struct visit *v);

void login_routes(struct router *router);
void room_routes(struct router *router);
void message_routes(struct router *router);
void socket_routes(struct router *router);
/* http_room.c: the room is there, the visitor in it; then next. room_look makes nobody a member, but finds out who must become one. */
void room_enter(struct visit *v, visit_fn *next);
void room_look(struct visit *v, visit_fn *next);
struct command *room_join(struct visit *v);
enum fault room_param(struct request *r, const char *name, int64_t *out);
/* http_room.c: the page of the room. */
void room_page(struct visit *v);
