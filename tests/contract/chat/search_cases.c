/* Search: what is found, by whom, and that the index follows what becomes of messages. */
#include "world.h"
#include <string.h>

static void assert_finds(struct world *w, struct actor by, const char *words, size_t n)
{
    struct command *c = DO(w, by, search_messages, .query = span_of(words), .limit = 50);
    if (c->out.search_messages.n != n) print_error("\"%s\" found %zu\n", words, c->out.search_messages.n);
    assert_int_equal(c->out.search_messages.n, n);
}

static void both_scripts_find_each_other(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "ali");
    post(w, ali, LOBBY, "Ўзбекистонда ёш болалар");
    post(w, ali, LOBBY, "O‘zbekiston yoshlari");
    world_index(w);
    assert_finds(w, ali, "o'zbekiston", 2);
    assert_finds(w, ali, "ЁШ", 2);
    assert_finds(w, ali, "бола", 1);
    assert_finds(w, ali, "bekis", 2);
    assert_finds(w, ali, "olam", 0);
}

static void only_what_the_asker_may_see_is_found(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "ali"), vali = someone(w, "vali");
    struct room_id secret = group(w, ali, false, "Secret"), open = group(w, ali, true, "Open");
    post(w, ali, secret, "maxfiy gap");
    post(w, ali, open, "ochiq gap");
    world_index(w);
    assert_finds(w, ali, "gap", 2);
    assert_finds(w, vali, "gap", 0);
    assert_int_equal(DO(w, vali, search_messages, .query = SPAN("gap"), .room = open, .limit = 5)->out.search_messages.n, 1);
    assert_refused(ASK(w, vali, search_messages, .query = SPAN("gap"), .room = secret, .limit = 5), not_found, "room");
    seat(w, ali, secret, vali, role_member);
    assert_finds(w, vali, "gap", 1);
    DO(w, ali, member_remove, secret, vali.account);
    assert_finds(w, vali, "gap", 0);
    assert_refused(ASK(w, NOBODY, search_messages, .query = SPAN("gap"), .limit = 5), unauthenticated, "session");
}

static void edits_and_deletions_are_followed(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "ali");
    struct message one = post(w, ali, LOBBY, "birinchi"), two = post(w, ali, LOBBY, "ikkinchi");
    world_index(w);
    DO(w, ali, message_edit, LOBBY, one.id, SPAN("uchinchi"));
    assert_finds(w, ali, "birinchi", 0);
    world_index(w);
    assert_finds(w, ali, "uchinchi", 1);
    assert_finds(w, ali, "birinchi", 0);
    DO(w, ali, message_edit, LOBBY, one.id, SPAN("to'rtinchi"));
    DO(w, ali, message_edit, LOBBY, one.id, SPAN("birinchi"));
    DO(w, ali, message_delete, LOBBY, two.id);
    struct message three = post(w, ali, LOBBY, "yangi");
    DO(w, ali, message_edit, LOBBY, three.id, SPAN("yangiroq"));
    world_index(w);
    assert_finds(w, ali, "birinchi", 1);
    assert_finds(w, ali, "uchinchi", 0);
    assert_finds(w, ali, "ikkinchi", 0);
    assert_finds(w, ali, "yangiroq", 1);
    DO(w, ali, message_delete, LOBBY, one.id);
    assert_finds(w, ali, "birinchi", 0);
    world_index(w);
    assert_finds(w, ali, "birinchi", 0);
}

static void bounds_and_pages(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "ali"), vali = someone(w, "vali");
    for (int i = 0; i < 70; i++) post(w, i % 7 ? ali : vali, LOBBY, i % 10 ? "hamma gap" : "hamma havola https://example.uz/x");
    world_index(w);
    struct search_messages_out *page = &DO(w, ali, search_messages, .query = SPAN("hamma"), .limit = 50)->out.search_messages;
    assert_int_equal(page->n, 50);
    assert_int_equal(page->hits[0].message.seq, head_of(w, ali, LOBBY));
    page = &DO(w, ali, search_messages, .query = SPAN("hamma"), .limit = 50, .below = page->below)->out.search_messages;
    assert_int_equal(page->n, 20);
    assert_int_equal(page->below.v, 0);
    assert_int_equal(DO(w, ali, search_messages, .query = SPAN("hamma"), .from = vali.account, .limit = 50)->out.search_messages.n, 10);
    assert_int_equal(DO(w, ali, search_messages, .has = search_has_link, .limit = 50)->out.search_messages.n, 7);
    int64_t now_us = page->hits[0].message.created_us, day_us = INT64_C(86400) * 1000000;
    assert_int_equal(DO(w, ali, search_messages, .query = SPAN("gap"), .before_us = now_us - day_us, .limit = 50)->out.search_messages.n, 0);
    assert_int_equal(DO(w, ali, search_messages, .query = SPAN("gap"), .after_us = now_us - day_us, .limit = 50)->out.search_messages.n, 50);
    assert_refused(ASK(w, ali, search_messages, .query = SPAN("x"), .limit = 51), invalid, "limit");
    assert_refused(ASK(w, ali, search_messages, .query = SPAN("\xFF"), .limit = 5), invalid, "query");
}

static void signs_of_query_languages_are_plain_text(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "ali");
    post(w, ali, LOBBY, "a NOT b OR c");
    world_index(w);
    const char *const odd[] = { "\"", "'", "a* OR b", "NEAR(a b)", "search_terms:a", "a' & 'b", "\\", "^a", "-b", "(a", "¦r1", "a:*" };
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) DO(w, ali, search_messages, .query = span_of(odd[i]), .limit = 5);
    assert_finds(w, ali, "not or", 1);
}

static void rooms_and_people_are_found_by_a_part_of_their_name(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "ali"), vali = someone(w, "valijon");
    group(w, ali, false, "Oshxona"), group(w, ali, true, "Ошхона ҳақида");
    assert_int_equal(DO(w, ali, search_rooms, .query = SPAN("oshxona"), .limit = 10)->out.search_rooms.n, 2);
    assert_int_equal(DO(w, vali, search_rooms, .query = SPAN("oshxona"), .limit = 10)->out.search_rooms.n, 1);
    struct search_people_out *people = &DO(w, ali, search_people, .query = SPAN("ALI"), .limit = 10)->out.search_people;
    assert_int_equal(people->n, 2);
    assert_span(people->people[0].username, "ali");
    assert_refused(ASK(w, ali, search_people, .query = SPAN(" "), .limit = 10), invalid, "query");
}

CASES(search, STORY(both_scripts_find_each_other), STORY(only_what_the_asker_may_see_is_found), STORY(edits_and_deletions_are_followed),
      STORY(bounds_and_pages), STORY(signs_of_query_languages_are_plain_text), STORY(rooms_and_people_are_found_by_a_part_of_their_name));
