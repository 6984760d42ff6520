/* The data directory: one server at a time, and the secret that signs tokens. */
#pragma once
#include "app/config.h"

struct data_dir {
    int fd;      /* the directory */
    int lock_fd; /* holds the lock as long as it is open; the kernel lets go when the process ends, however it ends */
};

/* Makes the directory (0700) when it is missing and takes its lock. Prints what is wrong on standard error.
   conflict: another process holds the lock; unavailable: cannot be made or opened. */
must_use enum fault data_dir_open(const char *path, struct data_dir *out);
/* Makes the directory (0700) when it is missing; locks nothing. For commands that may run beside a server. */
must_use enum fault data_dir_make(const char *path);
/* The secret of the directory, made at the first call ever: file "secret", mode 0600, on disk before anybody uses it.
   Does nothing when a setting gave one. The text lives in config's arena. unavailable: prints why. */
must_use enum fault data_dir_secret(struct data_dir *dir, struct config *config);
/* The key pair of Web Push, alike: file "vapid". */
must_use enum fault data_dir_vapid(struct data_dir *dir, struct config *config);
void data_dir_close(struct data_dir *dir);
