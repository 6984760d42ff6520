/* Rooms, members, read marks. */
#include "world.h"

static void a_group_announces_everybody_who_is_in_it(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "ali"), vali = someone(w, "vali");
    struct account_id members[] = { vali.account, ali.account, vali.account };
    struct command *c = DO(w, ali, room_create, .kind = room_group, .name = SPAN("Oshxona"), .members = members, .n_members = 3);
    struct room_view *room = &c->out.room_create.room;
    assert_events(w, "member_joined member_joined");
    assert_int_equal(w->events->seq, 1);
    assert_int_equal(w->events->role, role_owner);
    assert_int_equal(w->events->next->seq, 2);
    assert_span(w->events->next->subject.username, "vali");
    assert_span(w->events->next->by.username, "ali");
    assert_int_equal(room->role, role_owner);
    assert_int_equal(room->n_members, 2);
    assert_int_equal(room->head, 2);
    assert_int_equal(room->unread, 0);
    assert_false(c->out.room_create.existed);
    assert_int_equal(DO(w, vali, room_get, room->id)->out.room_get.room.role, role_member);
}

static void rooms_with_bad_shapes_are_refused(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "ali");
    struct account_id nobody = { 999 }, two[2] = { ali.account, ali.account };
    assert_refused(ASK(w, ali, room_create, .kind = room_group), invalid, "name");
    assert_refused(ASK(w, ali, room_create, .kind = room_group, .name = SPAN(" x")), invalid, "name");
    assert_refused(ASK(w, ali, room_create, .kind = room_lobby, .name = SPAN("x")), invalid, "kind");
    assert_refused(ASK(w, ali, room_create, .kind = room_group, .name = SPAN("x"), .members = &nobody, .n_members = 1), not_found, "members");
    assert_refused(ASK(w, ali, room_create, .kind = room_direct, .members = &nobody, .n_members = 1), not_found, "members");
    assert_refused(ASK(w, ali, room_create, .kind = room_direct, .members = two, .n_members = 2), invalid, "members");
    assert_refused(ASK(w, ali, room_create, .kind = room_direct, .members = two, .n_members = 1, .public = true), invalid, "public");
    assert_refused(ASK(w, ali, room_create, .kind = room_direct, .members = two, .n_members = 1, .name = SPAN("x")), invalid, "name");
    assert_int_equal(DO(w, ali, room_list, 0)->out.room_list.n, 1);
    assert_events(w, "");
}

static void a_direct_room_exists_once_for_both(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "ali"), vali = someone(w, "vali");
    struct room_id room = direct(w, ali, vali);
    assert_events(w, "member_joined member_joined");
    struct command *c = DO(w, vali, room_create, .kind = room_direct, .members = &ali.account, .n_members = 1);
    assert_true(c->out.room_create.existed);
    assert_int_equal(c->out.room_create.room.id.v, room.v);
    assert_span(c->out.room_create.room.peer.username, "ali");
    assert_events(w, "");
    assert_refused(ASK(w, ali, room_change, room, .name = SPAN("x")), forbidden, "room");
    assert_refused(ASK(w, ali, member_remove, room, ali.account), forbidden, "room");
    assert_refused(ASK(w, ali, member_remove, room, vali.account), forbidden, "room");
    assert_refused(ASK(w, ali, member_put, room, someone(w, "gani").account, role_member), forbidden, "room");
}

static void notes_to_self_have_one_member(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "ali");
    struct room_id room = direct(w, ali, ali);
    struct room_view *view = &DO(w, ali, room_get, room)->out.room_get.room;
    assert_int_equal(view->n_members, 1);
    assert_span(view->peer.username, "ali");
    post(w, ali, room, "remember");
    assert_int_equal(direct(w, ali, ali).v, room.v);
}

static void anybody_joins_and_leaves_a_public_group(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "ali"), vali = someone(w, "vali");
    struct room_id room = group(w, ali, true, "Bozor");
    post(w, ali, room, "one");
    struct room_view *outside = &DO(w, vali, room_get, room)->out.room_get.room;
    assert_int_equal(outside->role, role_none);
    assert_int_equal(outside->read, 0);
    assert_int_equal(outside->unread, 0);
    assert_null(outside->last);
    assert_refused(ASK(w, vali, member_put, room, vali.account, role_admin), forbidden, "role");
    assert_refused(ASK(w, vali, member_put, room, vali.account, role_owner), invalid, "role");
    DO(w, vali, member_remove, room, vali.account);
    assert_events(w, "");
    DO(w, vali, member_put, room, vali.account, role_member);
    assert_events(w, "member_joined");
    DO(w, vali, member_put, room, vali.account, role_member);
    assert_events(w, "");
    assert_int_equal(DO(w, vali, room_get, room)->out.room_get.room.unread, 0);
    DO(w, vali, member_remove, room, vali.account);
    assert_events(w, "member_left read_by_all"); /* nobody is left who has not read ali's words */
    assert_int_equal(DO(w, vali, room_get, room)->out.room_get.room.n_members, 1);
}

static void roles_rule_a_group(void **state)
{
    struct world *w = *state;
    struct actor owner = someone(w, "owner"), admin = someone(w, "admin"), member = someone(w, "member"), guest = someone(w, "guest");
    struct room_id room = group(w, owner, false, "Oshxona");
    seat(w, owner, room, admin, role_admin);
    seat(w, admin, room, member, role_member);
    assert_refused(ASK(w, member, member_put, room, guest.account, role_member), forbidden, "role");
    assert_refused(ASK(w, admin, member_put, room, guest.account, role_admin), forbidden, "role");
    assert_refused(ASK(w, admin, member_put, room, member.account, role_admin), forbidden, "role");
    assert_refused(ASK(w, admin, member_put, room, owner.account, role_member), forbidden, "role");
    assert_refused(ASK(w, owner, member_put, room, owner.account, role_admin), forbidden, "role");
    assert_refused(ASK(w, admin, member_put, room, { 999 }, role_member), not_found, "account");
    assert_refused(ASK(w, admin, member_remove, room, owner.account), forbidden, "role");
    assert_refused(ASK(w, member, member_remove, room, admin.account), forbidden, "role");
    DO(w, owner, member_put, room, member.account, role_admin);
    assert_events(w, "member_changed");
    assert_refused(ASK(w, admin, member_remove, room, member.account), forbidden, "role");
    DO(w, owner, member_put, room, member.account, role_member);
    DO(w, admin, member_remove, room, member.account);
    assert_events(w, "member_left");
    assert_span(w->events->by.username, "admin");
    assert_span(w->events->subject.username, "member");
    DO(w, admin, member_remove, room, member.account);
    assert_events(w, "");
    assert_refused(ASK(w, member, room_get, room), not_found, "room");
}

static void a_room_passes_to_the_oldest_admin_then_to_the_oldest_member(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "ali"), vali = someone(w, "vali"), gani = someone(w, "gani");
    struct room_id room = group(w, ali, false, "Meros");
    seat(w, ali, room, vali, role_member);
    seat(w, ali, room, gani, role_admin);
    DO(w, ali, member_remove, room, ali.account);
    assert_events(w, "member_left member_changed");
    assert_span(w->events->next->subject.username, "gani");
    assert_int_equal(w->events->next->role, role_owner);
    assert_int_equal(w->events->next->seq, w->events->seq + 1);
    DO(w, gani, member_remove, room, gani.account);
    assert_span(w->events->next->subject.username, "vali");
    DO(w, vali, member_remove, room, vali.account);
    assert_events(w, "member_left");
    assert_refused(ASK(w, vali, room_get, room), not_found, "room");
}

static void nobody_leaves_the_lobby(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "ali"), root = administrator(w, "root");
    assert_refused(ASK(w, ali, member_remove, LOBBY, ali.account), forbidden, "room");
    assert_refused(ASK(w, root, member_remove, LOBBY, ali.account), forbidden, "room");
    assert_refused(ASK(w, ali, member_put, LOBBY, root.account, role_admin), forbidden, "room");
    DO(w, ali, member_put, LOBBY, ali.account, role_member);
    assert_events(w, "");
}

static void a_room_is_renamed_once(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "ali"), vali = someone(w, "vali");
    struct room_id room = group(w, ali, true, "Old");
    assert_refused(ASK(w, vali, room_change, room, .name = SPAN("New")), forbidden, "membership");
    assert_refused(ASK(w, ali, room_change, room, .name = SPAN("")), invalid, "name");
    assert_span(DO(w, ali, room_change, room, .name = SPAN("New"))->out.room_change.room.name, "New");
    assert_events(w, "room_changed");
    assert_span(w->events->face->name, "New");
    DO(w, ali, room_change, room, .name = SPAN("New"));
    assert_events(w, "");
}

static void members_are_listed_page_by_page(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "ali");
    char name[8];
    for (int i = 0; i < 4; i++) snprintf(name, sizeof name, "m%d", i), someone(w, name);
    struct member_list_out *page = &DO(w, ali, member_list, LOBBY, .limit = 3)->out.member_list;
    assert_int_equal(page->n, 3);
    assert_true(page->more && page->reads_shown);
    assert_span(page->members[0].person.username, "ali");
    page = &DO(w, ali, member_list, LOBBY, .after = page->members[2].person.id, .limit = 3)->out.member_list;
    assert_int_equal(page->n, 2);
    assert_false(page->more);
    assert_refused(ASK(w, ali, member_list, LOBBY, .limit = 0), invalid, "limit");
}

static void rooms_are_listed_by_newest_activity(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "ali"), vali = someone(w, "vali");
    struct room_id first = group(w, ali, false, "First"), second = direct(w, ali, vali);
    struct message m = post(w, ali, first, "newest");
    DO(w, ali, reaction_put, first, m.id, SPAN("+1"));
    struct room_list_out *list = &DO(w, ali, room_list, 0)->out.room_list;
    assert_int_equal(list->n, 3);
    assert_int_equal(list->rooms[0].id.v, first.v);
    assert_span(list->rooms[0].last->text, "newest");
    assert_int_equal(list->rooms[0].last->n_reactions, 1);
    assert_int_equal(list->rooms[1].id.v, second.v);
    assert_span(list->rooms[1].peer.username, "vali");
    assert_null(list->rooms[1].last);
    assert_int_equal(list->rooms[2].id.v, LOBBY.v);
    group(w, ali, true, "Open");
    assert_int_equal(DO(w, vali, room_list_public, 0)->out.room_list_public.n, 2);
}

static void the_read_mark_moves_forward_over_messages(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "ali"), vali = someone(w, "vali");
    struct room_id room = direct(w, ali, vali);
    struct message one = post(w, ali, room, "one"), two = post(w, ali, room, "two");
    post(w, vali, room, "mine");
    assert_int_equal(DO(w, vali, room_get, room)->out.room_get.room.unread, 2);
    struct receipt_mark_out *mark = &DO(w, vali, receipt_mark, room, one.seq)->out.receipt_mark;
    assert_events(w, "room_read read_by_all message_read");
    assert_int_equal(w->events->read, one.seq);
    assert_false(w->events->own_only);
    assert_int_equal(mark->read, one.seq);
    assert_int_equal(mark->unread, 1);
    mark = &DO(w, vali, receipt_mark, room, two.seq - 1)->out.receipt_mark;
    assert_int_equal(mark->read, one.seq);
    assert_events(w, "");
    int64_t head = head_of(w, vali, room);
    mark = &DO(w, vali, receipt_mark, room, 1000000)->out.receipt_mark;
    assert_int_equal(mark->read, head);
    assert_int_equal(mark->unread, 0);
    assert_int_equal(head_of(w, vali, room), head + 1);
    mark = &DO(w, vali, receipt_mark, room, head + 1)->out.receipt_mark;
    assert_int_equal(mark->read, head);
    assert_events(w, "");
    assert_refused(ASK(w, vali, receipt_mark, room, -1), invalid, "read");
}

static void deleted_messages_are_not_unread(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "ali"), vali = someone(w, "vali");
    struct room_id room = direct(w, ali, vali);
    struct message m = post(w, ali, room, "one");
    post(w, ali, room, "two");
    DO(w, ali, message_delete, room, m.id);
    assert_int_equal(DO(w, vali, room_get, room)->out.room_get.room.unread, 1);
    assert_int_equal(DO(w, ali, room_get, room)->out.room_get.room.unread, 0);
}

static void unread_stops_at_a_thousand(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "ali"), vali = someone(w, "vali");
    struct command *batch[CHAT_BATCH_MAX];
    for (int i = 0; i < CHAT_BATCH_MAX; i++) batch[i] = WISH(w, ali, message_post, .room = LOBBY, .text = SPAN("many"));
    world_write(w, batch, CHAT_BATCH_MAX);
    assert_true(CHAT_BATCH_MAX > ROOM_UNREAD_MAX + 1);
    assert_int_equal(DO(w, vali, room_get, LOBBY)->out.room_get.room.unread, ROOM_UNREAD_MAX);
    assert_int_equal(DO(w, vali, receipt_mark, LOBBY, 1)->out.receipt_mark.unread, ROOM_UNREAD_MAX);
}

CASES(room, STORY(a_group_announces_everybody_who_is_in_it), STORY(rooms_with_bad_shapes_are_refused), STORY(a_direct_room_exists_once_for_both),
      STORY(notes_to_self_have_one_member), STORY(anybody_joins_and_leaves_a_public_group), STORY(roles_rule_a_group),
      STORY(a_room_passes_to_the_oldest_admin_then_to_the_oldest_member), STORY(nobody_leaves_the_lobby), STORY(a_room_is_renamed_once),
      STORY(members_are_listed_page_by_page), STORY(rooms_are_listed_by_newest_activity), STORY(the_read_mark_moves_forward_over_messages),
      STORY(deleted_messages_are_not_unread), STORY(unread_stops_at_a_thousand));
