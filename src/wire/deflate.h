/* Raw deflate of single WebSocket messages (RFC 7692 section 7.2), without memory from one message to the next: so one deflater (about
   270 KB) and one inflater (about 45 KB) per thread serve all its connections. They are made at first use. */
#pragma once
#include "base/buf.h"
#include "base/fault.h"

/* Appends the deflated message without its tail 00 00 ff ff. A failed out: too_large; no memory: unavailable. */
must_use enum fault deflate_message(struct span message, struct buf *out);
/* Appends the inflated message. too_large when it would pass max_bytes (nothing beyond is inflated) or out's ceiling; invalid when it is
   no deflate data. On a fault out may hold a part. */
must_use enum fault inflate_message(struct span deflated, size_t max_bytes, struct buf *out);
/* Frees what this thread holds: the last act of a thread that has sockets. */
void deflate_thread_fini(void);
