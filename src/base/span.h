/* A borrowed run of bytes. Does not own, is not NUL-terminated, may be empty (p may then be NULL). */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct span {
    const char *p;
    size_t n; /* bytes */
};

#define SPAN(literal) ((struct span){ "" literal, sizeof(literal) - 1 })
#define SPAN_FMT "%.*s"
#define SPAN_ARG(s) (int)(s).n, (s).p

static inline struct span span_of(const char *cstr) { return (struct span){ cstr, cstr ? strlen(cstr) : 0 }; }
static inline struct span span_make(const void *p, size_t n) { return (struct span){ p, n }; }
static inline bool span_eq(struct span a, struct span b) { return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0); }

bool span_eq_nocase(struct span a, struct span b); /* ASCII case only */
bool span_starts(struct span s, struct span prefix);
struct span span_trim(struct span s); /* ASCII white space at both ends */
/* Splits at the first sep: returns what stands before it, *rest becomes what follows (empty and p==NULL when there is none). */
struct span span_cut(struct span s, char sep, struct span *rest);
/* Strict decimal, the whole span, no sign but '-', no leading '+' or spaces. False leaves *out alone. */
bool span_to_i64(struct span s, int64_t *out);
