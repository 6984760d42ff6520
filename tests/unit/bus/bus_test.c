/* The bus: every chain to every loop, in order; the failing one fails as it says; and whoever lets go last frees. Real loops in real threads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "bus/bus.h"
#include "loop/loop.h"
#include <stdlib.h>

#define EARS 3
#define HEARD_MAX 4096
#define LAST (-1) /* the sequence of the event that ends a story */

struct ear {
    struct loop *loop;
    struct thread *thread;
    struct event *kept; /* every first event of a letter is kept until the end */
    int64_t heard[HEARD_MAX];
    int n_heard, n_letters;
};

struct house {
    struct bus *bus;
    struct ear ears[EARS];
};

static void hear(void *arg, struct event *chain)
{
    struct ear *ear = arg;
    ear->n_letters++;
    event_ref(chain);
    event_unref(ear->kept);
    ear->kept = chain;
    for (struct event *e = chain; e; e = e->next) {
        if (e->seq == LAST) loop_stop(ear->loop);
        else ear->heard[ear->n_heard++] = e->seq;
    }
}

static void run(void *arg)
{
    struct ear *ear = arg;
    loop_run(ear->loop);
}

static void open_house(struct house *h, struct bus *bus)
{
    *h = (struct house){ .bus = bus };
    for (int i = 0; i < EARS; i++) {
        h->ears[i].loop = loop_create(i);
        bus_listen(bus, loop_mailbox(h->ears[i].loop), hear, &h->ears[i]);
    }
    for (int i = 0; i < EARS; i++) h->ears[i].thread = thread_start("ear", run, &h->ears[i]);
}

/* A chain of n events with sequences from `first`. */
static struct event *chain_of(int64_t first, int n)
{
    struct event *head = NULL, **tail = &head;
    for (int i = 0; i < n; i++) {
        *tail = event_copy(&(struct event){ .kind = event_message_posted, .seq = first + i, .message.text = SPAN("hello") });
        tail = &(*tail)->next;
    }
    return head;
}

/* Publishes the last event and waits until every ear has heard it. */
static void close_house(struct house *h)
{
    bus_publish(h->bus, chain_of(LAST, 1));
    for (int i = 0; i < EARS; i++) thread_join(h->ears[i].thread);
    for (int i = 0; i < EARS; i++) {
        loop_destroy(h->ears[i].loop);
        event_unref(h->ears[i].kept);
    }
    bus_destroy(h->bus);
}

#define PUBLISHERS 2
#define CHAINS 300
#define CHAIN_LENGTH 3

struct publisher { struct bus *bus; int64_t base; };

static void publish_many(void *arg)
{
    struct publisher *p = arg;
    for (int i = 0; i < CHAINS; i++) bus_publish(p->bus, chain_of(p->base + i * CHAIN_LENGTH, CHAIN_LENGTH));
}

static void expect_all_in_order(const struct ear *ear)
{
    int64_t next[PUBLISHERS] = { 0, 1000000 };
    assert_int_equal(ear->n_heard, PUBLISHERS * CHAINS * CHAIN_LENGTH);
    assert_int_equal(ear->n_letters, PUBLISHERS * CHAINS + 1);
    for (int i = 0; i < ear->n_heard; i++) {
        int publisher = ear->heard[i] >= 1000000;
        assert_int_equal(ear->heard[i], next[publisher]++);
        if (i % CHAIN_LENGTH) assert_int_equal(ear->heard[i], ear->heard[i - 1] + 1); /* chains do not mix */
    }
}

static void every_loop_hears_every_chain_whole_and_in_order(void **state)
{
    (void)state;
    static struct house h;
    open_house(&h, bus_create_local());
    struct publisher publishers[PUBLISHERS] = { { h.bus, 0 }, { h.bus, 1000000 } };
    struct thread *threads[PUBLISHERS];
    for (int i = 0; i < PUBLISHERS; i++) threads[i] = thread_start("publisher", publish_many, &publishers[i]);
    for (int i = 0; i < PUBLISHERS; i++) thread_join(threads[i]);
    close_house(&h);
    for (int i = 0; i < EARS; i++) expect_all_in_order(&h.ears[i]);
}

static void an_event_lives_as_long_as_somebody_holds_it_and_no_longer(void **state)
{
    (void)state;
    static struct house h;
    open_house(&h, bus_create_local());
    struct event *e = chain_of(1, 1);
    event_ref(e);
    bus_publish(h.bus, e);
    close_house(&h);
    assert_int_equal(atomic_load(&e->refs), 1);
    assert_memory_equal(e->message.text.p, "hello", 5);
    event_unref(e);
}

static void nobody_listens_and_nothing_is_published(void **state)
{
    (void)state;
    struct bus *bus = bus_create_local();
    struct event *e = chain_of(1, 2);
    event_ref(e);
    bus_publish(bus, e);
    assert_int_equal(atomic_load(&e->refs), 1);
    event_unref(e);
    bus_publish(bus, NULL);
    bus_destroy(bus);
    bus_destroy(NULL);
}

/* Chains 2, 4, 6 … are lost; of the others 3, 9, 15 … come twice. */
static void the_failing_bus_loses_every_second_and_doubles_every_third(void **state)
{
    (void)state;
    static const int64_t expected[] = { 10, 11, 30, 31, 30, 31, 50, 51, 70, 71, 90, 91, 90, 91, 110, 111 };
    static struct house h;
    struct event *held[12];
    open_house(&h, bus_create_failing());
    for (int i = 1; i <= 12; i++) {
        struct event *chain = held[i - 1] = chain_of(i * 10, 2);
        event_ref(chain);
        bus_publish(h.bus, chain);
    }
    close_house(&h);
    for (int i = 0; i < EARS; i++) {
        assert_int_equal(h.ears[i].n_heard, sizeof expected / sizeof *expected);
        assert_memory_equal(h.ears[i].heard, expected, sizeof expected);
    }
    for (int i = 0; i < 12; i++) {
        assert_int_equal(atomic_load(&held[i]->refs), 1);
        event_unref(held[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_loop_hears_every_chain_whole_and_in_order),
        cmocka_unit_test(an_event_lives_as_long_as_somebody_holds_it_and_no_longer),
        cmocka_unit_test(nobody_listens_and_nothing_is_published),
        cmocka_unit_test(the_failing_bus_loses_every_second_and_doubles_every_third),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
