/* Who is told of what happened while they were away, and which hooks hear it. Loop thread. The hub shows each chain of committed events; here only the
   rooms are noted, and only when somebody is there to be told. What happened is then read from the database by number, from the room's mark
   on: so a lost event costs nothing but time, and a mark that is behind (after a crash) is found by the sweep.
   Always: one query under way. */
#include "base/clock.h"
#include "base/log.h"
#include "chat/mention.h"
#include "dispatch/state.h"
#include "wire/json.h"
#include <stdlib.h>

#define BODY_MAX_BYTES (256 << 10)

static void look_next(struct dispatch *d);

/* ---- Rooms with news */

static void note_room(struct notices *n, struct room_id id, int64_t heard)
{
    struct newsy *room;
    HASH_FIND(hh, n->rooms, &id.v, sizeof id.v, room);
    if (room || n->n_rooms >= DISPATCH_ROOMS_MAX) return;
    room = calloc(1, sizeof *room);
    if (!room) abort();
    room->id = id, room->heard = heard;
    HASH_ADD(hh, n->rooms, id.v, sizeof room->id.v, room);
    n->n_rooms++;
}

static struct newsy *take_room(struct notices *n)
{
    struct newsy *room = n->rooms;
    if (!room) return NULL;
    HASH_DEL(n->rooms, room);
    n->n_rooms--;
    return room;
}

static void hear(void *arg, struct event *chain)
{
    struct dispatch *d = arg;
    struct notices *n = &d->notices;
    if ((!n->pushes && !n->hooks) || d->stopping) return;
    for (const struct event *e = chain; e; e = e->next) {
        bool concerns = e->kind == event_message_posted || (n->hooks && event_is_lasting(e->kind) && outgoing_bit(e));
        if (concerns && e->seq > 0) note_room(n, e->room, e->seq);
    }
    look_next(d);
}

/* ---- What to tell */

static bool concerns(const struct notice_target *t, const struct event *e)
{
    if (e->kind != event_message_posted || e->seq <= t->read || e->at_us < t->since_us || e->message.deleted_us) return false;
    if (id_eq(e->message.author.id, t->account) && !e->message.hook_name.n) return false;
    return t->level == notify_all || (t->level == notify_mentions && mention_calls(&e->message, t->account));
}

/* The newest message that concerns them; 0: none. */
static int64_t newest_for(const struct notice_target *t, const struct room_changes_out *changes)
{
    for (size_t i = changes->n; i-- > 0;)
        if (concerns(t, changes->events[i])) return changes->events[i]->seq;
    return 0;
}

static void add_pushes(struct dispatch *d, const struct notice_look_out *seen, struct arena *arena, struct notice_write_in *out)
{
    int64_t now_us = clock_wall_us();
    out->pushes = arena_array(arena, struct notice_push, seen->n_targets + 1);
    for (size_t i = 0; i < seen->n_targets; i++) {
        const struct notice_target *t = &seen->targets[i];
        int64_t seq = newest_for(t, &seen->changes);
        if (!seq) continue;
        enum presence status = hub_status(d->config.hub, t->account);
        bool online = status == presence_online;
        if (status == presence_dnd) continue;
        out->pushes[out->n_pushes++] = (struct notice_push){ t->subscription, seq, now_us + (online ? DISPATCH_ONLINE_DELAY_S * INT64_C(1000000) : 0) };
    }
}

static struct span body_of(struct dispatch *d, const struct event *e, struct arena *arena)
{
    struct buf body;
    buf_init(&body, BODY_MAX_BYTES);
    struct json_writer w = json_writer(&body);
    bool told = d->config.encode_event(&w, e) && !body.failed;
    struct span out = told ? arena_copy(arena, buf_span(&body)) : SPAN("");
    buf_fini(&body);
    return out;
}

static void add_bodies(struct dispatch *d, const struct notice_look_out *seen, struct arena *arena, struct notice_write_in *out)
{
    out->bodies = arena_array(arena, struct notice_body, seen->n_hooks * seen->changes.n + 1);
    for (size_t i = 0; i < seen->changes.n; i++) {
        const struct event *e = seen->changes.events[i];
        struct span body = { 0 };
        for (size_t k = 0; k < seen->n_hooks; k++) {
            const struct notice_hook *h = &seen->hooks[k];
            if (!(h->events & outgoing_bit(e)) || e->at_us < h->since_us) continue;
            if (!body.p) body = body_of(d, e, arena);
            if (body.n) out->bodies[out->n_bodies++] = (struct notice_body){ h->id, body };
        }
    }
}

/* ---- The two steps */

static void wrote(void *user, struct command *c)
{
    struct dispatch *d = user;
    const struct notice_write_in *in = &c->in.notice_write;
    d->notices.looking = false;
    if (c->fault) LOG(warn, "dispatch.no_notices", log_str("fault", fault_word(c->fault)), log_int("room", in->room.v));
    bool told = !c->fault && (in->n_pushes || in->n_bodies);
    command_destroy(c);
    if (told) dispatch_look(d);
    look_next(d);
}

static void write_down(struct dispatch *d, struct room_id room, const struct notice_look_out *seen)
{
    struct command *c = command_create(command_notice_write, dispatch_house);
    struct notice_write_in *in = &c->in.notice_write;
    *in = (struct notice_write_in){ .room = room, .from = seen->from, .to = seen->nobody ? -1 : seen->to };
    if (!seen->nobody) {
        add_pushes(d, seen, c->arena, in);
        add_bodies(d, seen, c->arena, in);
        if (seen->to < seen->head) note_room(&d->notices, room, 0);
    }
    gate_submit(d->config.gate, c, wrote, d);
}

static void looked(void *user, struct command *c)
{
    struct dispatch *d = user;
    const struct notice_look_out *seen = &c->out.notice_look;
    bool moves = !c->fault && !d->stopping && (seen->nobody ? seen->from >= 0 : seen->to != seen->from);
    d->notices.looking = moves;
    if (moves) write_down(d, c->in.notice_look.room, seen);
    else if (c->fault && !d->stopping) note_room(&d->notices, c->in.notice_look.room, c->in.notice_look.heard);
    bool failed = c->fault != fault_none;
    command_destroy(c);
    if (!failed) look_next(d);
}

static void look_next(struct dispatch *d)
{
    if (d->notices.looking || d->stopping) return;
    struct newsy *room = take_room(&d->notices);
    if (!room) return;
    struct command *c = command_create(command_notice_look, dispatch_house);
    c->in.notice_look = (struct notice_look_in){ room->id, room->heard };
    free(room);
    d->notices.looking = true;
    gate_submit(d->config.gate, c, looked, d);
}

/* ---- The sweep */

static void swept(void *user, struct command *c)
{
    struct dispatch *d = user;
    d->notices.sweeping = false;
    for (size_t i = 0; !c->fault && i < c->out.notice_behind.n; i++) note_room(&d->notices, c->out.notice_behind.rooms[i], 0);
    command_destroy(c);
    look_next(d);
}

static void sweep(struct dispatch *d)
{
    if (d->notices.sweeping) return;
    d->notices.sweeping = true;
    d->notices.ticks_to_sweep = DISPATCH_SWEEP_TICKS;
    gate_submit(d->config.gate, command_create(command_notice_behind, dispatch_house), swept, d);
}

void notices_wanted(struct dispatch *d, bool pushes, bool hooks)
{
    struct notices *n = &d->notices;
    bool begins = (pushes && !n->pushes) || (hooks && !n->hooks);
    n->pushes = pushes, n->hooks = hooks;
    if (begins && !d->stopping) sweep(d);
}

void notices_tick(struct dispatch *d)
{
    struct notices *n = &d->notices;
    if ((n->pushes || n->hooks) && --n->ticks_to_sweep <= 0) sweep(d);
    look_next(d);
}

void notices_begin(struct dispatch *d)
{
    hub_tap(d->config.hub, hear, d);
}

void notices_end(struct dispatch *d)
{
    for (struct newsy *room; (room = take_room(&d->notices));) free(room);
}
