/* Reading JSON over yyjson. One thread. Owns a document from json_parse to json_done; small ones lie in the caller's struct json.
   Depth is bounded before the library sees the text, so no walk of ours can meet a deeper one. */
#include "wire/json.h"
#include <yyjson.h>

static const int64_t id_greatest = ((int64_t)1 << 53) - 1;

static bool is_too_deep(struct span text)
{
    int depth = 0;
    bool in_string = false;
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (in_string) {
            if (c == '\\') i++;
            else if (c == '"') in_string = false;
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{' || c == '[') {
            if (++depth > JSON_DEPTH_MAX) return true;
        } else if (c == '}' || c == ']') {
            depth--;
        }
    }
    return false;
}

enum fault json_parse(struct json *j, struct span text, size_t max_bytes)
{
    j->doc = NULL, j->root = NULL;
    if (text.n > max_bytes) return fault_too_large;
    if (text.n == 0 || is_too_deep(text)) return fault_invalid;
    yyjson_alc pool;
    bool fits = yyjson_read_max_memory_usage(text.n, YYJSON_READ_NOFLAG) <= sizeof j->pool && yyjson_alc_pool_init(&pool, j->pool, sizeof j->pool);
    j->doc = yyjson_read_opts((char *)text.p, text.n, YYJSON_READ_NOFLAG, fits ? &pool : NULL, NULL);
    if (!j->doc) return fault_invalid;
    j->root = yyjson_doc_get_root(j->doc);
    return fault_none;
}

void json_done(struct json *j)
{
    yyjson_doc_free(j->doc);
    j->doc = NULL, j->root = NULL;
}

/* ---- Single values ---- */

bool json_as_text(json_value *v, struct span *out)
{
    struct span s = { yyjson_get_str(v), yyjson_get_len(v) };
    if (!s.p || memchr(s.p, 0, s.n)) return false;
    *out = s;
    return true;
}

bool json_as_int(json_value *v, int64_t least, int64_t greatest, int64_t *out)
{
    if (!yyjson_is_int(v) || (yyjson_is_uint(v) && yyjson_get_uint(v) > INT64_MAX)) return false;
    int64_t n = yyjson_get_sint(v);
    if (n < least || n > greatest) return false;
    *out = n;
    return true;
}

bool json_as_bool(json_value *v, bool *out)
{
    if (!yyjson_is_bool(v)) return false;
    *out = yyjson_get_bool(v);
    return true;
}

bool json_is_null(json_value *v)
{
    return yyjson_is_null(v);
}

bool json_as_id(json_value *v, int64_t *out)
{
    return json_as_int(v, 1, id_greatest, out);
}

/* ---- Fields ---- */

void json_bad(struct json_fields *f, const char *name)
{
    if (!f->bad.p) f->bad = span_of(name);
}

struct json_fields json_fields(json_value *value)
{
    struct json_fields f;
    f.object = yyjson_is_obj(value) ? value : NULL;
    f.bad = f.object ? (struct span){ 0 } : SPAN("");
    f.n_taken = 0;
    return f;
}

static json_value *take(struct json_fields *f, const char *name)
{
    json_value *v = f->object ? yyjson_obj_get(f->object, name) : NULL;
    if (!v) return NULL;
    if (f->n_taken < JSON_FIELDS_MAX) f->taken[f->n_taken++] = name;
    else json_bad(f, name);
    return v;
}

static json_value *take_unless_null(struct json_fields *f, const char *name)
{
    json_value *v = take(f, name);
    return yyjson_is_null(v) ? NULL : v;
}

struct span json_take_text(struct json_fields *f, const char *name)
{
    struct span s = SPAN("");
    if (!json_as_text(take(f, name), &s)) json_bad(f, name);
    return s;
}

struct span json_take_text_or_null(struct json_fields *f, const char *name)
{
    struct span s = { 0 };
    json_value *v = take_unless_null(f, name);
    if (v && !json_as_text(v, &s)) json_bad(f, name);
    return s;
}

int64_t json_take_int(struct json_fields *f, const char *name, int64_t least, int64_t greatest)
{
    int64_t n = least;
    if (!json_as_int(take(f, name), least, greatest, &n)) json_bad(f, name);
    return n;
}

int64_t json_take_int_or(struct json_fields *f, const char *name, int64_t least, int64_t greatest, int64_t none)
{
    json_value *v = take_unless_null(f, name);
    int64_t n = v ? least : none;
    if (v && !json_as_int(v, least, greatest, &n)) json_bad(f, name);
    return n;
}

int64_t json_take_id(struct json_fields *f, const char *name)
{
    int64_t id = 0;
    if (!json_as_id(take(f, name), &id)) json_bad(f, name);
    return id;
}

int64_t json_take_id_or_null(struct json_fields *f, const char *name)
{
    int64_t id = 0;
    json_value *v = take_unless_null(f, name);
    if (v && !json_as_id(v, &id)) json_bad(f, name);
    return id;
}

bool json_take_bool(struct json_fields *f, const char *name)
{
    json_value *v = take(f, name);
    if (!yyjson_is_bool(v)) json_bad(f, name);
    return yyjson_get_bool(v);
}

bool json_take_bool_or(struct json_fields *f, const char *name, bool none)
{
    json_value *v = take_unless_null(f, name);
    if (v && !yyjson_is_bool(v)) json_bad(f, name);
    return v ? yyjson_get_bool(v) : none;
}

json_value *json_take_object(struct json_fields *f, const char *name)
{
    json_value *v = take(f, name);
    if (yyjson_is_obj(v)) return v;
    json_bad(f, name);
    return NULL;
}

json_value *json_take_array(struct json_fields *f, const char *name)
{
    json_value *v = take(f, name);
    if (yyjson_is_arr(v)) return v;
    json_bad(f, name);
    return NULL;
}

json_value *json_take_array_or_null(struct json_fields *f, const char *name)
{
    json_value *v = take_unless_null(f, name);
    if (!v || yyjson_is_arr(v)) return v;
    json_bad(f, name);
    return NULL;
}

bool json_has(const struct json_fields *f, const char *name)
{
    return f->object && yyjson_obj_get(f->object, name);
}

json_value *json_take_any(struct json_fields *f, const char *name)
{
    return take(f, name);
}

enum fault json_fields_end(const struct json_fields *f, struct span *bad_out)
{
    *bad_out = f->bad;
    return f->bad.p ? fault_invalid : fault_none;
}

/* Strikes the key off the names that were taken; false when it is none of them, or comes a second time. */
static bool strike(const struct json_fields *f, struct span key, bool struck[JSON_FIELDS_MAX])
{
    for (size_t i = 0; i < f->n_taken; i++) {
        if (!span_eq(span_of(f->taken[i]), key)) continue;
        bool first = !struck[i];
        struck[i] = true;
        return first;
    }
    return false;
}

enum fault json_fields_end_strict(const struct json_fields *f, struct span *bad_out)
{
    *bad_out = f->bad;
    if (f->bad.p) return fault_invalid;
    if (yyjson_obj_size(f->object) == f->n_taken) return fault_none;
    bool struck[JSON_FIELDS_MAX] = { 0 };
    struct json_walk w = json_walk(f->object);
    while (json_walk_next_pair(&w, bad_out) && strike(f, *bad_out, struck)) continue;
    return fault_invalid;
}

/* ---- Walking ---- */

struct json_walk json_walk(json_value *v)
{
    struct json_walk w = { .n = yyjson_is_arr(v) ? yyjson_arr_size(v) : yyjson_obj_size(v) };
    if (w.n) w.at = unsafe_yyjson_get_first(v);
    return w;
}

json_value *json_walk_next(struct json_walk *w)
{
    if (w->i++ >= w->n) return NULL;
    json_value *v = w->at;
    w->at = unsafe_yyjson_get_next(v);
    return v;
}

json_value *json_walk_next_pair(struct json_walk *w, struct span *key_out)
{
    if (w->i++ >= w->n) return NULL;
    json_value *key = w->at, *v = key + 1;
    *key_out = (struct span){ yyjson_get_str(key), yyjson_get_len(key) };
    w->at = unsafe_yyjson_get_next(v);
    return v;
}
