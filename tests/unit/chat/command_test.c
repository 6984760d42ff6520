/* Commands as data. */
#include "unit.h"
#include "chat/command.h"

static void a_command_lives_in_its_arena(void **state)
{
    struct command *c = command_create(command_message_post, (struct actor){ { 7 }, { 8 } });
    assert_int_equal(c->kind, command_message_post);
    assert_int_equal(c->actor.session.v, 8);
    assert_int_equal(c->fault, fault_none);
    c->in.message_post.text = arena_copy(c->arena, SPAN("hi"));
    command_destroy(c);
    command_destroy(NULL);
}

static void the_list_is_consistent(void **state)
{
    assert_string_equal(command_name(command_session_open), "session_open");
    for (enum command_kind kind = 0; kind < command_kind_count; kind++) {
        if (command_prepare_of(kind) == command_prepare_hash) assert_int_equal(command_lane_of(kind), command_lane_write);
        if (command_lane_of(kind) == command_lane_write) continue;
        struct command c = { .kind = kind };
        memset(&c.in, 1, sizeof c.in);
        assert_int_equal(command_room(&c).v, 0);
    }
}

static void whoever_moves_a_room_names_it(void **state)
{
    struct command c = { .kind = command_receipt_mark, .in.receipt_mark.room = { 5 } };
    assert_int_equal(command_room(&c).v, 5);
    c.kind = command_account_register;
    assert_int_equal(command_room(&c).v, 1);
    c.kind = command_room_create;
    assert_int_equal(command_room(&c).v, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(a_command_lives_in_its_arena), cmocka_unit_test(the_list_is_consistent),
                                        cmocka_unit_test(whoever_moves_a_room_names_it) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
