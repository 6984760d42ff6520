/* Rules for the content of messages. Any thread; owns nothing.
   Always: a send is compared with what was first posted under its key, never with what the message says today. */
#include "chat/content.h"
#include "base/utf8.h"
#include "chat/secret.h"

enum fault content_check(struct span text)
{
    if (text.n > MESSAGE_TEXT_MAX_BYTES) return fault_too_large;
    if (!text.n || memchr(text.p, 0, text.n) || !utf8_valid(text)) return fault_invalid;
    return utf8_count(text) > MESSAGE_TEXT_MAX_POINTS ? fault_too_large : fault_none;
}

static bool is_key_char(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' || c == '-';
}

bool content_key_fits(struct span key)
{
    if (key.n > MESSAGE_KEY_MAX_BYTES) return false;
    for (size_t i = 0; i < key.n; i++)
        if (!is_key_char(key.p[i])) return false;
    return true;
}

int64_t content_print(const struct message *m)
{
    return secret_print(m->text, m->reply_to.v);
}

bool content_is_same(const struct message *stored, int64_t original, const struct message_post_in *sent)
{
    if (original) return original == secret_print(sent->text, sent->reply_to.v);
    return id_eq(stored->reply_to, sent->reply_to) && span_eq(stored->text, sent->text);
}
