/* See tls_client.h. */
#include "fixture.h"
#include "tls_client.h"
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>

char tls_cert_file[] = "/tmp/suhbat-net-cert-XXXXXX", tls_key_file[] = "/tmp/suhbat-net-key-XXXXXX";

void tls_files_write(const char *common_name)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = X509_new();
    assert_non_null(key);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
    X509_set_version(cert, 2);
    X509_gmtime_adj(X509_getm_notBefore(cert), -3600);
    X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
    X509_set_pubkey(cert, key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_ASC, (const unsigned char *)common_name, -1, -1, 0);
    X509_set_issuer_name(cert, X509_get_subject_name(cert));
    assert_true(X509_sign(cert, key, EVP_sha256()) > 0);
    FILE *f = fopen(tls_cert_file, "w");
    assert_int_equal(PEM_write_X509(f, cert), 1);
    fclose(f);
    f = fopen(tls_key_file, "w");
    assert_int_equal(PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL), 1);
    fclose(f);
    X509_free(cert);
    EVP_PKEY_free(key);
}

SSL_CTX *tls_context(int max_version)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_max_proto_version(ctx, max_version);
    SSL_CTX_set_mode(ctx, SSL_MODE_AUTO_RETRY);
    return ctx;
}

SSL *tls_dial(int port, SSL_CTX *ctx, SSL_SESSION *resume)
{
    SSL *ssl = SSL_new(ctx);
    SSL_set_fd(ssl, dial(port));
    if (resume) SSL_set_session(ssl, resume);
    assert_int_equal(SSL_connect(ssl), 1);
    return ssl;
}

void tls_hang_up(SSL *ssl)
{
    int fd = SSL_get_fd(ssl);
    SSL_shutdown(ssl);
    SSL_free(ssl);
    close(fd);
}

size_t tls_read_all(SSL *ssl, char *p, size_t n)
{
    size_t done = 0;
    while (done < n) {
        int got = SSL_read(ssl, p + done, (int)(n - done));
        if (got <= 0) break;
        done += (size_t)got;
    }
    return done;
}

/* Reads one answer; gives its body. */
char *tls_reply(SSL *ssl, size_t *n_out)
{
    char head[8192];
    size_t n = 0;
    do assert_int_equal(SSL_read(ssl, head + n, 1), 1);
    while (++n < 4 || memcmp(head + n - 4, "\r\n\r\n", 4) != 0);
    head[n] = 0;
    *n_out = strtoul(strstr(head, "Content-Length: ") + 16, NULL, 10);
    char *body = calloc(1, *n_out + 1);
    assert_int_equal(tls_read_all(ssl, body, *n_out), *n_out);
    return body;
}

void tls_send(SSL *ssl, const char *text) { assert_int_equal(SSL_write(ssl, text, (int)strlen(text)), strlen(text)); }

void tls_expect(SSL *ssl, const char *request, const char *wanted)
{
    size_t n;
    tls_send(ssl, request);
    char *body = tls_reply(ssl, &n);
    assert_string_equal(body, wanted);
    free(body);
}

void tls_files_make(void)
{
    close(mkstemp(tls_cert_file));
    close(mkstemp(tls_key_file));
}

void tls_files_remove(void)
{
    unlink(tls_cert_file);
    unlink(tls_key_file);
}
