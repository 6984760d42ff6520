/* The texts of the tus 1.0 protocol (tus.io): metadata and checksums. Pure. */
#pragma once
#include "base/arena.h"
#include "base/fault.h"
#include "base/span.h"

#define TUS_METADATA_MAX_BYTES 4096

/* The file name in an Upload-Metadata header ("key base64, key base64 …"); empty when it has none. invalid: malformed. */
must_use enum fault tus_file_name(struct arena *arena, struct span metadata, struct span *name_out);
/* "sha256 <base64 of 32 bytes>". invalid: another algorithm, or malformed. */
must_use enum fault tus_checksum(struct span header, unsigned char out[32]);
