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

enum fault content_check_with_files(struct span text, size_t n_files)
{
    return n_files && !text.n ? fault_none : content_check(text);
}

/* Replies and files as one number: the same for the same ids in the same order. */
static int64_t mix(int64_t reply_to, int64_t file)
{
    return (int64_t)(((uint64_t)reply_to + (uint64_t)file + 1) * UINT64_C(0x9E3779B97F4A7C15));
}

bool content_link_fits(enum link_sort kind, struct span link)
{
    if (kind == link_none || !link.n) return kind == link_none && !link.n;
    bool leads = span_starts(link, SPAN("https://")) || span_starts(link, SPAN("http://")) || (link.p[0] == '/' && !span_starts(link, SPAN("//")));
    if (kind > link_file || link.n > MESSAGE_LINK_MAX_BYTES || !leads || !utf8_valid(link)) return false;
    for (size_t i = 0; i < link.n; i++)
        if ((unsigned char)link.p[i] <= ' ' || link.p[i] == 127 || strchr("\"<>\\^`{|}", link.p[i])) return false;
    return true;
}

static int64_t link_number(enum link_sort kind, struct span link)
{
    return link.n ? secret_print(link, (int64_t)kind) : 0;
}

int64_t content_print(const struct message *m)
{
    int64_t number = m->reply_to.v ^ link_number(m->link_kind, m->link);
    for (size_t i = 0; i < m->n_files; i++) number = mix(number, m->files[i].id.v);
    return secret_print(m->text, number);
}

bool content_is_same(const struct message *stored, int64_t original, const struct message_post_in *sent)
{
    int64_t number = sent->reply_to.v ^ link_number(sent->link_kind, sent->link);
    for (size_t i = 0; i < sent->n_files; i++) number = mix(number, sent->files[i].v);
    if (original) return original == secret_print(sent->text, number);
    if (stored->n_files != sent->n_files) return false;
    for (size_t i = 0; i < sent->n_files; i++)
        if (!id_eq(stored->files[i].id, sent->files[i])) return false;
    if (stored->link_kind != sent->link_kind || !span_eq(stored->link, sent->link)) return false;
    return id_eq(stored->reply_to, sent->reply_to) && span_eq(stored->text, sent->text);
}
