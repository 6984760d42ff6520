/* What can only be done when all has come: how far everybody has read, and replies to messages that came after them. Every step may be repeated. One thread. */
#include "import/private.h"

enum { page_max = 200 };

/* ---- Marks */

static enum import_marks marks_of(const struct import *x)
{
    return x->wish->kind == import_receipts ? import_marks_by_reads : x->wish->kind == import_desk ? import_marks_stay : import_marks_follow;
}

static enum fault set_mark(struct import *x, struct room_id room, int64_t account, int64_t mark)
{
    struct place place;
    struct account_id who = { account };
    if (!account || !mark) return fault_none;
    enum fault fault = store_room_place(x->store, room, who, &place);
    if (fault || place.role == role_none || place.read >= mark) return fault;
    fault = store_member_set_read(x->store, room, who, mark, 0, mark);
    return fault ? fault : store_desk_set_read(x->store, room, who, mark, x->now_us);
}

/* Either side of a support chat has read up to its mark, or everything if nothing was left unread. */
static enum fault settle_chat(struct import *x, const struct entry *e)
{
    struct room_id room = { e->id };
    enum fault fault = set_mark(x, room, e->customer, e->customer_lags ? e->customer_mark : e->head);
    return fault ? fault : set_mark(x, room, e->agent, e->agent_lags ? e->agent_mark : e->head);
}

static enum fault settle_chats(struct import *x)
{
    enum fault fault = import_begin(x);
    size_t n = 0;
    if (fault) return fault;
    for (struct entry *e = x->rooms.entries; e && !fault; e = e->hh.next) {
        fault = e->is_desk ? settle_chat(x, e) : fault_none;
        if (++n % page_max || fault) continue;
        fault = import_end(x, fault);
        if (!fault) fault = import_begin(x);
        if (fault) return fault;
    }
    return import_end(x, fault);
}

static enum fault settle_room(struct import *x, const struct import_pair *room)
{
    struct room_id id;
    enum fault fault = span_to_i64(room->old, &id.v) ? store_room_lock(x->store, &id, 1, false) : fault_internal;
    if (!fault) fault = store_import_settle(x->store, id, room->id, marks_of(x));
    return fault ? fault : store_import_forget(x->store, x->source, import_settling, room->old);
}

/* Reads may have come for a room that had nothing else new. */
static enum fault remember_rooms(struct import *x)
{
    struct arena *arena = arena_create(1 << 16, 64 << 20);
    enum fault fault = arena ? import_begin(x) : fault_unavailable;
    for (struct entry *e = x->rooms.entries; e && !fault; e = e->hh.next)
        if (!e->is_gone) fault = store_import_put_once(x->store, x->source, import_settling, arena_printf(arena, "%lld", (long long)e->id), e->head);
    fault = import_end(x, fault);
    arena_destroy(arena);
    return fault;
}

typedef enum fault each_fn(struct import *x, struct arena *arena, const struct import_pair *pair, struct span *last);

/* Every row of a noun, a page in one transaction. */
static enum fault walk(struct import *x, enum import_noun noun, each_fn *each)
{
    struct arena *last_arena = arena_create(256, 1 << 20);
    struct span last = SPAN("");
    enum fault fault = last_arena ? fault_none : fault_unavailable;
    for (size_t n = page_max; n == page_max && !fault;) {
        struct arena *arena = arena_create(1 << 16, 16 << 20);
        struct import_pair *pairs;
        fault = arena ? store_import_list(x->store, x->source, noun, last, page_max, arena, &pairs, &n) : fault_unavailable;
        if (!fault) fault = import_begin(x);
        if (fault) return arena_destroy(arena), arena_destroy(last_arena), fault;
        for (size_t i = 0; i < n && !fault; i++) fault = each(x, arena, &pairs[i], &last);
        fault = import_end(x, fault);
        if (n) arena_destroy(last_arena), last_arena = arena_create(256, 1 << 20), last = arena_copy(last_arena, pairs[n - 1].old);
        arena_destroy(arena);
    }
    arena_destroy(last_arena);
    return fault;
}

static enum fault each_room(struct import *x, struct arena *arena, const struct import_pair *pair, struct span *last)
{
    (void)arena, (void)last;
    return settle_room(x, pair);
}

/* ---- Replies. "17/4711": message 17 of the source is replied to by 4711 here. */

static enum fault each_reply(struct import *x, struct arena *arena, const struct import_pair *pair, struct span *last)
{
    struct span own, target = span_cut(pair->old, '/', &own);
    int64_t known = 0, rooms[2], messages[2];
    (void)arena, (void)last;
    enum fault fault = store_import_find(x->store, x->source, import_message, &target, 1, &known, NULL);
    if (fault) return fault;
    if (!known) {
        report_change(&x->report, old_message, own, "(its number here) replies to message " SPAN_FMT ", which does not exist: kept without the reply", SPAN_ARG(target));
        return fault_none;
    }
    messages[0] = pair->id, messages[1] = known;
    fault = store_import_rooms_of(x->store, messages, 2, rooms);
    if (!fault && rooms[0] == rooms[1]) fault = store_import_reply(x->store, (struct message_id){ pair->id }, (struct message_id){ known });
    else if (!fault) report_change(&x->report, old_message, own, "(its number here) replies to message " SPAN_FMT " of another room: kept without the reply", SPAN_ARG(target));
    return fault ? fault : store_import_forget(x->store, x->source, import_reply, pair->old);
}

static void tell_lost_replies(struct import *x)
{
    for (struct entry *e = x->waiting.entries; e; e = e->hh.next)
        if (!table_find(&x->seen, span_of(e->key))) report_change(&x->report, old_message, span_of(e->key), "does not exist, but is replied to: those are kept without the reply");
}

enum fault import_settle(struct import *x)
{
    if (import_is_dry(x)) return tell_lost_replies(x), fault_none;
    bool reads = x->report.tallies[old_read].n_new > 0;
    enum fault fault = reads ? remember_rooms(x) : fault_none;
    if (!fault && x->wish->kind == import_desk) fault = settle_chats(x);
    if (!fault) fault = walk(x, import_settling, each_room);
    return fault ? fault : walk(x, import_reply, each_reply);
}
