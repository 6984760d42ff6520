/* Web Push: the example of RFC 8291 section 5, byte for byte, what is refused, and the sender's proof verified with another library call. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "wire/json.h"
#include "wire/push.h"
#include "wire_test.h"
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/sha.h>

#define RECEIVER "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
#define AUTH "BTBZMqHH6r4Tts7J_aSIgg"
#define PLAIN "When I grow up, I want to be a watermelon"

static struct span decoded(struct arena *arena, const char *text)
{
    struct span bytes;
    assert_int_equal(base64url_decode(span_of(text), arena, &bytes), fault_none);
    return bytes;
}

static void the_example_of_rfc_8291(void **state)
{
    (void)state;
    struct arena *arena = arena_create(4096, 1 << 20);
    struct push_keys keys;
    struct buf body, text;
    buf_init(&body, 4096), buf_init(&text, 8192);
    assert_int_equal(push_keys_parse(SPAN(RECEIVER), SPAN(AUTH), &keys), fault_none);
    struct span sender = decoded(arena, "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"), salt = decoded(arena, "DGv6ra1nlYgDCS1FRnbzlw");
    assert_int_equal(push_encrypt_with(&keys, SPAN(PLAIN), (const unsigned char *)sender.p, (const unsigned char *)salt.p, 0, &body), fault_none);
    base64url_encode(&text, buf_span(&body));
    assert_span(buf_span(&text), "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27ml"
                                 "mlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPT"
                                 "pK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN");
    buf_fini(&body), buf_fini(&text);
    arena_destroy(arena);
}

static void every_body_is_new_and_padded(void **state)
{
    (void)state;
    struct push_keys keys;
    struct buf one, other;
    buf_init(&one, 4096), buf_init(&other, 4096);
    assert_int_equal(push_keys_parse(SPAN(RECEIVER), SPAN(AUTH "=="), &keys), fault_none);
    assert_int_equal(push_encrypt(&keys, SPAN("a"), &one), fault_none);
    assert_int_equal(push_encrypt(&keys, SPAN(PLAIN PLAIN), &other), fault_none);
    assert_int_equal(one.n, 86 + 128 + 16);
    assert_int_equal(other.n, one.n);
    assert_memory_not_equal(one.p, other.p, 16);
    assert_memory_not_equal(one.p + 22, other.p + 22, 64);
    static char large[PUSH_PLAIN_MAX_BYTES + 1];
    buf_clear(&one);
    assert_int_equal(push_encrypt(&keys, span_make(large, sizeof large), &one), fault_too_large);
    assert_int_equal(push_encrypt(&keys, span_make(large, sizeof large - 1), &one), fault_none);
    assert_true(one.n <= 4096);
    buf_fini(&one), buf_fini(&other);
}

static void bad_keys_are_refused(void **state)
{
    (void)state;
    struct push_keys keys;
    static const char *const points[] = { "", "AA", RECEIVER "A", "!CVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
                                          "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw8",
                                          "AiVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcx" };
    for (size_t i = 0; i < lengthof(points); i++) assert_int_equal(push_keys_parse(span_of(points[i]), SPAN(AUTH), &keys), fault_invalid);
    assert_int_equal(push_keys_parse(SPAN(RECEIVER), SPAN("BTBZMqHH6r4Tts7J_aSI"), &keys), fault_invalid);
    assert_int_equal(push_keys_parse(SPAN(RECEIVER), SPAN(""), &keys), fault_invalid);
}

/* ES256 by hand: r and s of 32 bytes each over the SHA-256 of what was signed. */
static bool is_signed(struct arena *arena, const char *public, struct span signed_part, struct span signature)
{
    struct span point = decoded(arena, public), raw;
    unsigned char hash[32];
    if (base64url_decode(signature, arena, &raw) || raw.n != 64) return false;
    EC_KEY *key = EC_KEY_new_by_curve_name(NID_X9_62_prime256v1);
    ECDSA_SIG *sig = ECDSA_SIG_new();
    ECDSA_SIG_set0(sig, BN_bin2bn((const unsigned char *)raw.p, 32, NULL), BN_bin2bn((const unsigned char *)raw.p + 32, 32, NULL));
    SHA256((const unsigned char *)signed_part.p, signed_part.n, hash);
    bool ok = EC_KEY_oct2key(key, (const unsigned char *)point.p, point.n, NULL) == 1 && ECDSA_do_verify(hash, sizeof hash, sig, key) == 1;
    ECDSA_SIG_free(sig);
    EC_KEY_free(key);
    return ok;
}

static void the_proof_names_the_origin_and_is_signed(void **state)
{
    (void)state;
    struct arena *arena = arena_create(4096, 1 << 20);
    struct vapid_key *key;
    struct buf pem;
    struct span header, payload, signature, text;
    struct json json;
    buf_init(&pem, VAPID_PEM_MAX_BYTES);
    assert_int_equal(vapid_key_make(&pem), fault_none);
    assert_int_equal(vapid_key_create(buf_span(&pem), &key), fault_none);
    assert_int_equal(strlen(vapid_key_public(key)), 87);
    assert_int_equal(vapid_authorization(key, SPAN("https://push.example"), SPAN("mailto:a@b"), 1453523768, arena, &text), fault_none);
    assert_true(span_starts(text, SPAN("vapid t=")));
    struct span rest = span_make(text.p + 8, text.n - 8), token = span_cut(rest, ',', &rest);
    assert_true(span_starts(rest, SPAN(" k=")) && span_eq(span_make(rest.p + 3, rest.n - 3), span_of(vapid_key_public(key))));
    header = span_cut(token, '.', &rest), payload = span_cut(rest, '.', &signature);
    assert_span(decoded(arena, arena_copy(arena, header).p), "{\"alg\":\"ES256\",\"typ\":\"JWT\"}");
    struct span claims = decoded(arena, arena_copy(arena, payload).p);
    assert_int_equal(json_parse(&json, claims, 4096), fault_none);
    struct json_fields f = json_fields(json.root);
    assert_span(json_take_text(&f, "aud"), "https://push.example");
    assert_span(json_take_text(&f, "sub"), "mailto:a@b");
    assert_int_equal(json_take_int(&f, "exp", 0, INT64_MAX), 1453523768);
    json_done(&json);
    assert_true(is_signed(arena, vapid_key_public(key), span_make(header.p, header.n + 1 + payload.n), signature));
    assert_false(is_signed(arena, vapid_key_public(key), header, signature));
    vapid_key_destroy(key);
    buf_fini(&pem);
    arena_destroy(arena);
}

static void other_private_keys_are_refused(void **state)
{
    (void)state;
    struct vapid_key *key;
    assert_int_equal(vapid_key_create(SPAN(""), &key), fault_invalid);
    assert_int_equal(vapid_key_create(SPAN("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"), &key), fault_invalid);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_example_of_rfc_8291),
        cmocka_unit_test(every_body_is_new_and_padded),
        cmocka_unit_test(bad_keys_are_refused),
        cmocka_unit_test(the_proof_names_the_origin_and_is_signed),
        cmocka_unit_test(other_private_keys_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
