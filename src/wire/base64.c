/* Base64 over the crypto library; any thread, owns nothing. The library takes white space at the ends and counts padding as bytes, so both are
   looked at here. */
#include "wire/base64.h"
#include <limits.h>
#include <openssl/evp.h>

#define AT_ONCE_BYTES (3u << 18) /* the library counts in int */

void base64_encode(struct buf *out, struct span bytes)
{
    while (bytes.n) {
        size_t n = bytes.n < AT_ONCE_BYTES ? bytes.n : AT_ONCE_BYTES;
        char *at = buf_reserve(out, BASE64_ENCODED_BYTES(n) + 1);
        if (!at) return;
        buf_commit(out, (size_t)EVP_EncodeBlock((unsigned char *)at, (const unsigned char *)bytes.p, (int)n));
        bytes.p += n, bytes.n -= n;
    }
}

static bool is_alphabet(unsigned char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
}

bool base64_decode(struct span text, unsigned char *to, size_t *n_out)
{
    size_t n_pad = 0;
    if (text.n % 4 || text.n > INT_MAX) return false;
    while (n_pad < 2 && n_pad < text.n && text.p[text.n - 1 - n_pad] == '=') n_pad++;
    for (size_t i = 0; i < text.n - n_pad; i++)
        if (!is_alphabet((unsigned char)text.p[i])) return false;
    int n = text.n ? EVP_DecodeBlock(to, (const unsigned char *)text.p, (int)text.n) : 0;
    if (n < 0) return false;
    *n_out = (size_t)n - n_pad;
    return true;
}
