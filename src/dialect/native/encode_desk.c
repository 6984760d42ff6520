/* The support desk as native JSON: chats, and what the gateway tells of them. Pure: any thread, borrows what it reads. */
#include "dialect/native/encode.h"

static void put_text_or_null(struct json_writer *w, const char *name, struct span s)
{
    json_put_string(w, name, s.n ? s : (struct span){ 0 });
}

static void put_person(struct json_writer *w, const char *name, const struct person *p)
{
    json_key(w, name);
    encode_person_or_null(w, p);
}

static void put_customer(struct json_writer *w, const struct desk_view *v)
{
    json_key(w, "customer");
    json_begin_object(w);
    json_put_int(w, "id", v->customer.id.v);
    put_text_or_null(w, "name", v->customer.name);
    put_text_or_null(w, "external_id", v->customer_id);
    json_put_bool(w, "proven", span_starts(v->customer.username, SPAN("~=")));
    json_end_object(w);
}

static void put_tags(struct json_writer *w, struct span tags)
{
    json_key(w, "tags");
    json_begin_array(w);
    while (tags.n) json_string(w, span_cut(tags, ',', &tags));
    json_end_array(w);
}

/* Where the customer stands; null when they do not wait, or nobody can say. */
static void put_waiting(struct json_writer *w, const struct desk_view *v)
{
    bool waits = v->state == desk_waiting;
    json_put_id(w, "position", waits ? v->position : 0);
    json_key(w, "wait_s");
    if (waits && v->wait_s >= 0) json_int(w, v->wait_s);
    else json_null(w);
    json_put_time(w, "waiting_since", waits ? v->waiting_us : 0);
}

void encode_desk_chat(struct json_writer *w, const struct desk_view *v)
{
    json_begin_object(w);
    json_put_int(w, "id", v->room.v);
    json_put_int(w, "room", v->room.v);
    put_customer(w, v);
    json_put_string(w, "state", span_of(desk_state_word(v->state)));
    put_person(w, "agent", &v->agent);
    put_person(w, "locked_by", &v->locked_by);
    json_put_string(w, "last_text", v->last_text.p ? v->last_text : SPAN(""));
    json_put_time(w, "last_at", v->last_us);
    json_put_int(w, "unread", v->unread);
    json_put_int(w, "customer_read", v->customer_read);
    json_put_int(w, "agent_read", v->agent_read);
    put_waiting(w, v);
    json_put_time(w, "created_at", v->created_us);
    json_put_time(w, "updated_at", v->updated_us);
    json_put_time(w, "closed_at", v->closed_us);
    json_put_id(w, "rating", v->rating);
    put_tags(w, v->tags);
    json_put_bool(w, "online", v->online);
    json_put_int(w, "head", v->head);
    json_end_object(w);
}

static void put_chat(struct json_writer *w, const struct event *e)
{
    json_key(w, "chat");
    encode_desk_chat(w, e->desk);
}

static void told(struct json_writer *w, const struct event *e)
{
    json_put_string(w, "step", span_of(desk_step_word(e->desk_step)));
    put_chat(w, e);
    put_person(w, "by", &e->by);
    put_person(w, "from", &e->subject);
}

static void status(struct json_writer *w, const struct event *e)
{
    json_put_int(w, "chat", e->desk->room.v);
    json_put_int(w, "customer", e->subject.id.v);
    json_put_bool(w, "online", e->on);
}

static void numbered(struct json_writer *w, const struct event *e)
{
    json_put_int(w, "room", e->room.v);
    json_put_int(w, "seq", e->seq);
    json_put_time(w, "at", e->at_us);
    if (e->kind == event_desk_moved) {
        json_put_string(w, "step", span_of(desk_step_word(e->desk_step)));
        json_put_string(w, "state", span_of(desk_state_word(e->desk->state)));
        put_person(w, "agent", &e->desk->agent);
        put_person(w, "by", &e->by);
        return;
    }
    json_put_int(w, "note", e->message_id.v);
    json_put_string(w, "text", e->emoji);
    put_person(w, "by", &e->by);
}

static const char *word_of(const struct event *e)
{
    if (e->kind == event_desk_told) return "desk";
    return e->kind == event_desk_noted ? "desk_note" : event_name(e->kind);
}

void encode_desk_event(struct json_writer *w, const struct event *e)
{
    json_begin_object(w);
    json_put_string(w, "t", span_of(word_of(e)));
    if (e->kind == event_desk_told) told(w, e);
    else if (e->kind == event_desk_status) status(w, e);
    else if (e->kind == event_desk_agent_changed) json_put_string(w, "role", span_of(desk_role_word(e->desk_role)));
    else if (event_is_lasting(e->kind)) numbered(w, e);
    else put_chat(w, e), json_key(w, "message"), encode_message(w, &e->message);
    json_end_object(w);
}
