/* Runs the server until SIGTERM or SIGINT. */
#pragma once
#include "app/config.h"

/* The data directory is open and locked and the secret is there; log_setup has run. Borrows config. Returns the exit code of the program
   (sysexits.h, listed by `suhbat --help`). */
int serve(const struct config *config);
