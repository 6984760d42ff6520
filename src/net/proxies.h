/* The proxies whose forwarded addresses are believed, and plain addresses as text. Immutable after parsing; any thread. */
#pragma once
#include "base/fault.h"
#include "base/span.h"

struct net_proxies;

/* "127.0.0.1, 10.0.0.0/8, fd00::/8": addresses and CIDR ranges, by comma or space. An empty list gives NULL and no fault.
   invalid: *bad_out (may be NULL) is the entry that is wrong, a span of the list. Gives. */
must_use enum fault proxies_parse(struct span list, struct net_proxies **out, struct span *bad_out);
void proxies_destroy(struct net_proxies *proxies); /* NULL is fine */

/* Addresses are 16 bytes, IPv4 mapped into IPv6. NULL contains nothing. */
bool proxies_contain(const struct net_proxies *proxies, const unsigned char address[16]);
/* X-Forwarded-For from right to left: the first address that is not a trusted proxy's. address is the peer's on entry (it must be a trusted
   one), the client's on return; an entry that is no address ends the walk at the last good one. */
void proxies_client(const struct net_proxies *proxies, struct span forwarded_for, unsigned char address[16]);

/* "192.0.2.1", "2001:db8::1", "[2001:db8::1]:443", "192.0.2.1:80"; false: none of these. */
bool address_parse(struct span text, unsigned char out[16]);
void address_print(const unsigned char address[16], char out[46]); /* NUL-terminated */
