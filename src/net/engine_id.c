/* Ids of sessions: the loop (1 character), the place there (3), and 96 random bits (16), all of the base64url alphabet. The loop's thread. */
#include "net/engine_state.h"
#include <openssl/crypto.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

enum { slot_at = 1, slot_chars = 3, secret_at = 4 };

static void write_secret(const unsigned char secret[ENGINE_SECRET_BYTES], char *out)
{
    for (int i = 0; i < ENGINE_SECRET_BYTES; i += 3, out += 4) {
        uint32_t bits = (uint32_t)secret[i] << 16 | (uint32_t)secret[i + 1] << 8 | secret[i + 2];
        for (int j = 0; j < 4; j++) out[j] = alphabet[bits >> (18 - 6 * j) & 63];
    }
}

static int value_of(char c)
{
    const char *at = c ? strchr(alphabet, c) : NULL;
    return at ? (int)(at - alphabet) : -1;
}

void engine_id(const struct engine_session *s, char out[ENGINE_ID_CHARS + 1])
{
    out[0] = alphabet[loop_index(s->engine->net->loop) & 63];
    for (int i = 0; i < slot_chars; i++) out[slot_at + i] = alphabet[s->slot >> (12 - 6 * i) & 63];
    write_secret(s->secret, out + secret_at);
    out[ENGINE_ID_CHARS] = 0;
}

int engine_id_loop(struct span id)
{
    return id.n == ENGINE_ID_CHARS ? value_of(id.p[0]) : -1;
}

struct engine_session *engine_by_id(struct engine *engine, struct span id)
{
    char secret[ENGINE_ID_CHARS - secret_at];
    uint32_t slot = 0;
    if (id.n != ENGINE_ID_CHARS) return NULL;
    for (int i = 0; i < slot_chars; i++) {
        int v = value_of(id.p[slot_at + i]);
        if (v < 0) return NULL;
        slot = slot << 6 | (uint32_t)v;
    }
    struct engine_session *s = slot < engine->n_slots ? engine->slots[slot] : NULL;
    if (!s || s->closing) return NULL;
    write_secret(s->secret, secret);
    return CRYPTO_memcmp(secret, id.p + secret_at, sizeof secret) == 0 ? s : NULL;
}
