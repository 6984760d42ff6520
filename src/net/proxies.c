/* Trusted proxies: a handful of ranges, looked through one after another. A client can write anything into X-Forwarded-For, so only what a
   trusted peer appended counts, and that is read from the right. */
#include "net/proxies.h"
#include <arpa/inet.h>
#include <stdlib.h>

enum { ranges_max = 256 };

struct range {
    unsigned char address[16];
    int n_bits; /* of 128 */
};

struct net_proxies {
    size_t n;
    struct range ranges[];
};

static const unsigned char v4_mapped[12] = { [10] = 0xff, [11] = 0xff };

static bool is_v4(const unsigned char a[16])
{
    return memcmp(a, v4_mapped, sizeof v4_mapped) == 0;
}

static bool parse_bare(struct span s, unsigned char out[16])
{
    char text[INET6_ADDRSTRLEN];
    if (s.n == 0 || s.n >= sizeof text) return false;
    memcpy(text, s.p, s.n);
    text[s.n] = 0;
    if (strlen(text) != s.n) return false;
    if (inet_pton(AF_INET6, text, out) == 1) return true;
    memcpy(out, v4_mapped, sizeof v4_mapped);
    return inet_pton(AF_INET, text, out + 12) == 1;
}

bool address_parse(struct span text, unsigned char out[16])
{
    if (text.n && text.p[0] == '[') {
        const char *end = memchr(text.p, ']', text.n);
        return end && parse_bare(span_make(text.p + 1, (size_t)(end - text.p) - 1), out);
    }
    if (parse_bare(text, out)) return true;
    struct span port, host = span_cut(text, ':', &port);
    int64_t number;
    return span_to_i64(port, &number) && number >= 0 && number <= 65535 && parse_bare(host, out);
}

void address_print(const unsigned char address[16], char out[46])
{
    if (is_v4(address))
        inet_ntop(AF_INET, address + 12, out, 46);
    else
        inet_ntop(AF_INET6, address, out, 46);
}

static bool parse_range(struct span entry, struct range *out)
{
    struct span bits, host = span_cut(entry, '/', &bits);
    if (!parse_bare(host, out->address)) return false;
    int64_t n = 0, most = is_v4(out->address) ? 32 : 128;
    if (!bits.p)
        n = most;
    else if (!span_to_i64(bits, &n) || n < 0 || n > most)
        return false;
    out->n_bits = (int)(n + 128 - most);
    return true;
}

static struct span next_entry(struct span *rest)
{
    size_t i = 0, end;
    while (i < rest->n && (rest->p[i] == ',' || rest->p[i] == ' ' || rest->p[i] == '\t')) i++;
    for (end = i; end < rest->n && rest->p[end] != ',' && rest->p[end] != ' ' && rest->p[end] != '\t';) end++;
    struct span entry = { rest->p + i, end - i };
    *rest = (struct span){ rest->p + end, rest->n - end };
    return entry;
}

enum fault proxies_parse(struct span list, struct net_proxies **out, struct span *bad_out)
{
    *out = NULL;
    if (list.n == 0) return fault_none;
    struct net_proxies *p = calloc(1, sizeof *p + ranges_max * sizeof p->ranges[0]);
    if (!p) return fault_unavailable;
    for (struct span entry; (entry = next_entry(&list)).n;) {
        if (p->n < ranges_max && parse_range(entry, &p->ranges[p->n])) {
            p->n++;
            continue;
        }
        if (bad_out) *bad_out = entry;
        free(p);
        return fault_invalid;
    }
    if (p->n == 0) {
        free(p);
        p = NULL;
    }
    *out = p;
    return fault_none;
}

void proxies_destroy(struct net_proxies *proxies)
{
    free(proxies);
}

static bool is_in(const struct range *r, const unsigned char a[16])
{
    int whole = r->n_bits / 8, rest = r->n_bits % 8;
    if (memcmp(r->address, a, (size_t)whole) != 0) return false;
    return rest == 0 || (r->address[whole] ^ a[whole]) >> (8 - rest) == 0;
}

bool proxies_contain(const struct net_proxies *proxies, const unsigned char address[16])
{
    for (size_t i = 0; proxies && i < proxies->n; i++)
        if (is_in(&proxies->ranges[i], address)) return true;
    return false;
}

/* Cuts the last element off the list. */
static struct span last_entry(struct span *list)
{
    size_t at = list->n;
    while (at > 0 && list->p[at - 1] != ',') at--;
    struct span entry = span_trim(span_make(list->p + at, list->n - at));
    list->n = at ? at - 1 : 0;
    return entry;
}

void proxies_client(const struct net_proxies *proxies, struct span forwarded_for, unsigned char address[16])
{
    unsigned char next[16];
    while (forwarded_for.n && proxies_contain(proxies, address)) {
        if (!address_parse(last_entry(&forwarded_for), next)) return;
        memcpy(address, next, 16);
    }
}
