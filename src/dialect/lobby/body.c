/* Reads credentials and says what is wrong with them in the old server's words (L-07). Pure: any thread, borrows. */
#include "dialect/lobby/body.h"
#include "chat/account.h"
#include "wire/json.h"
#include <yyjson.h>

struct errors {
    struct json_writer w;
    size_t n;
};

static void error_begin(struct errors *e, const char *type, const char *field, const char *message)
{
    if (e->n++ == 0) {
        json_begin_object(&e->w);
        json_key(&e->w, "detail");
        json_begin_array(&e->w);
    }
    json_begin_object(&e->w);
    json_put_string(&e->w, "type", span_of(type));
    json_key(&e->w, "loc");
    json_begin_array(&e->w);
    json_string(&e->w, SPAN("body"));
    if (field) json_string(&e->w, span_of(field));
    json_end_array(&e->w);
    json_put_string(&e->w, "msg", span_of(message));
    json_put_null(&e->w, "input");
}

static void error_add(struct errors *e, const char *type, const char *field, const char *message)
{
    error_begin(e, type, field, message);
    json_end_object(&e->w);
}

static enum fault errors_end(struct errors *e)
{
    if (e->n == 0) return fault_none;
    json_end_array(&e->w);
    json_end_object(&e->w);
    return fault_invalid;
}

static struct span take_field(json_value *object, const char *name, struct arena *arena, struct errors *errors)
{
    yyjson_val *v = yyjson_obj_get(object, name);
    struct span text = { 0 };
    if (!v)
        error_add(errors, "missing", name, "Field required");
    else if (!json_as_text(v, &text))
        error_add(errors, "string_type", name, "Input should be a valid string");
    return arena_copy(arena, text);
}

static void take_password(json_value *object, struct arena *arena, struct lobby_credentials *out, struct errors *errors)
{
    out->password = take_field(object, "password", arena, errors);
    if (out->password.n <= ACCOUNT_PASSWORD_MAX_BYTES) return;
    error_begin(errors, "value_error", "password", "Value error, Password too long - must be less than 72 bytes when encoded");
    json_key(&errors->w, "ctx");
    json_begin_object(&errors->w);
    json_key(&errors->w, "error");
    json_begin_object(&errors->w);
    json_end_object(&errors->w);
    json_end_object(&errors->w);
    json_end_object(&errors->w);
}

/* loc names the byte at which reading stopped. */
static void complain_of_json(struct span body, struct errors *errors)
{
    yyjson_read_err where = { 0 };
    yyjson_doc_free(yyjson_read_opts((char *)(uintptr_t)body.p, body.n, 0, NULL, &where));
    json_begin_object(&errors->w);
    json_key(&errors->w, "detail");
    json_begin_array(&errors->w);
    json_begin_object(&errors->w);
    json_put_string(&errors->w, "type", SPAN("json_invalid"));
    json_key(&errors->w, "loc");
    json_begin_array(&errors->w);
    json_string(&errors->w, SPAN("body"));
    json_int(&errors->w, (int64_t)where.pos);
    json_end_array(&errors->w);
    json_put_string(&errors->w, "msg", SPAN("JSON decode error"));
    json_put_null(&errors->w, "input");
    json_end_object(&errors->w);
    errors->n++;
}

/* A form or plain text is not read: other sites' pages may send those without asking. */
static bool says_json(struct span content_type)
{
    struct span rest, type = span_trim(span_cut(content_type, ';', &rest));
    return !type.n || span_eq_nocase(type, SPAN("application/json")) || (type.n > 5 && span_eq_nocase(span_make(type.p + type.n - 5, 5), SPAN("+json")));
}

enum fault lobby_body_decode(struct span content_type, struct span body, struct arena *arena, struct lobby_credentials *out, struct buf *errors_out)
{
    struct errors errors = { .w = json_writer(errors_out) };
    struct json j;
    *out = (struct lobby_credentials){ 0 };
    if (!body.n) {
        error_add(&errors, "missing", NULL, "Field required");
    } else if (!says_json(content_type)) {
        error_add(&errors, "model_attributes_type", NULL, "Input should be a valid dictionary or object to extract fields from");
    } else if (json_parse(&j, body, body.n)) {
        complain_of_json(body, &errors);
    } else {
        if (yyjson_is_obj(j.root)) {
            out->username = take_field(j.root, "username", arena, &errors);
            take_password(j.root, arena, out, &errors);
            struct span invite = { 0 };
            if (json_as_text(yyjson_obj_get(j.root, "invite"), &invite)) out->invite = arena_copy(arena, invite);
        } else {
            error_add(&errors, "model_attributes_type", NULL, "Input should be a valid dictionary or object to extract fields from");
        }
        json_done(&j);
    }
    return errors_end(&errors);
}
