/* Which addresses the house may call when a user names the host. Pure. The ranges are the special-purpose registries of RFC 6890; an IPv6
   address that carries an IPv4 one inside (mapped, NAT64, 6to4) is judged by the inner one. Always: what is not known to be public is not. */
#include "work/outbound.h"

struct range {
    unsigned char prefix[16];
    int n_bits;
};

static const struct range v4_special[] = {
    { { 0 }, 8 },             { { 10 }, 8 },           { { 100, 64 }, 10 },      { { 127 }, 8 },          { { 169, 254 }, 16 },
    { { 172, 16 }, 12 },      { { 192, 0, 0 }, 24 },   { { 192, 0, 2 }, 24 },    { { 192, 31, 196 }, 24 }, { { 192, 52, 193 }, 24 },
    { { 192, 88, 99 }, 24 },  { { 192, 168 }, 16 },    { { 192, 175, 48 }, 24 }, { { 198, 18 }, 15 },     { { 198, 51, 100 }, 24 },
    { { 203, 0, 113 }, 24 },  { { 224 }, 4 },          { { 240 }, 4 },
};
/* Global unicast is 2000::/3; these are the holes in it. */
static const struct range v6_special[] = {
    { { 0x20, 0x01, 0 }, 23 }, { { 0x20, 0x01, 0x0d, 0xb8 }, 32 }, { { 0x3f, 0xff, 0 }, 20 }, { { 0x26, 0x20, 0, 0x4f, 0x80 }, 48 },
};

static bool is_in(const unsigned char *address, const struct range *r)
{
    int whole = r->n_bits / 8, rest = r->n_bits % 8;
    if (memcmp(address, r->prefix, (size_t)whole) != 0) return false;
    return rest == 0 || ((address[whole] ^ r->prefix[whole]) >> (8 - rest)) == 0;
}

static bool is_in_any(const unsigned char *address, const struct range *ranges, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (is_in(address, &ranges[i])) return true;
    return false;
}

static bool v4_is_public(const unsigned char a[4])
{
    return !is_in_any(a, v4_special, sizeof v4_special / sizeof *v4_special);
}

bool outbound_address_is_public(const unsigned char a[16])
{
    static const struct range mapped = { { [10] = 0xff, [11] = 0xff }, 96 }, nat64 = { { 0, 0x64, 0xff, 0x9b }, 96 };
    static const struct range six_to_four = { { 0x20, 0x02 }, 16 }, global = { { 0x20 }, 3 };
    if (is_in(a, &mapped) || is_in(a, &nat64)) return v4_is_public(a + 12);
    if (is_in(a, &six_to_four)) return v4_is_public(a + 2);
    return is_in(a, &global) && !is_in_any(a, v6_special, sizeof v6_special / sizeof *v6_special);
}
