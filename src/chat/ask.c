/* What all verbs share: refusing, finding one's place in a room, and telling what happened. Runs on the lane of the command. */
#include "chat/desk_queue.h"

enum fault ask_refuse(struct ask *ask, enum fault fault, const char *detail)
{
    ask->c->detail = detail;
    return fault;
}

static bool says_something(enum verb verb)
{
    return verb == verb_message_post || verb == verb_message_edit || verb == verb_message_react;
}

enum fault ask_may(struct ask *ask, enum verb verb, const struct place *place, bool own)
{
    enum fault fault = policy_check(verb, place, ask->account.site_admin, own, &ask->c->detail);
    if (fault || !says_something(verb)) return fault;
    if (place->kind == room_desk && place->read_only && verb != verb_message_post) return ask_refuse(ask, fault_forbidden, "closed");
    if (place->muted_us <= ask->now_us) return fault;
    ask->c->retry_after_s = (place->muted_us - ask->now_us + 999999) / 1000000;
    return ask_refuse(ask, fault_forbidden, "timeout");
}

enum fault ask_place(struct ask *ask, struct room_id room, enum verb verb, struct place *out)
{
    enum fault fault = store_room_place(ask->store, room, ask->account.person.id, out);
    if (fault == fault_not_found) return ask_refuse(ask, fault, "room");
    out->trusted = ask->c->actor.trusted && out->kind != room_desk;
    if (!fault && out->kind == room_desk && out->role == role_none) fault = desk_look(ask, out);
    return fault ? fault : ask_may(ask, verb, out, false);
}

enum fault ask_welcome(struct ask *ask, struct account_id by)
{
    bool blocked;
    enum fault fault = store_block_stands(ask->store, by, ask->account.person.id, &blocked);
    return !fault && blocked ? ask_refuse(ask, fault_forbidden, "blocked") : fault;
}

enum fault ask_person_changed(struct ask *ask, const struct person *person)
{
    bool is_self = id_eq(person->id, ask->account.person.id);
    struct event e = { .kind = event_person_changed, .subject = *person, .on = is_self && !ask->account.hide_last_seen };
    return ask_happened(ask, &e);
}

void ask_account(const struct ask *ask, struct account *account)
{
    if (account->quota_bytes < 0) account->quota_bytes = ask->chat->rules->quota_bytes;
}

enum fault ask_audit(struct ask *ask, const char *action, struct account_id account, struct room_id room, struct span detail)
{
    struct audit_view entry = {
        .at_us = ask->now_us, .by = ask->account.person, .action = span_of(action), .account.id = account, .room = room, .detail = detail,
        .source = id_none(ask->account.person.id) ? audit_command_line : audit_web, .address = ask->c->from,
    };
    return store_audit_insert(ask->store, &entry);
}

enum fault ask_happened(struct ask *ask, struct event *e)
{
    e->at_us = ask->now_us;
    e->by = ask->account.person;
    if (event_is_lasting(e->kind) && !e->own_only) {
        enum fault fault = store_change_append(ask->store, e, &e->seq);
        if (fault) return fault;
    }
    return chat_tell(ask->chat, e);
}
