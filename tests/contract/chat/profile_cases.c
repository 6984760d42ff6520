/* One's own account after it was made: how one looks, password, address, bots, leaving. On both databases. */
#include "world.h"

#define PASSWORD SPAN("secret word")

static struct account_id id_of(struct actor who)
{
    return who.account;
}

static struct span token_of(struct span link)
{
    const char *slash = memrchr(link.p, '/', link.n);
    return span_make(slash + 1, (size_t)(link.p + link.n - slash - 1));
}

static size_t n_revoked(const struct world *w)
{
    size_t n = 0;
    for (const struct event *e = w->events; e; e = e->next) n += e->kind == event_session_revoked;
    return n;
}

static void name_and_privacy(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "ali"), vali = someone(w, "vali");
    struct command *c = DO(w, ali, profile_change, .has_name = true, .name = SPAN("  Ali aka "), .has_about = true, .about = SPAN("bir\nikki"));
    assert_span(c->out.profile_change.account.person.name, "Ali aka");
    assert_events(w, "person_changed");
    assert_span(w->events->subject.name, "Ali aka");
    DO(w, ali, profile_change, .has_hide_last_seen = true, .hide_last_seen = true);
    assert_events(w, "person_changed");
    DO(w, ali, profile_change, .has_locale = true, .locale = SPAN("uz"));
    assert_events(w, "");
    const struct profile_get_out *seen = &DO(w, vali, profile_get, id_of(ali))->out.profile_get;
    assert_span(seen->account.person.name, "Ali aka");
    assert_span(seen->account.about, "bir\nikki");
    assert_int_equal(seen->last_seen_us, 0);
    assert_true(DO(w, ali, profile_get, id_of(vali))->out.profile_get.last_seen_us > 0);
    struct message m = post(w, ali, LOBBY, "salom");
    assert_span(m.author.name, "Ali aka");
    DO(w, ali, profile_change, .has_name = true);
    assert_int_equal(DO(w, vali, profile_get, id_of(ali))->out.profile_get.account.person.name.n, 0);
    assert_refused(ASK(w, ali, profile_change, .has_name = true, .name = SPAN("a\nb")), invalid, "name");
    assert_refused(ASK(w, ali, profile_change, .has_about = true, .about = SPAN("a\x01")), invalid, "about");
    assert_refused(ASK(w, ali, profile_get, { 999 }), not_found, "account");
}

static void a_new_password_ends_the_other_sessions(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "ali");
    struct grant *g = &DO(w, NOBODY, session_open, .who = { SPAN("ali"), PASSWORD })->out.session_open.grant;
    struct actor phone = { ali.account, g->session };
    assert_refused(ASK(w, ali, password_change, .old = SPAN("wrong one"), .new = SPAN("another")), forbidden, "password");
    assert_refused(ASK(w, ali, password_change, .old = PASSWORD, .new = SPAN("short")), invalid, "new");
    DO(w, ali, password_change, .old = PASSWORD, .new = SPAN("another"));
    assert_events(w, "session_revoked");
    assert_int_equal(w->events->session.v, phone.session.v);
    assert_refused(ASK(w, phone, session_list, 0), unauthenticated, "session");
    DO(w, ali, session_list, 0);
    assert_refused(ASK(w, NOBODY, session_open, .who = { SPAN("ali"), PASSWORD }), unauthenticated, "credentials");
    DO(w, NOBODY, session_open, .who = { SPAN("ali"), SPAN("another") });
}

static void a_password_that_changed_meanwhile_proves_nothing(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "ali");
    struct command *late = WISH(w, ali, account_deactivate, .password = PASSWORD);
    chat_prepare(&w->writer, late);
    assert_int_equal(late->fault, fault_none);
    DO(w, ali, password_change, .old = PASSWORD, .new = SPAN("another"));
    world_write(w, &late, 1);
    assert_refused(late, forbidden, "password");
}

static void addresses(void **state)
{
    struct world *w = *state;
    struct grant *g = &DO(w, NOBODY, account_register, .who = { SPAN("ali"), PASSWORD }, .email = SPAN("Ali@M\xc3\xbcnchen.example"))
                           ->out.account_register.grant;
    struct actor ali = { g->account.person.id, g->session };
    assert_span(g->account.email, "Ali@xn--mnchen-3ya.example");
    assert_false(g->account.email_verified);
    DO(w, NOBODY, session_open, .who = { SPAN("ali@m\xc3\xbcnchen.EXAMPLE"), PASSWORD });
    assert_refused(ASK(w, NOBODY, account_register, .who = { SPAN("vali"), PASSWORD }, .email = SPAN("ALI@xn--mnchen-3ya.example")), conflict, "email");
    assert_refused(ASK(w, NOBODY, account_register, .who = { SPAN("vali"), PASSWORD }, .email = SPAN("ali")), invalid, "email");
    assert_refused(ASK(w, NOBODY, account_register, .who = { SPAN("ali@other.example"), PASSWORD }), invalid, "username");
    assert_refused(ASK(w, ali, email_change, .email = SPAN("b@c.example"), .password = SPAN("wrong one")), forbidden, "password");
    struct command *c = DO(w, ali, email_change, .email = SPAN("b@c.example"), .password = PASSWORD);
    assert_span(c->out.email_change.account.email, "b@c.example");
    assert_refused(ASK(w, NOBODY, session_open, .who = { SPAN("ali@m\xc3\xbcnchen.example"), PASSWORD }), unauthenticated, "credentials");
    DO(w, ali, email_change, .password = PASSWORD);
    assert_int_equal(DO(w, ali, account_get, 0)->out.account_get.account.email.n, 0);
    assert_refused(ASK(w, NOBODY, password_forgot, SPAN("ali")), forbidden, "mail");
}

/* With a mail server nobody keeps an address from its owner, and the letter waits in the outbox of the same commit. */
static void letters(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "ali"), vali = someone(w, "vali");
    w->rules.mail_from = SPAN("chat@house.example");
    DO(w, ali, email_change, .email = SPAN("a@b.example"), .password = PASSWORD);
    DO(w, vali, email_change, .email = SPAN("A@b.example"), .password = PASSWORD);
    assert_int_equal(DO(w, ali, account_get, 0)->out.account_get.account.email.n, 0);
    assert_refused(ASK(w, NOBODY, email_verify, SPAN("0123")), gone, "token");
    DO(w, NOBODY, password_forgot, SPAN("nobody at all"));
    for (int i = 0; i < 6; i++) DO(w, NOBODY, password_forgot, SPAN("a@b.example"));
    assert_int_equal(DO(w, NOBODY, parcel_claim, .max = 10)->out.parcel_claim.n, 1 + LINKS_PER_HOUR_MAX);
}

static void a_link_sets_a_password_once(void **state)
{
    struct world *w = *state;
    struct actor root = administrator(w, "root"), ali = someone(w, "ali");
    struct span link = DO(w, root, admin_reset, id_of(ali))->out.admin_reset.link, other = DO(w, root, admin_reset, id_of(ali))->out.admin_reset.link;
    assert_refused(ASK(w, NOBODY, password_reset, .token = token_of(link), .password = SPAN("short")), invalid, "password");
    DO(w, NOBODY, password_reset, .token = token_of(link), .password = SPAN("brand new"));
    assert_true(n_revoked(w) == 2);
    assert_refused(ASK(w, ali, session_list, 0), unauthenticated, "session");
    assert_refused(ASK(w, NOBODY, password_reset, .token = token_of(link), .password = SPAN("brand new")), gone, "token");
    assert_refused(ASK(w, NOBODY, password_reset, .token = token_of(other), .password = SPAN("brand new")), gone, "token");
    DO(w, NOBODY, session_open, .who = { SPAN("ali"), SPAN("brand new") });
}

static void bots(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "ali"), vali = someone(w, "vali");
    struct bot_create_out *made = &DO(w, ali, bot_create, .username = SPAN("helper"), .name = SPAN("Helper"))->out.bot_create;
    struct actor bot = { made->account.person.id, made->session };
    assert_true(made->account.person.bot);
    struct message m = post(w, bot, LOBBY, "beep");
    assert_true(m.author.bot);
    assert_span(m.author.name, "Helper");
    assert_refused(ASK(w, ali, bot_create, .username = SPAN("HELPER")), conflict, "username");
    assert_refused(ASK(w, bot, bot_create, .username = SPAN("child")), forbidden, "bot");
    assert_refused(ASK(w, NOBODY, session_open, .who = { SPAN("helper"), PASSWORD }), unauthenticated, "credentials");
    assert_int_equal(DO(w, ali, bot_list, 0)->out.bot_list.n, 1);
    assert_int_equal(DO(w, vali, bot_list, 0)->out.bot_list.n, 0);
    assert_refused(ASK(w, vali, bot_rotate, bot.account), not_found, "bot");
    assert_refused(ASK(w, vali, account_erase, .account = bot.account), not_found, "bot");
    struct session_id fresh = DO(w, ali, bot_rotate, bot.account)->out.bot_rotate.session;
    assert_refused(ASK(w, bot, session_list, 0), unauthenticated, "session");
    bot.session = fresh;
    post(w, bot, LOBBY, "again");
    DO(w, ali, account_erase, .account = bot.account);
    assert_refused(ASK(w, bot, session_list, 0), unauthenticated, "session");
    assert_int_equal(DO(w, ali, bot_list, 0)->out.bot_list.n, 0);
}

static void leaving_for_a_while(void **state)
{
    struct world *w = *state;
    struct actor root = administrator(w, "root"), ali = someone(w, "ali");
    struct bot_create_out *made = &DO(w, ali, bot_create, .username = SPAN("helper"))->out.bot_create;
    struct actor bot = { made->account.person.id, made->session };
    assert_refused(ASK(w, ali, account_deactivate, .password = SPAN("wrong one")), forbidden, "password");
    DO(w, ali, account_deactivate, .password = PASSWORD);
    assert_true(n_revoked(w) == 4);
    assert_refused(ASK(w, ali, session_list, 0), unauthenticated, "session");
    assert_refused(ASK(w, bot, session_list, 0), unauthenticated, "session");
    assert_refused(ASK(w, bot, message_post, .room = LOBBY, .text = SPAN("x")), unauthenticated, "session");
    assert_refused(ASK(w, NOBODY, session_open, .who = { SPAN("ali"), PASSWORD }), unauthenticated, "credentials");
    assert_refused(ASK(w, NOBODY, account_register, .who = { SPAN("ali"), PASSWORD }), conflict, "username");
    assert_refused(ASK(w, root, account_deactivate, .password = PASSWORD), conflict, "last_admin");
    DO(w, root, admin_user_change, .id = ali.account, .has_deactivated = true);
    DO(w, NOBODY, session_open, .who = { SPAN("ali"), PASSWORD });
}

static void leaving_for_ever(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "ali"), vali = someone(w, "vali");
    struct room_id room = group(w, ali, false, "g"), pair = direct(w, ali, vali);
    seat(w, ali, room, vali, role_member);
    struct message m = post(w, ali, room, "qoladi");
    post(w, ali, pair, "bu ham");
    DO(w, ali, profile_change, .has_name = true, .name = SPAN("Ali aka"));
    DO(w, ali, email_change, .email = SPAN("a@b.example"), .password = PASSWORD);
    assert_refused(ASK(w, ali, account_erase, .password = SPAN("wrong one")), forbidden, "password");
    DO(w, ali, account_erase, .password = PASSWORD);
    assert_refused(ASK(w, ali, session_list, 0), unauthenticated, "session");
    assert_refused(ASK(w, NOBODY, session_open, .who = { SPAN("ali"), PASSWORD }), unauthenticated, "credentials");
    const struct message_history_out *history = &DO(w, vali, message_history, .room = room, .limit = 10)->out.message_history;
    assert_int_equal(history->messages[0].id.v, m.id.v);
    assert_span(history->messages[0].text, "qoladi");
    assert_true(span_starts(history->messages[0].author.username, SPAN(ACCOUNT_ERASED_PREFIX)));
    assert_int_equal(history->messages[0].author.name.n, 0);
    assert_int_equal(DO(w, vali, message_history, .room = pair, .limit = 10)->out.message_history.n, 1);
    assert_int_equal(DO(w, vali, room_get, room)->out.room_get.room.role, role_owner);
    assert_int_equal(DO(w, vali, room_get, room)->out.room_get.room.n_members, 1);
    const struct profile_get_out *left = &DO(w, vali, profile_get, ali.account)->out.profile_get;
    assert_int_equal(left->account.email.n + left->account.about.n, 0);
    assert_int_equal(DO(w, vali, account_find, SPAN("ali"))->out.account_find.n, 0);
    someone(w, "ali");
    assert_refused(ASK(w, NOBODY, account_register, .who = { SPAN("deleted-99"), PASSWORD }), invalid, "username");
}

CASES(profile, STORY(name_and_privacy), STORY(a_new_password_ends_the_other_sessions), STORY(a_password_that_changed_meanwhile_proves_nothing), STORY(addresses), STORY(letters), STORY(a_link_sets_a_password_once), STORY(bots), STORY(leaving_for_a_while), STORY(leaving_for_ever));
