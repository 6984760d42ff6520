/* Levels, subscriptions, notices, webhooks: what the core keeps and what it hands to dispatch. */
#include "base/clock.h"
#include "chat/secret.h"
#include "world.h"
#include <string.h>

#define P256DH SPAN("BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4")
#define AUTH SPAN("BTBZMqHH6r4Tts7J_aSIgg")

static int64_t subscribe(struct world *w, struct actor who, const char *endpoint)
{
    return DO(w, who, push_subscribe, span_of(endpoint), P256DH, AUTH)->out.push_subscribe.view.id;
}

static const struct notice_look_out *look(struct world *w, struct room_id room, int64_t heard)
{
    return &DO(w, NOBODY, notice_look, room, heard)->out.notice_look;
}

static bool move(struct world *w, struct room_id room, int64_t from, int64_t to)
{
    return DO(w, NOBODY, notice_write, room, from, to)->out.notice_write.moved;
}

static const struct parcel_claim_out *claim(struct world *w)
{
    return &DO(w, NOBODY, parcel_claim, .max = 64)->out.parcel_claim;
}

static const struct parcel_content *load(struct world *w, const struct parcel *p)
{
    return DO(w, NOBODY, parcel_load, p, 1)->out.parcel_load.contents;
}

static void settle(struct world *w, const struct parcel *p, enum parcel_verdict verdict)
{
    struct parcel_result r = { .id = p->id, .target = p->target, .seq = p->seq, .kind = p->kind, .verdict = verdict, .status = verdict == parcel_delivered ? 201 : 500,
                               .attempts = p->attempts, .expires_us = p->expires_us };
    DO(w, NOBODY, parcel_settle, &r, 1);
}

static void what_counts_is_the_nearest_word(void **state)
{
    (void)state;
    struct notify_view none = { 0 }, all = { .level = notify_all }, never = { .level = notify_none }, later = { .level = notify_none, .until_us = 100 };
    assert_int_equal(notify_effective(none, none, 2, 50), notify_all);
    assert_int_equal(notify_effective(none, none, 201, 50), notify_mentions);
    assert_int_equal(notify_effective(all, none, 201, 50), notify_all);
    assert_int_equal(notify_effective(none, never, 2, 50), notify_none);
    assert_int_equal(notify_effective(all, never, 2, 50), notify_all);
    assert_int_equal(notify_effective(later, all, 2, 99), notify_none);
    assert_int_equal(notify_effective(later, all, 2, 100), notify_all);
    assert_int_equal(notify_effective(later, later, 2, 100), notify_all);
}

static void levels_are_kept_by_room_and_shown(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "ali"), vali = someone(w, "vali");
    struct room_id room = group(w, ali, true, "Bozor");
    int64_t until = clock_wall_us() + 60000000;
    assert_refused(ASK(w, vali, notify_set, room, notify_none), forbidden, "membership");
    assert_refused(ASK(w, vali, notify_set, group(w, ali, false, "x"), notify_none), not_found, "room");
    assert_refused(ASK(w, ali, notify_set, room, notify_inherits, until), invalid, "until");
    assert_refused(ASK(w, ali, notify_set, room, notify_none, 1), invalid, "until");
    assert_refused(ASK(w, ali, notify_set, room, (enum notify_level)4), invalid, "level");
    DO(w, ali, notify_set, room, notify_mentions, until);
    struct notify_list_out *out = &DO(w, ali, notify_list, 0)->out.notify_list;
    assert_int_equal(out->n, 1);
    assert_int_equal(out->views->level, notify_mentions);
    assert_true(out->views->until_us == until);
    assert_int_equal(DO(w, ali, room_get, room)->out.room_get.room.notify_level, notify_mentions);
    DO(w, ali, notify_set, room, notify_none);
    assert_int_equal(DO(w, ali, room_get, room)->out.room_get.room.notify_until_us, 0);
    DO(w, ali, notify_set, room, notify_inherits);
    assert_int_equal(DO(w, ali, notify_list, 0)->out.notify_list.n, 0);
}

static void a_browser_has_one_owner_and_an_account_has_few(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "ali"), vali = someone(w, "vali");
    int64_t first = subscribe(w, ali, "https://push.example/1");
    struct command *again = DO(w, ali, push_subscribe, SPAN("https://push.example/1"), P256DH, AUTH);
    assert_true(again->out.push_subscribe.existed);
    assert_int_equal(again->out.push_subscribe.view.id, first);
    assert_int_equal(subscribe(w, vali, "https://push.example/1"), first);
    assert_int_equal(DO(w, ali, push_list, 0)->out.push_list.n, 0);
    assert_refused(ASK(w, ali, push_unsubscribe, first), not_found, "subscription");
    DO(w, vali, push_unsubscribe, first);
    static const char *const bad[] = { "", "https://", "http:/x", "ftp://push.example/", "https://a@push.example/", "https://push.example/ x", "https:///x" };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_refused(ASK(w, ali, push_subscribe, span_of(bad[i]), P256DH, AUTH), invalid, "endpoint");
    char endpoint[64];
    for (int i = 0; i < PUSH_SUBSCRIPTIONS_MAX + 3; i++) {
        snprintf(endpoint, sizeof endpoint, "https://push.example/many/%d", i);
        subscribe(w, ali, endpoint);
    }
    struct push_list_out *out = &DO(w, ali, push_list, 0)->out.push_list;
    assert_int_equal(out->n, PUSH_SUBSCRIPTIONS_MAX);
    assert_span(out->views->endpoint, "https://push.example/many/3");
}

static void a_subscription_ends_with_its_session(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "ali");
    subscribe(w, ali, "https://push.example/1");
    struct actor stays = { .account = ali.account };
    assert_int_equal(DO(w, stays, push_list, 0)->out.push_list.n, 1);
    DO(w, ali, session_revoke, ali.session);
    assert_int_equal(DO(w, stays, push_list, 0)->out.push_list.n, 0);
}

static void notices_go_from_mark_to_mark(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "ali"), vali = someone(w, "vali");
    struct room_id room = group(w, ali, false, "Oshxona"), quiet = group(w, ali, false, "Quiet");
    seat(w, ali, room, vali, role_member);
    assert_true(look(w, room, head_of(w, ali, room))->nobody);
    assert_int_equal(DO(w, NOBODY, notice_behind, 0)->out.notice_behind.n, 0);
    int64_t subscription = subscribe(w, vali, "https://push.example/1");
    int64_t before = head_of(w, ali, room);
    struct message one = post(w, ali, room, "one");
    post(w, ali, room, "two");
    post(w, ali, quiet, "nobody hears");
    struct notice_behind_out *behind = &DO(w, NOBODY, notice_behind, 0)->out.notice_behind;
    assert_int_equal(behind->n, 1);
    assert_int_equal(behind->rooms->v, room.v);
    const struct notice_look_out *seen = look(w, room, one.seq);
    assert_false(seen->nobody);
    assert_int_equal(seen->from, before);
    assert_int_equal(seen->to, before + 2);
    assert_int_equal(seen->changes.n, 2);
    assert_int_equal(seen->n_targets, 1);
    assert_int_equal(seen->targets->subscription, subscription);
    assert_int_equal(seen->targets->level, notify_all);
    assert_true(seen->targets->read < one.seq);
    assert_true(move(w, room, seen->from, seen->to));
    assert_false(move(w, room, seen->from, seen->to));
    assert_int_equal(look(w, room, 1)->changes.n, 0);
    assert_int_equal(DO(w, NOBODY, notice_behind, 0)->out.notice_behind.n, 0);
    DO(w, vali, notify_set, room, notify_none);
    assert_int_equal(look(w, room, 1)->targets->level, notify_none);
    DO(w, vali, push_unsubscribe, subscription);
    seen = look(w, room, 1);
    assert_true(seen->nobody && seen->from == before + 2);
    assert_true(move(w, room, seen->from, -1));
    assert_int_equal(look(w, room, 1)->from, -1);
}

static void a_room_without_a_mark_begins_where_it_was_heard(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "ali"), vali = someone(w, "vali");
    subscribe(w, vali, "https://push.example/1");
    struct room_id room = direct(w, ali, vali);
    struct message m = post(w, ali, room, "hi");
    const struct notice_look_out *seen = look(w, room, m.seq);
    assert_int_equal(seen->from, -1);
    assert_int_equal(seen->changes.n, 1);
    assert_true(move(w, room, -1, seen->to));
    assert_false(move(w, room, -1, seen->to));
}

static const struct parcel *one_push(struct world *w, struct room_id room, int64_t subscription, int64_t seq)
{
    struct notice_push push = { subscription, seq, clock_wall_us() - 1 };
    int64_t mark = look(w, room, 0)->from;
    assert_true(DO(w, NOBODY, notice_write, room, mark, seq, &push, 1)->out.notice_write.moved);
    const struct parcel_claim_out *out = claim(w);
    return out->n ? out->parcels : NULL;
}

static void of_a_room_one_push_waits_and_it_is_the_newest(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "ali"), vali = someone(w, "vali");
    struct room_id room = direct(w, ali, vali);
    int64_t subscription = subscribe(w, vali, "https://push.example/1");
    struct message one = post(w, ali, room, "one"), two = post(w, ali, room, "two");
    const struct parcel *p = one_push(w, room, subscription, one.seq);
    const struct parcel_content *c = load(w, p);
    assert_true(c->stands);
    assert_span(c->endpoint, "https://push.example/1");
    assert_span(c->author.username, "ali");
    assert_span(c->text, "one");
    assert_int_equal(c->room_kind, room_direct);
    assert_int_equal(c->unread, 2);
    assert_null(one_push(w, room, subscription, two.seq)); /* under way: the row now stands for the newer one */
    settle(w, p, parcel_delivered);
    const struct parcel_claim_out *rest = claim(w);
    assert_int_equal(rest->n, 1);
    assert_int_equal(rest->parcels->seq, two.seq);
    assert_int_equal(rest->parcels->attempts, 1);
    DO(w, vali, receipt_mark, room, two.seq);
    assert_false(load(w, rest->parcels)->stands);
    settle(w, rest->parcels, parcel_void);
    DO(w, NOBODY, parcel_release, 0);
    assert_int_equal(claim(w)->n, 0);
}

static void a_dead_subscription_goes_with_all_that_waits_for_it(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "ali"), vali = someone(w, "vali");
    struct room_id room = direct(w, ali, vali), other = group(w, ali, false, "Other");
    seat(w, ali, other, vali, role_member);
    int64_t subscription = subscribe(w, vali, "https://push.example/1");
    const struct parcel *p = one_push(w, room, subscription, post(w, ali, room, "one").seq);
    assert_non_null(one_push(w, other, subscription, post(w, ali, other, "two").seq));
    settle(w, p, parcel_gone);
    assert_int_equal(DO(w, vali, push_list, 0)->out.push_list.n, 0);
    DO(w, NOBODY, parcel_release, 0);
    assert_int_equal(claim(w)->n, 0);
}

static void an_incoming_hook_speaks_for_who_made_it(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "ali"), vali = someone(w, "vali");
    struct room_id room = group(w, ali, false, "Builds");
    seat(w, ali, room, vali, role_admin);
    assert_refused(ASK(w, ali, hook_create, room, SPAN("")), invalid, "name");
    assert_refused(ASK(w, ali, hook_create, room, SPAN(" x")), invalid, "name");
    struct hook_create_out *made = &DO(w, vali, hook_create, room, SPAN("Builder"))->out.hook_create;
    struct hook_post_in in = { room, made->hook.id, made->token, SPAN("done") };
    struct command *c = DO(w, NOBODY, hook_post, in.room, in.id, in.token, in.text);
    assert_events(w, "message_posted");
    assert_span(w->events->message.hook_name, "Builder");
    assert_int_equal(c->out.hook_post.message.seq, head_of(w, ali, room));
    struct message_history_out *out = &DO(w, ali, message_history, room, .limit = 5)->out.message_history;
    assert_span(out->messages[out->n - 1].hook_name, "Builder");
    assert_span(out->messages[out->n - 1].author.username, "vali");
    assert_span(DO(w, NOBODY, hook_post, in.room, in.id, in.token, SPAN("@ali, look"))->out.hook_post.message.mentions, "1");
    assert_int_equal(DO(w, ali, room_get, room)->out.room_get.room.mentions, 1);
    DO(w, NOBODY, hook_post, in.room, in.id, in.token, in.text, SPAN("Other"));
    assert_span(w->events->message.hook_name, "Other");
    assert_refused(ASK(w, NOBODY, hook_post, in.room, in.id, in.token, SPAN("")), invalid, "text");
    assert_refused(ASK(w, NOBODY, hook_post, in.room, in.id, in.token, in.text, SPAN("\n")), invalid, "username");
    assert_refused(ASK(w, NOBODY, hook_post, in.room, in.id + 1, in.token, in.text), not_found, "hook");
    assert_refused(ASK(w, NOBODY, hook_post, in.room, in.id, SPAN("1.abc"), in.text), not_found, "hook");
    DO(w, ali, member_remove, room, vali.account);
    assert_refused(ASK(w, NOBODY, hook_post, in.room, in.id, in.token, in.text), gone, "hook");
    DO(w, ali, hook_delete, room, in.id);
    assert_refused(ASK(w, ali, hook_delete, room, in.id), not_found, "hook");
    assert_refused(ASK(w, NOBODY, hook_post, in.room, in.id, in.token, in.text), not_found, "hook");
}

static void hooks_have_a_ceiling(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "ali");
    struct room_id room = group(w, ali, false, "Builds");
    for (int i = 0; i < HOOKS_MAX; i++) {
        DO(w, ali, hook_create, room, SPAN("Builder"));
        DO(w, ali, outgoing_create, room, SPAN("https://example.org/in"), .events = 1);
    }
    assert_refused(ASK(w, ali, hook_create, room, SPAN("Builder")), too_large, "hooks");
    assert_refused(ASK(w, ali, outgoing_create, room, SPAN("https://example.org/in"), .events = 1), too_large, "hooks");
}

static void an_outgoing_hook_waits_fails_and_is_switched_off(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "ali");
    struct room_id room = group(w, ali, false, "Told");
    assert_refused(ASK(w, ali, outgoing_create, room, SPAN("nonsense"), .events = 1), invalid, "url");
    assert_refused(ASK(w, ali, outgoing_create, room, SPAN("https://x"), .events = 0), invalid, "events");
    assert_refused(ASK(w, ali, outgoing_create, room, SPAN("https://x"), SPAN("short"), 1), invalid, "secret");
    struct outgoing_create_out *made = &DO(w, ali, outgoing_create, room, SPAN("https://example.org/in"), .events = outgoing_bit_of_name(SPAN("message_posted")))->out.outgoing_create;
    post(w, ali, room, "hear");
    const struct notice_look_out *seen = look(w, room, 0);
    assert_int_equal(seen->n_hooks, 1);
    assert_int_equal(outgoing_bit(seen->changes.events[0]), seen->hooks->events);
    struct notice_body body = { made->hook.id, SPAN("{}") };
    DO(w, NOBODY, notice_write, room, seen->from, seen->to, .bodies = &body, .n_bodies = 1);
    assert_int_equal(DO(w, ali, outgoing_list, room)->out.outgoing_list.hooks->n_waiting, 1);
    const struct parcel *p = claim(w)->parcels;
    assert_span(load(w, p)->url, "https://example.org/in");
    assert_span(p->body, "{}");
    settle(w, p, parcel_again);
    struct outgoing_view *view = DO(w, ali, outgoing_list, room)->out.outgoing_list.hooks;
    assert_int_equal(view->last_status, 500);
    assert_true(view->failing_since_us && !view->disabled_us && view->n_waiting == 1);
    int64_t later_us = clock_wall_us() + (OUTGOING_PATIENCE_S + 1) * INT64_C(1000000);
    assert_int_equal(store_outgoing_note(w->store, made->hook.id, false, 500, later_us), fault_none);
    assert_true(DO(w, ali, outgoing_list, room)->out.outgoing_list.hooks->disabled_us == later_us);
    assert_false(load(w, p)->stands);
    assert_int_equal(look(w, room, 0)->n_hooks, 0);
    DO(w, ali, outgoing_test, room, made->hook.id, SPAN("{}"));
    const struct parcel *test = claim(w)->parcels;
    assert_true(load(w, test)->stands);
    settle(w, test, parcel_delivered);
    view = DO(w, ali, outgoing_list, room)->out.outgoing_list.hooks;
    assert_true(!view->disabled_us && !view->failing_since_us && view->last_status == 201);
    DO(w, ali, outgoing_delete, room, made->hook.id);
    DO(w, NOBODY, parcel_release, 0);
    assert_int_equal(claim(w)->n, 0);
}

static void a_guild_speaks_for_its_channels_and_takes_all_along(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "ali");
    struct room_id guild = DO(w, ali, guild_create, .name = SPAN("Guild"))->out.guild_create.room.id;
    struct room_id channel = DO(w, ali, channel_list, guild)->out.channel_list.rooms->id;
    subscribe(w, ali, "https://push.example/1");
    assert_int_equal(look(w, channel, 1)->targets->level, notify_all);
    DO(w, ali, notify_set, guild, notify_none);
    assert_int_equal(look(w, channel, 1)->targets->level, notify_none);
    DO(w, ali, notify_set, channel, notify_mentions);
    assert_int_equal(look(w, channel, 1)->targets->level, notify_mentions);
    struct hook_create_out *made = &DO(w, ali, hook_create, channel, SPAN("Builder"))->out.hook_create;
    DO(w, ali, outgoing_create, guild, SPAN("https://example.org/in"), .events = outgoing_bit_of_name(SPAN("member_joined")));
    assert_refused(ASK(w, ali, hook_create, guild, SPAN("Builder")), forbidden, "room");
    DO(w, ali, room_delete, guild);
    assert_int_equal(DO(w, ali, notify_list, 0)->out.notify_list.n, 0);
    assert_refused(ASK(w, NOBODY, hook_post, channel, made->hook.id, made->token, SPAN("x")), not_found, "hook");
    assert_true(look(w, channel, 1)->nobody && look(w, guild, 1)->nobody);
}

CASES(notify, STORY(a_guild_speaks_for_its_channels_and_takes_all_along), cmocka_unit_test(what_counts_is_the_nearest_word), STORY(levels_are_kept_by_room_and_shown),
      STORY(a_browser_has_one_owner_and_an_account_has_few), STORY(a_subscription_ends_with_its_session), STORY(notices_go_from_mark_to_mark),
      STORY(a_room_without_a_mark_begins_where_it_was_heard), STORY(of_a_room_one_push_waits_and_it_is_the_newest),
      STORY(a_dead_subscription_goes_with_all_that_waits_for_it), STORY(an_incoming_hook_speaks_for_who_made_it), STORY(hooks_have_a_ceiling),
      STORY(an_outgoing_hook_waits_fails_and_is_switched_off));
