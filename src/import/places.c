/* Rooms of the old system and who is in them. One thread. */
#include "import/private.h"
#include "import/text.h"
#include "base/clock.h"
#include "chat/chat.h"

/* ---- Rooms */

static struct entry *person_of(struct import *x, struct span key)
{
    return key.n ? table_find(&x->people, key) : NULL;
}

/* A name that has to be shortened stands whole in the topic. */
static enum fault name_room(struct import *x, const struct old_record *r, struct arena *arena, struct span *name_out, struct span *topic_out)
{
    bool has_name = r->room.name.n > 0;
    struct span otherwise = arena_printf(arena, "Chat " SPAN_FMT, SPAN_ARG(r->key));
    *name_out = text_room_name(arena, r->room.name, otherwise.p);
    *topic_out = SPAN("");
    if (span_eq(*name_out, r->room.name)) return fault_none;
    if (!has_name) return fault_none;
    *topic_out = text_first(r->room.name, ROOM_TOPIC_MAX_POINTS);
    report_change(&x->report, old_room, r->shown, "its name cannot be a name here: it is called \"" SPAN_FMT "\", and its topic is the old name", SPAN_ARG(*name_out));
    return fault_none;
}

static enum fault seat_owner(struct import *x, const struct old_record *r, struct room_id room)
{
    struct entry *owner = person_of(x, r->room.owner);
    if (!r->room.owner.n) return fault_none;
    if (owner) return import_is_dry(x) ? fault_none : store_member_insert(x->store, room, (struct account_id){ owner->id }, role_owner, import_time(x, r->room.created_us));
    report_change(&x->report, old_room, r->shown, "whoever made it, " SPAN_FMT ", does not exist: it has no owner", SPAN_ARG(r->room.owner));
    return fault_none;
}

/* ---- Support chats */

static enum fault seat_agent(struct import *x, const struct entry *agent, struct room_id room)
{
    enum member_role now;
    enum fault fault = store_member_role(x->store, room, (struct account_id){ agent->id }, &now);
    return fault || now != role_none ? fault : store_member_insert(x->store, room, (struct account_id){ agent->id }, role_moderator, x->now_us);
}

/* Nobody has two chats that are not closed. */
static enum fault state_of(struct import *x, const struct old_record *r, struct account_id customer, struct desk_record *record)
{
    struct room_id open = { 0 };
    if (record->state == desk_closed) return fault_none;
    enum fault fault = store_desk_open_of(x->store, customer, &open);
    if (fault || id_none(open)) return fault;
    report_change(&x->report, old_room, r->shown, "its customer has another chat that is not closed: this one is");
    record->state = desk_closed;
    return fault_none;
}

static enum fault make_chat(struct import *x, struct arena *arena, const struct old_record *r, struct room_id *out)
{
    const struct old_desk *d = &r->room.desk;
    struct entry *customer = person_of(x, r->room.owner), *agent = person_of(x, d->agent);
    out->v = 0;
    if (!customer) {
        report_skip(&x->report, old_room, r->shown, "its customer was not imported");
        return fault_none;
    }
    if (import_is_dry(x)) return out->v = --x->made_up, fault_none;
    int64_t created_us = import_time(x, r->room.created_us);
    struct account account;
    struct desk_record record = { .state = d->state, .customer = { customer->id }, .agent = { agent ? agent->id : 0 }, .created_us = created_us,
                                  .updated_us = d->updated_us ? d->updated_us : created_us, .last_us = d->last_us ? d->last_us : created_us, .now_us = x->now_us };
    enum fault fault = store_desk_customer_by_id(x->store, record.customer, arena, &account);
    if (!fault) fault = state_of(x, r, record.customer, &record);
    if (!fault) fault = store_import_desk(x->store, account.person.name, &record, out);
    if (!fault) fault = store_member_insert(x->store, *out, record.customer, role_member, created_us);
    return fault || !agent ? fault : seat_agent(x, agent, *out);
}

static enum fault make_room(struct import *x, struct arena *arena, const struct old_record *r, struct room_id *out)
{
    struct span name, topic;
    if (r->room.kind == room_desk) return make_chat(x, arena, r, out);
    if (r->room.kind == room_lobby) return *out = CHAT_LOBBY, fault_none;
    enum fault fault = name_room(x, r, arena, &name, &topic);
    if (fault) return fault;
    if (import_is_dry(x)) {
        out->v = --x->made_up;
        return seat_owner(x, r, *out);
    }
    fault = store_room_insert_group(x->store, name, r->room.public, (struct account_id){ 0 }, import_time(x, r->room.created_us), out);
    struct room_face face = { .id = *out, .kind = room_group, .name = name, .topic = topic, .public = r->room.public };
    if (!fault && topic.n) fault = store_room_set(x->store, &face, SPAN(""));
    return fault ? fault : seat_owner(x, r, *out);
}

/* A room that was deleted here has lost its name; it is not made again. */
static enum fault learn_room(struct import *x, struct arena *arena, const struct old_record *r, struct room_id id)
{
    if (id_none(id)) return fault_none;
    struct entry *e = table_put(&x->rooms, r->key, id.v), *customer = person_of(x, r->room.owner), *agent = person_of(x, r->room.desk.agent);
    struct room_face face;
    e->is_desk = r->room.kind == room_desk;
    e->customer = customer ? customer->id : 0, e->agent = agent ? agent->id : 0;
    if (id.v < 0) return fault_none;
    enum fault fault = store_room_face(x->store, id, arena, &face);
    e->head = face.head;
    e->is_gone = !fault && face.kind == room_group && !face.name.n;
    return fault;
}

static enum fault write_rooms(struct import *x, struct portion *p)
{
    struct tally *t = &x->report.tallies[old_room];
    struct span ids[portion_max];
    int64_t new_ids[portion_max], parts[portion_max];
    size_t n = 0;
    enum fault fault = import_begin(x);
    if (fault) return fault;
    for (size_t i = 0; i < p->n && !fault; i++) {
        const struct old_record *r = &p->records[i];
        struct room_id id = { p->known[i] };
        t->n_there += !id_none(id);
        if (id_none(id)) {
            if (r->repaired) report_change(&x->report, old_room, r->shown, "%s", r->repaired);
            fault = make_room(x, p->arena, r, &id);
            if (!id_none(id)) ids[n] = p->ids[i], new_ids[n] = id.v, parts[n++] = 1;
        }
        if (!fault) fault = learn_room(x, p->arena, r, id);
    }
    if (!fault && !import_is_dry(x)) fault = store_import_put(x->store, x->source, import_room, ids, new_ids, parts, n);
    fault = import_end(x, fault);
    if (!fault) t->n_new += (int64_t)n;
    return fault;
}

/* ---- Members */

static enum fault has_owner(struct import *x, struct room_id room, struct arena *arena, bool *out)
{
    struct person heir;
    enum member_role role = role_none;
    enum fault fault = store_member_heir(x->store, room, arena, &heir);
    if (!fault) fault = store_member_role(x->store, room, heir.id, &role);
    *out = role == role_owner;
    return fault == fault_not_found ? fault_none : fault;
}

/* Whoever is a member already stays as they are. */
static enum fault seat(struct import *x, struct arena *arena, const struct old_member *m, struct room_id room, struct account_id account)
{
    enum member_role role = m->role, now;
    bool owned = false;
    enum fault fault = store_member_role(x->store, room, account, &now);
    if (fault || now != role_none) return fault;
    if (role == role_owner) fault = has_owner(x, room, arena, &owned);
    return fault ? fault : store_member_insert(x->store, room, account, owned ? role_member : role, import_time(x, m->joined_us));
}

static enum fault write_members(struct import *x, struct portion *p)
{
    struct tally *t = &x->report.tallies[old_member];
    struct span ids[portion_max];
    int64_t new_ids[portion_max], parts[portion_max];
    size_t n = 0;
    enum fault fault = import_begin(x);
    if (fault) return fault;
    for (size_t i = 0; i < p->n && !fault; i++) {
        const struct old_record *r = &p->records[i];
        struct entry *room = table_find(&x->rooms, r->member.room), *person = person_of(x, r->member.person);
        t->n_there += p->known[i] != 0;
        if (p->known[i]) continue;
        if (!room || !person) {
            report_skip(&x->report, old_member, r->shown, "%s " SPAN_FMT " does not exist", room ? "account" : "room",
                        SPAN_ARG(room ? r->member.person : r->member.room));
            continue;
        }
        if (!import_is_dry(x) && !room->is_gone) fault = seat(x, p->arena, &r->member, (struct room_id){ room->id }, (struct account_id){ person->id });
        ids[n] = p->ids[i], new_ids[n] = person->id, parts[n++] = 1;
    }
    if (!fault && !import_is_dry(x)) fault = store_import_put(x->store, x->source, import_member, ids, new_ids, parts, n);
    fault = import_end(x, fault);
    if (!fault) t->n_new += (int64_t)n;
    return fault;
}

enum fault import_rooms_of(struct import *x)
{
    struct portion p;
    enum fault fault = fault_none;
    do {
        fault = portion_read(x, old_room, import_room, &p);
        if (!fault) fault = write_rooms(x, &p);
        portion_drop(&p);
    } while (!fault && p.more);
    return fault;
}

enum fault import_members(struct import *x)
{
    struct portion p;
    enum fault fault = fault_none;
    do {
        fault = portion_read(x, old_member, import_member, &p);
        if (!fault) fault = write_members(x, &p);
        portion_drop(&p);
    } while (!fault && p.more);
    return fault;
}
