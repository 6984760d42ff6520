/* Bots: accounts of programs. They have an owner and no password; their proof is one session that does not end by itself (bot.c). */
#pragma once
#include "chat/account.h"

#define BOTS_PER_OWNER_MAX 20

struct bot_create_in { struct span username, name; };
struct bot_list_in { char unused; };
struct bot_rotate_in { struct account_id bot; };

/* A door makes the token from account and session. */
struct bot_create_out { struct account account; struct session_id session; };
struct bot_list_out { struct person *bots; size_t n; };
struct bot_rotate_out { struct account account; struct session_id session; };
