/* The log of a SQLite database, written in large pieces. SQLite writes each page of a commit with two calls, 24 bytes of frame header and the
   page; here what follows on what came before is gathered, and the kernel gets it at once when SQLite asks for the log to be on disk. It does so
   at each commit (synchronous=FULL) before any reader is shown the commit, so nobody ever looks for bytes that are still here.

   The log grows ahead of what is written, by zeros that no reader of a log takes for a frame: a commit that overwrites leaves the file's length
   alone, and the file system needs no commit of its own. Past AHEAD_UNTIL_BYTES it is left alone: a log that long is about to begin anew.

   A VFS over the platform's: every file but the log is the platform's own. A log belongs to its connection's thread and owns its buffer.
   Always: bytes leave in the order they were written; whatever reads, measures or cuts the file finds all of them in it; a write that failed
   late is told by the sync of its commit, which then fails as if the write had. */
#include "store/wal_file.h"
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#define GATHER_BYTES (124 << 10) /* the platform takes at most 131,071 bytes a call */

#define AHEAD_BYTES (1 << 20)
#define AHEAD_UNTIL_BYTES (64 << 20)

struct wal_file {
    sqlite3_file base;
    sqlite3_file *real; /* behind this struct, in the memory that SQLite gave */
    char *gathered;
    int n;
    sqlite3_int64 offset; /* of the first gathered byte */
    sqlite3_int64 end;    /* of what was written last */
    sqlite3_int64 length; /* up to here the file was seen to reach; less is possible after a cut by another connection, and harmless */
};

static sqlite3_vfs *platform(void)
{
    return sqlite3_vfs_find(NULL);
}

static struct wal_file *wal_of(sqlite3_file *file)
{
    return (struct wal_file *)file;
}

/* Only ever behind the last frame: what stands there is nobody's, for whoever writes the log has it alone. A full disk is not an error here. */
static void grow_ahead(struct wal_file *w)
{
    static const char zeros[64 << 10];
    sqlite3_int64 end = w->end;
    if (end <= w->length || end > AHEAD_UNTIL_BYTES) return;
    sqlite3_int64 length = 0;
    if (w->real->pMethods->xFileSize(w->real, &length) == SQLITE_OK && length == end)
        for (int rc = SQLITE_OK; !rc && length < end + AHEAD_BYTES; length += (int)sizeof zeros)
            rc = w->real->pMethods->xWrite(w->real, zeros, sizeof zeros, length);
    w->length = length;
}

static sqlite3_file *flushed(sqlite3_file *file, int *rc_out)
{
    struct wal_file *w = wal_of(file);
    *rc_out = SQLITE_OK;
    if (!w->n) return w->real;
    *rc_out = w->real->pMethods->xWrite(w->real, w->gathered, w->n, w->offset);
    w->end = w->offset + w->n;
    w->n = 0;
    return w->real;
}

static int write_at(sqlite3_file *file, const void *bytes, int n, sqlite3_int64 offset)
{
    struct wal_file *w = wal_of(file);
    int rc = SQLITE_OK;
    if (offset != w->offset + w->n || n > GATHER_BYTES - w->n) flushed(file, &rc);
    if (rc) return rc;
    if (n > GATHER_BYTES) return w->real->pMethods->xWrite(w->real, bytes, n, offset);
    if (!w->n) w->offset = offset;
    memcpy(w->gathered + w->n, bytes, (size_t)n);
    w->n += n;
    return SQLITE_OK;
}

static int read_at(sqlite3_file *file, void *bytes, int n, sqlite3_int64 offset)
{
    int rc;
    sqlite3_file *real = flushed(file, &rc);
    return rc ? rc : real->pMethods->xRead(real, bytes, n, offset);
}

static int cut(sqlite3_file *file, sqlite3_int64 n_bytes)
{
    int rc;
    sqlite3_file *real = flushed(file, &rc);
    wal_of(file)->length = 0;
    return rc ? rc : real->pMethods->xTruncate(real, n_bytes);
}

static int sync_all(sqlite3_file *file, int flags)
{
    int rc;
    sqlite3_file *real = flushed(file, &rc);
    if (!rc) grow_ahead(wal_of(file));
    return rc ? rc : real->pMethods->xSync(real, flags);
}

static int size(sqlite3_file *file, sqlite3_int64 *n_bytes_out)
{
    int rc;
    sqlite3_file *real = flushed(file, &rc);
    return rc ? rc : real->pMethods->xFileSize(real, n_bytes_out);
}

static int close_file(sqlite3_file *file)
{
    int rc, closed;
    sqlite3_file *real = flushed(file, &rc);
    closed = real->pMethods->xClose(real);
    free(wal_of(file)->gathered);
    return rc ? rc : closed;
}

static int lock(sqlite3_file *file, int level) { return wal_of(file)->real->pMethods->xLock(wal_of(file)->real, level); }
static int unlock(sqlite3_file *file, int level) { return wal_of(file)->real->pMethods->xUnlock(wal_of(file)->real, level); }
static int is_reserved(sqlite3_file *file, int *out) { return wal_of(file)->real->pMethods->xCheckReservedLock(wal_of(file)->real, out); }
static int control(sqlite3_file *file, int op, void *arg) { return wal_of(file)->real->pMethods->xFileControl(wal_of(file)->real, op, arg); }
static int sector_bytes(sqlite3_file *file) { return wal_of(file)->real->pMethods->xSectorSize(wal_of(file)->real); }
static int traits(sqlite3_file *file) { return wal_of(file)->real->pMethods->xDeviceCharacteristics(wal_of(file)->real); }

static const sqlite3_io_methods methods = {
    .iVersion = 1, .xClose = close_file, .xRead = read_at, .xWrite = write_at, .xTruncate = cut, .xSync = sync_all, .xFileSize = size,
    .xLock = lock, .xUnlock = unlock, .xCheckReservedLock = is_reserved, .xFileControl = control, .xSectorSize = sector_bytes,
    .xDeviceCharacteristics = traits,
};

static int open_file(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *flags_out)
{
    (void)vfs;
    if (!(flags & SQLITE_OPEN_WAL)) return platform()->xOpen(platform(), name, file, flags, flags_out);
    struct wal_file *w = wal_of(file);
    *w = (struct wal_file){ .real = (sqlite3_file *)(w + 1), .gathered = malloc(GATHER_BYTES) };
    int rc = w->gathered ? platform()->xOpen(platform(), name, w->real, flags, flags_out) : SQLITE_NOMEM;
    if (rc == SQLITE_OK)
        w->base.pMethods = &methods;
    else
        free(w->gathered);
    return rc;
}

const char *wal_file_vfs(void)
{
    static sqlite3_vfs vfs;
    if (vfs.zName) return vfs.zName;
    vfs = *platform();
    vfs.pNext = NULL;
    vfs.szOsFile += (int)sizeof(struct wal_file);
    vfs.xOpen = open_file;
    vfs.zName = "suhbat";
    return sqlite3_vfs_register(&vfs, 0) == SQLITE_OK ? vfs.zName : NULL;
}
