/* JSON objects as commands are read: every kind of take over the same text; and what was read, written and read again, is the same. */
#include "fuzz.h"
#include "wire/json.h"
#include <yyjson.h>

static void take_all(json_value *root)
{
    struct span bad;
    int64_t id;
    struct json_fields f = json_fields(root);
    json_take_text(&f, "text"), json_take_text_or_null(&f, "key"), json_take_int(&f, "n", -5, 5), json_take_int_or(&f, "limit", 1, 200, 50);
    json_take_id(&f, "room"), json_take_id_or_null(&f, "reply_to"), json_take_bool(&f, "on"), json_take_bool_or(&f, "off", true);
    struct json_walk list = json_walk(json_take_array_or_null(&f, "accounts")), rooms = json_walk(json_take_object(&f, "rooms"));
    for (json_value *v; (v = json_walk_next(&list));) (void)json_as_id(v, &id);
    for (json_value *v; (v = json_walk_next_pair(&rooms, &bad));) (void)json_as_int(v, 0, INT64_MAX, &id);
    enum fault strict = json_fields_end_strict(&f, &bad), lax = json_fields_end(&f, &bad);
    if (lax != fault_none && strict == fault_none) abort();
}

/* Writes with our writer what yyjson holds. Depth is bounded by json_parse. */
static void rewrite(struct json_writer *w, json_value *v, bool *exact)
{
    struct span s;
    int64_t n;
    if (yyjson_is_obj(v) || yyjson_is_arr(v)) {
        struct json_walk walk = json_walk(v);
        bool object = yyjson_is_obj(v);
        if (object) json_begin_object(w);
        else json_begin_array(w);
        for (json_value *item; (item = object ? json_walk_next_pair(&walk, &s) : json_walk_next(&walk));) {
            if (object) json_key_escaped(w, s);
            rewrite(w, item, exact);
        }
        if (object) json_end_object(w);
        else json_end_array(w);
    } else if (yyjson_is_str(v)) {
        json_string(w, span_make(yyjson_get_str(v), yyjson_get_len(v)));
    } else if (json_as_int(v, INT64_MIN, INT64_MAX, &n)) {
        json_int(w, n);
    } else if (yyjson_is_bool(v)) {
        json_bool(w, yyjson_get_bool(v));
    } else {
        *exact &= yyjson_is_null(v);
        json_null(w);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct json j, again;
    struct buf out;
    char *text = fuzz_copy((struct span){ (const char *)data, n });
    enum fault f = json_parse(&j, (struct span){ text, n }, 1 << 16);
    if (f == fault_none) {
        bool exact = true;
        take_all(j.root);
        buf_init(&out, 1 << 22);
        struct json_writer w = json_writer(&out);
        rewrite(&w, j.root, &exact);
        if (json_parse(&again, buf_span(&out), 1 << 22) != fault_none) abort();
        if (exact && !yyjson_equals(j.root, again.root)) abort();
        json_done(&again);
        json_done(&j);
        buf_fini(&out);
    }
    free(text);
    return 0;
}
