/* Reads bodies, and says what is wrong with them in the old server's words. Any thread; borrows. */
#include "dialect/receipts/body.h"
#include "base/utf8.h"
#include "chat/account.h"
#include "wire/form.h"
#include "wire/multipart.h"
#include "wire/unfit.h"

static void take_newcomer(struct unfit *u, json_value *object, struct arena *arena, struct receipts_newcomer *out)
{
    struct json_fields ours = json_fields(object);
    out->name = unfit_text(u, object, "name", arena);
    out->email = unfit_text(u, object, "email", arena);
    out->password = unfit_text(u, object, "password", arena);
    if (out->password.n > ACCOUNT_PASSWORD_MAX_BYTES) unfit_value(u, "password", "Value error, Password too long - must be less than 72 bytes when encoded");
    out->invite = arena_copy(arena, json_take_text_or_null(&ours, "invite"));
}

enum fault receipts_newcomer_decode(struct span content_type, struct span body, struct arena *arena, struct receipts_newcomer *out, struct buf *errors_out)
{
    struct unfit u = unfit_list(errors_out);
    struct json j;
    *out = (struct receipts_newcomer){ 0 };
    json_value *object = unfit_open_body(&u, &j, content_type, body);
    if (object) {
        take_newcomer(&u, object, arena, out);
        json_done(&j);
    }
    return unfit_end(&u);
}

/* chat_type is asked for and means nothing: any word passes (C-12). */
enum fault receipts_chat_decode(struct span content_type, struct span body, struct arena *arena, struct span *name_out, struct buf *errors_out)
{
    struct unfit u = unfit_list(errors_out);
    struct json j;
    *name_out = (struct span){ 0 };
    json_value *object = unfit_open_body(&u, &j, content_type, body);
    if (object) {
        *name_out = unfit_text(&u, object, "name", arena);
        unfit_text(&u, object, "chat_type", arena);
        json_done(&j);
    }
    return unfit_end(&u);
}

/* ---- The form of OAuth2 (C-05): the first field of a name counts; others than these are not looked at. */

struct login_form { struct span username, password, grant_type; };

static struct span *field_of(struct login_form *form, struct span name)
{
    if (span_eq(name, SPAN("username"))) return &form->username;
    if (span_eq(name, SPAN("password"))) return &form->password;
    return span_eq(name, SPAN("grant_type")) ? &form->grant_type : NULL;
}

static enum fault read_urlencoded(struct span body, struct arena *arena, struct login_form *out)
{
    struct span rest = body, name, value;
    enum fault fault = fault_none;
    for (int n = 0; n < FORM_FIELDS_MAX && !(fault = form_next(&rest, arena, &name, &value)); n++) {
        struct span *field = field_of(out, name);
        if (field && !field->p) *field = value;
    }
    return fault == fault_not_found ? fault_none : fault;
}

static enum fault read_parts(struct multipart *m, struct span window, struct arena *arena, struct login_form *out)
{
    struct multipart_unit unit = { 0 };
    struct span *field = NULL;
    struct buf value;
    buf_init(&value, 64 * 1024);
    while (multipart_next(m, &window, &unit), unit.kind != multipart_more && unit.kind != multipart_done && unit.kind != multipart_bad) {
        if (unit.kind == multipart_part) field = field_of(out, unit.name), buf_clear(&value);
        if (unit.kind == multipart_data) buf_append_span(&value, unit.data);
        if (unit.kind == multipart_end && field && !field->p && !value.failed) *field = arena_copy(arena, value.n ? buf_span(&value) : SPAN(""));
    }
    buf_fini(&value);
    return multipart_is_whole(m) ? fault_none : fault_invalid;
}

static enum fault read_multipart(struct span boundary, struct span body, struct arena *arena, struct login_form *out)
{
    struct multipart *m = multipart_create(boundary, (struct multipart_limits){ 0 });
    enum fault fault = m ? read_parts(m, body, arena, out) : fault_invalid;
    multipart_destroy(m);
    return fault;
}

static bool is_text(struct span s)
{
    return utf8_valid(s) && !memchr(s.p ? s.p : "", 0, s.n);
}

static void require(struct unfit *u, const char *name, struct span value, struct span *out)
{
    if (!value.n || !is_text(value)) unfit_add(u, "missing", "body", name, "Field required", (struct span){ 0 });
    *out = value;
}

enum fault receipts_login_decode(struct span content_type, struct span body, struct arena *arena, struct receipts_login *out, struct buf *errors_out)
{
    struct unfit u = unfit_list(errors_out);
    struct login_form form = { 0 };
    struct span rest, boundary, type = span_trim(span_cut(content_type, ';', &rest));
    enum fault fault = fault_none;
    if (span_eq_nocase(type, SPAN("application/x-www-form-urlencoded"))) fault = read_urlencoded(body, arena, &form);
    else if (multipart_boundary(content_type, &boundary) == fault_none) fault = read_multipart(boundary, body, arena, &form);
    if (fault) form = (struct login_form){ 0 };
    if (form.grant_type.n && !span_eq(form.grant_type, SPAN("password")))
        unfit_add(&u, "string_pattern_mismatch", "body", "grant_type", "String should match pattern '^password$'", (struct span){ 0 });
    require(&u, "username", form.username, &out->username);
    require(&u, "password", form.password, &out->password);
    return unfit_end(&u);
}
