/* Administration: users, sessions, rooms, figures, reports, and the log that tells of all of it. On both databases. */
#include "world.h"

static struct command *as_web(struct command *c)
{
    c->from = SPAN("192.0.2.7");
    return c;
}

#define WEB(w, by, name, ...) \
    ({ struct command *web_ = as_web(WISH(w, by, name, __VA_ARGS__)); world_carry_out((w), web_); assert_done(web_); web_; })

static const struct audit_view *newest_act(struct world *w, struct actor root)
{
    return DO(w, root, audit_list, .limit = 1)->out.audit_list.entries;
}

static void only_administrators(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "ali");
    assert_refused(ASK(w, ali, admin_user_list, .limit = 10), forbidden, "site_admin");
    assert_refused(ASK(w, ali, admin_user_create, .as = { .who = { SPAN("x"), SPAN("secret") } }), forbidden, "site_admin");
    assert_refused(ASK(w, ali, admin_user_change, .id = ali.account, .has_site_admin = true, .site_admin = true), forbidden, "site_admin");
    assert_refused(ASK(w, ali, admin_reset, ali.account), forbidden, "site_admin");
    assert_refused(ASK(w, ali, admin_session_end, ali.account), forbidden, "site_admin");
    assert_refused(ASK(w, ali, admin_room_list, .limit = 10), forbidden, "site_admin");
    assert_refused(ASK(w, ali, admin_figures, 0), forbidden, "site_admin");
    assert_refused(ASK(w, ali, report_list, .limit = 10), forbidden, "site_admin");
    assert_refused(ASK(w, ali, audit_list, .limit = 10), forbidden, "site_admin");
    assert_refused(ASK(w, NOBODY, audit_list, .limit = 10), unauthenticated, "session");
}

static void users(void **state)
{
    struct world *w = *state;
    struct actor root = administrator(w, "root"), ali = someone(w, "ali");
    group(w, ali, false, "g");
    w->rules.registration = registration_closed;
    struct admin_user_create_out *made = &WEB(w, root, admin_user_create, .as = { .who = { .username = SPAN("Vali") }, .email = SPAN("v@b.example") })
                                              ->out.admin_user_create;
    assert_true(made->link.n > 40);
    assert_span(made->user.account.email, "v@b.example");
    const struct audit_view *act = newest_act(w, root);
    assert_span(act->action, "user_create");
    assert_span(act->by.username, "root");
    assert_span(act->account.username, "Vali");
    assert_span(act->address, "192.0.2.7");
    assert_int_equal(act->source, audit_web);
    const struct admin_user_list_out *list = &DO(w, root, admin_user_list, .limit = 2)->out.admin_user_list;
    assert_int_equal(list->n, 2);
    assert_true(list->more);
    assert_span(list->users[1].account.person.username, "ali");
    assert_int_equal(list->users[1].n_rooms, 2);
    assert_int_equal(list->users[1].n_sessions, 1);
    list = &DO(w, root, admin_user_list, .query = SPAN("V@B"), .limit = 10)->out.admin_user_list;
    assert_int_equal(list->n, 1);
    assert_span(list->users[0].account.person.username, "Vali");
}

static void changes(void **state)
{
    struct world *w = *state;
    struct actor root = administrator(w, "root"), ali = someone(w, "ali");
    assert_refused(ASK(w, root, admin_user_change, .id = root.account, .has_site_admin = true), conflict, "last_admin");
    assert_refused(ASK(w, root, admin_user_change, .id = root.account, .has_deactivated = true, .deactivated = true), forbidden, "self");
    struct user_view user = WEB(w, root, admin_user_change, .id = ali.account, .has_site_admin = true, .site_admin = true, .has_quota = true,
                                .quota_bytes = 7)->out.admin_user_change.user;
    assert_true(user.account.site_admin);
    assert_int_equal(user.account.quota_bytes, 7);
    DO(w, ali, admin_user_change, .id = root.account, .has_site_admin = true);
    assert_refused(ASK(w, root, audit_list, .limit = 10), forbidden, "site_admin");
    DO(w, ali, admin_user_change, .id = root.account, .has_deactivated = true, .deactivated = true);
    assert_refused(ASK(w, root, session_list, 0), unauthenticated, "session");
    assert_refused(ASK(w, ali, admin_reset, root.account), gone, "account");
    const struct audit_list_out *log = &DO(w, ali, audit_list, .limit = 10)->out.audit_list;
    static const char *const acts[] = { "user_deactivate", "admin_revoke", "user_quota", "admin_grant" };
    for (size_t i = 0; i < 4; i++) assert_span(log->entries[i].action, acts[i]);
    assert_refused(ASK(w, ali, admin_user_change, .id = { 999 }), not_found, "account");
}

static void sessions(void **state)
{
    struct world *w = *state;
    struct actor root = administrator(w, "root"), ali = someone(w, "ali");
    assert_int_equal(DO(w, root, admin_session_list, ali.account)->out.admin_session_list.n, 1);
    assert_int_equal(DO(w, root, admin_session_end, ali.account)->out.admin_session_end.n, 1);
    assert_events(w, "session_revoked session_revoked");
    assert_refused(ASK(w, ali, session_list, 0), unauthenticated, "session");
    assert_span(newest_act(w, root)->action, "sessions_end");
}

static void rooms_and_figures(void **state)
{
    struct world *w = *state;
    struct actor root = administrator(w, "root"), ali = someone(w, "ali");
    struct room_id room = group(w, ali, false, "Maxfiy");
    post(w, ali, room, "bir");
    post(w, ali, room, "0123456789012345678901234567890123456789012345678901234567890");
    const struct admin_room_list_out *list = &DO(w, root, admin_room_list, .query = SPAN("maxf"), .limit = 10)->out.admin_room_list;
    assert_int_equal(list->n, 1);
    assert_int_equal(list->rooms[0].n_messages, 2);
    assert_int_equal(list->rooms[0].n_members, 1);
    assert_int_equal(list->rooms[0].last_text.n, ADMIN_PREVIEW_POINTS);
    assert_span(list->rooms[0].last_author.username, "ali");
    const struct admin_figures_out *figures = &DO(w, root, admin_figures, 0)->out.admin_figures;
    assert_int_equal(figures->n_accounts, 2);
    assert_int_equal(figures->n_messages, 2);
    assert_true(figures->database_bytes > 10000);
}

static void reports(void **state)
{
    struct world *w = *state;
    struct actor root = administrator(w, "root"), ali = someone(w, "ali"), vali = someone(w, "vali"), gani = someone(w, "gani");
    struct room_id room = group(w, ali, false, "g");
    seat(w, ali, room, vali, role_member);
    struct message m = post(w, ali, room, "yomon gap");
    assert_refused(ASK(w, gani, report_create, .room = room, .message = m.id), not_found, "room");
    int64_t id = DO(w, vali, report_create, .room = room, .message = m.id, .reason = SPAN("haqorat"))->out.report_create.id;
    assert_refused(ASK(w, vali, report_create, .room = room, .message = m.id), conflict, "report");
    DO(w, ali, message_edit, .room = room, .id = m.id, .text = SPAN("yaxshi gap"));
    const struct report_list_out *list = &DO(w, root, report_list, .state = report_open, .limit = 10)->out.report_list;
    assert_int_equal(list->n, 1);
    assert_span(list->reports[0].text, "yomon gap");
    assert_span(list->reports[0].subject.username, "ali");
    assert_int_equal(list->reports[0].seq, m.seq);
    DO(w, root, report_settle, .id = id, .state = report_closed, .note = SPAN("ogohlantirildi"));
    assert_int_equal(DO(w, root, report_list, .state = report_open, .limit = 10)->out.report_list.n, 0);
    const struct report_view *closed = DO(w, root, report_list, .limit = 10)->out.report_list.reports;
    assert_span(closed->note, "ogohlantirildi");
    assert_span(closed->closed_by.username, "root");
    assert_span(newest_act(w, root)->action, "report_close");
    assert_refused(ASK(w, root, report_settle, .id = 999, .state = report_closed), not_found, "report");
}

static void a_message_that_an_administrator_takes_away_is_noted(void **state)
{
    struct world *w = *state;
    struct actor root = administrator(w, "root"), ali = someone(w, "ali");
    struct message theirs = post(w, ali, LOBBY, "yomon"), own = post(w, root, LOBBY, "o'zimniki"), kept = post(w, ali, LOBBY, "o'chiraman");
    WEB(w, root, message_delete, .room = LOBBY, .id = theirs.id);
    DO(w, root, message_delete, .room = LOBBY, .id = own.id);
    DO(w, ali, message_delete, .room = LOBBY, .id = kept.id);
    const struct audit_view *act = newest_act(w, root);
    assert_span(act->action, "message_delete");
    assert_int_equal(act->account.id.v, ali.account.v);
    assert_int_equal(act->room.v, LOBBY.v);
    assert_int_equal(act->source, audit_web);
}

static void the_command_line_is_told_apart(void **state)
{
    struct world *w = *state;
    struct actor root = administrator(w, "root");
    const struct audit_view *act = newest_act(w, root);
    assert_span(act->action, "user_create");
    assert_int_equal(act->source, audit_command_line);
    assert_int_equal(act->by.id.v, 0);
}

CASES(admin, STORY(only_administrators), STORY(users), STORY(changes), STORY(sessions), STORY(rooms_and_figures), STORY(reports), STORY(a_message_that_an_administrator_takes_away_is_noted), STORY(the_command_line_is_told_apart));
