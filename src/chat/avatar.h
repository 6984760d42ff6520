/* Square pictures of people and guilds, for the verbs that set them. The picture is at /api/v1/avatars/<token>. */
#pragma once
#include "base/fault.h"
#include "chat/file.h"

struct ask;

#define AVATAR_TOKEN_CHARS 22

/* Uses up a picture of the asker's own that waits, and gives the token that knows it from now on (in the command's arena). not_found, detail "file";
   invalid, detail "file": no picture; conflict: it is in a message already. */
must_use enum fault avatar_of_file(struct ask *ask, struct file_id file, struct span *token_out);
/* Lets go of a picture that nothing shows any more. Empty and unknown tokens are fine. */
must_use enum fault avatar_release(struct ask *ask, struct span token);
