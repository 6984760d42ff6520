/* The resume op: what the client knows of each room, answered by all its rooms and by what it missed. Runs on the connection's loop.

   Always: a room of "ready" is subscribed from exactly the sequence that the client has after this answer: its own where it is known and can be
   replayed, the room's head otherwise. So live events go on where knowledge ends: no gap, nothing twice. */
#include "dialect/native/gateway.h"
#include <stdlib.h>

#define SEQ_MAX ((INT64_C(1) << 53) - 1)

static int by_room(const void *a, const void *b)
{
    int64_t left = ((const struct known_room *)a)->room, right = ((const struct known_room *)b)->room;
    return left < right ? -1 : left > right;
}

void op_resume_decode(struct json_fields *f, struct command *c, struct op *op)
{
    struct json_walk walk = json_walk(json_take_object(f, "rooms"));
    op->known = arena_array(c->arena, struct known_room, walk.n + 1);
    struct span key;
    for (json_value *v; (v = json_walk_next_pair(&walk, &key));) {
        struct known_room *k = &op->known[op->n_known];
        if (span_to_i64(key, &k->room) && k->room > 0 && json_as_int(v, 0, SEQ_MAX, &k->seq))
            op->n_known++;
        else
            json_bad(f, "rooms");
    }
    qsort(op->known, op->n_known, sizeof *op->known, by_room);
}

static const struct known_room *known_find(const struct op *op, struct room_id room)
{
    struct known_room wanted = { .room = room.v };
    return op->n_known ? bsearch(&wanted, op->known, op->n_known, sizeof wanted, by_room) : NULL;
}

/* Rooms come newest activity first, so the rooms whose last message is left out are the quietest. */
static void send_ready(struct gateway *g, const struct op *op, const struct room_list_out *out)
{
    struct answer a;
    answer_begin_large(&a);
    json_begin_object(&a.w);
    json_put_string(&a.w, "op", SPAN("ready"));
    json_put_id(&a.w, "id", op->id);
    json_key(&a.w, "rooms");
    json_begin_array(&a.w);
    for (size_t i = 0; i < out->n; i++) encode_room(&a.w, &out->rooms[i], a.buf.n < GATEWAY_LAST_MAX_BYTES);
    json_end_array(&a.w);
    json_end_object(&a.w);
    answer_send(&a, g->conn);
}

static void subscribe(struct gateway *g, const struct op *op, const struct room_view *room)
{
    const struct known_room *known = known_find(op, room->id);
    int64_t after = known ? known->seq : room->head;
    if (after > room->head || room->head - after > GATEWAY_REPLAY_MAX) {
        after = room->head;
        native_presenter.reload(g->conn, room->id, after);
    }
    hub_subscribe_channel(g->listener, room->id, room->guild, after, room->head);
    if (room->blocked) hub_found_blocked(g->listener, room->id);
}

void op_resume_encode(struct gateway *g, const struct op *op, const struct command *c)
{
    const struct room_list_out *out = &c->out.room_list;
    timer_cancel(&g->patience);
    send_ready(g, op, out);
    for (size_t i = 0; i < out->n; i++) subscribe(g, op, &out->rooms[i]);
}
