/* bcrypt. Runs in the password pool. The library's working memory (32 KiB) is made per call and wiped, like the terminated copy of the password.
   Always: at most 72 bytes without NUL reach the library, which would cut the rest in silence. */
#include "chat/password.h"
#include "base/rand.h"
#include "base/utf8.h"
#include "chat/account.h"
#include <crypt.h>
#include <openssl/crypto.h>
#include <stdlib.h>

enum { cost_min = 4, salt_bytes = 16, setting_bytes = 64, hash_bytes = 60 };

static bool fits(struct span password)
{
    return password.n <= ACCOUNT_PASSWORD_MAX_BYTES && !(password.n && memchr(password.p, 0, password.n));
}

enum fault password_check(struct span password)
{
    if (password.n > ACCOUNT_PASSWORD_MAX_BYTES) return fault_too_large;
    if (!fits(password) || !utf8_valid(password)) return fault_invalid;
    return utf8_count(password) < PASSWORD_MIN_POINTS ? fault_invalid : fault_none;
}

/* The 60 bytes of the hash into out; false when the library refuses. */
static bool bcrypt(struct span password, const char *setting, char out[hash_bytes])
{
    char phrase[ACCOUNT_PASSWORD_MAX_BYTES + 1] = "";
    if (password.n) memcpy(phrase, password.p, password.n);
    struct crypt_data *work = calloc(1, sizeof *work);
    if (!work) abort();
    const char *hash = crypt_r(phrase, setting, work);
    bool made = hash && hash[0] == '$' && strlen(hash) == hash_bytes;
    if (made) memcpy(out, hash, hash_bytes);
    OPENSSL_cleanse(work, sizeof *work);
    OPENSSL_cleanse(phrase, sizeof phrase);
    free(work);
    return made;
}

enum fault password_hash(struct arena *arena, struct span password, int cost, struct span *out)
{
    char salt[salt_bytes], setting[setting_bytes];
    if (!fits(password) || cost < cost_min || cost > PASSWORD_COST_MAX) return fault_internal;
    rand_bytes(salt, sizeof salt);
    if (!crypt_gensalt_rn("$2b$", (unsigned long)cost, salt, sizeof salt, setting, sizeof setting)) return fault_internal;
    char *hash = arena_alloc(arena, hash_bytes + 1);
    if (!bcrypt(password, setting, hash)) return fault_internal;
    *out = span_make(hash, hash_bytes);
    return fault_none;
}

/* "$2b$12$…": the two digits, or -1. */
static int cost_of(struct span hash)
{
    int64_t cost;
    if (hash.n != hash_bytes || !span_starts(hash, SPAN("$2")) || hash.p[3] != '$' || hash.p[6] != '$') return -1;
    return span_to_i64(span_make(hash.p + 4, 2), &cost) ? (int)cost : -1;
}

static bool can_be_worked_on(struct span hash)
{
    int cost = cost_of(hash);
    return cost >= cost_min && cost <= PASSWORD_COST_MAX;
}

bool password_matches(struct span password, struct span hash)
{
    char setting[hash_bytes + 1] = "", found[hash_bytes];
    if (!fits(password) || !can_be_worked_on(hash)) return false;
    memcpy(setting, hash.p, hash_bytes);
    return bcrypt(password, setting, found) && CRYPTO_memcmp(found, hash.p, hash_bytes) == 0;
}

bool password_proves(struct span password, struct span hash, int cost)
{
    char setting[setting_bytes], salt[salt_bytes] = "", ignored[hash_bytes];
    if (fits(password) && can_be_worked_on(hash)) return password_matches(password, hash);
    if (crypt_gensalt_rn("$2b$", (unsigned long)cost, salt, sizeof salt, setting, sizeof setting)) bcrypt(SPAN("nobody"), setting, ignored);
    return false;
}
