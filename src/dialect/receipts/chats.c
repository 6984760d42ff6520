/* Chats and who is in them. A chat is an ordinary private group; who makes it takes no seat, but may fill it (C-12). Runs on the request's loop. */
#include "chat/command.h"
#include "dialect/receipts/answer.h"
#include "dialect/receipts/body.h"
#include "dialect/receipts/routes.h"

enum { members_max = 1000 };

static struct gate_client *gate_of(struct request *r)
{
    return ((struct door *)request_door(r))->gate;
}

/* ---- Making */

static void made(void *user, struct command *c)
{
    struct request *r = user;
    struct buf errors;
    buf_init(&errors, 4096);
    if (c->fault == fault_none) {
        receipts_answer(r, 200, arena_printf(request_arena(r), "{\"message\":\"✅ Чат создан\",\"chat_id\":%lld}", (long long)c->out.room_create.room.id.v));
    } else if (c->fault == fault_invalid) {
        struct unfit u = unfit_list(&errors);
        unfit_value(&u, "name", "Value error, this name is empty, too long or cannot be shown");
        receipts_fits(r, &u);
    } else {
        receipts_fault(r, c);
    }
    buf_fini(&errors);
    command_destroy(c);
}

void receipts_post_chat(struct request *r)
{
    struct actor actor;
    struct span name;
    struct buf errors;
    if (!receipts_who(r, true, &actor) || !receipts_may(r, true, actor)) return;
    buf_init(&errors, 64 * 1024);
    if (receipts_chat_decode(request_header(r, "content-type"), request_body(r), request_arena(r), &name, &errors)) {
        receipts_answer(r, 422, buf_span(&errors));
    } else {
        struct command *c = command_create(command_room_create, actor);
        c->in.room_create = (struct room_create_in){ .kind = room_group, .name = arena_copy(c->arena, name), .unseated = true };
        gate_submit(gate_of(r), c, made, r);
    }
    buf_fini(&errors);
}

/* ---- Filling */

/* C-13: the old server told these with a 200. */
static void added(void *user, struct command *c)
{
    struct request *r = user;
    const struct member_put_in *in = &c->in.member_put;
    bool no_account = c->fault == fault_not_found && c->detail && strcmp(c->detail, "account") == 0;
    if (no_account) receipts_say(r, "error", SPAN("Пользователь не найден"));
    else if (c->fault == fault_not_found) receipts_say(r, "error", SPAN("Чат не найден"));
    else if (c->fault) receipts_fault(r, c);
    else if (c->out.member_put.existed) receipts_say(r, "message", SPAN("⚠️ Пользователь уже в этом чате"));
    else receipts_say(r, "message", arena_printf(request_arena(r), "✅ Пользователь %lld добавлен в чат %lld", (long long)in->account.v, (long long)in->room.v));
    command_destroy(c);
}

void receipts_post_member(struct request *r)
{
    struct actor actor;
    struct buf errors;
    if (!receipts_who(r, true, &actor)) return;
    buf_init(&errors, 64 * 1024);
    struct unfit u = unfit_list(&errors);
    int64_t chat = unfit_int(&u, "path", "chat_id", request_param(r, "chat_id")), account = unfit_int(&u, "query", "user_id", request_query_param(r, "user_id"));
    if (receipts_fits(r, &u) && receipts_may(r, true, actor)) {
        struct command *c = command_create(command_member_put, actor);
        c->in.member_put = (struct member_put_in){ .room.v = chat, .account.v = account, .role = role_member, .add_only = true };
        gate_submit(gate_of(r), c, added, r);
    }
    buf_fini(&errors);
}

/* ---- Looking */

static void put_members(struct json_writer *w, const struct member_list_out *list)
{
    for (size_t i = 0; i < list->n; i++) {
        const struct person *p = &list->members[i].person;
        json_begin_object(w);
        json_put_int(w, "id", p->id.v);
        json_put_string(w, "name", p->name.n ? p->name : p->username);
        json_end_object(w);
    }
}

/* A chat that one may not know sounds like one that is not there: nobody is in it (C-14). */
static void listed(void *user, struct command *c)
{
    struct request *r = user;
    const struct member_list_out *list = &c->out.member_list;
    struct buf body;
    buf_init(&body, 4 << 20);
    struct json_writer w = json_writer(&body);
    long long chat = c->in.member_list.room.v;
    json_begin_object(&w);
    json_put_int(&w, "chat_id", chat);
    json_key(&w, "members");
    json_begin_array(&w);
    if (!c->fault) put_members(&w, list);
    json_end_array(&w);
    json_end_object(&w);
    if (!c->fault && list->more)
        response_header(r, "Link", arena_printf(request_arena(r), "</chats/%lld/members?after=%lld>; rel=\"next\"", chat, (long long)list->members[list->n - 1].person.id.v));
    if (c->fault && c->fault != fault_not_found) receipts_fault(r, c);
    else receipts_answer(r, 200, buf_span(&body));
    buf_fini(&body);
    command_destroy(c);
}

void receipts_get_members(struct request *r)
{
    struct actor actor;
    struct buf errors;
    if (!receipts_who(r, true, &actor)) return;
    buf_init(&errors, 64 * 1024);
    struct unfit u = unfit_list(&errors);
    struct span after = request_query_param(r, "after");
    int64_t chat = unfit_int(&u, "path", "chat_id", request_param(r, "chat_id"));
    int64_t from = after.p ? unfit_int(&u, "query", "after", after) : 0;
    if (receipts_fits(r, &u) && receipts_may(r, false, actor)) {
        struct command *c = command_create(command_member_list, actor);
        c->in.member_list = (struct member_list_in){ .room.v = chat, .after.v = from, .limit = members_max };
        gate_submit(gate_of(r), c, listed, r);
    }
    buf_fini(&errors);
}
