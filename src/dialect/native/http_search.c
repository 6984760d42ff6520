/* Native HTTP: search. Decoders fill commands, encoders answer from them (routes.def). Runs on the request's loop. */
#include "base/clock.h"
#include "dialect/native/call.h"

#define ID_MAX ((INT64_C(1) << 53) - 1)
#define SEARCH_PAGE_DEFAULT 20

static enum fault bad(struct call *a, const char *name)
{
    a->detail = name;
    return fault_invalid;
}

static enum fault take_type(struct call *a, bool *in_files)
{
    struct span type = request_query_param(a->r, "type");
    *in_files = span_eq(type, SPAN("files"));
    return !type.p || *in_files || span_eq(type, SPAN("messages")) ? fault_none : bad(a, "type");
}

static enum fault take_time(struct call *a, const char *name, int64_t *out)
{
    struct span text = request_query_param(a->r, name);
    return !text.p || clock_parse(text, out) ? fault_none : bad(a, name);
}

static enum fault take_has(struct call *a, int *out)
{
    static const struct { struct span word; int has; } words[] = {
        { SPAN("link"), search_has_link }, { SPAN("file"), search_has_file }, { SPAN("picture"), search_has_picture },
    };
    struct span list = request_query_param(a->r, "has");
    while (list.n) {
        struct span word = span_cut(list, ',', &list);
        size_t i = 0;
        while (i < sizeof words / sizeof *words && !span_eq(word, words[i].word)) i++;
        if (i == sizeof words / sizeof *words) return bad(a, "has");
        *out |= words[i].has;
    }
    return fault_none;
}

static enum fault take_limit(struct call *a, size_t *out)
{
    int64_t limit = 0;
    enum fault f = call_query_int(a, "limit", 1, SEARCH_PAGE_MAX, SEARCH_PAGE_DEFAULT, &limit);
    *out = (size_t)limit;
    return f;
}

enum fault decode_search(struct call *a)
{
    struct search_messages_in *in = &a->command->in.search_messages;
    in->query = call_keep(a, request_query_param(a->r, "query"));
    enum fault f = take_type(a, &in->in_files);
    if (!f) f = call_query_int(a, "room", 1, ID_MAX, 0, &in->room.v);
    if (!f) f = call_query_int(a, "from", 1, ID_MAX, 0, &in->from.v);
    if (!f) f = call_query_int(a, "cursor", 1, INT64_MAX, 0, &in->below.v);
    if (!f) f = take_time(a, "before", &in->before_us);
    if (!f) f = take_time(a, "after", &in->after_us);
    if (!f) f = take_has(a, &in->has);
    return f ? f : take_limit(a, &in->limit);
}

enum fault decode_search_rooms(struct call *a)
{
    a->command->in.search_rooms.query = call_keep(a, request_query_param(a->r, "query"));
    return take_limit(a, &a->command->in.search_rooms.limit);
}

enum fault decode_search_people(struct call *a)
{
    a->command->in.search_people.query = call_keep(a, request_query_param(a->r, "query"));
    return take_limit(a, &a->command->in.search_people.limit);
}

static void put_hit(struct json_writer *w, const struct search_hit *hit)
{
    json_begin_object(w);
    json_key(w, "message");
    encode_message(w, &hit->message);
    json_key(w, "room");
    encode_room_name(w, hit);
    json_end_object(w);
}

void encode_search(struct call *a)
{
    const struct search_messages_out *out = &a->command->out.search_messages;
    struct reply reply;
    reply_begin_list(&reply, "messages");
    for (size_t i = 0; i < out->n; i++) put_hit(&reply.w, &out->hits[i]);
    json_end_array(&reply.w);
    json_put_id(&reply.w, "next", out->below.v);
    json_end_object(&reply.w);
    reply_end(a, &reply, 200);
}

void encode_search_rooms(struct call *a)
{
    const struct search_rooms_out *out = &a->command->out.search_rooms;
    struct reply reply;
    reply_begin_list(&reply, "rooms");
    for (size_t i = 0; i < out->n; i++) encode_room(&reply.w, &out->rooms[i], false);
    reply_end_list(a, &reply);
}

void encode_search_people(struct call *a)
{
    const struct search_people_out *out = &a->command->out.search_people;
    struct reply reply;
    reply_begin_list(&reply, "people");
    for (size_t i = 0; i < out->n; i++) encode_person(&reply.w, &out->people[i]);
    reply_end_list(a, &reply);
}
