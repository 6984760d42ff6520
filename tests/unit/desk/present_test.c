/* D-60 to D-73: which event is told under which name to which room, and that the rest stays silent. The hub's side is a list of texts. */
#include "base/buf.h"
#include "chat/event.h"
#include "dialect/desk/encode.h"
#include "dialect/desk/files.h"
#include "dialect/desk/socket.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static struct buf heard;
static struct desk_socket listening;

void presentation_text(struct presentation *p, struct span text)
{
    (void)p;
    buf_append_span(&heard, text);
    buf_append_char(&heard, '\n');
}
void socketio_append_event(struct buf *out, const char *namespace_name, const char *name, struct span args)
{
    (void)namespace_name;
    buf_append_cstr(out, name);
    buf_append_char(out, ' ');
    buf_append_span(out, args);
}
struct socketio *socketio_of(struct conn *c, const char *namespace_name) { (void)namespace_name; (void)c; return (struct socketio *)(void *)&listening; }
void *socketio_user(const struct socketio *s) { (void)s; return &listening; }
struct account_id desk_socket_account(const struct desk_socket *d) { (void)d; return (struct account_id){ 8 }; }
size_t desk_file_address(const struct token_key *key, struct room_id room, const struct file_view *f, char out[DESK_FILE_ADDRESS_MAX_BYTES])
{
    (void)key, (void)room, (void)f;
    memcpy(out, "/f", 2);
    return 2;
}

static const struct person nobody = { .bot = false };
static const struct person ali = { .id = { 7 }, .username = SPAN("~=42"), .name = SPAN("Ali") };
static const struct person bob = { .id = { 8 }, .username = SPAN("bob") };
static const struct person ann = { .id = { 9 }, .username = SPAN("ann"), .name = SPAN("Ann \"opa\"") };

static struct desk_view chat(enum desk_state state)
{
    return (struct desk_view){ .room = { 255 }, .customer = ali, .customer_id = SPAN("42"), .state = state,
        .agent = state == desk_waiting ? nobody : bob, .locked_by = state == desk_locked ? bob : nobody,
        .wait_s = -1, .last_us = INT64_C(1764425815123456), .created_us = INT64_C(1764425815000000), .updated_us = INT64_C(1764425815123456) };
}

static const char *hear(const struct event *e)
{
    struct presentation p = { 0 };
    buf_clear(&heard);
    desk_presenter.present(&p, e);
    buf_append_char(&heard, 0);
    return heard.p;
}

static void assert_begins(const char *text, const char *beginning)
{
    if (strncmp(text, beginning, strlen(beginning)) != 0) fail_msg("%s\ndoes not begin with\n%s", text, beginning);
}

static const char *told(enum desk_step step, struct desk_view *v, struct room_id to)
{
    struct event e = { .kind = event_desk_told, .desk = v, .desk_step = step, .room = to, .subject = ann };
    return hear(&e);
}

#define ID "\"0000000000000000000000ff\""

static void steps_in_the_hall(void **state)
{
    (void)state;
    struct desk_view waiting = chat(desk_waiting), active = chat(desk_active), locked = chat(desk_locked);
    assert_string_equal(told(desk_step_open, &waiting, DESK_HALL),
        "new-chat {\"chat\":{\"_id\":" ID ",\"userId\":\"42\",\"userName\":\"Ali\",\"assignedAdminId\":null,\"assignedAdminName\":null,\"status\":\"waiting\","
        "\"lastMessageAt\":\"2025-11-29T14:16:55.123Z\",\"lastMessage\":\"\",\"unreadCount\":0,\"userOnline\":false,\"isLocked\":false,"
        "\"lockedByAdminId\":null,\"lockedByAdminName\":null,\"createdAt\":\"2025-11-29T14:16:55.000Z\",\"updatedAt\":\"2025-11-29T14:16:55.123Z\",\"__v\":0,"
        "\"userVerified\":true,\"queuePosition\":0,\"waitSeconds\":null,\"tags\":[],\"rating\":null,\"closedAt\":null}}\n");
    assert_string_equal(told(desk_step_assign, &active, DESK_HALL), "chat-taken {\"chatId\":" ID ",\"adminId\":\"bob\",\"adminName\":\"bob\"}\n");
    assert_begins(told(desk_step_lock, &locked, DESK_HALL),
                  "chat-locked {\"chatId\":" ID ",\"lockedByAdminId\":\"bob\",\"lockedByAdminName\":\"bob\",\"chat\":{\"_id\":" ID);
    assert_begins(told(desk_step_unlock, &waiting, DESK_HALL), "chat-unlocked {\"chatId\":" ID ",\"chat\":{");
    assert_begins(told(desk_step_return, &waiting, DESK_HALL), "chat-unlocked {\"chatId\":" ID ",\"chat\":{");
    assert_string_equal(told(desk_step_transfer, &active, DESK_HALL), "");
    assert_string_equal(told(desk_step_close, &active, DESK_HALL), "");
}

static void steps_to_persons(void **state)
{
    (void)state;
    struct desk_view waiting = chat(desk_waiting), active = chat(desk_active), locked = chat(desk_locked);
    struct room_id customer = room_of_person(ali.id), agent = room_of_person(bob.id), former = room_of_person(ann.id);
    assert_string_equal(told(desk_step_assign, &active, customer), "admin-joined {\"chatId\":" ID ",\"adminName\":\"bob\"}\n");
    assert_string_equal(told(desk_step_lock, &locked, customer), "admin-joined {\"chatId\":" ID ",\"adminName\":\"bob\"}\n");
    assert_string_equal(told(desk_step_transfer, &active, customer), "admin-changed {\"chatId\":" ID ",\"adminName\":\"bob\"}\n");
    assert_string_equal(told(desk_step_close, &active, customer), "chat-closed {\"chatId\":" ID "}\n");
    assert_begins(told(desk_step_transfer, &active, agent), "chat-transferred-in {\"chat\":{");
    assert_string_equal(told(desk_step_transfer, &active, former), "chat-transferred-out {\"chatId\":" ID ",\"toAdminName\":\"bob\"}\n");
    assert_string_equal(told(desk_step_unlock, &waiting, former), "");
    assert_string_equal(told(desk_step_close, &active, agent), "");
}

static void messages(void **state)
{
    (void)state;
    struct desk_view active = chat(desk_active);
    struct file_view file = { .id = { 3 }, .name = SPAN("a.png"), .type = SPAN("image/png") };
    struct event e = { .kind = event_message_posted, .room = { 255 }, .message = { .id = { 16 }, .room = { 255 }, .seq = 2, .author = ann,
        .text = SPAN("sa\"lom"), .created_us = INT64_C(1764425815123456), .link_kind = link_file, .link = SPAN("https://x/y.pdf") } };
    assert_string_equal(hear(&e),
        "new-message {\"message\":{\"_id\":\"000000000000000000000010\",\"chatId\":" ID ",\"senderId\":\"ann\",\"senderType\":\"admin\",\"senderName\":\"Ann \\\"opa\\\"\","
        "\"content\":\"sa\\\"lom\",\"messageType\":\"file\",\"fileUrl\":\"https://x/y.pdf\",\"isRead\":false,\"readAt\":null,"
        "\"createdAt\":\"2025-11-29T14:16:55.123Z\",\"updatedAt\":\"2025-11-29T14:16:55.123Z\",\"__v\":0,\"clientKey\":null}}\n");
    e.message.link = (struct span){ 0 }, e.message.files = &file, e.message.n_files = 1;
    assert_non_null(strstr(hear(&e), "\"messageType\":\"image\",\"fileUrl\":\"/f\""));
    e.kind = event_message_edited;
    assert_begins(hear(&e), "message-edited {\"message\":{\"_id\":\"000000000000000000000010\"");
    e.kind = event_message_deleted;
    assert_string_equal(hear(&e), "message-deleted {\"chatId\":" ID ",\"messageId\":\"000000000000000000000010\"}\n");
    e.kind = event_desk_message, e.desk = &active, e.room = room_of_person(ali.id);
    assert_null(strstr(hear(&e), "\"chat\":{"));
    e.room = DESK_HALL;
    assert_non_null(strstr(hear(&e), "\"chat\":{"));
    e.kind = event_message_posted, e.message.deleted_us = 1;
    assert_string_equal(hear(&e), "");
}

static void words_of_others(void **state)
{
    (void)state;
    struct event e = { .kind = event_typing, .room = { 255 }, .by = ann, .on = true };
    assert_string_equal(hear(&e), "typing {\"chatId\":" ID ",\"userId\":\"ann\",\"userName\":\"Ann \\\"opa\\\"\",\"isTyping\":true}\n");
    e.emoji = SPAN("desk");
    assert_string_equal(hear(&e), "");
    e.kind = event_desk_said, e.emoji = SPAN("as it was said");
    assert_string_equal(hear(&e), "as it was said\n");
    e = (struct event){ .kind = event_room_read, .room = { 255 }, .by = bob };
    assert_string_equal(hear(&e), "messages-read {\"chatId\":" ID ",\"readerId\":\"bob\",\"readerType\":\"admin\"}\n");
    e.on = true;
    assert_string_equal(hear(&e), "");
    struct desk_view closed = chat(desk_closed);
    e = (struct event){ .kind = event_desk_moved, .room = { 255 }, .desk = &closed, .desk_step = desk_step_close };
    assert_string_equal(hear(&e), "chat-closed {\"chatId\":" ID "}\n");
    e.desk_step = desk_step_assign;
    assert_string_equal(hear(&e), "");
    const enum event_kind silent[] = { event_desk_noted, event_desk_status, event_member_joined, event_reaction_added, event_presence };
    for (size_t i = 0; i < sizeof silent / sizeof *silent; i++) {
        e.kind = silent[i];
        assert_string_equal(hear(&e), "");
    }
}

/* D-84 */
static void who_hears_on(void **state)
{
    (void)state;
    struct desk_view waiting = chat(desk_waiting), active = chat(desk_active);
    struct event e = { .kind = event_desk_moved, .room = { 255 }, .desk = &active };
    listening = (struct desk_socket){ .role = desk_role_agent };
    assert_true(desk_presenter.hears_still(NULL, &e));
    active.agent = ann;
    assert_false(desk_presenter.hears_still(NULL, &e));
    e.desk = &waiting;
    assert_true(desk_presenter.hears_still(NULL, &e));
    e.desk = &active, listening.role = desk_role_supervisor;
    assert_true(desk_presenter.hears_still(NULL, &e));
    listening = (struct desk_socket){ .is_customer = true };
    assert_true(desk_presenter.hears_still(NULL, &e));
    listening = (struct desk_socket){ 0 };
    assert_false(desk_presenter.hears_still(NULL, &e));
}

static int open_ears(void **state)
{
    (void)state;
    buf_init(&heard, 1 << 20);
    return 0;
}

static int close_ears(void **state)
{
    (void)state;
    buf_fini(&heard);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_in_the_hall), cmocka_unit_test(steps_to_persons), cmocka_unit_test(messages), cmocka_unit_test(words_of_others),
        cmocka_unit_test(who_hears_on),
    };
    return cmocka_run_group_tests(tests, open_ears, close_ears);
}
