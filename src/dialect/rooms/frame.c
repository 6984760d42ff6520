/* See frame.h. The old server was forgiving about what it did not know, and fell over what it did not expect. */
#include "dialect/rooms/frame.h"
#include "chat/message.h"
#include "wire/json.h"
#include <yyjson.h>

static struct rooms_frame of_kind(enum rooms_frame_kind kind)
{
    return (struct rooms_frame){ .kind = kind };
}

/* A number, or a number in a string; 0: neither. */
static int64_t id_of(json_value *value)
{
    int64_t id = 0;
    struct span text;
    if (json_as_id(value, &id)) return id;
    bool fits = json_as_text(value, &text) && span_to_i64(text, &id) && id > 0 && id < INT64_C(1) << 53;
    return fits ? id : 0;
}

static struct rooms_frame of_message(json_value *object)
{
    json_value *said = yyjson_obj_get(object, "message");
    struct rooms_frame f = { .kind = rooms_frame_message, .reply_to = id_of(yyjson_obj_get(object, "reply_to")) };
    if (!said) return of_kind(rooms_frame_ignored);
    if (!json_as_text(said, &f.text)) return of_kind(rooms_frame_breaks);
    f.text = span_trim(f.text);
    return f.text.n ? f : of_kind(rooms_frame_ignored);
}

static struct rooms_frame of_delete(json_value *object)
{
    static const char *const parts[] = { [message_part_all] = "all", [message_part_text] = "text", [message_part_files] = "file" };
    struct rooms_frame f = { .kind = rooms_frame_delete, .message = id_of(yyjson_obj_get(object, "message_id")), .part = message_part_all };
    json_value *wanted = yyjson_obj_get(object, "delete_type");
    struct span type;
    bool known = !wanted;
    for (int i = 0; i < 3 && !known; i++)
        if (json_as_text(wanted, &type) && span_eq(type, span_of(parts[i]))) f.part = i, known = true;
    return known && f.message ? f : of_kind(rooms_frame_ignored);
}

struct rooms_frame rooms_frame_decode(struct span input, struct json *json, bool *parsed_out)
{
    *parsed_out = json_parse(json, input, input.n) == fault_none;
    if (!*parsed_out) return of_kind(rooms_frame_ignored); /* */
    json_value *object = json->root, *named = yyjson_is_obj(object) ? yyjson_obj_get(object, "type") : NULL;
    struct span type = SPAN("chat_message");
    if (!yyjson_is_obj(object)) return of_kind(rooms_frame_breaks);
    if (named && !json_as_text(named, &type)) return of_kind(rooms_frame_ignored);
    if (span_eq(type, SPAN("chat_message"))) return of_message(object);
    if (span_eq(type, SPAN("delete_message"))) return of_delete(object);
    if (!span_eq(type, SPAN("typing"))) return of_kind(rooms_frame_ignored);
    bool on = false;
    return (struct rooms_frame){ .kind = rooms_frame_typing, .typing = json_as_bool(yyjson_obj_get(object, "is_typing"), &on) && on };
}
