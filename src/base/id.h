/* Distinct types for distinct ids, so that a room never stands where an account belongs. Zero means "none". All are positive and
   stay below 2^53, so that they are exact in JSON. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct account_id { int64_t v; };
struct session_id { int64_t v; };
struct room_id { int64_t v; };
struct message_id { int64_t v; };
struct file_id { int64_t v; };

#define id_eq(a, b) ((a).v == (b).v)
#define id_none(a) ((a).v == 0)
