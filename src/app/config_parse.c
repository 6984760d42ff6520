/* Single values of settings: addresses, database URLs, origins, networks. Pure functions; any thread. */
#include "app/config.h"
#include <arpa/inet.h>
#include <string.h>

static bool is_numeric_address(const char *text, int *family_out)
{
    unsigned char binary[16];
    int family = strchr(text, ':') ? AF_INET6 : AF_INET;
    if (family_out) *family_out = family;
    return inet_pton(family, text, binary) == 1;
}

bool config_parse_listen(struct arena *arena, const char *text, const char **address_out, int *port_out)
{
    struct span all = span_of(text), address = all, port = { 0 };
    const char *colon = memrchr(text, ':', all.n);
    if (*text == '[') {
        const char *end = strchr(text, ']');
        if (!end || (end[1] && end[1] != ':')) return false;
        address = span_make(text + 1, (size_t)(end - text - 1));
        if (end[1]) port = span_of(end + 2);
    } else if (colon && colon == strchr(text, ':')) {
        address = span_make(text, (size_t)(colon - text));
        port = span_of(colon + 1);
    }
    int64_t number;
    if (!span_to_i64(port, &number) || number < 0 || number > 65535) return false;
    *address_out = arena_copy(arena, address).p;
    *port_out = (int)number;
    return is_numeric_address(*address_out, NULL);
}

bool config_is_loopback(const char *address)
{
    return strncmp(address, "127.", 4) == 0 || strcmp(address, "::1") == 0;
}

/* SQLAlchemy's slashes: three before a relative path, four before an absolute one. */
static struct span sqlite_path(struct span rest)
{
    if (span_starts(rest, SPAN("///"))) rest = span_make(rest.p + 3, rest.n - 3);
    return rest;
}

bool config_parse_database(struct arena *arena, const char *text, const char **url_out, bool *is_sqlite_out)
{
    struct span rest, scheme = span_cut(span_of(text), ':', &rest);
    struct span driver, engine = span_cut(scheme, '+', &driver);
    if (!rest.p) return false;
    *is_sqlite_out = span_eq(engine, SPAN("sqlite"));
    if (*is_sqlite_out) {
        struct span path = sqlite_path(rest);
        *url_out = arena_printf(arena, "sqlite:" SPAN_FMT, SPAN_ARG(path)).p;
        return path.n > 0 && !span_starts(path, SPAN("//")) && !span_eq(path, SPAN(":memory:"));
    }
    *url_out = arena_printf(arena, "postgresql:" SPAN_FMT, SPAN_ARG(rest)).p;
    return (span_eq(engine, SPAN("postgresql")) || span_eq(engine, SPAN("postgres"))) && span_starts(rest, SPAN("//"));
}

bool config_parse_origin(struct span text)
{
    struct span rest, scheme = span_cut(text, ':', &rest);
    if (!span_eq(scheme, SPAN("http")) && !span_eq(scheme, SPAN("https"))) return false;
    if (!span_starts(rest, SPAN("//")) || rest.n < 3) return false;
    return !memchr(rest.p + 2, '/', rest.n - 2) && !memchr(rest.p, ' ', rest.n);
}

bool config_parse_network(struct arena *arena, struct span text)
{
    struct span bits, address = span_cut(text, '/', &bits);
    int family;
    int64_t n_bits = 0;
    if (!is_numeric_address(arena_copy(arena, address).p, &family)) return false;
    return !bits.p || (span_to_i64(bits, &n_bits) && n_bits >= 0 && n_bits <= (family == AF_INET ? 32 : 128));
}
