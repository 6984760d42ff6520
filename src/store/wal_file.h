/* How SQLite's log is written: see wal_file.c. Private to this room. */
#pragma once

/* Registers the VFS at the first call and returns its name for sqlite3_open_v2; NULL (the platform's own VFS) should that fail. Only for connections that
   sync at each commit. Not thread-safe at the first call. */
const char *wal_file_vfs(void);
