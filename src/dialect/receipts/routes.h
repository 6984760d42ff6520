/* The routes that need a proof; http.c holds the rows. Private to this dialect. */
#pragma once
#include "net/http.h"

void receipts_post_chat(struct request *r); /* chats.c */
void receipts_post_member(struct request *r);
void receipts_get_members(struct request *r);
void receipts_get_history(struct request *r); /* messages.c */
void receipts_put_read(struct request *r);
void receipts_knock(struct request *r); /* socket.c */
void receipts_knock_wrongly(struct request *r);
