/* The gateway's ops: one text frame -> row of ops.def -> limit -> decode -> gate (or answered here) -> encode. Runs on the connection's loop.
   Commands outlive their socket: the answer looks for it by reference. */
#include "base/clock.h"
#include "dialect/native/gateway.h"

#define ID_MAX (INT64_C(1) << 53)
#define SEQ_MAX (ID_MAX - 1)

enum { limit_none = GATEWAY_UNLIMITED };
static const struct op_row op_rows[] = {
#define OP(op_name, command_name, limit_name, decode_fn, encode_fn) \
    { .name = #op_name, .limit = (int)limit_##limit_name, .command = command_##command_name, .decode = decode_fn, .encode = encode_fn },
#define OP_HERE(op_name, limit_name, function) { .name = #op_name, .limit = (int)limit_##limit_name, .here = function },
#include "dialect/native/ops.def"
#undef OP
#undef OP_HERE
};

const struct op_row *op_find(struct span name)
{
    for (size_t i = 0; i < sizeof op_rows / sizeof *op_rows; i++)
        if (span_eq(name, span_of(op_rows[i].name))) return &op_rows[i];
    return NULL;
}

/* One frame */

static bool is_resume(const struct op_row *row)
{
    return row->encode == op_resume_encode;
}

static void op_answer(struct gateway *g, const struct op *op, const struct command *c)
{
    g->n_pending--;
    if (c->fault && is_resume(op->row)) g->resumed = false;
    if (c->fault)
        gateway_error(g, op->id, &(struct problem){ c->fault, c->detail, c->retry_after_s });
    else
        op->row->encode(g, op, c);
}

static void op_done(void *user, struct command *c)
{
    struct op *op = user;
    struct conn *conn = net_find(op->net, op->conn);
    if (conn) op_answer(ws_user(conn), op, c);
    command_destroy(c);
}

static bool is_over_limit(struct gateway *g, const struct op_row *row, int64_t *retry_after_s_out)
{
    if (row->limit == GATEWAY_UNLIMITED) return false;
    struct account_id account = listener_actor(g->listener).account;
    return !limits_take_account(gateway_door(g)->limits, (enum limit)row->limit, account, clock_mono_ms(), retry_after_s_out);
}

/* The name of a refused field is told only as far as it is one of ours; the answer must not repeat what came from outside at length. */
bool gateway_ends_well(struct gateway *g, int64_t id, const struct json_fields *f)
{
    struct span bad = { 0 };
    if (json_fields_end_strict(f, &bad) == fault_none) return true;
    char name[33] = "frame";
    if (bad.n && bad.n < sizeof name) memcpy(name, bad.p, bad.n), name[bad.n] = 0;
    gateway_error(g, id, &(struct problem){ .fault = fault_invalid, .detail = name });
    return false;
}

static struct span address_of(struct gateway *g, struct command *c)
{
    char address[46];
    conn_address(g->conn, address);
    return arena_copy(c->arena, span_of(address));
}

static void op_submit(struct gateway *g, const struct op_row *row, int64_t id, struct json_fields *f)
{
    struct command *c = command_create(row->command, listener_actor(g->listener));
    struct op *op = arena_new(c->arena, struct op);
    *op = (struct op){ .net = conn_net(g->conn), .conn = conn_ref(g->conn), .id = id, .row = row };
    row->decode(f, c, op);
    if (!gateway_ends_well(g, id, f)) {
        command_destroy(c);
        return;
    }
    if (row->command == command_presence_look) op->number = ++g->n_watches; /* answers may overtake each other: only the newest list counts */
    if (row->command == command_message_delete) c->from = address_of(g, c); /* the audit log may want it */
    g->n_pending++;
    if (is_resume(row)) g->resumed = true;
    gate_submit(gateway_door(g)->gate, c, op_done, op);
}

/* Before resume nobody has agreed on what the client knows: only resume itself and ping are understood. And resume comes once. */
static bool is_out_of_turn(const struct gateway *g, const struct op_row *row)
{
    return is_resume(row) ? g->resumed : !g->resumed && row->here != op_ping;
}

/* A typing signal over the limit is dropped in silence unless its answer is awaited. */
static void op_run(struct gateway *g, const struct op_row *row, int64_t id, struct json_fields *f)
{
    struct problem p = { .fault = fault_limited };
    bool over = is_over_limit(g, row, &p.retry_after_s);
    if (over && (id || !row->here))
        gateway_error(g, id, &p);
    else if (!over && row->here)
        row->here(g, id, f);
    else if (!over && g->n_pending >= GATEWAY_PENDING_MAX)
        gateway_error(g, id, &(struct problem){ .fault = fault_busy, .retry_after_s = 1 });
    else if (!over)
        op_submit(g, row, id, f);
}

static void op_read_frame(struct gateway *g, struct json_fields *f)
{
    struct span name = json_take_text(f, "op");
    int64_t id = json_take_int_or(f, "id", 1, ID_MAX, 0);
    if (f->bad.p) {
        ws_close(g->conn, gateway_close_malformed, "malformed frame");
        return;
    }
    const struct op_row *row = op_find(name);
    if (row && is_out_of_turn(g, row))
        gateway_error(g, id, &(struct problem){ .fault = is_resume(row) ? fault_conflict : fault_invalid, .detail = "resume" });
    else if (row)
        op_run(g, row, id, f);
    else
        gateway_error(g, id, &(struct problem){ .fault = fault_invalid, .detail = "op" });
}

void gateway_text(struct conn *c, struct span text)
{
    struct gateway *g = ws_user(c);
    struct json j;
    if (!g->listener) return;
    if (json_parse(&j, text, GATEWAY_FRAME_MAX_BYTES)) {
        ws_close(c, gateway_close_malformed, "malformed frame");
        return;
    }
    struct json_fields f = json_fields(j.root);
    op_read_frame(g, &f);
    json_done(&j);
}

/* Answers */

static void ok_begin(struct answer *a, int64_t id)
{
    json_begin_object(&a->w);
    json_put_string(&a->w, "op", SPAN("ok"));
    json_put_id(&a->w, "id", id);
}

static void answer_ok(struct gateway *g, int64_t id)
{
    struct answer a;
    if (!id) return;
    answer_begin(&a);
    ok_begin(&a, id);
    json_end_object(&a.w);
    answer_send(&a, g->conn);
}

static void answer_message(struct gateway *g, int64_t id, const struct message *m, const bool *repeat)
{
    struct answer a;
    if (!id) return;
    answer_begin(&a);
    do {
        ok_begin(&a, id);
        json_key(&a.w, "message");
        encode_message(&a.w, m);
        if (repeat) json_put_bool(&a.w, "repeat", *repeat);
        json_end_object(&a.w);
    } while (answer_again(&a));
    answer_send(&a, g->conn);
}

void op_plain_encode(struct gateway *g, const struct op *op, const struct command *c)
{
    (void)c;
    answer_ok(g, op->id);
}

/* The ops with a command */

static struct span keep(struct command *c, struct span s)
{
    return arena_copy(c->arena, s);
}

void op_send_decode(struct json_fields *f, struct command *c, struct op *op)
{
    struct message_post_in *in = &c->in.message_post;
    (void)op;
    in->room.v = json_take_id(f, "room");
    in->text = keep(c, json_take_text(f, "text"));
    in->key = keep(c, json_take_text(f, "key"));
    in->reply_to.v = json_take_id_or_null(f, "reply_to");
    take_files(f, c->arena, in);
    if (!in->key.n) json_bad(f, "key");
}

void op_send_encode(struct gateway *g, const struct op *op, const struct command *c)
{
    answer_message(g, op->id, &c->out.message_post.message, &c->out.message_post.repeat);
}

void op_edit_decode(struct json_fields *f, struct command *c, struct op *op)
{
    struct message_edit_in *in = &c->in.message_edit;
    (void)op;
    in->room.v = json_take_id(f, "room");
    in->id.v = json_take_id(f, "message");
    in->text = keep(c, json_take_text(f, "text"));
}

void op_edit_encode(struct gateway *g, const struct op *op, const struct command *c)
{
    answer_message(g, op->id, &c->out.message_edit.message, NULL);
}

void op_delete_decode(struct json_fields *f, struct command *c, struct op *op)
{
    (void)op;
    c->in.message_delete.room.v = json_take_id(f, "room");
    c->in.message_delete.id.v = json_take_id(f, "message");
}

void op_react_decode(struct json_fields *f, struct command *c, struct op *op)
{
    struct room_id room = { json_take_id(f, "room") };
    struct message_id message = { json_take_id(f, "message") };
    struct span emoji = keep(c, json_take_text(f, "emoji"));
    (void)op;
    if (json_take_bool(f, "on")) {
        c->in.reaction_put = (struct reaction_put_in){ room, message, emoji };
    } else {
        c->kind = command_reaction_remove;
        c->in.reaction_remove = (struct reaction_remove_in){ room, message, emoji };
    }
}

void op_read_decode(struct json_fields *f, struct command *c, struct op *op)
{
    (void)op;
    c->in.receipt_mark.room.v = json_take_id(f, "room");
    c->in.receipt_mark.read = json_take_int(f, "read", 0, SEQ_MAX);
}

void op_read_encode(struct gateway *g, const struct op *op, const struct command *c)
{
    struct answer a;
    if (!op->id) return;
    answer_begin(&a);
    ok_begin(&a, op->id);
    json_put_int(&a.w, "read", c->out.receipt_mark.read);
    json_put_int(&a.w, "unread", c->out.receipt_mark.unread);
    json_put_int(&a.w, "mentions", c->out.receipt_mark.mentions);
    json_end_object(&a.w);
    answer_send(&a, g->conn);
}

void op_watch_decode(struct json_fields *f, struct command *c, struct op *op)
{
    struct json_walk walk = json_walk(json_take_array(f, "accounts"));
    (void)op;
    struct account_id *accounts = arena_array(c->arena, struct account_id, HUB_WATCH_MAX);
    size_t n = 0;
    for (json_value *v; (v = json_walk_next(&walk));)
        if (n == HUB_WATCH_MAX || !json_as_id(v, &accounts[n].v))
            json_bad(f, "accounts");
        else
            n++;
    c->in.presence_look = (struct presence_look_in){ accounts, n };
}

static void put_watched(struct answer *a, const struct presence_look_out *out, const enum presence *status)
{
    json_key(&a->w, "online");
    json_begin_array(&a->w);
    for (size_t i = 0; i < out->n; i++)
        if (status[i]) json_int(&a->w, out->people[i].id.v);
    json_end_array(&a->w);
    json_key(&a->w, "people");
    json_begin_array(&a->w);
    for (size_t i = 0; i < out->n; i++) {
        json_begin_object(&a->w);
        encode_presence(&a->w, out->people[i].id, status[i], out->people[i].last_seen_us);
        json_end_object(&a->w);
    }
    json_end_array(&a->w);
}

/* Who has blocked the asker looks as if away, and is not watched. */
static void watch(struct gateway *g, const struct presence_look_out *out, enum presence *status)
{
    struct account_id seen[HUB_WATCH_MAX];
    enum presence of_seen[HUB_WATCH_MAX];
    size_t n = 0, k = 0;
    for (size_t i = 0; i < out->n; i++)
        if (!out->people[i].hidden) seen[n++] = out->people[i].id;
    hub_watch(g->listener, seen, n, of_seen);
    for (size_t i = 0; i < out->n; i++) status[i] = out->people[i].hidden ? presence_offline : of_seen[k++];
}

void op_watch_encode(struct gateway *g, const struct op *op, const struct command *c)
{
    const struct presence_look_out *out = &c->out.presence_look;
    enum presence status[HUB_WATCH_MAX] = { presence_offline };
    if (op->number == g->n_watches) watch(g, out, status);
    if (!op->id) return;
    struct answer a;
    answer_begin(&a);
    ok_begin(&a, op->id);
    put_watched(&a, out, status);
    json_end_object(&a.w);
    answer_send(&a, g->conn);
}

/* The ops without one */

/* Where the two do not speak it is dropped in silence unless its answer is awaited. */
void op_typing(struct gateway *g, int64_t id, struct json_fields *f)
{
    struct room_id room = { json_take_id(f, "room") };
    bool on = json_take_bool(f, "on");
    if (!gateway_ends_well(g, id, f)) return;
    enum fault fault = hub_typing(g->listener, room, on);
    if (!fault)
        answer_ok(g, id);
    else if (id || fault != fault_forbidden)
        gateway_error(g, id, &(struct problem){ .fault = fault, .detail = fault == fault_forbidden ? "blocked" : "room" });
}

void op_status(struct gateway *g, int64_t id, struct json_fields *f)
{
    struct span word = json_take_text(f, "status");
    enum presence status = presence_online;
    while (status < presence_count && !span_eq(word, span_of(presence_word(status)))) status++;
    if (status == presence_count) json_bad(f, "status");
    if (!gateway_ends_well(g, id, f)) return;
    hub_set_status(g->listener, status);
    answer_ok(g, id);
}

void op_ping(struct gateway *g, int64_t id, struct json_fields *f)
{
    if (!gateway_ends_well(g, id, f)) return;
    if (id)
        answer_ok(g, id);
    else
        ws_send_text(g->conn, SPAN("{\"op\":\"pong\"}"));
}
