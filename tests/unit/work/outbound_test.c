/* The courier against servers of our own on loopback: what is sent, what is refused, what comes back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "work/outbound.h"
#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* ---- A server that takes one connection and speaks a script: expects a text, answers with another, and so on. */

struct line { const char *until, *answer; };
struct peer {
    int listener, port;
    const struct line *script;
    char heard[8192];
    size_t n_heard;
    pthread_t thread;
};

static void *speak(void *arg)
{
    struct peer *p = arg;
    int fd = accept(p->listener, NULL, NULL);
    size_t from = 0;
    for (const struct line *l = p->script; fd >= 0 && l->answer; l++) {
        while (l->until && !strstr(p->heard + from, l->until)) {
            ssize_t n = read(fd, p->heard + p->n_heard, sizeof p->heard - 1 - p->n_heard);
            if (n <= 0) goto out;
            p->n_heard += (size_t)n;
        }
        from = p->n_heard;
        if (write(fd, l->answer, strlen(l->answer)) < 0) break;
    }
out:
    if (fd >= 0) close(fd);
    return NULL;
}

static void peer_start(struct peer *p, const struct line *script)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t n = sizeof at;
    memset(p, 0, sizeof *p);
    p->script = script;
    p->listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(p->listener, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(p->listener, 4), 0);
    assert_int_equal(getsockname(p->listener, (struct sockaddr *)&at, &n), 0);
    p->port = ntohs(at.sin_port);
    pthread_create(&p->thread, NULL, speak, p);
}

static void peer_end(struct peer *p)
{
    shutdown(p->listener, SHUT_RDWR);
    pthread_join(p->thread, NULL);
    close(p->listener);
}

/* ---- Somebody who sends and waits. */

struct waiter { pthread_mutex_t lock; pthread_cond_t woken; bool awake; };

static void wake(void *arg)
{
    struct waiter *w = arg;
    pthread_mutex_lock(&w->lock);
    w->awake = true;
    pthread_cond_signal(&w->woken);
    pthread_mutex_unlock(&w->lock);
}

static void arrived(struct letter *l) { (void)l; }

static bool allow_loopback(void *arg, const unsigned char address[16]) { (void)arg; return address[12] == 127; }

static void send_and_wait(const struct outbound_config *config, struct shipment *s)
{
    struct waiter w = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false };
    struct outbound *o = outbound_create(config);
    s->to = mailbox_create(wake, &w);
    s->home.open = arrived;
    outbound_send(o, s);
    pthread_mutex_lock(&w.lock);
    while (!w.awake) pthread_cond_wait(&w.woken, &w.lock);
    pthread_mutex_unlock(&w.lock);
    assert_ptr_equal(mailbox_take(s->to), &s->home);
    outbound_destroy(o);
    mailbox_destroy(s->to);
}

static enum fault fill_in(struct shipment *s)
{
    s->body = SPAN("from the courier's thread");
    s->headers[s->n_headers++] = SPAN("X-Late: yes");
    return fault_none;
}

static void a_post_goes_out_and_its_answer_comes_back(void **state)
{
    (void)state;
    struct peer peer;
    char url[64];
    peer_start(&peer, (struct line[]){ { "thread", "HTTP/1.1 429 Slow down\r\nRetry-After: 17\r\nContent-Length: 2\r\n\r\nno" }, { 0 } });
    snprintf(url, sizeof url, "http://127.0.0.1:%d/a?b=c", peer.port);
    struct shipment s = { .url = url, .headers = { SPAN("TTL: 60") }, .n_headers = 1, .prepare = fill_in };
    send_and_wait(&(struct outbound_config){ .allows = allow_loopback }, &s);
    assert_int_equal(s.fault, fault_none);
    assert_int_equal(s.status, 429);
    assert_int_equal(s.retry_after_s, 17);
    assert_non_null(strstr(peer.heard, "POST /a?b=c HTTP/1.1\r\n"));
    assert_non_null(strstr(peer.heard, "\r\nTTL: 60\r\n"));
    assert_non_null(strstr(peer.heard, "\r\nX-Late: yes\r\n"));
    assert_null(strstr(peer.heard, "Expect:"));
    peer_end(&peer);
}

static void redirects_and_endless_answers_lead_nowhere(void **state)
{
    (void)state;
    struct peer peer;
    char url[64];
    static char endless[40000] = "HTTP/1.1 200 Yes\r\n\r\n";
    memset(endless + strlen(endless), 'x', sizeof endless - 1 - strlen(endless));
    peer_start(&peer, (struct line[]){ { "\r\n\r\n", "HTTP/1.1 302 Elsewhere\r\nLocation: /else\r\nContent-Length: 0\r\n\r\n" }, { "else", "x" }, { 0 } });
    snprintf(url, sizeof url, "http://127.0.0.1:%d/", peer.port);
    struct shipment s = { .url = url };
    send_and_wait(&(struct outbound_config){ .allows = allow_loopback }, &s);
    assert_int_equal(s.fault, fault_none);
    assert_int_equal(s.status, 302);
    peer_end(&peer);
    assert_null(strstr(peer.heard, "/else"));
    peer_start(&peer, (struct line[]){ { "\r\n\r\n", endless }, { 0 } });
    snprintf(url, sizeof url, "http://127.0.0.1:%d/", peer.port);
    send_and_wait(&(struct outbound_config){ .allows = allow_loopback }, &s);
    assert_int_equal(s.fault, fault_none);
    assert_int_equal(s.status, 200);
    peer_end(&peer);
}

static void private_addresses_are_not_called(void **state)
{
    (void)state;
    static const char *const urls[] = { "http://127.0.0.1:%d/", "https://127.0.0.1:%d/", "https://localhost:%d/", "http://[::1]:%d/",
                                        "https://[::ffff:127.0.0.1]:%d/", "https://0.0.0.0:%d/", "https://2130706433:%d/", "https://0x7f.1:%d/" };
    struct peer peer;
    char url[64];
    peer_start(&peer, (struct line[]){ { "\n", "HTTP/1.1 200 Yes\r\n\r\n" }, { 0 } });
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        snprintf(url, sizeof url, urls[i], peer.port);
        struct shipment s = { .url = url };
        send_and_wait(&(struct outbound_config){ 0 }, &s);
        if (s.fault != fault_forbidden) fail_msg("%s: %s", url, fault_word(s.fault));
    }
    peer_end(&peer);
    assert_int_equal(peer.n_heard, 0);
}

static void other_schemes_and_nonsense_are_refused(void **state)
{
    (void)state;
    static const char *const urls[] = { "file:///etc/passwd", "gopher://127.0.0.1/", "http://", "dict://127.0.0.1:1/", "nonsense://x" };
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        struct shipment s = { .url = urls[i] };
        send_and_wait(&(struct outbound_config){ .allows = allow_loopback }, &s);
        if (s.fault != fault_invalid) fail_msg("%s: %s", urls[i], fault_word(s.fault));
    }
}

static void mail_is_handed_over(void **state)
{
    (void)state;
    struct peer peer;
    char url[64];
    peer_start(&peer, (struct line[]){ { NULL, "220 here\r\n" }, { "EHLO", "250 here\r\n" }, { "MAIL FROM", "250 yes\r\n" }, { "RCPT TO", "250 yes\r\n" },
                                       { "DATA", "354 go on\r\n" }, { "\r\n.\r\n", "250 taken\r\n" }, { "QUIT", "221 bye\r\n" }, { 0 } });
    snprintf(url, sizeof url, "smtp://127.0.0.1:%d", peer.port);
    struct shipment s = { .kind = outbound_mail, .rcpt = SPAN("ali@example.org"), .body = SPAN("Subject: hi\r\n\r\n.dot\r\n") };
    send_and_wait(&(struct outbound_config){ .smtp_url = url, .smtp_from = "chat@example.org" }, &s);
    assert_int_equal(s.fault, fault_none);
    assert_int_equal(s.status, 250);
    assert_non_null(strstr(peer.heard, "MAIL FROM:<chat@example.org>"));
    assert_non_null(strstr(peer.heard, "RCPT TO:<ali@example.org>"));
    assert_non_null(strstr(peer.heard, "\r\n..dot\r\n"));
    peer_end(&peer);
}

static void mail_that_is_refused_says_so(void **state)
{
    (void)state;
    struct peer peer;
    char url[64];
    peer_start(&peer, (struct line[]){ { NULL, "220 here\r\n" }, { "EHLO", "250 here\r\n" }, { "MAIL FROM", "250 yes\r\n" },
                                       { "RCPT TO", "550 nobody of that name\r\n" }, { "\n", "221 bye\r\n" }, { 0 } });
    snprintf(url, sizeof url, "smtp://127.0.0.1:%d", peer.port);
    struct shipment s = { .kind = outbound_mail, .rcpt = SPAN("vali@example.org"), .body = SPAN("\r\n") };
    send_and_wait(&(struct outbound_config){ .smtp_url = url, .smtp_from = "chat@example.org" }, &s);
    assert_int_equal(s.fault, fault_unavailable);
    assert_int_equal(s.status, 550);
    peer_end(&peer);
    struct shipment without = { .kind = outbound_mail, .rcpt = SPAN("vali@example.org") };
    send_and_wait(&(struct outbound_config){ 0 }, &without);
    assert_int_equal(without.fault, fault_unavailable);
}

static bool is_public(const char *text)
{
    unsigned char a[16] = { [10] = 0xff, [11] = 0xff };
    assert_true(inet_pton(AF_INET6, text, a) == 1 || (memcpy(a, (unsigned char[12]){ [10] = 0xff, [11] = 0xff }, 12), inet_pton(AF_INET, text, a + 12) == 1));
    return outbound_address_is_public(a);
}

static void the_table_of_addresses(void **state)
{
    (void)state;
    static const char *const public[] = { "8.8.8.8", "1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "172.15.255.255", "172.32.0.0",
                                          "192.167.255.255", "223.255.255.255", "2606:4700::1111", "2a00:1450:4001::200e", "::ffff:8.8.8.8",
                                          "64:ff9b::8.8.8.8", "2002:808:808::1" };
    static const char *const private[] = { "0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.255.255.255", "169.254.169.254",
                                           "172.16.0.1", "172.31.255.255", "192.0.0.8", "192.0.2.1", "192.168.1.1", "198.18.0.1", "198.19.255.255",
                                           "198.51.100.1", "203.0.113.1", "224.0.0.1", "255.255.255.255", "::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
                                           "::127.0.0.1", "64:ff9b::10.0.0.1", "64:ff9b:1::1", "100::1", "2001::1", "2001:db8::1", "2002:a00:1::1",
                                           "2002:7f00:1::1", "3fff::1", "fc00::1", "fd12:3456::1", "fe80::1", "fec0::1", "ff02::1", "4000::1" };
    for (size_t i = 0; i < sizeof public / sizeof *public; i++)
        if (!is_public(public[i])) fail_msg("%s is public", public[i]);
    for (size_t i = 0; i < sizeof private / sizeof *private; i++)
        if (is_public(private[i])) fail_msg("%s is not public", private[i]);
}

int main(void)
{
    alarm(60);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_post_goes_out_and_its_answer_comes_back),
        cmocka_unit_test(redirects_and_endless_answers_lead_nowhere),
        cmocka_unit_test(private_addresses_are_not_called),
        cmocka_unit_test(other_schemes_and_nonsense_are_refused),
        cmocka_unit_test(mail_is_handed_over),
        cmocka_unit_test(mail_that_is_refused_says_so),
        cmocka_unit_test(the_table_of_addresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
