/* JSON in and out. Reading stands on yyjson and is strict; writing is one typed stream into a buffer, because every event is encoded on the
   hot path. Any one thread. */
#pragma once
#include "base/buf.h"
#include "base/fault.h"
#include <stdint.h>

/* ---- Reading ---- */

#define JSON_DEPTH_MAX 32
#define JSON_POOL_BYTES 8192 /* texts of up to about 600 bytes are read without malloc */
#define JSON_FIELDS_MAX 24   /* names taken from one object */

typedef struct yyjson_val json_value;

/* Lies on the caller's stack; values and their strings live until json_done. */
struct json {
    struct yyjson_doc *doc;
    json_value *root;
    _Alignas(16) char pool[JSON_POOL_BYTES];
};
/* invalid: not JSON, not UTF-8, deeper than JSON_DEPTH_MAX. too_large: more than max_bytes. Call json_done in either case or none. */
must_use enum fault json_parse(struct json *j, struct span text, size_t max_bytes);
void json_done(struct json *j);

/* The fields of one object, each taken once by name and type. The first that is missing or of the wrong type is remembered in `bad`, later
   takes still answer something harmless, and json_fields_end tells; so a decoder reads top to bottom with one check at its end. */
struct json_fields {
    json_value *object;
    struct span bad; /* p == NULL: all well */
    size_t n_taken;
    const char *taken[JSON_FIELDS_MAX];
};
struct json_fields json_fields(json_value *value); /* a value that is no object is bad with the name "" */
/* Text: refuses NUL. The _or_null forms take absent and null as "none". */
struct span json_take_text(struct json_fields *f, const char *name);
struct span json_take_text_or_null(struct json_fields *f, const char *name);                     /* none: p == NULL */
int64_t json_take_int(struct json_fields *f, const char *name, int64_t least, int64_t greatest); /* on bad: least */
int64_t json_take_int_or(struct json_fields *f, const char *name, int64_t least, int64_t greatest, int64_t none);
int64_t json_take_id(struct json_fields *f, const char *name);         /* 1 to 2^53 - 1; on bad: 0 */
int64_t json_take_id_or_null(struct json_fields *f, const char *name); /* none: 0 */
bool json_take_bool(struct json_fields *f, const char *name);
bool json_take_bool_or(struct json_fields *f, const char *name, bool none);
json_value *json_take_object(struct json_fields *f, const char *name); /* on bad: NULL */
json_value *json_take_array(struct json_fields *f, const char *name);
json_value *json_take_array_or_null(struct json_fields *f, const char *name);
bool json_has(const struct json_fields *f, const char *name); /* is it there at all? Does not take it */
json_value *json_take_any(struct json_fields *f, const char *name); /* absent: NULL and not bad */
void json_bad(struct json_fields *f, const char *name); /* the caller's own check of a taken field failed */
/* none, or invalid with *bad_out the name of the field. _strict also refuses fields that were not taken and names that come twice. */
must_use enum fault json_fields_end(const struct json_fields *f, struct span *bad_out);
must_use enum fault json_fields_end_strict(const struct json_fields *f, struct span *bad_out);

/* Walks; NULL is an empty array or object. Start with *i = 0. */
struct json_walk { size_t i, n; json_value *at; };
struct json_walk json_walk(json_value *array_or_object);
json_value *json_walk_next(struct json_walk *w);                          /* array: next value, NULL at the end */
json_value *json_walk_next_pair(struct json_walk *w, struct span *key_out); /* object */
bool json_as_id(json_value *v, int64_t *out);                             /* integer 1 to 2^53 - 1 */
bool json_as_int(json_value *v, int64_t least, int64_t greatest, int64_t *out);
bool json_as_bool(json_value *v, bool *out);
bool json_is_null(json_value *v);
bool json_as_text(json_value *v, struct span *out);                       /* string without NUL */

/* ---- Writing ---- */

/* Commas place themselves. A buffer that fails (its ceiling) makes all later writes do nothing: check out->failed once. */
struct json_writer {
    struct buf *out;
    bool comma; /* a value stands before: the next needs one */
};
static inline struct json_writer json_writer(struct buf *out) { return (struct json_writer){ .out = out }; }
void json_begin_object(struct json_writer *w);
void json_end_object(struct json_writer *w);
void json_begin_array(struct json_writer *w);
void json_end_array(struct json_writer *w);
void json_key_n(struct json_writer *w, const char *name, size_t n); /* not escaped: a name of ours */
static inline void json_key(struct json_writer *w, const char *name) { json_key_n(w, name, strlen(name)); }
void json_key_escaped(struct json_writer *w, struct span name);
void json_string(struct json_writer *w, struct span s); /* valid UTF-8; p == NULL writes null */
void json_int(struct json_writer *w, int64_t v);
void json_bool(struct json_writer *w, bool v);
void json_null(struct json_writer *w);
void json_time(struct json_writer *w, int64_t wall_us);        /* "2026-11-21T09:00:00.000123Z"; 0 writes null */
void json_raw(struct json_writer *w, struct span encoded);     /* one value that this writer made before */

static inline void json_put_string(struct json_writer *w, const char *name, struct span v) { json_key(w, name), json_string(w, v); }
static inline void json_put_int(struct json_writer *w, const char *name, int64_t v) { json_key(w, name), json_int(w, v); }
static inline void json_put_bool(struct json_writer *w, const char *name, bool v) { json_key(w, name), json_bool(w, v); }
static inline void json_put_null(struct json_writer *w, const char *name) { json_key(w, name), json_null(w); }
static inline void json_put_time(struct json_writer *w, const char *name, int64_t us) { json_key(w, name), json_time(w, us); }
/* Zero is "none" for ids: null. */
static inline void json_put_id(struct json_writer *w, const char *name, int64_t id) { json_key(w, name); if (id) json_int(w, id); else json_null(w); }

/* JSON that this writer made, with everything beyond ASCII as \uXXXX: what some old servers sent. At most three times as long. */
void json_append_ascii(struct buf *out, struct span encoded);

/* The string with quotes and escapes alone. */
void json_text(struct buf *out, struct span s);
