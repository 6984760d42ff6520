/* What the desk needs of guests. */
#pragma once
#include "chat/ask.h"

/* The account of that name, or a new one that no password opens (a guest; it may have been one already). invalid: "username"; forbidden: "registration". */
must_use enum fault guest_find(struct ask *ask, struct span name, struct account *out, bool *is_new_out, bool *is_guest_out);
