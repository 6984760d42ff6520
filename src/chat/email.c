/* The syntax of e-mail addresses, by hand; the domain through libidn2. Any thread; owns nothing. */
#include "chat/email.h"
#include "base/utf8.h"
#include <idn2.h>

enum { local_max_bytes = 64, domain_max_bytes = 253 };

static bool is_atext(unsigned char c)
{
    bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    return plain || c >= 0x80 || (c && strchr("!#$%&'*+-/=?^_`{|}~", c));
}

/* Dot-string: atoms with one dot between. */
static bool is_local(struct span s)
{
    if (!s.n || s.n > local_max_bytes || s.p[0] == '.' || s.p[s.n - 1] == '.') return false;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '.' ? s.p[i - 1] == '.' : !is_atext((unsigned char)s.p[i])) return false;
    }
    return true;
}

/* A-labels in lower case; at least two of them, the last one not a number (that would be an IPv4 address). */
static bool is_host(const char *host)
{
    size_t n = strlen(host);
    const char *last = strrchr(host, '.');
    if (!n || n > domain_max_bytes || !last || last == host || !last[1]) return false;
    if (strspn(last + 1, "0123456789") == strlen(last + 1)) return false;
    for (const char *p = host; *p; p++) {
        bool fine = (*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9') || *p == '-' || *p == '.';
        bool edge = p == host || p[-1] == '.' || !p[1] || p[1] == '.';
        if (!fine || (edge && (*p == '-' || *p == '.') && !(*p == '.' && p != host && p[-1] != '.' && p[1]))) return false;
    }
    return true;
}

/* The domain in A-labels, in the arena; empty when it is none. */
static struct span to_ascii(struct arena *arena, struct span domain)
{
    struct span out = { 0 };
    uint8_t *ascii = NULL;
    if (!domain.n || domain.n > domain_max_bytes || memchr(domain.p, 0, domain.n)) return out;
    struct span text = arena_printf(arena, SPAN_FMT, SPAN_ARG(domain));
    int rc = idn2_lookup_u8((const uint8_t *)text.p, &ascii, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
    if (rc == IDN2_OK && is_host((const char *)ascii)) out = arena_copy(arena, span_of((const char *)ascii));
    idn2_free(ascii);
    return out;
}

bool email_parse(struct arena *arena, struct span text, struct span *sent_out, struct span *folded_out)
{
    text = span_trim(text);
    if (!text.n || text.n > EMAIL_MAX_BYTES || !utf8_valid(text) || utf8_has_unprintable(text)) return false;
    const char *at = memrchr(text.p, '@', text.n);
    if (!at) return false;
    struct span local = span_make(text.p, (size_t)(at - text.p)), rest = span_make(at + 1, text.n - local.n - 1);
    struct span domain = to_ascii(arena, rest), folded = utf8_fold(arena, local);
    if (!is_local(local) || !domain.n || !is_local(folded) || local.n + 1 + domain.n > EMAIL_MAX_BYTES) return false;
    *sent_out = arena_printf(arena, SPAN_FMT "@" SPAN_FMT, SPAN_ARG(local), SPAN_ARG(domain));
    *folded_out = arena_printf(arena, SPAN_FMT "@" SPAN_FMT, SPAN_ARG(folded), SPAN_ARG(domain));
    return true;
}
