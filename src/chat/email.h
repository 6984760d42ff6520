/* E-mail addresses. Pure.
   What is accepted: RFC 5321 section 4.1.2 Mailbox with a dot-atom before the @ (quoted local parts are for nobody's mailbox: the same section tells
   hosts not to make them), letters of all scripts in both parts (RFC 6531), and a name of a domain after it, never an address literal. */
#pragma once
#include "base/arena.h"
#include "base/span.h"

#define EMAIL_MAX_BYTES 254 /* RFC 5321 section 4.5.3.1.3: 256 with the angle brackets */

/* False: no address. sent_out: as letters are sent to it, the domain in A-labels (IDNA 2008). folded_out: the form that is unique: case and compatible
   forms folded in both parts. Both in the arena. */
bool email_parse(struct arena *arena, struct span text, struct span *sent_out, struct span *folded_out);
