/* The courier: everything the house sends to other hosts, over libcurl, on one thread of its own. It knows HTTP POST and SMTP, no database and no
   queue that must survive: who hands it a shipment keeps it in a table until it has come back (the room dispatch does).

   An address is looked at when the socket is opened, after the name was resolved, so no answer of a name server can lead into a private network:
   private, loopback, link-local and other special ranges are refused, but for those that config->allows. Plain http goes to allowed
   addresses alone. Redirects are not followed, proxies of the environment are not used, and of an answer no more than
   OUTBOUND_ANSWER_MAX_BYTES is read. Mail goes to the server of the settings, which may stand anywhere. */
#pragma once
#include "base/fault.h"
#include "base/span.h"
#include "loop/loop.h"

#define OUTBOUND_URL_MAX_BYTES 2048
#define OUTBOUND_HEADERS_MAX 12
#define OUTBOUND_ANSWER_MAX_BYTES 16384
#define OUTBOUND_QUEUE_MAX 4096   /* shipments handed over and not yet back */
#define OUTBOUND_AT_ONCE_MAX 64   /* connections at the same time, of them per host: */
#define OUTBOUND_PER_HOST_MAX 8
#define OUTBOUND_CONNECT_MS 10000
#define OUTBOUND_WHOLE_MS 30000

enum outbound_kind { outbound_post, outbound_mail };

/* What goes out and how it went. The sender owns the memory; it is lent from outbound_send until `home` is opened. All texts must live so long. */
struct shipment {
    struct letter home;      /* posted to `to` when all is over; set home.open */
    struct mailbox *to;
    struct shipment *next;   /* the courier's */

    enum outbound_kind kind;
    const char *url;         /* http:// or https://; mail: NULL, the server of the settings */
    struct span headers[OUTBOUND_HEADERS_MAX]; /* post: "Name: value", NUL-terminated */
    size_t n_headers;
    struct span body;        /* post: as it is; mail: a whole message, headers and all (RFC 5322, CRLF) */
    struct span rcpt;        /* mail: the address, NUL-terminated */
    /* Called on the courier's thread before it is sent, for work that would hold a loop (encryption): fills in headers and body. May be NULL.
       A fault ends the shipment. */
    enum fault (*prepare)(struct shipment *s);

    /* How it went. none: the host has answered, `status` tells what. forbidden: the address is one we do not call. invalid: not a URL we know.
       unavailable: no connection, no answer in time. busy: the queue is full. mail: none with 250, otherwise unavailable with the reply code. */
    enum fault fault;
    int status;
    int64_t retry_after_s;   /* the answer's Retry-After in seconds; 0: none */
};

struct outbound_config {
    bool (*allows)(void *arg, const unsigned char address[16]); /* IPv4 mapped into IPv6; NULL: nothing special is allowed */
    void *arg;
    const char *smtp_url;    /* smtp://user:password@host:587; NULL: mail comes back unavailable */
    const char *smtp_from;   /* the envelope's sender */
    bool smtp_needs_tls;     /* refuse to speak without */
};

struct outbound;
struct outbound *outbound_create(const struct outbound_config *config); /* borrows the texts. Gives; aborts when out of memory */
/* Any thread. It always comes back, by letter. */
void outbound_send(struct outbound *o, struct shipment *s);
/* Ends the thread. What is under way comes back unavailable; the letters are posted before this returns. */
void outbound_destroy(struct outbound *o);

/* Is this an address of the public internet? 16 bytes, IPv4 mapped into IPv6. The ranges are those of RFC 6890 and its registries. */
bool outbound_address_is_public(const unsigned char address[16]);
