/* The letters of the house: which is sent when, with what link. Without a mail server nothing is written and nothing is refused. */
#pragma once
#include "chat/ask.h"
#include "chat/mail.h"

/* Making accounts, for the verbs that do. account.c */
must_use enum fault account_prepare(struct ask *ask, struct account_register_in *in); /* in the pool: name, address, password checked, hash made */
must_use enum fault account_make(struct ask *ask, const struct account_register_in *in, bool site_admin, struct account *out);
/* A new user name fits. invalid, "username". */
must_use enum fault account_check_name(struct ask *ask, struct span name, struct span *folded_out);
/* Trims and checks a name for display. invalid, "name". profile.c, like the rest */
must_use enum fault person_check_name(struct ask *ask, struct span *name);
/* Somebody is about to stop being an administrator. conflict, "last_admin". */
must_use enum fault account_keep_an_admin(struct ask *ask, const struct account *leaving);
/* Deactivates the account and its bots; sessions and sockets end. */
must_use enum fault account_close(struct ask *ask, struct account_id id);
/* The address is free for the account (none: a new one), or becomes so: who has it without having proven it loses it. conflict, "email". */
must_use enum fault account_claim_email(struct ask *ask, struct account_id account, struct span folded);

/* Open accounts, by user name or address. session.c */
must_use enum fault account_by_login(struct ask *ask, struct span who, struct account *out);

/* A link by which the token's holder proves the address, or sets a password. The token stands in the answer and nowhere else. */
must_use enum fault letter_make_link(struct ask *ask, struct account_id account, enum link_kind kind, struct span email, int64_t ttl_s,
                                     struct span *link_out);
/* account->email is asked to prove itself. */
must_use enum fault letter_verify(struct ask *ask, const struct account *account);
/* A link to a new password goes to account->email. */
must_use enum fault letter_reset(struct ask *ask, const struct account *account);
/* Word of a change that somebody else could have made: the password, the address (told to the old one). */
must_use enum fault letter_password_changed(struct ask *ask, const struct account *account);
must_use enum fault letter_email_changed(struct ask *ask, const struct account *account);
