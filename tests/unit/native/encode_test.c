/* The nouns of docs/protocol.md as JSON, letter by letter, and every kind of event. */
#include "dialect/native/encode.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define AT INT64_C(1764425815123456)
#define AT_TEXT "\"2025-11-29T14:16:55.123456Z\""
#define ALI "{\"id\":7,\"username\":\"ali\",\"name\":\"Ali aka\",\"avatar\":\"a1\",\"bot\":false}"
#define VALI "{\"id\":9,\"username\":\"vali\",\"name\":null,\"avatar\":null,\"bot\":true}"

static struct buf out;
static struct json_writer w;
static const struct person ali = { { 7 }, { "ali", 3 }, { "Ali aka", 7 }, { "a1", 2 }, false }, vali = { .id = { 9 }, .username = { "vali", 4 }, .bot = true };

static void fresh(void)
{
    buf_clear(&out);
    w = json_writer(&out);
}

static const char *written(void)
{
    buf_append_char(&out, 0);
    assert_false(out.failed);
    return out.p;
}

static struct message a_message(void)
{
    return (struct message){ .id = { 99 }, .room = { 3 }, .seq = 119, .author = ali, .text = SPAN("salom"), .created_us = AT };
}
#define A_MESSAGE                                                                                                                      \
    "{\"id\":99,\"room\":3,\"seq\":119,\"author\":" ALI ",\"text\":\"salom\",\"key\":null,\"reply_to\":null,\"created_at\":" AT_TEXT \
    ",\"edited_at\":null,\"deleted\":false,\"reactions\":[],\"files\":[],\"mentions\":[],\"mentions_everyone\":false,\"pinned\":false,\"n_versions\":0,\"webhook\":null,\"link\":null}"

static void messages(void **state)
{
    (void)state;
    struct message m = a_message();
    fresh(), encode_message(&w, &m);
    assert_string_equal(written(), A_MESSAGE);
    struct reaction_view reaction = { .emoji = SPAN("👍"), .count = 2, .by = { { 7 }, { 9 } }, .n_by = 2 };
    m.key = SPAN("k-1"), m.reply_to.v = 98, m.reply_author = vali, m.reply_text = SPAN("q"), m.edited_us = AT;
    m.reactions = &reaction, m.n_reactions = 1, m.reply_seq = 118, m.mentions = SPAN("0,9,7"), m.pinned_us = AT, m.n_versions = 2, m.hook_name = SPAN("Builder");
    fresh(), encode_message(&w, &m);
    assert_string_equal(written(), "{\"id\":99,\"room\":3,\"seq\":119,\"author\":" ALI ",\"text\":\"salom\",\"key\":\"k-1\","
                                   "\"reply_to\":{\"id\":98,\"author\":" VALI ",\"text\":\"q\",\"seq\":118,\"has_file\":false},\"created_at\":" AT_TEXT ",\"edited_at\":" AT_TEXT
                                   ",\"deleted\":false,\"reactions\":[{\"emoji\":\"👍\",\"count\":2,\"by\":[7,9]}],\"files\":[],"
                                   "\"mentions\":[9,7],\"mentions_everyone\":true,\"pinned\":true,\"n_versions\":2,"
                                   "\"webhook\":{\"name\":\"Builder\",\"avatar\":null},\"link\":null}");
}

static void a_deleted_message_says_nothing(void **state)
{
    (void)state;
    struct message m = a_message();
    m.deleted_us = AT;
    fresh(), encode_message(&w, &m);
    assert_null(strstr(written(), "salom"));
    assert_non_null(strstr(out.p, "\"text\":\"\""));
    assert_non_null(strstr(out.p, "\"deleted\":true"));
}

static void rooms(void **state)
{
    (void)state;
    struct message m = a_message();
    struct room_view room = { .id = { 3 }, .kind = room_direct, .role = role_member, .head = 120, .read = 118, .unread = 2, .n_members = 2,
                              .created_us = AT, .last = &m, .peer = vali, .mentions = 1, .read_by_all = 117, .n_pins = 2, .draft = { SPAN("d"), { 0 }, AT },
                              .notify_level = notify_mentions };
    fresh(), encode_room(&w, &room, true);
    assert_string_equal(written(), "{\"id\":3,\"kind\":\"direct\",\"name\":null,\"public\":false,\"role\":\"member\",\"head\":120,\"read\":118,\"unread\":2,"
                                   "\"n_members\":2,\"created_at\":" AT_TEXT ",\"last\":" A_MESSAGE ",\"peer\":" VALI
                                   ",\"mentions\":1,\"read_by_all\":117,\"n_pins\":2,"
                                   "\"draft\":{\"text\":\"d\",\"reply_to\":null,\"updated_at\":" AT_TEXT "},"
                                   "\"guild\":null,\"position\":0,\"topic\":null,\"icon\":null,\"read_only\":false,\"slow_s\":0,"
                                   "\"blocked\":false,\"muted_until\":null,\"notify\":{\"level\":\"mentions\",\"until\":null}}");
    fresh(), encode_notify(&w, notify_none, 5); /* it is over */
    assert_string_equal(written(), "{\"level\":null,\"until\":null}");
    fresh(), encode_room(&w, &room, false);
    assert_non_null(strstr(written(), "\"last\":null"));
    struct room_view outside = { .id = { 4 }, .kind = room_group, .name = SPAN("g"), .public = true, .created_us = AT, .last = &m };
    fresh(), encode_room(&w, &outside, true);
    assert_non_null(strstr(written(), "\"role\":null"));
    assert_non_null(strstr(out.p, "\"last\":null"));
    assert_non_null(strstr(out.p, "\"peer\":null"));
}

static void people(void **state)
{
    (void)state;
    struct account account = { .person = ali, .site_admin = true, .created_us = AT, .email = SPAN("a@b.uz"),
                               .email_verified = true, .quota_bytes = 9, .used_bytes = 3, .hide_last_seen = true };
    fresh(), encode_account(&w, &account);
    assert_string_equal(written(), "{\"id\":7,\"username\":\"ali\",\"name\":\"Ali aka\",\"avatar\":\"a1\",\"bot\":false,\"site_admin\":true,\"created_at\":" AT_TEXT
                        ",\"email\":\"a@b.uz\",\"email_verified\":true,\"about\":\"\",\"locale\":null,\"hide_read\":false,\"hide_last_seen\":true,\"quota_bytes\":9,\"used_bytes\":3}");
    struct member_view member = { .person = ali, .role = role_owner, .joined_us = AT, .read = 5 };
    fresh(), encode_member(&w, &member, false, true);
    assert_string_equal(written(), "{\"account\":" ALI ",\"role\":\"owner\",\"joined_at\":" AT_TEXT ",\"read\":null,\"muted_until\":null,\"online\":true}");
    struct session_view session = { .id = { 4 }, .created_us = AT, .used_us = AT, .agent = SPAN("x") };
    fresh(), encode_session(&w, &session, (struct session_id){ 4 });
    assert_string_equal(written(), "{\"id\":4,\"created_at\":" AT_TEXT ",\"last_used_at\":" AT_TEXT ",\"agent\":\"x\",\"address\":null,\"current\":true}");
}

static struct room_face face = { .id = { 4 }, .guild = { 3 }, .kind = room_channel, .name = SPAN("n"), .topic = SPAN("t"), .read_only = true,
                                 .position = 2, .slow_s = 10, .head = 7, .n_members = 5, .created_us = AT };
#define FACE "{\"id\":4,\"kind\":\"channel\",\"guild\":3,\"name\":\"n\",\"public\":false,\"position\":2,\"topic\":\"t\",\"icon\":null," \
             "\"read_only\":true,\"slow_s\":10,\"n_members\":5,\"created_at\":" AT_TEXT "}"

static struct desk_view desk = { .room = { 4 }, .customer_id = SPAN("c9"), .state = desk_waiting, .last_text = SPAN("t"), .last_us = AT, .unread = 2, .customer_read = 5,
                                 .agent_read = 6, .position = 1, .wait_s = 60, .waiting_us = AT, .created_us = AT, .updated_us = AT, .tags = SPAN("a,b"), .head = 7 };
#define DESK "{\"id\":4,\"room\":4,\"customer\":{\"id\":9,\"name\":null,\"external_id\":\"c9\",\"proven\":false},\"state\":\"waiting\",\"agent\":null,\"locked_by\":null," \
             "\"last_text\":\"t\",\"last_at\":" AT_TEXT ",\"unread\":2,\"customer_read\":5,\"agent_read\":6,\"position\":1,\"wait_s\":60,\"waiting_since\":" AT_TEXT "," \
             "\"created_at\":" AT_TEXT ",\"updated_at\":" AT_TEXT ",\"closed_at\":null,\"rating\":null,\"tags\":[\"a\",\"b\"],\"online\":false,\"head\":7}"

static struct event an_event(enum event_kind kind)
{
    desk.customer = vali;
    return (struct event){ .desk = &desk, .desk_step = desk_step_transfer, .desk_role = desk_role_agent, .kind = kind, .room = { 3 }, .seq = 120, .at_us = AT, .by = ali, .subject = vali, .role = role_admin, .read = 5, .on = true, .status = presence_idle,
                           .message_id = { 99 }, .emoji = SPAN("👍"), .face = &face, .until_us = AT, .message = a_message() };
}

static void events(void **state)
{
    (void)state;
#define HEAD(t) "{\"t\":\"" t "\",\"room\":3,\"seq\":120,\"at\":" AT_TEXT ","
    static const struct {
        enum event_kind kind;
        const char *json; /* NULL: silent */
    } cases[] = {
        { event_message_posted, HEAD("message_posted") "\"message\":" A_MESSAGE "}" },
        { event_message_edited, HEAD("message_edited") "\"message\":" A_MESSAGE "}" },
        { event_message_deleted, HEAD("message_deleted") "\"message\":" A_MESSAGE ",\"by\":" ALI "}" },
        { event_reaction_added, HEAD("reaction_added") "\"message_id\":99,\"emoji\":\"👍\",\"by\":" ALI "}" },
        { event_reaction_removed, HEAD("reaction_removed") "\"message_id\":99,\"emoji\":\"👍\",\"by\":" ALI "}" },
        { event_room_read, HEAD("room_read") "\"by\":" ALI ",\"read\":5}" },
        { event_member_joined, HEAD("member_joined") "\"member\":" VALI ",\"role\":\"admin\",\"by\":" ALI "}" },
        { event_member_left, HEAD("member_left") "\"member\":" VALI ",\"by\":" ALI "}" },
        { event_member_changed, HEAD("member_changed") "\"member\":" VALI ",\"role\":\"admin\",\"muted_until\":" AT_TEXT ",\"by\":" ALI "}" },
        { event_room_changed, HEAD("room_changed") "\"name\":\"n\",\"topic\":\"t\",\"icon\":null,\"public\":false,\"read_only\":true,\"slow_s\":10,\"by\":" ALI "}" },
        { event_channel_added, HEAD("channel_added") "\"channel\":" FACE ",\"by\":" ALI "}" },
        { event_channel_changed, HEAD("channel_changed") "\"channel\":" FACE ",\"by\":" ALI "}" },
        { event_channel_removed, HEAD("channel_removed") "\"channel\":" FACE ",\"by\":" ALI "}" },
        { event_room_removed, "{\"t\":\"room_removed\",\"room\":3}" },
        { event_message_pinned, HEAD("message_pinned") "\"message_id\":99,\"by\":" ALI "}" },
        { event_message_unpinned, HEAD("message_unpinned") "\"message_id\":99,\"by\":" ALI "}" },
        { event_read_by_all, "{\"t\":\"read_by_all\",\"room\":3,\"read\":5}" },
        { event_draft_changed, "{\"t\":\"draft_changed\",\"room\":3,\"draft\":null}" },
        { event_block_changed, "{\"t\":\"block_changed\",\"room\":3,\"account\":9,\"on\":true}" },
        { event_person_changed, "{\"t\":\"person_changed\",\"person\":" VALI "}" },
        { event_presence, "{\"t\":\"presence\",\"account\":9,\"online\":true,\"status\":\"idle\",\"last_seen\":null}" },
        { event_typing, "{\"t\":\"typing\",\"room\":3,\"by\":" ALI ",\"on\":true}" },
        { event_session_revoked, NULL },
        { event_person_noticed, NULL },
        { event_message_read, NULL },
        { event_message_repeated, NULL },
        { event_desk_said, NULL },
        { event_desk_moved, HEAD("desk_moved") "\"step\":\"transfer\",\"state\":\"waiting\",\"agent\":null,\"by\":" ALI "}" },
        { event_desk_noted, HEAD("desk_note") "\"note\":99,\"text\":\"👍\",\"by\":" ALI "}" },
        { event_desk_told, "{\"t\":\"desk\",\"step\":\"transfer\",\"chat\":" DESK ",\"by\":" ALI ",\"from\":" VALI "}" },
        { event_desk_message, "{\"t\":\"desk_message\",\"chat\":" DESK ",\"message\":" A_MESSAGE "}" },
        { event_desk_status, "{\"t\":\"desk_status\",\"chat\":4,\"customer\":9,\"online\":true}" },
        { event_desk_agent_changed, "{\"t\":\"desk_agent_changed\",\"role\":\"agent\"}" },
    };
    assert_int_equal(sizeof cases / sizeof *cases, event_kind_count);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct event e = an_event(cases[i].kind);
        fresh();
        assert_int_equal(encode_event(&w, &e), cases[i].json != NULL);
        assert_string_equal(written(), cases[i].json ? cases[i].json : "");
    }
    struct event own = an_event(event_room_read);
    own.seq = 0;
    fresh(), encode_event(&w, &own);
    assert_non_null(strstr(written(), "\"seq\":null"));
}

int main(void)
{
    buf_init(&out, 1 << 20);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages), cmocka_unit_test(a_deleted_message_says_nothing), cmocka_unit_test(rooms), cmocka_unit_test(people), cmocka_unit_test(events),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    buf_fini(&out);
    return failed;
}
