/* Writes the list of what does not fit. Any one thread; owns nothing. */
#include "wire/unfit.h"
#include <yyjson.h>

static const char no_object[] = "Input should be a valid dictionary or object to extract fields from";

static void open_list(struct unfit *u)
{
    if (u->n++) return;
    json_begin_object(&u->w);
    json_key(&u->w, "detail");
    json_begin_array(&u->w);
}

static void begin(struct unfit *u, const char *type, const char *place, const char *field, const char *message, struct span input)
{
    open_list(u);
    json_begin_object(&u->w);
    json_put_string(&u->w, "type", span_of(type));
    json_key(&u->w, "loc");
    json_begin_array(&u->w);
    json_string(&u->w, span_of(place));
    if (field) json_string(&u->w, span_of(field));
    json_end_array(&u->w);
    json_put_string(&u->w, "msg", span_of(message));
    json_put_string(&u->w, "input", input);
}

void unfit_add(struct unfit *u, const char *type, const char *place, const char *field, const char *message, struct span input)
{
    begin(u, type, place, field, message, input);
    json_end_object(&u->w);
}

void unfit_value(struct unfit *u, const char *field, const char *message)
{
    begin(u, "value_error", "body", field, message, (struct span){ 0 });
    json_key(&u->w, "ctx");
    json_begin_object(&u->w);
    json_key(&u->w, "error");
    json_begin_object(&u->w);
    json_end_object(&u->w);
    json_end_object(&u->w);
    json_end_object(&u->w);
}

enum fault unfit_end(struct unfit *u)
{
    if (u->n == 0) return fault_none;
    json_end_array(&u->w);
    json_end_object(&u->w);
    return fault_invalid;
}

/* loc names the byte at which reading stopped. */
static void complain_of_json(struct unfit *u, struct span body)
{
    yyjson_read_err where = { 0 };
    yyjson_doc_free(yyjson_read_opts((char *)(uintptr_t)body.p, body.n, 0, NULL, &where));
    open_list(u);
    json_begin_object(&u->w);
    json_put_string(&u->w, "type", SPAN("json_invalid"));
    json_key(&u->w, "loc");
    json_begin_array(&u->w);
    json_string(&u->w, SPAN("body"));
    json_int(&u->w, (int64_t)where.pos);
    json_end_array(&u->w);
    json_put_string(&u->w, "msg", SPAN("JSON decode error"));
    json_put_null(&u->w, "input");
    json_end_object(&u->w);
}

static bool says_json(struct span content_type)
{
    struct span rest, type = span_trim(span_cut(content_type, ';', &rest));
    return !type.n || span_eq_nocase(type, SPAN("application/json")) || (type.n > 5 && span_eq_nocase(span_make(type.p + type.n - 5, 5), SPAN("+json")));
}

json_value *unfit_open_body(struct unfit *u, struct json *j, struct span content_type, struct span body)
{
    if (!body.n) {
        unfit_add(u, "missing", "body", NULL, "Field required", (struct span){ 0 });
    } else if (!says_json(content_type)) {
        unfit_add(u, "model_attributes_type", "body", NULL, no_object, (struct span){ 0 });
    } else if (json_parse(j, body, body.n)) {
        complain_of_json(u, body);
    } else {
        if (yyjson_is_obj(j->root)) return j->root;
        unfit_add(u, "model_attributes_type", "body", NULL, no_object, (struct span){ 0 });
        json_done(j);
    }
    return NULL;
}

struct span unfit_text(struct unfit *u, json_value *object, const char *name, struct arena *arena)
{
    yyjson_val *v = yyjson_obj_get(object, name);
    struct span text = { 0 };
    if (!v)
        unfit_add(u, "missing", "body", name, "Field required", (struct span){ 0 });
    else if (!json_as_text(v, &text))
        unfit_add(u, "string_type", "body", name, "Input should be a valid string", (struct span){ 0 });
    return arena_copy(arena, text);
}

int64_t unfit_int(struct unfit *u, const char *place, const char *name, struct span value)
{
    int64_t v = 0;
    struct span s = span_trim(value), digits = s.n && (*s.p == '-' || *s.p == '+') ? span_make(s.p + 1, s.n - 1) : s;
    bool whole = digits.n > 0;
    for (size_t i = 0; i < digits.n; i++) whole = whole && digits.p[i] >= '0' && digits.p[i] <= '9';
    if (!value.p) {
        unfit_add(u, "missing", place, name, "Field required", (struct span){ 0 });
    } else if (!whole) {
        unfit_add(u, "int_parsing", place, name, "Input should be a valid integer, unable to parse string as an integer", value);
    } else if (*s.p == '-' || !span_to_i64(digits, &v) || v >= INT64_C(1) << 53) {
        v = -1;
    }
    return v;
}
