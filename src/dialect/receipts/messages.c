/* What was said in a chat, and marking it as read. Runs on the request's loop. */
#include "base/clock.h"
#include "chat/command.h"
#include "dialect/receipts/answer.h"
#include "dialect/receipts/routes.h"

enum { history_max = 1000 };
#define HISTORY_MAX_BYTES ((size_t)history_max * (6 * MESSAGE_TEXT_MAX_BYTES + 256))

static struct gate_client *gate_of(struct request *r)
{
    return ((struct door *)request_door(r))->gate;
}

/* ---- History */

/* As Python writes a time with its zone: without a fraction when there is none. */
static void put_time(struct json_writer *w, int64_t us)
{
    char iso[32];
    size_t n = clock_iso(us, "", iso);
    if (us % 1000000 == 0) n -= sizeof ".000000" - 1;
    memcpy(iso + n, "+00:00", 6);
    json_key(w, "timestamp");
    json_string(w, span_make(iso, n + 6));
}

static void put_message(struct json_writer *w, const struct message *m, bool read)
{
    json_begin_object(w);
    json_put_int(w, "id", m->id.v);
    json_put_int(w, "chat_id", m->room.v);
    json_put_int(w, "sender_id", m->author.id.v);
    json_put_string(w, "text", m->text.p ? m->text : SPAN(""));
    put_time(w, m->created_us);
    json_put_bool(w, "read", read);
    json_end_object(w);
}

static void answer_history(struct request *r, const struct command *c)
{
    const struct message_history_out *history = &c->out.message_history;
    struct buf body;
    buf_init(&body, HISTORY_MAX_BYTES);
    struct json_writer w = json_writer(&body);
    json_begin_array(&w);
    for (size_t i = 0; !c->fault && i < history->n; i++)
        if (!history->messages[i].deleted_us) put_message(&w, &history->messages[i], history->read[i]);
    json_end_array(&w);
    if (!c->fault && history->more) {
        struct span link = arena_printf(request_arena(r), "</history/%lld?before=%lld&limit=%zu>; rel=\"prev\"", (long long)c->in.message_history.room.v,
                                        (long long)history->messages[0].seq, c->in.message_history.limit);
        response_header(r, "Link", link);
        response_header(r, "Access-Control-Expose-Headers", SPAN("Link"));
    }
    receipts_answer(r, 200, buf_span(&body));
    buf_fini(&body);
}

static void told_history(void *user, struct command *c)
{
    if (c->fault && c->fault != fault_not_found) receipts_fault(user, c);
    else answer_history(user, c); /* C-16: [] also for a chat that one may not know */
    command_destroy(c);
}

static int64_t limit_of(struct unfit *u, struct request *r)
{
    struct span given = request_query_param(r, "limit");
    if (!given.p) return history_max;
    int64_t limit = unfit_int(u, "query", "limit", given);
    if (!u->n && (limit < 1 || limit > history_max)) unfit_add(u, "value_error", "query", "limit", "Value error, 1 to 1000", given);
    return limit;
}

void receipts_get_history(struct request *r)
{
    struct actor actor;
    struct buf errors;
    if (!receipts_who(r, true, &actor)) return;
    buf_init(&errors, 64 * 1024);
    struct unfit u = unfit_list(&errors);
    struct span below = request_query_param(r, "before");
    int64_t chat = unfit_int(&u, "path", "chat_id", request_param(r, "chat_id"));
    int64_t before = below.p ? unfit_int(&u, "query", "before", below) : 0, limit = limit_of(&u, r);
    if (receipts_fits(r, &u) && receipts_may(r, false, actor)) {
        struct command *c = command_create(command_message_history, actor);
        c->in.message_history = (struct message_history_in){ .room.v = chat, .before = before > 0 ? before : 0, .limit = (size_t)limit, .reads = true };
        gate_submit(gate_of(r), c, told_history, r);
    }
    buf_fini(&errors);
}

/* ---- Reading */

static struct span words_for(struct request *r, const struct receipt_put_out *out)
{
    long long id = out->message.id.v, reader = out->reader.id.v;
    if (out->already) return arena_printf(request_arena(r), "Сообщение %lld уже прочитано пользователем %lld", id, reader);
    if (out->all_read) return arena_printf(request_arena(r), "Сообщение %lld полностью прочитано!", id);
    return arena_printf(request_arena(r), "Пользователь %lld отметил сообщение %lld как прочитанное", reader, id);
}

/* C-18: what this route refuses it tells with a 200. Who may not know the message learns nothing of it. */
static void marked(void *user, struct command *c)
{
    struct request *r = user;
    bool own = c->fault == fault_forbidden && c->detail && strcmp(c->detail, "author") == 0;
    if (c->fault == fault_none) receipts_say(r, "message", words_for(r, &c->out.receipt_put));
    else if (own) receipts_say(r, "error", SPAN("Своё сообщение нельзя отметить прочитанным"));
    else if (c->fault == fault_not_found || c->fault == fault_gone || c->fault == fault_forbidden) receipts_say(r, "error", SPAN("Сообщение не найдено"));
    else receipts_fault(r, c);
    command_destroy(c);
}

void receipts_put_read(struct request *r)
{
    struct actor actor;
    struct buf errors;
    if (!receipts_who(r, false, &actor)) return;
    buf_init(&errors, 64 * 1024);
    struct unfit u = unfit_list(&errors);
    int64_t id = unfit_int(&u, "path", "message_id", request_param(r, "message_id"));
    if (receipts_fits(r, &u) && receipts_may(r, true, actor)) {
        struct command *c = command_create(command_receipt_put, actor);
        c->in.receipt_put.id.v = id;
        gate_submit(gate_of(r), c, marked, r);
    }
    buf_fini(&errors);
}
