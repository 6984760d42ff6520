/* Gateway frames as commands: every op of the native dialect decoded from hostile JSON, as the gateway does it up to the gate. Decoded text must be valid and
   must not live in the frame, which is gone when the command runs. */
#include "base/utf8.h"
#include "dialect/native/gateway.h"
#include "fuzz.h"

static void check_text(struct span text)
{
    if (!utf8_valid(text) || (text.n && memchr(text.p, 0, text.n))) abort();
}

static void check_command(const struct command *c)
{
    if (c->kind == command_message_post) check_text(c->in.message_post.text), check_text(c->in.message_post.key);
    if (c->kind == command_message_edit) check_text(c->in.message_edit.text);
}

static void decode(const struct op_row *row, struct json *j, struct json_fields *f)
{
    struct span bad;
    struct command *c = command_create(row->command, (struct actor){ .account = { 7 }, .session = { 9 } });
    struct op *op = arena_new(c->arena, struct op);
    op->row = row;
    row->decode(f, c, op);
    bool well = json_fields_end_strict(f, &bad) == fault_none;
    json_done(j);
    memset(j->pool, 0xFF, sizeof j->pool); /* whatever still points there is no longer UTF-8 */
    if (well) check_command(c);
    command_destroy(c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct json j;
    char *text = fuzz_copy((struct span){ (const char *)data, n });
    if (json_parse(&j, (struct span){ text, n }, 1 << 16) == fault_none) {
        struct json_fields f = json_fields(j.root);
        const struct op_row *row = op_find(json_take_text(&f, "op"));
        json_take_int_or(&f, "id", 1, (int64_t)1 << 53, 0);
        if (row && row->decode) decode(row, &j, &f);
        else json_done(&j);
    }
    free(text);
    return 0;
}
