/* The nouns of the native protocol as JSON: one encoder each, shared by HTTP and the gateway. They only write into the writer's buffer and
   allocate nothing of their own. */
#pragma once
#include "chat/command.h"
#include "wire/json.h"

#define ENCODE_ANSWER_MAX_BYTES (64u << 20) /* of one HTTP answer: 200 messages of 16 KiB, escaped at worst */

void encode_person(struct json_writer *w, const struct person *p);
void encode_person_fields(struct json_writer *w, const struct person *p); /* into an object that is open */
void encode_person_or_null(struct json_writer *w, const struct person *p); /* null when id is none */
void encode_account(struct json_writer *w, const struct account *a);
void encode_session(struct json_writer *w, const struct session_view *s, struct session_id current);
void encode_file(struct json_writer *w, const struct file_view *f);
void encode_file_or_null(struct json_writer *w, const struct file_view *f); /* null when id is none */
void encode_message(struct json_writer *w, const struct message *m);
/* last_shown false: "last" is null, to keep a long list short. */
void encode_room(struct json_writer *w, const struct room_view *room, bool last_shown);
/* What a list of hits says about their rooms. */
void encode_room_name(struct json_writer *w, const struct search_hit *hit);
void encode_face(struct json_writer *w, const struct room_face *face);
void encode_room_invite(struct json_writer *w, const struct room_invite *invite);
void encode_ban(struct json_writer *w, const struct ban *ban);
void encode_draft(struct json_writer *w, const struct draft *d); /* null when there is none */
/* The fields without the braces. last_seen_us 0: not told. */
void encode_presence(struct json_writer *w, struct account_id account, enum presence status, int64_t last_seen_us);
void encode_member(struct json_writer *w, const struct member_view *m, bool read_shown, bool online);
/* False when the event is silent for native readers: nothing was written. */
bool encode_event(struct json_writer *w, const struct event *e);
/* "files" of a send: an array of ids, absent or null for none. */
void take_files(struct json_fields *f, struct arena *arena, struct message_post_in *in);
const char *encode_level(enum notify_level level); /* NULL: inherits */
/* {"level","until"}: one that is over is null. */
void encode_notify(struct json_writer *w, enum notify_level level, int64_t until_us);
/* A support chat as agents see it. */
void encode_desk_chat(struct json_writer *w, const struct desk_view *v);
void encode_desk_event(struct json_writer *w, const struct event *e); /* of the kinds desk_ */
const char *encode_kind(enum room_kind kind);
const char *encode_role(enum member_role role); /* NULL: none */
