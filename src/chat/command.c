/* Commands as data: made, freed, and looked up in the list (command.def). Any thread; a command belongs to one at a time. */
#include "chat/chat.h"
#include <stdlib.h>

/* The ceiling of one command's memory. The greatest answers (a page of 1,000 long messages, a list of 10,000 rooms) stay below a half. */
enum { first_bytes = 1024, max_bytes = 128 << 20 };

struct command *command_create(enum command_kind kind, struct actor actor)
{
    struct arena *arena = arena_create(sizeof(struct command) + first_bytes, max_bytes);
    if (!arena) abort();
    struct command *c = arena_new(arena, struct command);
    c->arena = arena, c->kind = kind, c->actor = actor;
    return c;
}

void command_destroy(struct command *c)
{
    if (c) arena_destroy(c->arena);
}

struct row {
    const char *name;
    enum command_lane lane;
    enum command_prepare prepare;
    enum command_authority authority;
};

static const struct row rows[command_kind_count] = {
#define COMMAND(name, lane, prepare, authority) \
    [command_##name] = { #name, command_lane_##lane, command_prepare_##prepare, command_authority_##authority },
#include "chat/command.def"
#undef COMMAND
};

const char *command_name(enum command_kind kind)
{
    return rows[kind].name;
}

enum command_lane command_lane_of(enum command_kind kind)
{
    return rows[kind].lane;
}

enum command_prepare command_prepare_of(enum command_kind kind)
{
    return rows[kind].prepare;
}

enum command_authority command_authority_of(enum command_kind kind)
{
    return rows[kind].authority;
}

/* long because: exhaustive, so that no new command forgets to say which room it moves */
struct room_id command_room(const struct command *c)
{
    switch (c->kind) {
    case command_account_register:
    case command_account_setup:
    case command_account_provision:
    case command_admin_user_create:
    case command_bot_create:
    case command_account_guest: return CHAT_LOBBY;
    case command_room_change: return c->in.room_change.room;
    case command_room_delete: return c->in.room_delete.room;
    case command_room_hand_over: return c->in.room_hand_over.room;
    case command_room_invite_create: return c->in.room_invite_create.room;
    case command_room_invite_revoke: return c->in.room_invite_revoke.room;
    case command_room_invite_join: return c->in.room_invite_join.room;
    case command_channel_create: return c->in.channel_create.guild;
    case command_channel_order: return c->in.channel_order.guild;
    case command_ban_put: return c->in.ban_put.room;
    case command_ban_remove: return c->in.ban_remove.room;
    case command_member_mute: return c->in.member_mute.room;
    case command_member_put: return c->in.member_put.room;
    case command_member_remove: return c->in.member_remove.room;
    case command_message_post: return c->in.message_post.room;
    case command_message_edit: return c->in.message_edit.room;
    case command_message_delete: return c->in.message_delete.room;
    case command_reaction_put: return c->in.reaction_put.room;
    case command_reaction_remove: return c->in.reaction_remove.room;
    case command_receipt_mark: return c->in.receipt_mark.room;
    case command_receipt_put: return c->in.receipt_put.room; /* none: chat.c looks for it */
    case command_receipt_unmark: return c->in.receipt_unmark.room;
    case command_pin_put: return c->in.pin_put.room;
    case command_pin_remove: return c->in.pin_remove.room;
    case command_hook_post: return c->in.hook_post.room;
    case command_desk_step: return c->in.desk_step.room; /* none: the oldest that waits, which the verb locks itself */
    case command_desk_read: return c->in.desk_read.room;
    case command_desk_note_add: return c->in.desk_note_add.room;
    case command_desk_tags_set: return c->in.desk_tags_set.room;
    case command_desk_rate: return c->in.desk_rate.room;
    case command_desk_return: return c->in.desk_return.room;
    case command_room_sweep:
    case command_guild_create:
    case command_profile_change:
    case command_profile_get:
    case command_password_change:
    case command_password_forgot:
    case command_password_reset:
    case command_email_change:
    case command_email_verify:
    case command_account_deactivate:
    case command_account_erase: /* many: command_rooms */
    case command_bot_list:
    case command_bot_rotate:
    case command_admin_user_list:
    case command_admin_user_change:
    case command_admin_reset:
    case command_admin_session_list:
    case command_admin_session_end:
    case command_admin_room_list:
    case command_admin_figures:
    case command_admin_glance:
    case command_report_create:
    case command_report_list:
    case command_report_settle:
    case command_audit_list:
    case command_room_create:
    case command_invite_create:
    case command_session_open:
    case command_session_refresh:
    case command_session_revoke:
    case command_account_get:
    case command_account_find:
    case command_setup_state:
    case command_session_list:
    case command_room_list:
    case command_room_list_public:
    case command_room_get:
    case command_room_invite_list:
    case command_room_invite_look:
    case command_guild_list_public:
    case command_channel_list:
    case command_ban_list:
    case command_member_list:
    case command_message_history:
    case command_message_get:
    case command_message_versions:
    case command_pin_list:
    case command_reaction_who:
    case command_receipt_readers:
    case command_presence_look:
    case command_presence_left:
    case command_draft_put:
    case command_block_put: /* chat.c looks for their room */
    case command_block_remove:
    case command_block_list:
    case command_room_changes:
    case command_file_room:
    case command_file_add:
    case command_file_get:
    case command_file_shown:
    case command_file_delete:
    case command_upload_begin:
    case command_upload_get:
    case command_upload_doubt:
    case command_upload_drop:
    case command_avatar_get:
    case command_avatar_set:
    case command_file_expire:
    case command_file_trash:
    case command_file_trashed:
    case command_file_orphans:
    case command_notify_set:
    case command_notify_list:
    case command_push_subscribe:
    case command_push_list:
    case command_push_unsubscribe:
    case command_hook_create:
    case command_hook_list:
    case command_hook_delete:
    case command_outgoing_create:
    case command_outgoing_list:
    case command_outgoing_delete:
    case command_outgoing_test:
    case command_notice_behind:
    case command_notice_look:
    case command_notice_write:
    case command_parcel_load:
    case command_queue_count:
    case command_parcel_due:
    case command_parcel_release:
    case command_parcel_claim:
    case command_parcel_settle:
    case command_search_messages:
    case command_search_rooms:
    case command_search_people:
    case command_search_index:
    case command_search_forget:
    case command_desk_customer:
    case command_desk_open:
    case command_desk_me:
    case command_desk_page:
    case command_desk_find:
    case command_desk_mine:
    case command_desk_believe:
    case command_desk_get:
    case command_desk_list:
    case command_desk_online:
    case command_desk_note_list:
    case command_desk_canned_list:
    case command_desk_canned_put:
    case command_desk_canned_delete:
    case command_desk_agent_list:
    case command_desk_agent_put:
    case command_desk_figures:
    case command_desk_holders:
    case command_kind_count: break;
    }
    return (struct room_id){ 0 };
}

bool command_moves_guild(const struct command *c)
{
    switch ((int)c->kind) {
    case command_account_erase:
    case command_room_change:
    case command_room_delete:
    case command_room_hand_over:
    case command_room_invite_join:
    case command_channel_create:
    case command_channel_order:
    case command_ban_put:
    case command_member_mute:
    case command_member_put:
    case command_member_remove: return true;
    default: return false;
    }
}

size_t command_rooms(const struct command *c, const struct room_id **out)
{
    *out = c->kind == command_account_erase ? c->in.account_erase.rooms : NULL;
    return *out ? c->in.account_erase.n_rooms : 0;
}
