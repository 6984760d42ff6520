/* Answers and events are written into a fixed buffer that belongs to the thread, so that the hot path allocates nothing; what does not fit
   there (a message with very many kinds of reactions) is written once more into memory of its own. One answer at a time per thread. */
#include "dialect/native/gateway.h"

static _Thread_local char fixed[ANSWER_FIXED_BYTES];

void answer_begin(struct answer *a)
{
    *a = (struct answer){ .buf = { .p = fixed, .cap = sizeof fixed, .max = sizeof fixed } };
    a->w = json_writer(&a->buf);
}

void answer_begin_large(struct answer *a)
{
    *a = (struct answer){ .on_heap = true };
    buf_init(&a->buf, ENCODE_ANSWER_MAX_BYTES);
    a->w = json_writer(&a->buf);
}

bool answer_again(struct answer *a)
{
    if (!a->buf.failed || a->on_heap) return false;
    answer_begin_large(a);
    return true;
}

void answer_send(struct answer *a, struct conn *c)
{
    if (!a->buf.failed) ws_send_text(c, buf_span(&a->buf));
    answer_end(a);
}

void answer_end(struct answer *a)
{
    if (a->on_heap) buf_fini(&a->buf);
}
