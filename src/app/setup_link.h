/* The one-time link that makes the first administrator. New at every start while there is no account; only its hash reaches the core. */
#pragma once
#include "app/config.h"

struct setup_link {
    char token[44]; /* empty: an account exists, no link is needed. Printed once, in the fragment of a URL, which browsers do not send */
    char hash[65];  /* hex SHA-256 */
};

must_use enum fault setup_link_make(const struct config *config, struct setup_link *out);
