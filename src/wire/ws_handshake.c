/* What the opening handshake of a WebSocket needs besides HTTP: the accept key (RFC 6455 section 4.2.2) and the choice of
   permessage-deflate (RFC 7692 sections 5 and 7.1). Any thread; owns nothing. */
#include "wire/ws.h"
#include "wire/http_parser.h"
#include <openssl/evp.h>
#include <openssl/sha.h>

enum { key_chars = 24, digest_max_bytes = 20 };

static bool is_base64_of_16(struct span key)
{
    unsigned char bytes[key_chars];
    if (key.n != key_chars || key.p[22] != '=' || key.p[23] != '=' || memchr(key.p, '=', 22)) return false;
    return EVP_DecodeBlock(bytes, (const unsigned char *)key.p, key_chars) == 18;
}

bool ws_accept_key(struct span key, char out[29])
{
    static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    out[0] = 0;
    if (!is_base64_of_16(key)) return false;
    char joined[key_chars + sizeof guid];
    memcpy(joined, key.p, key_chars);
    memcpy(joined + key_chars, guid, sizeof guid);
    unsigned char digest[digest_max_bytes];
    unsigned n_digest = 0;
    if (!EVP_Digest(joined, key_chars + sizeof guid - 1, digest, &n_digest, EVP_sha1(), NULL)) return false;
    EVP_EncodeBlock((unsigned char *)out, digest, (int)n_digest);
    return true;
}

struct offer {
    bool server_no_takeover, client_no_takeover, server_bits, client_bits;
};

/* A window size: 8 to 15, no leading zero; quotes allowed. */
static bool read_bits(struct span value, int64_t *bits_out)
{
    if (value.n >= 2 && value.p[0] == '"' && value.p[value.n - 1] == '"') value.p++, value.n -= 2;
    return value.n && value.p[0] != '0' && value.p[0] != '-' && span_to_i64(value, bits_out) && *bits_out >= 8 && *bits_out <= 15;
}

static bool once(bool *seen)
{
    bool first = !*seen;
    *seen = true;
    return first;
}

/* One parameter; false makes the whole offer unacceptable. The one deflater of a thread has the full window, so a smaller server window is declined;
   a client's own smaller window needs nothing from us. */
static bool read_parameter(struct span name, struct span value, bool has_value, struct offer *o)
{
    int64_t bits = 15;
    if (span_eq(name, SPAN("server_no_context_takeover"))) return !has_value && once(&o->server_no_takeover);
    if (span_eq(name, SPAN("client_no_context_takeover"))) return !has_value && once(&o->client_no_takeover);
    if (span_eq(name, SPAN("server_max_window_bits"))) return once(&o->server_bits) && read_bits(value, &bits) && bits == 15;
    if (span_eq(name, SPAN("client_max_window_bits"))) return once(&o->client_bits) && (!has_value || read_bits(value, &bits));
    return false;
}

static bool read_offer(struct span element, struct offer *o)
{
    *o = (struct offer){ 0 };
    struct span rest, name = span_trim(span_cut(element, ';', &rest));
    if (!span_eq(name, SPAN("permessage-deflate"))) return false;
    while (rest.p) {
        struct span value, parameter = span_trim(span_cut(rest, ';', &rest));
        struct span key = span_trim(span_cut(parameter, '=', &value));
        bool has_value = value.p != NULL;
        if (!read_parameter(key, span_trim(value), has_value, o)) return false;
    }
    return true;
}

bool ws_choose_deflate(struct span offers, char answer_out[WS_EXTENSIONS_MAX_BYTES])
{
    static const char plain[] = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";
    static const char with_bits[] = "permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=15";
    struct span element;
    struct offer o;
    answer_out[0] = 0;
    while (http_list_next(&offers, &element)) {
        if (!read_offer(element, &o)) continue;
        if (o.server_bits) memcpy(answer_out, with_bits, sizeof with_bits);
        else memcpy(answer_out, plain, sizeof plain);
        return true;
    }
    return false;
}
