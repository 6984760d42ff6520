/* A growable byte buffer with a ceiling that must be stated at init (as curl's dynbuf taught). Going over the ceiling, or
   running out of memory, makes the buffer *failed*: it stays so, later appends do nothing, and one check at the end is enough. */
#pragma once
#include "base/span.h"
#include <stdarg.h>

struct buf {
    char *p;
    size_t n, cap, max; /* bytes */
    bool failed;
};

void buf_init(struct buf *b, size_t max_bytes); /* allocates nothing yet */
void buf_fini(struct buf *b);
void buf_clear(struct buf *b); /* keeps the memory, forgets failure */
void buf_append(struct buf *b, const void *p, size_t n);
void buf_append_span(struct buf *b, struct span s);
void buf_append_cstr(struct buf *b, const char *s);
void buf_append_char(struct buf *b, char c);
void buf_append_i64(struct buf *b, int64_t v); /* decimal */
void buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Room for at least n more bytes at p + n; NULL when the ceiling forbids. Add what you wrote with buf_commit. */
char *buf_reserve(struct buf *b, size_t n);
void buf_commit(struct buf *b, size_t n);
/* Gives the memory away (free() it); the buffer is empty again. */
char *buf_take(struct buf *b, size_t *n_out);
static inline struct span buf_span(const struct buf *b) { return (struct span){ b->p, b->n }; }
