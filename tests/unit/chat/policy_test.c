/* The table of authority against the promise, spelled out once more by hand: every verb, every seat, every kind of room. */
#include "unit.h"
#include "chat/policy.h"

enum { n_seats = 8 };
/* stranger, visitor, member, moderator, admin, owner, then the site administrator as visitor and as member of a public room */
static const struct place seats[n_seats] = {
    { .kind = room_group },
    { .kind = room_group, .public = true },
    { .kind = room_group, .role = role_member },
    { .kind = room_group, .role = role_moderator },
    { .kind = room_group, .role = role_admin },
    { .kind = room_group, .role = role_owner },
    { .kind = room_group, .public = true },
    { .kind = room_group, .public = true, .role = role_member },
};
static bool is_site(int seat) { return seat >= 6; }

/* One letter a seat: + yes, o only own, - no, ? hidden. */
static const char *const promise[verb_count] = {
    [verb_room_read] = "?+++++++",         [verb_member_list] = "?+++++++",
         [verb_room_join] = "?+++++++",      [verb_room_leave] = "?+++++++",
    [verb_room_change] = "?---++--",       [verb_room_delete] = "?----+--",    [verb_room_hand_over] = "?----+--",
    [verb_channel_manage] = "?---++--",    [verb_member_add] = "?---++--",     [verb_member_invite] = "?--+++--",
    [verb_member_remove] = "?--+++--",     [verb_member_trust] = "?---++--",   [verb_member_promote] = "?----+--",
    [verb_message_post] = "?-++++-+",      [verb_message_edit] = "?-oooo-o",   [verb_message_delete] = "?-o+++++",
    [verb_message_react] = "?-++++-+",     [verb_message_mark_read] = "?-++++-+", [verb_message_post_always] = "?--+++--",
    [verb_message_versions] = "?-++++++",  [verb_mention_all] = "?-o+++-o",    [verb_pin] = "?--+++--",
    [verb_draft_keep] = "?-++++-+",        [verb_hook_manage] = "?---++++",
};

static char letter(enum verb verb, const struct place *place, bool site)
{
    const char *detail = NULL;
    enum fault own = policy_check(verb, place, site, true, &detail), others = policy_check(verb, place, site, false, &detail);
    if (others == fault_none) return '+';
    if (own == fault_none) return 'o';
    assert_non_null(detail);
    return others == fault_not_found ? '?' : '-';
}

/* Channels are only of guilds. */
static char letter_of(enum verb verb, int seat)
{
    struct place place = seats[seat];
    if (verb == verb_channel_manage) place.kind = room_channel;
    return letter(verb, &place, is_site(seat));
}

static void the_table_is_the_promise(void **state)
{
    for (enum verb verb = 0; verb < verb_count; verb++)
        if (verb != verb_pin_direct)
        for (int seat = 0; seat < n_seats; seat++)
            if (letter_of(verb, seat) != promise[verb][seat])
                fail_msg("%s, seat %d: expected %c, got %c", verb_name(verb), seat, promise[verb][seat], letter_of(verb, seat));
}

static void a_site_administrator_is_nobody_in_private_rooms(void **state)
{
    for (enum verb verb = 0; verb < verb_count; verb++)
        for (int seat = 0; seat < 6; seat++)
            if (!seats[seat].public) assert_int_equal(letter(verb, &seats[seat], true), letter(verb, &seats[seat], false));
}

/* Who made the room and has no seat in it fills it, and looks who is in; a door that trusts lets anybody do what its old server let them. */
static void makers_and_trust_open_a_few_verbs(void **state)
{
    struct place made = { .kind = room_group, .maker = true }, trusting = { .kind = room_group, .trusted = true };
    for (enum verb verb = 0; verb < verb_count; verb++) {
        bool fills = verb == verb_member_add || verb == verb_member_list;
        assert_int_equal(letter(verb, &made, false), fills ? '+' : '?');
        assert_int_equal(letter(verb, &trusting, false), fills || verb == verb_room_read ? '+' : '?');
    }
    made.role = role_member;
    assert_int_equal(letter(verb_member_add, &made, false), '-');
}

static enum fault refusal(enum verb verb, struct place place, const char *detail)
{
    const char *told = NULL;
    enum fault fault = policy_check(verb, &place, false, false, &told);
    assert_string_equal(told, detail);
    return fault;
}

static void refusals_say_what_is_missing(void **state)
{
    assert_int_equal(refusal(verb_message_post, seats[0], "room"), fault_not_found);
    assert_int_equal(refusal(verb_message_post, seats[1], "membership"), fault_forbidden);
    assert_int_equal(refusal(verb_message_edit, seats[5], "author"), fault_forbidden);
    assert_int_equal(refusal(verb_room_change, seats[2], "role"), fault_forbidden);
    assert_int_equal(refusal(verb_room_leave, (struct place){ .kind = room_direct, .role = role_member }, "room"), fault_forbidden);
    assert_int_equal(refusal(verb_room_leave, (struct place){ .kind = room_lobby, .public = true, .role = role_member }, "room"), fault_forbidden);
    assert_int_equal(refusal(verb_room_change, (struct place){ .kind = room_direct, .role = role_member }, "room"), fault_forbidden);
    assert_int_equal(refusal(verb_room_leave, (struct place){ .kind = room_direct }, "room"), fault_not_found);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_is_the_promise),
        cmocka_unit_test(a_site_administrator_is_nobody_in_private_rooms),
        cmocka_unit_test(makers_and_trust_open_a_few_verbs),
        cmocka_unit_test(refusals_say_what_is_missing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
