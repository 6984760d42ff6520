/* The bytes of files below the data directory, and the helper that looks at pictures. For serve and import. */
#pragma once
#include "app/config.h"
#include "files/files.h"

must_use enum fault file_store_open(const struct config *config, struct files **out); /* unavailable: prints why. Gives */
