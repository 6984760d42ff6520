/* Native HTTP: whom the asker has blocked. Runs on the request's loop. */
#include "dialect/native/call.h"

void encode_blocks(struct call *a)
{
    const struct block_list_out *out = &a->command->out.block_list;
    struct reply reply;
    reply_begin_list(&reply, "blocks");
    for (size_t i = 0; i < out->n; i++) {
        json_begin_object(&reply.w);
        json_key(&reply.w, "account");
        encode_person(&reply.w, &out->blocks[i].person);
        json_put_time(&reply.w, "at", out->blocks[i].at_us);
        json_end_object(&reply.w);
    }
    reply_end_list(a, &reply);
}

enum fault decode_block(struct call *a)
{
    return call_path_id(a, "account", &a->command->in.block_put.account.v);
}

enum fault decode_unblock(struct call *a)
{
    return call_path_id(a, "account", &a->command->in.block_remove.account.v);
}
