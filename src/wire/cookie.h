/* Cookies (RFC 6265): reading the Cookie header, writing Set-Cookie. Any thread; borrows. */
#pragma once
#include "base/buf.h"
#include "base/fault.h"

/* Cuts the next pair off *rest; values keep their bytes but lose one pair of surrounding quotes. Malformed pairs are skipped. False at the end. */
bool cookie_next(struct span *rest, struct span *name_out, struct span *value_out);
/* The first cookie of that name (case matters); p == NULL: none. */
struct span cookie_find(struct span header, struct span name);

enum cookie_same_site { cookie_same_site_lax, cookie_same_site_strict, cookie_same_site_none };
struct cookie {
    struct span name, value;
    struct span path;  /* empty: "/" */
    int64_t max_age_s; /* negative: for the browser's session; 0: delete */
    bool http_only, secure;
    enum cookie_same_site same_site;
};
/* Appends the value of a Set-Cookie header. invalid (nothing appended) when name, value or path hold what the grammar forbids;
   too_large when out failed. */
must_use enum fault cookie_build(const struct cookie *c, struct buf *out);
