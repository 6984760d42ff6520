/* TLS over the socket itself: OpenSSL reads and writes the descriptor, without buffers of ours between. The context is shared by all loops
   and swapped whole on reload; connections keep the one they began with. Idle connections give their record buffers back
   (SSL_MODE_RELEASE_BUFFERS). Resumption is by tickets only: a session cache would be memory that strangers fill. */
#include "base/log.h"
#include "net/conn.h"
#include <errno.h>
#include <openssl/err.h>
#include <stdlib.h>

struct tls {
    CRYPTO_RWLOCK *lock; /* guards context: loops take a reference while a reload may swap it */
    SSL_CTX *context;
    char *cert_file, *key_file;
};

/* The first line of OpenSSL's trouble: names of files and reasons, no key material. */
static void log_trouble(const char *event, const char *file)
{
    char reason[160];
    ERR_error_string_n(ERR_peek_error(), reason, sizeof reason);
    LOG(error, event, log_str("file", file), log_str("reason", reason));
    ERR_clear_error();
}

/* ALPN: HTTP/1.1 is all we speak; a client that offers only other protocols goes on without, as if it had offered nothing. */
static int choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *n_out, const unsigned char *in, unsigned n_in, void *arg)
{
    static const unsigned char ours[] = "\x08http/1.1";
    unsigned char *chosen;
    if (SSL_select_next_proto(&chosen, n_out, ours, sizeof ours - 1, in, n_in) != OPENSSL_NPN_NEGOTIATED) return SSL_TLSEXT_ERR_NOACK;
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

static void set_policy(SSL_CTX *ctx)
{
    SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA |
                                 SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_session_id_context(ctx, (const unsigned char *)"suhbat", 6);
    SSL_CTX_set_num_tickets(ctx, 1);
    SSL_CTX_set_read_ahead(ctx, 1);
    SSL_CTX_set_alpn_select_cb(ctx, choose_protocol, NULL);
}

static SSL_CTX *load(const char *cert_file, const char *key_file)
{
    ERR_clear_error();
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    const char *file = cert_file;
    if (ctx) {
        set_policy(ctx);
        bool good = SSL_CTX_use_certificate_chain_file(ctx, cert_file) == 1;
        if (good) file = key_file;
        good = good && SSL_CTX_use_PrivateKey_file(ctx, key_file, SSL_FILETYPE_PEM) == 1 && SSL_CTX_check_private_key(ctx) == 1;
        if (good) return ctx;
    }
    log_trouble("tls files do not load", file);
    SSL_CTX_free(ctx);
    return NULL;
}

enum fault tls_create(const char *cert_file, const char *key_file, struct tls **out)
{
    SSL_CTX *ctx = load(cert_file, key_file);
    if (!ctx) return fault_invalid;
    struct tls *tls = calloc(1, sizeof *tls);
    if (!tls) abort();
    *tls = (struct tls){ CRYPTO_THREAD_lock_new(), ctx, strdup(cert_file), strdup(key_file) };
    if (!tls->lock || !tls->cert_file || !tls->key_file) abort();
    *out = tls;
    return fault_none;
}

enum fault tls_reload(struct tls *tls)
{
    SSL_CTX *fresh = load(tls->cert_file, tls->key_file);
    if (!fresh) return fault_invalid;
    if (!CRYPTO_THREAD_write_lock(tls->lock)) abort();
    SSL_CTX *old = tls->context;
    tls->context = fresh;
    CRYPTO_THREAD_unlock(tls->lock);
    SSL_CTX_free(old);
    return fault_none;
}

void tls_destroy(struct tls *tls)
{
    if (!tls) return;
    SSL_CTX_free(tls->context);
    CRYPTO_THREAD_lock_free(tls->lock);
    free(tls->cert_file);
    free(tls->key_file);
    free(tls);
}

SSL *tls_accept(struct tls *tls, int fd)
{
    if (!CRYPTO_THREAD_read_lock(tls->lock)) abort();
    SSL *ssl = SSL_new(tls->context);
    CRYPTO_THREAD_unlock(tls->lock);
    if (ssl && SSL_set_fd(ssl, fd) != 1) {
        SSL_free(ssl);
        return NULL;
    }
    if (ssl) SSL_set_accept_state(ssl);
    return ssl;
}

/* What a call that did not succeed means for the caller: errno as of recv(2) and send(2), 0 for an orderly end. */
static ssize_t outcome(struct conn *c, int result)
{
    switch (SSL_get_error(c->ssl, result)) {
    case SSL_ERROR_WANT_WRITE:
        c->flags |= conn_tls_wants_write;
        errno = EAGAIN;
        return -1;
    case SSL_ERROR_WANT_READ: errno = EAGAIN; return -1;
    case SSL_ERROR_ZERO_RETURN: return 0;
    default: break;
    }
    ERR_clear_error();
    c->flags |= conn_tls_broken;
    errno = ECONNRESET;
    return -1;
}

ssize_t tls_read(struct conn *c, char *p, size_t n)
{
    ERR_clear_error();
    int got = SSL_read(c->ssl, p, (int)n);
    return got > 0 ? got : outcome(c, got);
}

ssize_t tls_write(struct conn *c, const char *p, size_t n)
{
    ERR_clear_error();
    int sent = SSL_write(c->ssl, p, n > INT_MAX ? INT_MAX : (int)n);
    if (sent > 0) return sent;
    ssize_t result = outcome(c, sent);
    if (result == 0) errno = ECONNRESET;
    return result == 0 ? -1 : result;
}

void tls_proceed(struct conn *c)
{
    ERR_clear_error();
    int done = SSL_do_handshake(c->ssl);
    if (done == 1) {
        c->stage = stage_http;
        http_arm(c);
    } else if (outcome(c, done) == 0 || errno != EAGAIN) {
        conn_kill(c, WS_ABNORMAL);
    }
    conn_watch(c);
    if (done == 1 && SSL_has_pending(c->ssl)) {
        c->flags |= conn_feed_again;
        conn_mark_dirty(c);
    }
}

void tls_end(struct conn *c, bool politely)
{
    if (!c->ssl) return;
    if (politely && !(c->flags & (conn_tls_broken | conn_half_shut)) && SSL_is_init_finished(c->ssl)) {
        ERR_clear_error();
        SSL_shutdown(c->ssl);
        ERR_clear_error();
    }
}
