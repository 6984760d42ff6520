/* The machine of the desk's queue: every state against every step, for the agent who has the chat and for any other. Written down from the drawing in
   desk_queue.c, not from its table. */
#include "unit.h"
#include "chat/desk_queue.h"

/* Of each state what each step leads to, in the order open assign lock unlock transfer close return: a letter is the next state (w a l c), a capital one a
   refusal: A assigned, L locked, C closed, W waiting. First for others, then for the agent who has it. */
static const struct { enum desk_state from; const char *others, *own; } promise[] = {
    { desk_no_chat, "wCCCCCC", "wCCCCCC" },
    { desk_waiting, "walwWcw", "walwWcw" },
    { desk_active,  "aAAwacw", "aalwacw" },
    { desk_locked,  "lLLwlcw", "lllwlcw" },
    { desk_closed,  "wCCCCcc", "wCCCCcc" },
};

static char letter(struct desk_arrow a)
{
    if (!a.refusal) return "-walc"[a.to];
    assert_int_equal(a.to, desk_no_chat);
    return (char)(a.refusal[0] - 'a' + 'A');
}

static void every_state_meets_every_step(void **state)
{
    assert_int_equal(sizeof promise / sizeof *promise, desk_state_count);
    for (size_t i = 0; i < desk_state_count; i++)
        for (enum desk_step step = desk_step_open; step < desk_step_count; step++) {
            char others = letter(desk_arrow_of(promise[i].from, step, false)), own = letter(desk_arrow_of(promise[i].from, step, true));
            if (others != promise[i].others[step - 1] || own != promise[i].own[step - 1])
                fail_msg("%s, %s: %c and %c", desk_state_word(promise[i].from), desk_step_word(step), others, own);
        }
}

/* From every state that is not the end the customer can be served or the chat be ended, and nothing but the first step leaves the end. */
static void nobody_is_stuck(void **state)
{
    for (enum desk_state from = desk_waiting; from < desk_state_count; from++) {
        bool ends = desk_arrow_of(from, desk_step_close, false).to == desk_closed;
        bool returns = desk_arrow_of(from, desk_step_return, false).to == (from == desk_closed ? desk_closed : desk_waiting);
        assert_true(ends && returns);
    }
    for (enum desk_step step = desk_step_assign; step < desk_step_count; step++) {
        struct desk_arrow a = desk_arrow_of(desk_closed, step, true);
        assert_true(a.refusal || a.to == desk_closed);
    }
}

static void words_are_those_of_the_wire(void **state)
{
    assert_string_equal(desk_state_word(desk_waiting), "waiting");
    assert_string_equal(desk_state_word(desk_closed), "closed");
    assert_string_equal(desk_step_word(desk_step_return), "return");
    assert_string_equal(desk_role_word(desk_role_supervisor), "supervisor");
    assert_true(span_eq(desk_customer_id(SPAN("~=5")), SPAN("5")));
    assert_true(span_eq(desk_customer_id(SPAN("~0123456789abc")), SPAN("abc")));
    assert_int_equal(desk_customer_id(SPAN("ali")).n, 0);
    assert_int_equal(desk_customer_id(SPAN("~=")).n, 0);
}

static void addresses_are_no_rooms(void **state)
{
    assert_true(room_is_address(DESK_HALL) && room_is_address(room_of_person((struct account_id){ 1 })));
    assert_true(room_of_person((struct account_id){ 1 }).v != DESK_HALL.v);
    assert_false(room_is_address((struct room_id){ 1 }) || room_is_address((struct room_id){ 0 }));
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(every_state_meets_every_step), cmocka_unit_test(nobody_is_stuck),
                                        cmocka_unit_test(words_are_those_of_the_wire), cmocka_unit_test(addresses_are_no_rooms) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
