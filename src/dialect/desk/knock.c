/* Who a Socket.IO client is (D-80 to D-83, D-86): by its auth before it is let in, by its handshake's cookie or an event's signature after. Runs on the
   session's loop. Proofs are checked here, whether the account lives by the core. */
#include "base/clock.h"
#include "dialect/desk/socket.h"
#include "chat/command.h"
#include "dialect/desk/input.h"
#include "door/identity.h"
#include "door/limits.h"
#include <stdlib.h>

/* What the handshake proved: of each kind one. Freed with the session. */
struct proven { struct actor actor; bool is_there; };
struct memory { struct proven customer, account; };

static void keep(struct memory *m, const struct desk_proof *proof)
{
    struct proven *p = proof->is_customer ? &m->customer : &m->account;
    if (!p->is_there) *p = (struct proven){ proof->actor, true };
}

static struct span bearer_of(struct request *r)
{
    struct span rest, header = request_header(r, "authorization"), scheme = span_cut(header, ' ', &rest);
    return span_eq_nocase(scheme, SPAN("Bearer")) ? span_trim(rest) : (struct span){ 0 };
}

void *desk_socket_remember(struct request *r)
{
    const struct door_settings *settings = ((struct door *)request_door(r))->settings;
    struct memory m = { 0 };
    struct desk_proof proof;
    bool by_cookie = origin_is_ours(r);
    struct span tokens[] = { bearer_of(r), by_cookie ? request_cookie(r, COOKIE_DESK) : SPAN(""), by_cookie ? request_cookie(r, COOKIE_ACCESS) : SPAN("") };
    for (size_t i = 0; i < 3; i++)
        if (tokens[i].n && !desk_proof_of_token(settings, tokens[i], request_arena(r), &proof)) keep(&m, &proof);
    if (!m.customer.is_there && !m.account.is_there) return NULL;
    struct memory *kept = malloc(sizeof *kept);
    if (kept) *kept = m;
    return kept;
}

/* ---- Found out */

static void become(struct desk_socket *d, struct actor actor, const struct person *who)
{
    struct door *door = desk_socket_door(d);
    if (d->listener || (limits_on(door->limits) && !limits_socket_enter(door->limits, actor.account))) return;
    d->counted = limits_on(door->limits);
    d->username = strndup(who->username.p, who->username.n);
    if (!d->username) abort();
    d->is_customer = desk_customer_id(who->username).n > 0;
    d->listener = hub_listen(door->hub, socketio_conn(d->s), &desk_presenter, actor, *who);
}

struct knock { /* in the command's arena */
    struct desk_errand *errand;
    bool at_connect;
};

/* Wrong proofs in auth were refused already; here an account is gone, or has too many sockets. */
static void end(struct desk_socket *d, bool at_connect)
{
    d->finding = false;
    if (!at_connect) {
        desk_socket_go_on(d);
    } else if (d->listener) {
        socketio_accept(d->s);
    } else {
        struct socketio *s = d->s;
        free(d);
        socketio_set_user(s, NULL);
        socketio_refuse(s, "Kim ekaningiz isbotlanmagan");
    }
}

static void role_known(void *user, struct command *c)
{
    struct knock *k = user;
    struct desk_socket *d = desk_errand_home(k->errand);
    if (d && !c->fault) d->role = (uint8_t)c->out.desk_me.role;
    if (d) end(d, k->at_connect);
    command_destroy(c);
}

static void submit(struct desk_socket *d, struct command *c, bool at_connect, void (*done)(void *, struct command *))
{
    struct knock *k = arena_new(c->arena, struct knock);
    *k = (struct knock){ desk_errand(d, c, -1), at_connect };
    gate_submit(desk_socket_door(d)->gate, c, done, k);
}

static void account_known(void *user, struct command *c)
{
    struct knock *k = user;
    struct desk_socket *d = desk_errand_home(k->errand);
    const struct account *a = c->kind == command_account_get ? &c->out.account_get.account :
                              c->kind == command_desk_customer ? &c->out.desk_customer.account : &c->out.desk_believe.account;
    if (d && !c->fault) {
        struct actor actor = c->kind == command_account_get ? c->actor : (struct actor){ .account = a->person.id };
        become(d, actor, &a->person);
    }
    if (d && d->listener && !d->is_customer) submit(d, command_create(command_desk_me, listener_actor(d->listener)), k->at_connect, role_known);
    else if (d) end(d, k->at_connect);
    command_destroy(c);
}

static void find_account(struct desk_socket *d, struct actor actor, bool at_connect)
{
    submit(d, command_create(command_account_get, actor), at_connect, account_known);
}

static void find_customer(struct desk_socket *d, struct span id, struct span name, bool at_connect)
{
    struct command *c = command_create(command_desk_customer, (struct actor){ 0 });
    c->in.desk_customer = (struct desk_customer_in){ .id = arena_copy(c->arena, id), .name = arena_copy(c->arena, name) };
    submit(d, c, at_connect, account_known);
}

static void find_agent(struct desk_socket *d, const struct desk_hint *hint)
{
    struct command *c = command_create(command_desk_believe, (struct actor){ 0 });
    c->in.desk_believe = (struct desk_believe_in){ arena_copy(c->arena, hint->id), arena_copy(c->arena, hint->name), hint->is_super };
    submit(d, c, false, account_known);
}

bool desk_socket_find(struct desk_socket *d, const struct desk_hint *hint)
{
    struct door *door = desk_socket_door(d);
    const struct memory *m = engine_memory(socketio_session(d->s));
    const struct proven *p = NULL;
    if (d->listener || d->n_pending >= DESK_PENDING_MAX) return false;
    if (m && m->customer.is_there && hint->side != desk_hint_agent) p = &m->customer;
    else if (m && m->account.is_there && hint->side != desk_hint_customer) p = &m->account;
    d->finding = true;
    if (hint->side == desk_hint_customer && desk_signature_is_right(door, hint->id, hint->signature)) find_customer(d, hint->id, hint->name, false);
    else if (p && !door->settings->trusts_desk) find_account(d, p->actor, false);
    else if (hint->side == desk_hint_customer && door->settings->trusts_desk) find_customer(d, hint->id, hint->name, false);
    else if (hint->side == desk_hint_agent && door->settings->trusts_desk) find_agent(d, hint);
    else if (hint->side == desk_hint_nobody && door->settings->trusts_desk) find_agent(d, &(struct desk_hint){ .id = SPAN("desk"), .is_super = true });
    else d->finding = false;
    return d->finding;
}

/* ---- CONNECT */

static void refuse(struct socketio *s, const char *words)
{
    free(socketio_user(s));
    socketio_set_user(s, NULL);
    socketio_refuse(s, words);
}

static void connect_as(struct desk_socket *d, struct desk_input *in)
{
    struct desk_proof proof;
    struct span token = desk_input_text(in, "token"), signature = desk_input_text(in, "userSignature"), id = desk_input_name(in, "userId");
    struct door *door = desk_socket_door(d);
    if (signature.n && !desk_signature_is_right(door, id, signature))
        refuse(d->s, "Imzo noto'g'ri");
    else if (signature.n)
        find_customer(d, id, desk_input_name(in, "userName"), true);
    else if (token.n && desk_proof_of_token(door->settings, token, in->arena, &proof))
        refuse(d->s, "Token noto'g'ri");
    else if (token.n)
        find_account(d, proof.actor, true);
    else
        socketio_accept(d->s);
}

void desk_socket_connect(struct socketio *s, struct span auth)
{
    struct desk_socket *d = calloc(1, sizeof *d);
    struct arena *arena = arena_create(1024, 1 << 20);
    struct json json;
    if (!d || !arena) abort();
    d->s = s, d->waiting_end = &d->waiting;
    socketio_set_user(s, d);
    if (json_parse(&json, auth, DESK_WAITING_BYTES_MAX)) {
        refuse(s, "auth noto'g'ri");
    } else {
        struct desk_input in = desk_input_of(json.root, arena);
        connect_as(d, &in);
        json_done(&json);
    }
    arena_destroy(arena);
}
