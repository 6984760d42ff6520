/* Blocking TLS clients, and a certificate of the test's own for the server. */
#pragma once
#include <openssl/ssl.h>

extern char tls_cert_file[], tls_key_file[];
void tls_files_make(void); /* empty files; once a process */
void tls_files_write(const char *common_name);
void tls_files_remove(void);

SSL_CTX *tls_context(int max_version);
SSL *tls_dial(int port, SSL_CTX *ctx, SSL_SESSION *resume);
void tls_hang_up(SSL *ssl);
size_t tls_read_all(SSL *ssl, char *p, size_t n);
char *tls_reply(SSL *ssl, size_t *n_out); /* one answer; gives its body */
void tls_send(SSL *ssl, const char *text);
void tls_expect(SSL *ssl, const char *request, const char *wanted);
