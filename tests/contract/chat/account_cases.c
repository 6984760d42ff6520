/* Accounts, sessions, invites. */
#include "world.h"
#include "chat/secret.h"
#include "base/clock.h"
#include <string.h>

#define CREDENTIALS_OF(name, word) { SPAN(name), SPAN(word) }
#define CREDENTIALS(name, word) .who = CREDENTIALS_OF(name, word)

static void registers_and_is_in_the_lobby(void **state)
{
    struct world *w = *state;
    struct command *c = DO(w, NOBODY, account_register, CREDENTIALS("Ali", "secret"), .agent = SPAN("test"), .address = SPAN("127.0.0.1"));
    assert_events(w, "");
    struct grant *g = &c->out.account_register.grant;
    assert_span(g->account.person.username, "Ali");
    assert_false(g->account.site_admin);
    assert_true(g->session.v > 0 && g->refresh_token.n > 60);
    struct actor ali = { g->account.person.id, g->session };
    struct room_list_out *rooms = &DO(w, ali, room_list, 0)->out.room_list;
    assert_int_equal(rooms->n, 1);
    assert_int_equal(rooms->rooms[0].id.v, LOBBY.v);
    assert_int_equal(rooms->rooms[0].kind, room_lobby);
    assert_span(rooms->rooms[0].name, "Lobby");
    assert_int_equal(rooms->rooms[0].n_members, 1);
    assert_int_equal(rooms->account.person.id.v, ali.account.v);
}

static void refuses_bad_names_and_passwords(void **state)
{
    struct world *w = *state;
    static const char *const bad[] = { "", " ali", "ali ", ".", "..", "a/b", "a\nb", "\xff", "\xe2\x80\xae" "abc", "\xc2\xa0x",
                                       "123456789012345678901234567890123" };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_refused(ASK(w, NOBODY, account_register, .who = { span_of(bad[i]), SPAN("secret") }), invalid, "username");
    DO(w, NOBODY, account_register, CREDENTIALS("Ali Vali \xF0\x9F\x98\x80", "secret"));
    assert_refused(ASK(w, NOBODY, account_register, CREDENTIALS("ali", "short")), invalid, "password");
    assert_refused(ASK(w, NOBODY, account_register, CREDENTIALS("ali", "null\0null")), invalid, "password");
    char long_word[74];
    memset(long_word, 'x', sizeof long_word);
    assert_refused(ASK(w, NOBODY, account_register, .who = { SPAN("ali"), span_make(long_word, 73) }), too_large, "password");
    DO(w, NOBODY, account_register, .who = { SPAN("ali"), span_make(long_word, 72) });
}

static void look_alike_names_cannot_be_taken(void **state)
{
    struct world *w = *state;
    someone(w, "Ali");
    static const char *const alike[] = { "Ali", "ali", "ALI", "\xEF\xBC\xA1li" /* fullwidth A */, "a\xE2\x80\x8Bli" /* zero width space */ };
    for (size_t i = 0; i < sizeof alike / sizeof *alike; i++) {
        struct command *c = ASK(w, NOBODY, account_register, .who = { span_of(alike[i]), SPAN("secret") });
        assert_true(c->fault == fault_conflict || c->fault == fault_invalid);
        assert_string_equal(c->detail, "username");
    }
}

static void of_two_takers_of_a_name_in_one_batch_one_wins(void **state)
{
    struct world *w = *state;
    struct command *two[2];
    for (int i = 0; i < 2; i++) {
        two[i] = WISH(w, NOBODY, account_register, CREDENTIALS("ali", "secret"));
        chat_prepare(&w->reader, two[i]);
        assert_done(two[i]);
    }
    world_write(w, two, 2);
    assert_done(two[0]);
    assert_refused(two[1], conflict, "username");
}

static void registration_may_be_closed_or_by_invite(void **state)
{
    struct world *w = *state;
    struct actor admin = administrator(w, "root"), ali = someone(w, "ali");
    w->rules.registration = registration_closed;
    assert_refused(ASK(w, NOBODY, account_register, CREDENTIALS("vali", "secret")), forbidden, "registration");
    w->rules.registration = registration_invite;
    assert_refused(ASK(w, NOBODY, account_register, CREDENTIALS("vali", "secret")), forbidden, "invite");
    assert_refused(ASK(w, NOBODY, account_register, CREDENTIALS("vali", "secret"), .invite = SPAN("guess")), gone, "invite");
    assert_refused(ASK(w, ali, invite_create, .n_uses = 1, .expires_in_s = 60), forbidden, "site_admin");
    assert_refused(ASK(w, admin, invite_create, .n_uses = 0, .expires_in_s = 60), invalid, "n_uses");
    assert_refused(ASK(w, admin, invite_create, .n_uses = 1, .expires_in_s = 0), invalid, "expires_in_s");
    struct span code = DO(w, admin, invite_create, .n_uses = 1, .expires_in_s = 60)->out.invite_create.code;
    assert_refused(ASK(w, NOBODY, account_register, CREDENTIALS("ali", "secret"), .invite = code), conflict, "username");
    DO(w, NOBODY, account_register, CREDENTIALS("vali", "secret"), .invite = code);
    assert_refused(ASK(w, NOBODY, account_register, CREDENTIALS("gani", "secret"), .invite = code), gone, "invite");
}

static void the_setup_link_works_once(void **state)
{
    struct world *w = *state;
    struct arena *arena = arena_create(256, 4096);
    w->rules.setup_token_hash = secret_hash(arena, SPAN("link"));
    assert_true(DO(w, NOBODY, setup_state, 0)->out.setup_state.needed);
    assert_refused(ASK(w, NOBODY, account_setup, .token = SPAN("lynk"), .as = { CREDENTIALS("root", "secret") }), forbidden, "token");
    assert_refused(ASK(w, NOBODY, account_setup, .token = SPAN(""), .as = { CREDENTIALS("root", "secret") }), forbidden, "token");
    struct command *c = DO(w, NOBODY, account_setup, .token = SPAN("link"), .as = { CREDENTIALS("root", "secret") });
    assert_true(c->out.account_setup.grant.account.site_admin);
    assert_false(DO(w, NOBODY, setup_state, 0)->out.setup_state.needed);
    assert_refused(ASK(w, NOBODY, account_setup, .token = SPAN("link"), .as = { CREDENTIALS("toor", "secret") }), gone, "token");
    arena_destroy(arena);
}

static void logs_in_by_any_spelling_of_the_name(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "Ali");
    struct command *c = DO(w, NOBODY, session_open, CREDENTIALS("aLI", "secret word"));
    assert_int_equal(c->out.session_open.grant.account.person.id.v, ali.account.v);
    assert_span(c->out.session_open.grant.account.person.username, "Ali");
    assert_int_not_equal(c->out.session_open.grant.session.v, ali.session.v);
    assert_refused(ASK(w, NOBODY, session_open, CREDENTIALS("Ali", "secret wort")), unauthenticated, "credentials");
    assert_refused(ASK(w, NOBODY, session_open, CREDENTIALS("Ali", "")), unauthenticated, "credentials");
    assert_refused(ASK(w, NOBODY, session_open, CREDENTIALS("Vali", "secret word")), unauthenticated, "credentials");
    assert_refused(ASK(w, NOBODY, session_open, CREDENTIALS("", "secret word")), unauthenticated, "credentials");
    assert_refused(ASK(w, NOBODY, session_open, CREDENTIALS("\xff", "secret word")), unauthenticated, "credentials");
}

static void an_unknown_name_takes_as_long_as_a_wrong_password(void **state)
{
    struct world *w = *state;
    const struct account_credentials tries[] = { CREDENTIALS_OF("ali", "wrong word"), CREDENTIALS_OF("vali", "wrong word"),
                                                 CREDENTIALS_OF("guest", "wrong word"), CREDENTIALS_OF("ali", "null\0null") };
    int64_t least[4] = { INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX };
    w->rules.bcrypt_cost = 8;
    someone(w, "ali");
    DO(w, NOBODY, account_guest, SPAN("guest"));
    for (int round = 0; round < 10; round++) {
        for (int i = 0; i < 4; i++) {
            struct command *c = WISH(w, NOBODY, session_open, .who = tries[i]);
            int64_t start = clock_mono_us();
            chat_prepare(&w->reader, c);
            int64_t took = clock_mono_us() - start;
            if (took < least[i]) least[i] = took;
            assert_refused(c, unauthenticated, "credentials");
        }
    }
    for (int i = 1; i < 4; i++) assert_true(least[i] > least[0] / 3 && least[0] > least[i] / 3);
}

static void the_refresh_token_rotates(void **state)
{
    struct world *w = *state;
    struct grant first = DO(w, NOBODY, account_register, CREDENTIALS("ali", "secret"))->out.account_register.grant;
    struct grant second = DO(w, NOBODY, session_refresh, first.refresh_token)->out.session_refresh.grant;
    struct grant third = DO(w, NOBODY, session_refresh, second.refresh_token)->out.session_refresh.grant;
    assert_int_equal(third.session.v, first.session.v);
    assert_span(third.account.person.username, "ali");
    assert_false(span_eq(first.refresh_token, second.refresh_token) || span_eq(second.refresh_token, third.refresh_token));
}

static void a_lost_answer_of_a_refresh_is_given_again(void **state)
{
    struct world *w = *state;
    struct span first = DO(w, NOBODY, account_register, CREDENTIALS("ali", "secret"))->out.account_register.grant.refresh_token;
    struct span lost = DO(w, NOBODY, session_refresh, first)->out.session_refresh.grant.refresh_token;
    struct span again = DO(w, NOBODY, session_refresh, first)->out.session_refresh.grant.refresh_token;
    assert_true(span_eq(lost, again));
    DO(w, NOBODY, session_refresh, again);
}

static void a_used_up_refresh_token_ends_the_session(void **state)
{
    struct world *w = *state;
    struct grant grant = DO(w, NOBODY, account_register, CREDENTIALS("ali", "secret"))->out.account_register.grant;
    struct actor ali = { grant.account.person.id, grant.session };
    struct span second = DO(w, NOBODY, session_refresh, grant.refresh_token)->out.session_refresh.grant.refresh_token;
    struct span third = DO(w, NOBODY, session_refresh, second)->out.session_refresh.grant.refresh_token;
    assert_refused(ASK(w, NOBODY, session_refresh, grant.refresh_token), unauthenticated, "refresh_token");
    assert_events(w, "session_revoked");
    assert_int_equal(w->events->session.v, ali.session.v);
    assert_refused(ASK(w, NOBODY, session_refresh, third), unauthenticated, "refresh_token");
    assert_refused(ASK(w, ali, room_list, 0), unauthenticated, "session");
}

static void guessing_refresh_tokens_hurts_nobody(void **state)
{
    struct world *w = *state;
    struct grant grant = DO(w, NOBODY, account_register, CREDENTIALS("ali", "secret"))->out.account_register.grant;
    static const char *const guesses[] = { "", "1", "1.", "1..", "1.a.b", ".a.b", "x.a.b", "0.a.b", "-1.a.b", "99.a.b", "1.a.b.c" };
    for (size_t i = 0; i < sizeof guesses / sizeof *guesses; i++)
        assert_refused(ASK(w, NOBODY, session_refresh, span_of(guesses[i])), unauthenticated, "refresh_token");
    DO(w, NOBODY, session_refresh, grant.refresh_token);
}

static void an_expired_session_is_over(void **state)
{
    struct world *w = *state;
    w->rules.refresh_ttl_s = 0;
    struct grant grant = DO(w, NOBODY, account_register, CREDENTIALS("ali", "secret"))->out.account_register.grant;
    struct actor ali = { grant.account.person.id, grant.session };
    assert_refused(ASK(w, ali, account_get, 0), unauthenticated, "session");
    assert_refused(ASK(w, ali, message_post, .room = LOBBY, .text = SPAN("hi")), unauthenticated, "session");
    assert_refused(ASK(w, NOBODY, session_refresh, grant.refresh_token), unauthenticated, "refresh_token");
}

static void sessions_are_listed_and_revoked(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "ali"), vali = someone(w, "vali");
    struct grant phone = DO(w, NOBODY, session_open, CREDENTIALS("ali", "secret word"), .agent = SPAN("phone\xff"), .address = SPAN("10.0.0.1"))
                             ->out.session_open.grant;
    struct session_list_out *list = &DO(w, ali, session_list, 0)->out.session_list;
    assert_int_equal(list->n, 2);
    assert_int_equal(list->sessions[0].id.v, phone.session.v);
    assert_span(list->sessions[0].agent, "phone");
    assert_span(list->sessions[0].address, "10.0.0.1");
    assert_refused(ASK(w, vali, session_revoke, phone.session), not_found, "session");
    DO(w, ali, session_revoke, phone.session);
    assert_events(w, "session_revoked");
    struct actor on_phone = { ali.account, phone.session };
    assert_refused(ASK(w, on_phone, room_list, 0), unauthenticated, "session");
    assert_refused(ASK(w, on_phone, message_post, .room = LOBBY, .text = SPAN("hi")), unauthenticated, "session");
    assert_refused(ASK(w, NOBODY, session_refresh, phone.refresh_token), unauthenticated, "refresh_token");
    assert_int_equal(DO(w, ali, session_revoke, 0)->out.session_revoke.id.v, ali.session.v);
    assert_refused(ASK(w, ali, session_list, 0), unauthenticated, "session");
}

static void a_session_does_not_speak_for_another_account(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "ali"), vali = someone(w, "vali"), mixed = { ali.account, vali.session };
    assert_refused(ASK(w, mixed, room_list, 0), unauthenticated, "session");
    assert_refused(ASK(w, mixed, message_post, .room = LOBBY, .text = SPAN("hi")), unauthenticated, "session");
    struct actor without = { .account = ali.account };
    DO(w, without, message_post, .room = LOBBY, .text = SPAN("hi"));
}

static void accounts_are_found_by_prefix(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "Ali"), alisher = someone(w, "alisher");
    someone(w, "vali");
    struct account_find_out *found = &DO(w, ali, account_find, SPAN("AL"))->out.account_find;
    assert_int_equal(found->n, 2);
    assert_span(found->people[0].username, "Ali");
    assert_span(found->people[1].username, "alisher");
    assert_int_equal(DO(w, ali, account_find, SPAN("a%"))->out.account_find.n, 0);
    assert_refused(ASK(w, ali, account_find, SPAN("")), invalid, "prefix");
    assert_refused(ASK(w, ali, account_find, SPAN("\xff")), invalid, "prefix");
    assert_span(DO(w, ali, account_get, alisher.account)->out.account_get.account.person.username, "alisher");
    assert_span(DO(w, ali, account_get, 0)->out.account_get.account.person.username, "Ali");
    assert_refused(ASK(w, ali, account_get, { 999 }), not_found, "account");
    assert_refused(ASK(w, NOBODY, account_get, 0), unauthenticated, "session");
}

static void a_guest_is_whoever_has_the_name(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "Ali");
    assert_int_equal(DO(w, NOBODY, account_guest, SPAN("ali"))->out.account_guest.account.person.id.v, ali.account.v);
    struct account_id guest = DO(w, NOBODY, account_guest, SPAN("guest"))->out.account_guest.account.person.id;
    assert_int_equal(DO(w, NOBODY, account_guest, SPAN("Guest"))->out.account_guest.account.person.id.v, guest.v);
    DO(w, (struct actor){ .account = guest }, message_post, .room = LOBBY, .text = SPAN("hi"));
    assert_refused(ASK(w, NOBODY, session_open, CREDENTIALS("guest", "!")), unauthenticated, "credentials");
    assert_refused(ASK(w, NOBODY, account_guest, SPAN("a/b")), invalid, "username");
    w->rules.registration = registration_closed;
    assert_refused(ASK(w, NOBODY, account_guest, SPAN("stranger")), forbidden, "registration");
}

#define OLD_HASH "pbkdf2_sha256$1000$salt$7773+nHORlC7zfr/9wVlvtV5VJw7xjiiUguNHjdSSOQ="

static struct span hash_of(struct world *w, struct arena *arena, struct actor who)
{
    struct span hash;
    assert_int_equal(store_account_hash(w->store, who.account, arena, &hash), fault_none);
    return hash;
}

static void an_old_hash_is_made_anew_by_the_log_in_that_proves_it(void **state)
{
    struct world *w = *state;
    struct arena *arena = arena_create(1024, 1 << 20);
    struct actor ali = someone(w, "ali");
    assert_int_equal(store_account_set_password(w->store, ali.account, SPAN(OLD_HASH)), fault_none);
    assert_refused(ASK(w, NOBODY, session_open, CREDENTIALS("ali", "another")), unauthenticated, "credentials");
    assert_span(hash_of(w, arena, ali), OLD_HASH);
    DO(w, NOBODY, session_open, CREDENTIALS("ali", "eski parol"));
    struct span fresh = hash_of(w, arena, ali);
    assert_memory_equal(fresh.p, "$2b$04$", 7);
    DO(w, NOBODY, session_open, CREDENTIALS("ali", "eski parol"));
    assert_true(span_eq(hash_of(w, arena, ali), fresh));
    w->rules.bcrypt_cost = 5;
    DO(w, NOBODY, session_open, CREDENTIALS("ali", "eski parol"));
    assert_memory_equal(hash_of(w, arena, ali).p, "$2b$05$", 7);
    w->rules.bcrypt_cost = 4;
    DO(w, NOBODY, session_open, CREDENTIALS("ali", "eski parol"));
    assert_memory_equal(hash_of(w, arena, ali).p, "$2b$05$", 7);
    arena_destroy(arena);
}

static void a_hash_that_changed_meanwhile_is_left_alone(void **state)
{
    struct world *w = *state;
    struct arena *arena = arena_create(1024, 1 << 20);
    struct actor ali = someone(w, "ali");
    assert_int_equal(store_account_set_password(w->store, ali.account, SPAN(OLD_HASH)), fault_none);
    struct command *late = WISH(w, NOBODY, session_open, CREDENTIALS("ali", "eski parol"));
    chat_prepare(&w->writer, late);
    assert_int_equal(late->fault, fault_none);
    assert_int_equal(store_account_set_password(w->store, ali.account, SPAN("!")), fault_none);
    world_write(w, &late, 1);
    assert_refused(late, unauthenticated, "credentials");
    assert_span(hash_of(w, arena, ali), "!");
    arena_destroy(arena);
}

CASES(account, STORY(a_guest_is_whoever_has_the_name), STORY(registers_and_is_in_the_lobby), STORY(refuses_bad_names_and_passwords), STORY(look_alike_names_cannot_be_taken),
      STORY(of_two_takers_of_a_name_in_one_batch_one_wins), STORY(registration_may_be_closed_or_by_invite), STORY(the_setup_link_works_once),
      STORY(logs_in_by_any_spelling_of_the_name), STORY(an_unknown_name_takes_as_long_as_a_wrong_password), STORY(the_refresh_token_rotates),
      STORY(a_lost_answer_of_a_refresh_is_given_again), STORY(a_used_up_refresh_token_ends_the_session), STORY(guessing_refresh_tokens_hurts_nobody),
      STORY(an_expired_session_is_over), STORY(sessions_are_listed_and_revoked), STORY(a_session_does_not_speak_for_another_account),
      STORY(accounts_are_found_by_prefix), STORY(an_old_hash_is_made_anew_by_the_log_in_that_proves_it), STORY(a_hash_that_changed_meanwhile_is_left_alone));
