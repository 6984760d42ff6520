/* The plain echo for outside conformance suites: WebSocket /conformance/echo, text and binary, 16 MiB, greets nobody. To be registered only
   when it was asked for, and only on loopback addresses. */
#pragma once
#include "net/http.h"

const struct route *conformance_routes(size_t *n_out);
