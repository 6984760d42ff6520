/* bcrypt, and PBKDF2 as Django writes it for accounts that were imported. Runs in the password pool. The library's working memory (32 KiB) is made per
   call and wiped, like the terminated copy of the password.
   Always: at most 72 bytes without NUL reach the library, which would cut the rest in silence; what a hash asks for has a ceiling. */
#include "chat/password.h"
#include "base/rand.h"
#include "base/utf8.h"
#include "chat/account.h"
#include <crypt.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>

enum { cost_min = 4, salt_bytes = 16, setting_bytes = 64, hash_bytes = 60 };
enum { pbkdf2_bytes = 32, pbkdf2_base64_bytes = 44, pbkdf2_salt_max_bytes = 128, pbkdf2_rounds_max = 4000000 };

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

/* "pbkdf2_sha256$720000$salt$base64": what Django keeps. */
struct pbkdf2 {
    int64_t rounds;
    struct span salt;
    unsigned char key[pbkdf2_base64_bytes / 4 * 3];
};

static bool pbkdf2_parse(struct span hash, struct pbkdf2 *out)
{
    struct span rest;
    if (!span_eq(span_cut(hash, '$', &rest), SPAN("pbkdf2_sha256"))) return false;
    if (!span_to_i64(span_cut(rest, '$', &rest), &out->rounds) || out->rounds < 1 || out->rounds > pbkdf2_rounds_max) return false;
    out->salt = span_cut(rest, '$', &rest);
    if (!out->salt.n || out->salt.n > pbkdf2_salt_max_bytes || rest.n != pbkdf2_base64_bytes || rest.p[rest.n - 1] != '=' || rest.p[rest.n - 2] == '=') return false;
    return EVP_DecodeBlock(out->key, (const unsigned char *)rest.p, pbkdf2_base64_bytes) == (int)sizeof out->key;
}

static bool pbkdf2_matches(struct span password, const struct pbkdf2 *kept)
{
    unsigned char found[pbkdf2_bytes];
    bool made = PKCS5_PBKDF2_HMAC(password.n ? password.p : "", (int)password.n, (const unsigned char *)kept->salt.p, (int)kept->salt.n, (int)kept->rounds,
                                  EVP_sha256(), sizeof found, found) == 1;
    bool same = made && CRYPTO_memcmp(found, kept->key, sizeof found) == 0;
    OPENSSL_cleanse(found, sizeof found);
    return same;
}

static bool is_bcrypt(struct span hash)
{
    int cost = cost_of(hash);
    return cost >= cost_min && cost <= PASSWORD_COST_MAX;
}

bool password_hash_fits(struct span hash)
{
    struct pbkdf2 kept;
    return is_bcrypt(hash) || pbkdf2_parse(hash, &kept);
}

bool password_wants_upgrade(struct span hash, int cost)
{
    return cost_of(hash) < cost;
}

bool password_matches(struct span password, struct span hash)
{
    char setting[hash_bytes + 1] = "", found[hash_bytes];
    struct pbkdf2 kept;
    if (!fits(password)) return false;
    if (pbkdf2_parse(hash, &kept)) return pbkdf2_matches(password, &kept);
    if (!is_bcrypt(hash)) return false;
    memcpy(setting, hash.p, hash_bytes);
    return bcrypt(password, setting, found) && CRYPTO_memcmp(found, hash.p, hash_bytes) == 0;
}

bool password_proves(struct span password, struct span hash, int cost)
{
    char setting[setting_bytes], salt[salt_bytes] = "", ignored[hash_bytes];
    if (fits(password) && password_hash_fits(hash)) return password_matches(password, hash);
    if (crypt_gensalt_rn("$2b$", (unsigned long)cost, salt, sizeof salt, setting, sizeof setting)) bcrypt(SPAN("nobody"), setting, ignored);
    return false;
}
