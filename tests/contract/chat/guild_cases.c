/* Guilds, channels, moderators, invitations, bans, time-outs, slow mode, hand-over, deletion. */
#include "world.h"

static struct room_id guild_of(struct world *w, struct actor owner, bool public)
{
    return DO(w, owner, guild_create, .name = SPAN("Oʻzbeklar"), .public = public)->out.guild_create.room.id;
}

static struct room_id channel_of(struct world *w, struct actor by, struct room_id guild, const char *name)
{
    return DO(w, by, channel_create, .guild = guild, .name = span_of(name))->out.channel_create.room.id;
}

static struct channel_list_out *channels(struct world *w, struct actor by, struct room_id guild)
{
    return &DO(w, by, channel_list, guild)->out.channel_list;
}

static struct room_view *seen(struct world *w, struct actor by, struct room_id room)
{
    return &DO(w, by, room_get, room)->out.room_get.room;
}

static void a_guild_begins_with_its_owner_and_one_channel(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "ali");
    struct command *c = DO(w, ali, guild_create, .name = SPAN("Oʻzbeklar"), .channel = SPAN("umumiy"));
    struct room_view *guild = &c->out.guild_create.room;
    assert_events(w, "member_joined channel_added");
    assert_int_equal(w->events->room.v, guild->id.v);
    assert_int_equal(w->events->next->seq, 2);
    assert_span(w->events->next->face->name, "umumiy");
    assert_int_equal(w->events->next->face->guild.v, guild->id.v);
    assert_int_equal(guild->kind, room_guild);
    assert_int_equal(guild->role, role_owner);
    assert_int_equal(guild->n_members, 1);
    struct channel_list_out *list = channels(w, ali, guild->id);
    assert_int_equal(list->n, 1);
    assert_int_equal(list->rooms[0].kind, room_channel);
    assert_int_equal(list->rooms[0].role, role_owner);
    assert_int_equal(list->rooms[0].n_members, 1);
    assert_int_equal(list->rooms[0].head, 0);
    assert_int_equal(DO(w, ali, room_list, 0)->out.room_list.n, 3);
    assert_refused(ASK(w, ali, guild_create, .name = SPAN("")), invalid, "name");
    assert_refused(ASK(w, ali, guild_create, .name = SPAN("x"), .channel = SPAN(" ")), invalid, "channel");
    assert_refused(ASK(w, ali, room_create, .kind = room_guild, .name = SPAN("x")), invalid, "kind");
}

static void messages_are_in_channels_and_never_in_guilds(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "ali");
    struct room_id guild = guild_of(w, ali, false), channel = channels(w, ali, guild)->rooms[0].id;
    assert_int_equal(post(w, ali, channel, "salom").seq, 1);
    assert_refused(ASK(w, ali, message_post, .room = guild, .text = SPAN("x")), forbidden, "room");
    assert_refused(ASK(w, ali, receipt_mark, guild, 1), forbidden, "room");
    assert_int_equal(seen(w, ali, guild)->head, 2);
}

static void members_of_a_guild_are_members_of_every_channel(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "ali"), vali = someone(w, "vali"), gani = someone(w, "gani");
    struct room_id guild = guild_of(w, ali, false), first = channels(w, ali, guild)->rooms[0].id;
    post(w, ali, first, "one");
    seat(w, ali, guild, vali, role_member);
    assert_events(w, "member_joined");
    assert_int_equal(w->events->n_channels, 1);
    assert_int_equal(w->events->channels[0].id.v, first.v);
    assert_int_equal(w->events->channels[0].head, 1);
    struct room_id second = channel_of(w, ali, guild, "second");
    assert_int_equal(seen(w, vali, first)->role, role_member);
    assert_int_equal(seen(w, vali, first)->unread, 0);
    assert_int_equal(seen(w, vali, second)->n_members, 2);
    post(w, vali, second, "two");
    assert_int_equal(seen(w, ali, second)->unread, 1);
    seat(w, ali, guild, vali, role_moderator);
    assert_int_equal(w->events->kind, event_member_changed);
    assert_int_equal(seen(w, vali, second)->role, role_moderator);
    assert_int_equal(DO(w, ali, member_list, second, .limit = 10)->out.member_list.n, 2);
    assert_refused(ASK(w, gani, message_post, .room = first, .text = SPAN("x")), not_found, "room");
    assert_refused(ASK(w, ali, member_put, first, gani.account, role_member), forbidden, "room");
    assert_refused(ASK(w, vali, member_remove, first, vali.account), forbidden, "room");
    DO(w, vali, member_remove, guild, vali.account);
    assert_refused(ASK(w, vali, room_get, second), not_found, "room");
    assert_refused(ASK(w, vali, message_post, .room = second, .text = SPAN("x")), not_found, "room");
    assert_int_equal(seen(w, ali, second)->n_members, 1);
    assert_int_equal(DO(w, vali, room_list, 0)->out.room_list.n, 1);
}

static void a_public_guild_is_found_looked_at_and_joined(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "ali"), vali = someone(w, "vali");
    struct room_id guild = guild_of(w, ali, true), hidden = guild_of(w, ali, false), channel = channels(w, ali, guild)->rooms[0].id;
    struct guild_list_public_out *found = &DO(w, vali, guild_list_public, SPAN("ʻZBEK"))->out.guild_list_public;
    assert_int_equal(found->n, 1);
    assert_int_equal(found->rooms[0].id.v, guild.v);
    assert_int_equal(DO(w, vali, guild_list_public, SPAN("zz"))->out.guild_list_public.n, 0);
    assert_int_equal(DO(w, vali, guild_list_public, .query.n = 0)->out.guild_list_public.n, 1);
    assert_int_equal(DO(w, vali, room_list_public, 0)->out.room_list_public.n, 1); /* the lobby */
    assert_int_equal(seen(w, vali, channel)->role, role_none);
    assert_int_equal(channels(w, vali, guild)->n, 1);
    assert_refused(ASK(w, vali, message_post, .room = channel, .text = SPAN("x")), forbidden, "membership");
    assert_refused(ASK(w, vali, member_put, channel, vali.account, role_member), forbidden, "room");
    assert_refused(ASK(w, vali, member_put, hidden, vali.account, role_member), not_found, "room");
    DO(w, vali, member_put, guild, vali.account, role_member);
    post(w, vali, channel, "keldim");
    DO(w, ali, room_change, guild, .public = flag_no);
    assert_events(w, "room_changed");
    assert_false(w->events->face->public);
    assert_refused(ASK(w, someone(w, "gani"), room_get, channel), not_found, "room");
}

static void rank_decides_who_may_touch_whom(void **state)
{
    struct world *w = *state;
    struct actor owner = someone(w, "owner"), admin = someone(w, "admin"), mod = someone(w, "mod"), member = someone(w, "member"),
                 other = someone(w, "other");
    struct room_id guild = guild_of(w, owner, false);
    seat(w, owner, guild, admin, role_admin);
    seat(w, admin, guild, mod, role_moderator);
    seat(w, admin, guild, member, role_member);
    assert_refused(ASK(w, admin, member_put, guild, member.account, role_admin), forbidden, "role");
    assert_refused(ASK(w, admin, member_put, guild, member.account, role_owner), invalid, "role");
    assert_refused(ASK(w, mod, member_put, guild, member.account, role_moderator), forbidden, "role");
    assert_refused(ASK(w, mod, member_put, guild, other.account, role_member), forbidden, "role");
    assert_refused(ASK(w, mod, member_remove, guild, admin.account), forbidden, "role");
    assert_refused(ASK(w, mod, ban_put, guild, admin.account), forbidden, "role");
    assert_refused(ASK(w, admin, member_mute, guild, owner.account, 60), forbidden, "role");
    assert_refused(ASK(w, admin, ban_put, guild, admin.account), invalid, "account");
    assert_refused(ASK(w, member, ban_put, guild, mod.account), forbidden, "role");
    assert_refused(ASK(w, other, ban_put, guild, mod.account), not_found, "room");
    assert_refused(ASK(w, mod, channel_create, .guild = guild, .name = SPAN("x")), forbidden, "role");
    assert_refused(ASK(w, admin, room_delete, guild), forbidden, "role");
    assert_refused(ASK(w, admin, room_hand_over, guild, admin.account), forbidden, "role");
    DO(w, mod, member_remove, guild, member.account);
    assert_events(w, "member_left");
    DO(w, admin, member_put, guild, mod.account, role_member);
    assert_events(w, "member_changed");
}

static void an_owner_hands_over_or_is_inherited(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "ali"), vali = someone(w, "vali"), gani = someone(w, "gani");
    struct room_id guild = guild_of(w, ali, false), channel = channels(w, ali, guild)->rooms[0].id;
    seat(w, ali, guild, vali, role_member);
    seat(w, ali, guild, gani, role_moderator);
    assert_refused(ASK(w, ali, room_hand_over, guild, { 999 }), not_found, "account");
    assert_refused(ASK(w, ali, room_hand_over, channel, vali.account), forbidden, "room");
    DO(w, ali, room_hand_over, guild, vali.account);
    assert_events(w, "member_changed member_changed");
    assert_int_equal(seen(w, vali, channel)->role, role_owner);
    assert_int_equal(seen(w, ali, channel)->role, role_admin);
    DO(w, vali, member_remove, guild, vali.account);
    assert_events(w, "member_left member_changed");
    assert_int_equal(seen(w, ali, guild)->role, role_owner);
    DO(w, ali, member_remove, guild, ali.account);
    assert_int_equal(seen(w, gani, guild)->role, role_owner);
    DO(w, gani, member_remove, guild, gani.account);
    assert_refused(ASK(w, gani, room_get, guild), not_found, "room");
}

static void channels_are_changed_ordered_and_deleted(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "ali"), vali = someone(w, "vali");
    struct room_id guild = guild_of(w, ali, false), a = channels(w, ali, guild)->rooms[0].id, b = channel_of(w, ali, guild, "b");
    seat(w, ali, guild, vali, role_member);
    struct room_view *view = &DO(w, ali, room_change, a, .name = SPAN("yangi"), .topic = SPAN("mavzu"), .slow_given = true, .slow_s = 5)->out.room_change.room;
    assert_events(w, "channel_changed");
    assert_int_equal(w->events->room.v, guild.v);
    assert_span(view->topic, "mavzu");
    assert_int_equal(view->slow_s, 5);
    DO(w, ali, room_change, a, .name = SPAN("yangi"));
    assert_events(w, "");
    assert_refused(ASK(w, ali, room_change, a, .public = flag_yes), invalid, "public");
    assert_refused(ASK(w, ali, room_change, guild, .slow_given = true, .slow_s = 1), invalid, "slow_s");
    assert_refused(ASK(w, ali, room_change, a, .slow_given = true, .slow_s = ROOM_SLOW_MAX_S + 1), invalid, "slow_s");
    assert_refused(ASK(w, vali, room_change, a, .name = SPAN("x")), forbidden, "role");
    struct room_id order[] = { b, a }, twice[] = { a, a }, few[] = { a };
    assert_refused(ASK(w, ali, channel_order, guild, twice, 2), conflict, "channels");
    assert_refused(ASK(w, ali, channel_order, guild, few, 1), conflict, "channels");
    assert_refused(ASK(w, vali, channel_order, guild, order, 2), forbidden, "role");
    DO(w, ali, channel_order, guild, order, 2);
    assert_events(w, "channel_changed channel_changed");
    assert_int_equal(channels(w, ali, guild)->rooms[0].id.v, b.v);
    post(w, vali, b, "x");
    assert_refused(ASK(w, vali, room_delete, b), forbidden, "role");
    DO(w, ali, room_delete, b);
    assert_events(w, "channel_removed");
    assert_int_equal(w->events->face->id.v, b.v);
    assert_refused(ASK(w, ali, room_get, b), not_found, "room");
    assert_refused(ASK(w, ali, message_history, b, .limit = 1), not_found, "room");
    assert_int_equal(channels(w, ali, guild)->n, 1);
    DO(w, ali, room_delete, a);
    assert_int_equal(channels(w, ali, guild)->n, 0);
}

static void what_happened_to_channels_is_replayed_in_the_guild(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "ali");
    struct room_id guild = guild_of(w, ali, false), a = channels(w, ali, guild)->rooms[0].id, b = channel_of(w, ali, guild, "b");
    post(w, ali, a, "one");
    DO(w, ali, room_change, a, .topic = SPAN("mavzu"));
    DO(w, ali, room_delete, b);
    struct room_changes_out *out = &DO(w, ali, room_changes, guild, 0, 100)->out.room_changes;
    assert_int_equal(out->n, 4);
    assert_int_equal(out->head, 5);
    assert_int_equal(out->events[0]->kind, event_member_joined);
    assert_int_equal(out->events[1]->kind, event_channel_added);
    assert_int_equal(out->events[1]->face->head, 1);
    assert_int_equal(out->events[2]->kind, event_channel_changed);
    assert_span(out->events[2]->face->topic, "mavzu");
    assert_int_equal(out->events[3]->kind, event_channel_removed);
    assert_int_equal(out->events[3]->face->id.v, b.v);
    out = &DO(w, ali, room_changes, a, 0, 100)->out.room_changes;
    assert_int_equal(out->n, 1);
}

static void a_deleted_guild_is_gone_at_once_and_erased_in_steps(void **state)
{
    enum { n_posts = 1200 };
    struct world *w = *state;
    struct actor ali = someone(w, "ali"), vali = someone(w, "vali");
    struct room_id guild = guild_of(w, ali, true), a = channels(w, ali, guild)->rooms[0].id;
    struct command *batch[CHAT_BATCH_MAX];
    seat(w, ali, guild, vali, role_admin);
    for (int done = 0; done < n_posts; done += 100) {
        for (int i = 0; i < 100; i++) batch[i] = WISH(w, ali, message_post, .room = a, .text = SPAN("zarba"));
        world_write(w, batch, 100);
    }
    world_index(w);
    assert_int_equal(DO(w, ali, search_messages, .query = SPAN("zarba"), .limit = 5)->out.search_messages.n, 5);
    struct message last = post(w, ali, a, "last");
    DO(w, vali, reaction_put, a, last.id, SPAN("+1"));
    DO(w, ali, room_delete, guild);
    assert_events(w, "room_removed");
    assert_int_equal(w->events->seq, 0);
    assert_refused(ASK(w, ali, room_get, guild), not_found, "room");
    assert_refused(ASK(w, vali, message_history, a, .limit = 1), not_found, "room");
    assert_refused(ASK(w, vali, message_post, .room = a, .text = SPAN("x")), not_found, "room");
    assert_int_equal(DO(w, ali, guild_list_public, .query.n = 0)->out.guild_list_public.n, 0);
    assert_int_equal(DO(w, ali, room_list, 0)->out.room_list.n, 1);
    int n_steps = 0, n_rounds = 0;
    for (bool more = true; more; n_rounds++) {
        int before = n_steps;
        while (DO(w, NOBODY, room_sweep, 0)->out.room_sweep.more) n_steps++;
        more = n_steps > before;
        world_index(w); /* what the index has not forgotten is not erased */
    }
    assert_true(n_steps >= 6 && n_steps < 20);
    assert_true(n_rounds >= 4);
    assert_int_equal(DO(w, ali, search_messages, .query = SPAN("zarba"), .limit = 5)->out.search_messages.n, 0);
    assert_true(post(w, ali, LOBBY, "next").id.v > last.id.v);
    assert_true(guild_of(w, ali, false).v > a.v);
}

static void a_group_is_deleted_by_its_owner(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "ali"), vali = someone(w, "vali");
    struct room_id room = group(w, ali, false, "Story");
    seat(w, ali, room, vali, role_admin);
    assert_refused(ASK(w, vali, room_delete, room), forbidden, "role");
    assert_refused(ASK(w, ali, room_delete, direct(w, ali, vali)), forbidden, "room");
    assert_refused(ASK(w, ali, room_delete, LOBBY), forbidden, NULL);
    DO(w, ali, room_delete, room);
    assert_events(w, "room_removed");
    assert_refused(ASK(w, ali, room_delete, room), not_found, "room");
}

static void invitations_open_one_room_for_so_many_and_so_long(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "ali"), vali = someone(w, "vali"), gani = someone(w, "gani"), soli = someone(w, "soli");
    struct room_id guild = guild_of(w, ali, false);
    struct room_invite invite = DO(w, ali, room_invite_create, guild, .n_uses = 1, .expires_in_s = 60)->out.room_invite_create.invite;
    assert_int_equal(invite.code.n, 20);
    assert_int_equal(DO(w, NOBODY, room_invite_look, invite.code)->out.room_invite_look.room.id.v, guild.v);
    assert_refused(ASK(w, NOBODY, room_invite_look, SPAN("no such code")), gone, "invite");
    assert_refused(ASK(w, vali, room_invite_join, SPAN("no such code")), gone, "invite");
    assert_int_equal(DO(w, ali, room_invite_join, invite.code)->out.room_invite_join.room.id.v, guild.v); /* uses nothing up */
    struct room_view *room = &DO(w, vali, room_invite_join, invite.code)->out.room_invite_join.room;
    assert_events(w, "member_joined");
    assert_int_equal(w->events->by.id.v, vali.account.v);
    assert_int_equal(room->role, role_member);
    assert_refused(ASK(w, gani, room_invite_join, invite.code), gone, "invite");
    assert_refused(ASK(w, vali, room_invite_create, guild), forbidden, "role");
    assert_refused(ASK(w, gani, room_invite_list, guild), not_found, "room");
    assert_refused(ASK(w, ali, room_invite_create, LOBBY), forbidden, NULL);
    invite = DO(w, ali, room_invite_create, guild)->out.room_invite_create.invite;
    assert_int_equal(invite.expires_us, 0);
    struct room_invite_list_out *list = &DO(w, ali, room_invite_list, guild)->out.room_invite_list;
    assert_int_equal(list->n, 1);
    assert_span(list->invites[0].by.username, "ali");
    DO(w, gani, room_invite_join, invite.code);
    DO(w, ali, room_invite_revoke, guild, invite.code);
    assert_refused(ASK(w, soli, room_invite_join, invite.code), gone, "invite");
    assert_refused(ASK(w, ali, room_invite_create, guild, .n_uses = -1), invalid, "n_uses");
    for (int i = 0; i < ROOM_INVITES_MAX; i++) DO(w, ali, room_invite_create, guild);
    assert_refused(ASK(w, ali, room_invite_create, guild), too_large, "invites");
    invite = DO(w, ali, room_invite_list, guild)->out.room_invite_list.invites[0];
    DO(w, ali, room_delete, guild);
    assert_refused(ASK(w, soli, room_invite_join, invite.code), gone, "invite");
}

static void who_is_banned_is_out_and_stays_out(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "ali"), vali = someone(w, "vali"), mod = someone(w, "mod");
    struct room_id guild = guild_of(w, ali, true), channel = channels(w, ali, guild)->rooms[0].id;
    struct span code = DO(w, ali, room_invite_create, guild)->out.room_invite_create.invite.code;
    seat(w, ali, guild, vali, role_member);
    seat(w, ali, guild, mod, role_moderator);
    DO(w, mod, ban_put, guild, vali.account, SPAN("reklama"));
    assert_events(w, "member_left");
    assert_refused(ASK(w, vali, room_get, guild), not_found, "room");
    assert_refused(ASK(w, vali, message_history, channel, .limit = 1), not_found, "room");
    assert_refused(ASK(w, vali, member_put, guild, vali.account, role_member), not_found, "room");
    assert_refused(ASK(w, vali, room_invite_join, code), forbidden, "banned");
    assert_refused(ASK(w, ali, member_put, guild, vali.account, role_member), forbidden, "banned");
    assert_int_equal(DO(w, vali, guild_list_public, .query.n = 0)->out.guild_list_public.n, 0);
    struct ban_list_out *bans = &DO(w, mod, ban_list, guild, .limit = 10)->out.ban_list;
    assert_int_equal(bans->n, 1);
    assert_span(bans->bans[0].reason, "reklama");
    assert_span(bans->bans[0].by.username, "mod");
    assert_span(bans->bans[0].person.username, "vali");
    assert_refused(ASK(w, vali, ban_list, guild, .limit = 10), not_found, "room");
    DO(w, mod, ban_remove, guild, vali.account);
    DO(w, mod, ban_remove, guild, vali.account);
    DO(w, vali, member_put, guild, vali.account, role_member);
    DO(w, mod, ban_put, guild, someone(w, "stranger").account);
    assert_events(w, "");
    assert_refused(ASK(w, mod, ban_put, guild, { 999 }), not_found, "account");
}

static void who_is_muted_says_nothing_for_a_while(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "ali"), vali = someone(w, "vali");
    struct room_id guild = guild_of(w, ali, false), channel = channels(w, ali, guild)->rooms[0].id;
    seat(w, ali, guild, vali, role_member);
    struct message m = post(w, vali, channel, "one");
    int64_t until_us = DO(w, ali, member_mute, guild, vali.account, 3600)->out.member_mute.until_us;
    assert_events(w, "member_changed");
    assert_int_equal(w->events->until_us, until_us);
    assert_int_equal(seen(w, vali, channel)->muted_until_us, until_us);
    struct command *refused = ASK(w, vali, message_post, .room = channel, .text = SPAN("x"));
    assert_refused(refused, forbidden, "timeout");
    assert_true(refused->retry_after_s > 3500 && refused->retry_after_s <= 3600);
    assert_refused(ASK(w, vali, message_edit, channel, m.id, SPAN("y")), forbidden, "timeout");
    assert_refused(ASK(w, vali, reaction_put, channel, m.id, SPAN("+1")), forbidden, "timeout");
    DO(w, vali, message_delete, channel, m.id);
    struct room_id later = channel_of(w, ali, guild, "later");
    int64_t told = w->events->seq - 2;
    assert_refused(ASK(w, vali, message_post, .room = later, .text = SPAN("x")), forbidden, "timeout");
    assert_int_equal(DO(w, ali, room_changes, guild, told, 1)->out.room_changes.events[0]->until_us, until_us);
    DO(w, ali, member_mute, guild, vali.account, 0);
    assert_events(w, "member_changed");
    assert_int_equal(w->events->until_us, 0);
    DO(w, ali, member_mute, guild, vali.account, 0);
    assert_events(w, "");
    post(w, vali, later, "two");
    assert_refused(ASK(w, ali, member_mute, guild, vali.account, MUTE_MAX_S + 1), invalid, "for_s");
    assert_refused(ASK(w, ali, member_mute, guild, someone(w, "gani").account, 1), not_found, "account");
    assert_refused(ASK(w, ali, member_mute, channel, vali.account, 1), forbidden, "room");
}

static void a_read_only_channel_is_for_moderators_to_write(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "ali"), vali = someone(w, "vali");
    struct room_id guild = guild_of(w, ali, false), channel = channels(w, ali, guild)->rooms[0].id;
    seat(w, ali, guild, vali, role_member);
    struct command *sent = DO(w, vali, message_post, .room = channel, .text = SPAN("before"), .key = SPAN("k"));
    DO(w, ali, room_change, channel, .read_only = flag_yes);
    assert_refused(ASK(w, vali, message_post, .room = channel, .text = SPAN("x")), forbidden, "read_only");
    assert_true(DO(w, vali, message_post, .room = channel, .text = SPAN("before"), .key = SPAN("k"))->out.message_post.repeat);
    DO(w, vali, reaction_put, channel, sent->out.message_post.message.id, SPAN("+1"));
    seat(w, ali, guild, vali, role_moderator);
    post(w, vali, channel, "now");
}

static void slow_mode_leaves_a_pause_between_two_messages(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "ali"), vali = someone(w, "vali");
    struct room_id room = group(w, ali, false, "Slow");
    seat(w, ali, room, vali, role_member);
    DO(w, ali, room_change, room, .slow_given = true, .slow_s = 100);
    struct command *batch[3];
    for (int i = 0; i < 3; i++) batch[i] = WISH(w, i == 2 ? ali : vali, message_post, .room = room, .text = SPAN("x"));
    world_write(w, batch, 3);
    assert_done(batch[0]);
    assert_refused(batch[1], limited, "slow_s");
    assert_true(batch[1]->retry_after_s > 98 && batch[1]->retry_after_s <= 100);
    assert_done(batch[2]);
    assert_refused(ASK(w, vali, message_post, .room = room, .text = SPAN("y")), limited, "slow_s");
    post(w, ali, room, "owners may");
    DO(w, ali, room_change, room, .slow_given = true, .slow_s = 0);
    post(w, vali, room, "y");
}

static void ceilings_hold(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "ali"), vali = someone(w, "vali");
    struct command *batch[GUILDS_PER_ACCOUNT_MAX];
    for (int i = 0; i < GUILDS_PER_ACCOUNT_MAX; i++) batch[i] = WISH(w, ali, guild_create, .name = SPAN("x"));
    world_write(w, batch, GUILDS_PER_ACCOUNT_MAX);
    assert_done(batch[GUILDS_PER_ACCOUNT_MAX - 1]);
    assert_refused(ASK(w, ali, guild_create, .name = SPAN("x")), too_large, "guilds");
    struct room_id guild = guild_of(w, vali, true);
    assert_refused(ASK(w, ali, member_put, guild, ali.account, role_member), too_large, "guilds");
    for (int i = 0; i < GUILD_CHANNELS_MAX; i += 100) {
        for (int k = 0; k < 100; k++) batch[k] = WISH(w, vali, channel_create, .guild = guild, .name = SPAN("c"));
        world_write(w, batch, 100);
    }
    assert_refused(batch[99], too_large, "channels");
    assert_done(batch[98]);
    assert_refused(ASK(w, vali, channel_create, .guild = guild, .name = SPAN("x")), too_large, "channels");
    struct actor gani = someone(w, "gani");
    DO(w, gani, member_put, guild, gani.account, role_member);
    assert_int_equal(w->events->n_channels, GUILD_CHANNELS_MAX);
    assert_int_equal(DO(w, gani, room_list, 0)->out.room_list.n, GUILD_CHANNELS_MAX + 2);
}

/* Three guilds full of the longest messages: the list names every room, but not every last message. */
static void a_list_of_many_rooms_stays_within_its_memory(void **state)
{
    enum { n_guilds = 3, n_channels = 400 };
    struct world *w = *state;
    struct actor ali = someone(w, "ali");
    static char text[4 * MESSAGE_TEXT_MAX_POINTS];
    struct command *batch[CHAT_BATCH_MAX];
    for (size_t i = 0; i < sizeof text; i += 4) memcpy(text + i, "\xf0\x9f\x8d\x8e", 4);
    for (int g = 0; g < n_guilds; g++) {
        struct room_id guild = guild_of(w, ali, false), made[n_channels];
        for (int i = 0; i < n_channels; i += 100) {
            for (int k = 0; k < 100; k++) batch[k] = WISH(w, ali, channel_create, .guild = guild, .name = SPAN("c"));
            world_write(w, batch, 100);
            for (int k = 0; k < 100; k++) made[i + k] = batch[k]->out.channel_create.room.id;
            for (int k = 0; k < 100; k++) batch[k] = WISH(w, ali, message_post, .room = made[i + k], .text = span_make(text, sizeof text));
            world_write(w, batch, 100);
            assert_done(batch[99]);
        }
    }
    struct room_list_out *list = &DO(w, ali, room_list, 0)->out.room_list;
    size_t n_shown = 0;
    for (size_t i = 0; i < list->n; i++) n_shown += list->rooms[i].last != NULL;
    assert_int_equal(list->n, 1 + n_guilds * (2 + n_channels));
    assert_true(n_shown >= 1024 && n_shown < n_guilds * n_channels);
    assert_non_null(list->rooms[0].last);
}

CASES(guild, STORY(a_guild_begins_with_its_owner_and_one_channel), STORY(messages_are_in_channels_and_never_in_guilds),
      STORY(members_of_a_guild_are_members_of_every_channel), STORY(a_public_guild_is_found_looked_at_and_joined),
      STORY(rank_decides_who_may_touch_whom), STORY(an_owner_hands_over_or_is_inherited), STORY(channels_are_changed_ordered_and_deleted),
      STORY(what_happened_to_channels_is_replayed_in_the_guild), STORY(a_deleted_guild_is_gone_at_once_and_erased_in_steps),
      STORY(a_group_is_deleted_by_its_owner), STORY(invitations_open_one_room_for_so_many_and_so_long), STORY(who_is_banned_is_out_and_stays_out),
      STORY(who_is_muted_says_nothing_for_a_while), STORY(a_read_only_channel_is_for_moderators_to_write),
      STORY(slow_mode_leaves_a_pause_between_two_messages), STORY(ceilings_hold),
      STORY(a_list_of_many_rooms_stays_within_its_memory));
