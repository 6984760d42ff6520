/* TLS over real sockets, with certificates made here. */
#include "fixture.h"
#include "tls_client.h"
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#define GET(path) "GET " path " HTTP/1.1\r\nHost: t\r\n\r\n"

struct tls_server { struct server s; struct tls *tls; };

static int start(void **state)
{
    static struct tls_server t;
    tls_files_write("first");
    assert_int_equal(tls_create(tls_cert_file, tls_key_file, &t.tls), fault_none);
    server_start(&t.s, &(struct server_options){ .tls = t.tls });
    *state = &t;
    return 0;
}

static int finish(void **state)
{
    struct tls_server *t = *state;
    server_stop(&t->s);
    tls_destroy(t->tls);
    return 0;
}

static void both_versions_are_served(void **state)
{
    struct tls_server *t = *state;
    static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };
    for (int i = 0; i < 2; i++) {
        SSL_CTX *ctx = tls_context(versions[i]);
        SSL *ssl = tls_dial(t->s.port, ctx, NULL);
        assert_int_equal(SSL_version(ssl), versions[i]);
        for (int j = 0; j < 5; j++) tls_expect(ssl, GET("/hello"), "hello");
        tls_expect(ssl, GET("/who"), "127.0.0.1 secure");
        tls_hang_up(ssl);
        SSL_CTX_free(ctx);
    }
}

static void older_versions_are_not(void **state)
{
    struct tls_server *t = *state;
    SSL_CTX *ctx = tls_context(TLS1_1_VERSION);
    SSL_CTX_set_security_level(ctx, 0);
    SSL *ssl = SSL_new(ctx);
    int fd = dial(t->s.port);
    SSL_set_fd(ssl, fd);
    assert_int_not_equal(SSL_connect(ssl), 1);
    SSL_free(ssl);
    close(fd);
    SSL_CTX_free(ctx);
    fd = dial(t->s.port);
    send_text(fd, GET("/hello"));
    assert_true(is_closed_by_peer(fd));
    close(fd);
}

static void large_answers_cross_many_records(void **state)
{
    struct tls_server *t = *state;
    SSL_CTX *ctx = tls_context(TLS1_3_VERSION);
    SSL *ssl = tls_dial(t->s.port, ctx, NULL);
    tls_send(ssl, GET("/static") GET("/hello"));
    usleep(200000);
    size_t n;
    char *body = tls_reply(ssl, &n);
    assert_int_equal(n, 3 << 20);
    for (size_t i = 0; i < n; i++) assert_int_equal(body[i], 's');
    free(body);
    body = tls_reply(ssl, &n);
    assert_string_equal(body, "hello");
    free(body);
    tls_hang_up(ssl);
    SSL_CTX_free(ctx);
}

static void large_requests_cross_many_records(void **state)
{
    struct tls_server *t = *state;
    enum { n_body = 1 << 20 };
    char head[128], *bytes = malloc(n_body + 1);
    memset(bytes, 'b', n_body);
    bytes[n_body] = 0;
    SSL_CTX *ctx = tls_context(TLS1_3_VERSION);
    SSL *ssl = tls_dial(t->s.port, ctx, NULL);
    snprintf(head, sizeof head, "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: %d\r\n\r\n", n_body);
    tls_send(ssl, head);
    tls_expect(ssl, bytes, bytes);
    tls_hang_up(ssl);
    SSL_CTX_free(ctx);
    free(bytes);
}

static void push_numbers(struct server *s, void *arg)
{
    struct conn *c = net_find(s->net, s->last_ws);
    char text[600];
    memset(text, '.', sizeof text);
    for (int i = 0; i < 1500; i++) {
        int n = snprintf(text, sizeof text, "%d", i);
        text[n] = '.';
        ws_send_text(c, span_make(text, sizeof text));
    }
}

/* More than the socket takes: what TLS has begun must be offered again unchanged, with other frames behind it. */
static void frames_survive_a_full_socket(void **state)
{
    struct tls_server *t = *state;
    SSL_CTX *ctx = tls_context(TLS1_3_VERSION);
    SSL *ssl = tls_dial(t->s.port, ctx, NULL);
    int small = 65536;
    setsockopt(SSL_get_fd(ssl), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    tls_send(ssl, "GET /ws HTTP/1.1\r\nHost: t\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
    char got[1024], wanted[16];
    size_t n = 0;
    do assert_int_equal(SSL_read(ssl, got + n, 1), 1);
    while (++n < 4 || memcmp(got + n - 4, "\r\n\r\n", 4) != 0);
    for (int round = 0; round < 6; round++) {
        server_do(&t->s, push_numbers, NULL);
        usleep(20000);
        for (int i = 0; i < 1500; i++) {
            assert_int_equal(tls_read_all(ssl, got, 604), 604);
            int n_wanted = snprintf(wanted, sizeof wanted, "%d", i);
            assert_memory_equal(got, "\x81\x7e\x02\x58", 4);
            assert_memory_equal(got + 4, wanted, (size_t)n_wanted);
            assert_int_equal(got[4 + n_wanted], '.');
        }
    }
    tls_hang_up(ssl);
    SSL_CTX_free(ctx);
}

static void sessions_resume_by_ticket(void **state)
{
    struct tls_server *t = *state;
    SSL_CTX *ctx = tls_context(TLS1_3_VERSION);
    SSL *ssl = tls_dial(t->s.port, ctx, NULL);
    tls_expect(ssl, GET("/hello"), "hello");
    SSL_SESSION *session = SSL_get1_session(ssl);
    tls_hang_up(ssl);
    ssl = tls_dial(t->s.port, ctx, session);
    assert_int_equal(SSL_session_reused(ssl), 1);
    tls_expect(ssl, GET("/hello"), "hello");
    tls_hang_up(ssl);
    SSL_SESSION_free(session);
    SSL_CTX_free(ctx);
}

static void expect_name(SSL *ssl, const char *wanted)
{
    char name[64];
    X509 *cert = SSL_get1_peer_certificate(ssl);
    X509_NAME_get_text_by_NID(X509_get_subject_name(cert), NID_commonName, name, sizeof name);
    assert_string_equal(name, wanted);
    X509_free(cert);
}

static void a_reload_serves_the_new_certificate_and_keeps_the_old_connections(void **state)
{
    struct tls_server *t = *state;
    SSL_CTX *ctx = tls_context(TLS1_3_VERSION);
    SSL *before = tls_dial(t->s.port, ctx, NULL);
    expect_name(before, "first");
    tls_files_write("second");
    assert_int_equal(tls_reload(t->tls), fault_none);
    SSL *after = tls_dial(t->s.port, ctx, NULL);
    expect_name(after, "second");
    tls_expect(before, GET("/hello"), "hello");
    tls_expect(after, GET("/hello"), "hello");
    tls_hang_up(after);
    FILE *f = fopen(tls_cert_file, "w");
    fputs("not a certificate", f);
    fclose(f);
    assert_int_equal(tls_reload(t->tls), fault_invalid);
    after = tls_dial(t->s.port, ctx, NULL);
    expect_name(after, "second");
    tls_hang_up(after);
    tls_hang_up(before);
    SSL_CTX_free(ctx);
}

static void files_that_do_not_load_are_refused(void **state)
{
    struct tls *tls = NULL;
    assert_int_equal(tls_create("/nonexistent/cert", tls_key_file, &tls), fault_invalid);
    assert_null(tls);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, finish)
int main(void)
{
    tls_files_make();
    const struct CMUnitTest tests[] = {
        TEST(both_versions_are_served), TEST(older_versions_are_not), TEST(large_answers_cross_many_records),
        TEST(large_requests_cross_many_records), TEST(frames_survive_a_full_socket), TEST(sessions_resume_by_ticket),
        TEST(a_reload_serves_the_new_certificate_and_keeps_the_old_connections), cmocka_unit_test(files_that_do_not_load_are_refused),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    tls_files_remove();
    return failed;
}
