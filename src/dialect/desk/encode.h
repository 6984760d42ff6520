/* Chats and messages as the old desk writes them (D-02 to D-05). Any thread. */
#pragma once
#include "chat/event.h"
#include "wire/json.h"
#include "wire/token.h"

/* Who reads the marks of a message: how far either side has read, and when. All 0: nobody has read. */
struct desk_marks { int64_t customer_read, agent_read, customer_read_us, agent_read_us; };
static inline struct desk_marks desk_marks_of(const struct desk_view *v)
{
    return (struct desk_marks){ v->customer_read, v->agent_read, v->customer_read_us, v->agent_read_us };
}

struct span desk_person_name(const struct person *p); /* for display; without one the user name */
struct span desk_person_id(const struct person *p);   /* a customer's id, an agent's user name */
bool desk_is_customer(const struct person *p);

void desk_encode_hex(struct json_writer *w, const char *name, int64_t id); /* name NULL: a bare value */
void desk_encode_chat(struct json_writer *w, const struct desk_view *v);
/* key: signs the addresses of files. */
void desk_encode_message(struct json_writer *w, const struct message *m, struct desk_marks marks, struct token_key *key);
#define DESK_FILES_PATH "/api/messages/files/"
