/* The outbox: what was put in comes out once, under a lease, until it is settled. */
#include "base/clock.h"
#include "chat/mail.h"
#include "world.h"
#include <string.h>

static struct ask ask_in(struct world *w, struct command *c)
{
    return (struct ask){ .chat = &w->writer, .store = w->store, .c = c, .arena = c->arena, .now_us = 1000000 };
}

static enum fault mail(struct world *w, const char *to, const char *subject, const char *text, bool commit)
{
    struct command *c = world_wish(w, command_parcel_due, NOBODY);
    struct ask ask = ask_in(w, c);
    assert_int_equal(store_begin(w->store), fault_none);
    enum fault fault = mail_put(&ask, span_of(to), span_of(subject), span_of(text));
    if (commit && !fault) assert_int_equal(store_commit(w->store), fault_none);
    else store_abort(w->store);
    return fault;
}

static const struct parcel_claim_out *claim(struct world *w)
{
    return &DO(w, NOBODY, parcel_claim, .max = 10)->out.parcel_claim;
}

static void settle(struct world *w, const struct parcel *p, enum parcel_verdict verdict, int64_t retry_after_s)
{
    struct parcel_result r = { .id = p->id, .kind = p->kind, .target = p->target, .seq = p->seq, .verdict = verdict, .status = 500, .retry_after_s = retry_after_s,
                               .attempts = p->attempts, .expires_us = p->expires_us };
    DO(w, NOBODY, parcel_settle, &r, 1);
}

static void a_mail_comes_out_once(void **state)
{
    struct world *w = *state;
    w->rules.mail_from = SPAN("chat@example.org");
    assert_false(DO(w, NOBODY, parcel_due, 0)->out.parcel_due.due);
    assert_int_equal(mail(w, "ali@example.org", "Salom", "Birinchi\nIkkinchi\n", true), fault_none);
    assert_int_equal(mail(w, "vali@example.org", "taken back", "", false), fault_none);
    assert_true(DO(w, NOBODY, parcel_due, 0)->out.parcel_due.due);
    const struct parcel_claim_out *out = claim(w);
    assert_int_equal(out->n, 1);
    const struct parcel *p = out->parcels;
    assert_int_equal(p->kind, parcel_mail);
    assert_int_equal(p->attempts, 1);
    assert_span(p->address, "ali@example.org");
    assert_non_null(strstr(p->body.p, "Subject: =?UTF-8?B?U2Fsb20=?=\r\n"));
    assert_non_null(strstr(p->body.p, "\r\nDate: Thu, 01 Jan 1970 00:00:01 +0000\r\n"));
    assert_non_null(strstr(p->body.p, "\r\nFrom: <chat@example.org>\r\nTo: <ali@example.org>\r\n"));
    assert_non_null(strstr(p->body.p, "@example.org>\r\nAuto-Submitted"));
    assert_non_null(strstr(p->body.p, "\r\n\r\nQmlyaW5jaGkNCklra2luY2hpDQo=\r\n"));
    assert_false(DO(w, NOBODY, parcel_due, 0)->out.parcel_due.due);
    assert_int_equal(claim(w)->n, 0);
    DO(w, NOBODY, parcel_release, 0);
    p = claim(w)->parcels;
    assert_int_equal(p->attempts, 2);
    settle(w, p, parcel_delivered, 0);
    assert_int_equal(claim(w)->n, 0);
}

static void a_failed_one_waits_longer_each_time_and_is_given_up(void **state)
{
    struct world *w = *state;
    int64_t now_us = clock_wall_us();
    struct parcel sent = { .kind = parcel_mail, .address = SPAN("a@b"), .body = SPAN("x"), .due_us = now_us - 1, .created_us = now_us,
                           .expires_us = now_us + 60 * INT64_C(1000000) };
    assert_int_equal(store_parcel_insert(w->store, &sent), fault_none);
    settle(w, claim(w)->parcels, parcel_again, 0);
    assert_int_equal(claim(w)->n, 0);
    assert_int_equal(parcel_pause_s(1, 0), 5);
    assert_int_equal(parcel_pause_s(2, 0), 10);
    assert_int_equal(parcel_pause_s(1, 700), 700);
    assert_int_equal(parcel_pause_s(50, 0), 3600);
    assert_int_equal(parcel_pause_s(1, INT64_MAX), 86400);
    sent.due_us = now_us - 1;
    assert_int_equal(store_parcel_insert(w->store, &sent), fault_none);
    struct parcel *p = claim(w)->parcels;
    struct parcel_result late = { .id = p->id, .kind = parcel_hook, .verdict = parcel_again, .retry_after_s = 600, .attempts = 1, .expires_us = p->expires_us };
    assert_int_equal(DO(w, NOBODY, parcel_settle, &late, 1)->out.parcel_settle.n_given_up[parcel_hook], 1);
}

static const struct queue_count_out *count(struct world *w)
{
    return &DO(w, NOBODY, queue_count, 0)->out.queue_count;
}

/* What waits, and that it no longer does. */
static void the_queues_are_counted(void **state)
{
    struct world *w = *state;
    struct actor ali = someone(w, "ali");
    world_index(w);
    const struct queue_count_out empty = { { 0 }, 0, 0, 0, 0, 0 };
    assert_memory_equal(count(w), &empty, sizeof empty);
    int64_t now_us = clock_wall_us();
    for (int i = 0; i < 6; i++) {
        enum parcel_kind kind = i < 1 ? parcel_mail : i < 3 ? parcel_push : parcel_hook;
        struct parcel p = { .kind = kind, .target = i, .room = LOBBY, .seq = 1, .due_us = now_us - 1, .created_us = now_us - i, .expires_us = now_us + 60000000 };
        assert_int_equal(store_parcel_insert(w->store, &p), fault_none);
    }
    struct message m = post(w, ali, LOBBY, "one");
    post(w, ali, LOBBY, "two");
    const struct queue_count_out *out = count(w);
    assert_int_equal(out->n_parcels[parcel_mail], 1);
    assert_int_equal(out->n_parcels[parcel_push], 2);
    assert_int_equal(out->n_parcels[parcel_hook], 3);
    assert_int_equal(out->oldest_parcel_us, now_us - 5);
    assert_int_equal(out->index_behind, 2);
    world_index(w);
    assert_int_equal(count(w)->index_behind, 0);
    DO(w, ali, message_edit, LOBBY, m.id, SPAN("three"));
    assert_int_equal(count(w)->index_behind, 1);
    world_index(w);
    const struct parcel_claim_out *taken = claim(w);
    for (size_t i = 0; i < taken->n; i++) settle(w, &taken->parcels[i], parcel_delivered, 0);
    struct room_id room = group(w, ali, false, "Story");
    DO(w, ali, room_delete, room);
    out = count(w);
    assert_int_equal(out->n_rooms_purging, 1);
    assert_int_equal(out->n_parcels[parcel_mail] + out->n_parcels[parcel_push] + out->n_parcels[parcel_hook] + out->oldest_parcel_us + out->index_behind, 0);
}

static void mail_is_refused_when_it_could_harm(void **state)
{
    struct world *w = *state;
    assert_int_equal(mail(w, "ali@example.org", "x", "x", true), fault_unavailable);
    w->rules.mail_from = SPAN("chat@example.org");
    static const char *const bad[] = { "", "ali", "ali@example.org\r\nBcc: all@example.org", "a@b,c@d", "<a@b>", "a b@c", "ж@b" };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) assert_int_equal(mail(w, bad[i], "x", "x", true), fault_invalid);
    assert_int_equal(claim(w)->n, 0);
    assert_int_equal(mail(w, "a@b", "ж\r\nBcc: all@example.org жжжжжжжжжжжжжжжжжжжжжжжжжжжжжжжжжж", "x", true), fault_none);
    assert_null(strstr(claim(w)->parcels->body.p, "Bcc"));
}

CASES(parcel, STORY(a_mail_comes_out_once), STORY(a_failed_one_waits_longer_each_time_and_is_given_up), STORY(the_queues_are_counted),
      STORY(mail_is_refused_when_it_could_harm));
