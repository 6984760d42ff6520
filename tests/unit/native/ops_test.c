/* What each gateway op is decoded into, and which field is blamed. */
#include "dialect/native/gateway.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static struct command *c;
static struct op op;
static char blamed[64];

/* Decodes the fields of one op into c; false: blamed holds the name of the bad field. */
static bool decode(const char *name, const char *text)
{
    struct json j;
    struct span bad = { 0 };
    const struct op_row *row = op_find(span_of(name));
    assert_non_null(row);
    command_destroy(c);
    c = command_create(row->command, (struct actor){ 0 });
    op = (struct op){ .row = row };
    assert_int_equal(json_parse(&j, span_of(text), GATEWAY_FRAME_MAX_BYTES), fault_none);
    struct json_fields f = json_fields(j.root);
    row->decode(&f, c, &op);
    bool well = json_fields_end_strict(&f, &bad) == fault_none;
    memset(blamed, 0, sizeof blamed);
    memcpy(blamed, bad.p ? bad.p : "", bad.n < sizeof blamed ? bad.n : 0);
    json_done(&j);
    return well;
}

static void sends(void **state)
{
    (void)state;
    assert_true(decode("send", "{\"room\":3,\"text\":\"salom\",\"key\":\"k\",\"reply_to\":null}"));
    assert_int_equal(c->kind, command_message_post);
    assert_int_equal(c->in.message_post.room.v, 3);
    assert_true(span_eq(c->in.message_post.text, SPAN("salom")));
    assert_true(span_eq(c->in.message_post.key, SPAN("k")));
    assert_int_equal(c->in.message_post.reply_to.v, 0);
    assert_true(decode("send", "{\"room\":3,\"text\":\"\",\"key\":\"k\",\"reply_to\":98}"));
    assert_int_equal(c->in.message_post.reply_to.v, 98);
    assert_false(decode("send", "{\"room\":3,\"text\":\"salom\"}"));
    assert_string_equal(blamed, "key");
    assert_false(decode("send", "{\"room\":3,\"text\":\"salom\",\"key\":\"\"}"));
    assert_string_equal(blamed, "key");
    assert_false(decode("send", "{\"room\":\"3\",\"text\":\"salom\",\"key\":\"k\"}"));
    assert_string_equal(blamed, "room");
    assert_false(decode("send", "{\"room\":3,\"text\":\"salom\",\"key\":\"k\",\"txet\":1}"));
    assert_string_equal(blamed, "txet");
}

static void reactions_choose_their_command(void **state)
{
    (void)state;
    assert_true(decode("react", "{\"room\":3,\"message\":99,\"emoji\":\"x\",\"on\":true}"));
    assert_int_equal(c->kind, command_reaction_put);
    assert_int_equal(c->in.reaction_put.id.v, 99);
    assert_true(decode("react", "{\"room\":3,\"message\":99,\"emoji\":\"x\",\"on\":false}"));
    assert_int_equal(c->kind, command_reaction_remove);
    assert_int_equal(c->in.reaction_remove.room.v, 3);
    assert_true(span_eq(c->in.reaction_remove.emoji, SPAN("x")));
    assert_false(decode("react", "{\"room\":3,\"message\":99,\"emoji\":\"x\"}"));
    assert_string_equal(blamed, "on");
}

static void the_other_writes(void **state)
{
    (void)state;
    assert_true(decode("edit", "{\"room\":3,\"message\":99,\"text\":\"t\"}"));
    assert_int_equal(c->in.message_edit.id.v, 99);
    assert_true(decode("delete", "{\"room\":3,\"message\":99}"));
    assert_int_equal(c->in.message_delete.id.v, 99);
    assert_true(decode("read", "{\"room\":3,\"read\":0}"));
    assert_false(decode("read", "{\"room\":3,\"read\":-1}"));
    assert_string_equal(blamed, "read");
}

static void resume_sorts_what_the_client_knows(void **state)
{
    (void)state;
    assert_true(decode("resume", "{\"rooms\":{\"8\":0,\"3\":120,\"11\":7}}"));
    assert_int_equal(op.n_known, 3);
    assert_int_equal(op.known[0].room, 3);
    assert_int_equal(op.known[0].seq, 120);
    assert_int_equal(op.known[2].room, 11);
    assert_true(decode("resume", "{\"rooms\":{}}"));
    assert_int_equal(op.n_known, 0);
    assert_false(decode("resume", "{\"rooms\":{\"x\":1}}"));
    assert_string_equal(blamed, "rooms");
    assert_false(decode("resume", "{\"rooms\":{\"3\":-1}}"));
    assert_false(decode("resume", "{\"rooms\":[]}"));
    assert_false(decode("resume", "{}"));
}

static void ops_have_their_names(void **state)
{
    (void)state;
    static const char *const names[] = { "resume", "send", "edit", "delete", "react", "read", "typing", "watch", "ping" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) assert_non_null(op_find(span_of(names[i])));
    assert_null(op_find(SPAN("")));
    assert_null(op_find(SPAN("sendx")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sends), cmocka_unit_test(reactions_choose_their_command), cmocka_unit_test(the_other_writes),
        cmocka_unit_test(resume_sorts_what_the_client_knows), cmocka_unit_test(ops_have_their_names),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    command_destroy(c);
    return failed;
}
