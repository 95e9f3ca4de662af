/* SPDX-License-Identifier: BSD-2-Clause */
/* 9P as a client sees it, in each security model; clients that mean harm: nothing outside the directory is reached,
 * nothing breaks. [9P2000.L] */
#include "harness.h"

#include "back/fs/p9.h"

#include <glib/gstdio.h>

#include <errno.h>
#include <stdint.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { LERROR = 6, STATFS = 8, LOPEN = 12, LCREATE = 14, SYMLINK = 16, MKNOD = 18, RENAME = 20, READLINK = 22,
       GETATTR = 24, SETATTR = 26, XATTRWALK = 30, XATTRCREATE = 32, READDIR = 40, FSYNC = 50, LINK = 70, MKDIR = 72,
       RENAMEAT = 74, UNLINKAT = 76, HELLO = 100, ATTACH = 104, WALK = 110, READ = 116, WRITE = 118, CLUNK = 120 };

static char *outer, *inner;     /* a directory, and the one in it that is exported */
static SysFsHost host;
static SysP9 *server;
static guint8 in[65536], out[65536];
static gsize in_at, out_n;

/* --- messages -------------------------------------------------------------------------------- */
static void put(guint64 v, guint bytes)
{
    v = GUINT64_TO_LE(v);
    memcpy(in + in_at, &v, bytes);
    in_at += bytes;
}

static void put_text(const char *text)
{
    put(strlen(text), 2);
    memcpy(in + in_at, text, strlen(text));
    in_at += strlen(text);
}

static guint64 get(gsize at, guint bytes)
{
    guint64 v = 0;

    memcpy(&v, out + at, bytes);
    return GUINT64_FROM_LE(v);
}

static void begin(void)
{
    in_at = SYS_P9_HEADER;
}

/* Sends what was put; the error, 0 if it is none. */
static int send(guint8 type)
{
    guint32 n = GUINT32_TO_LE((guint32)in_at);

    memcpy(in, &n, 4);
    in[4] = type;
    in[5] = 0x34;
    in[6] = 0x12;
    out_n = sys_p9_handle(server, in, in_at, out, sizeof out);
    g_assert(get(0, 4) == out_n && get(5, 2) == 0x1234);
    return out[4] == type + 1 ? 0 : out[4] == LERROR + 1 ? (int)get(7, 4) : -1;
}

/* The letters of fmt say what follows: b w d q (1, 2, 4, 8 bytes), s (text). */
static int ask(guint8 type, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    begin();
    for (; *fmt; fmt++) {
        if (*fmt == 's') {
            put_text(va_arg(ap, const char *));
        } else {
            put(va_arg(ap, guint64), *fmt == 'b' ? 1 : *fmt == 'w' ? 2 : *fmt == 'd' ? 4 : 8);
        }
    }
    va_end(ap);
    return send(type);
}

#define N(x) ((guint64)(x))

static int walk(guint fid, guint new_fid, const char *name)
{
    return name ? ask(WALK, "ddws", N(fid), N(new_fid), N(1), name) : ask(WALK, "ddw", N(fid), N(new_fid), N(0));
}

static int clunk(guint fid)
{
    return ask(CLUNK, "d", N(fid));
}

/* --- a session ------------------------------------------------------------------------------- */
static void start(SysFsModel model, gboolean read_only)
{
    host = (SysFsHost){ .tree = sys_fs_tree_new(open(inner, O_PATH | O_DIRECTORY | O_CLOEXEC)), .model = model,
                        .file_mode = 0600, .dir_mode = 0700 };
    server = sys_p9_new(&host, read_only);
    is(ask(HELLO, "ds", N(32768), "9P2000.L"), 0, "version");
    is(get(7, 4), 32768, "as long as the client likes");
    is(ask(ATTACH, "ddssd", N(0), N(UINT32_MAX), "nobody", "", N(1000)), 0, "attach");
    is(out[7], 0x80, "a directory");
}

static void stop(void)
{
    sys_p9_free(server);
    sys_fs_tree_free(host.tree);
}

static void files(SysFsModel model)
{
    is(walk(0, 1, NULL), 0, "a fid is copied");
    is(ask(LCREATE, "dsddd", N(1), "file", N(O_RDWR), N(0640), N(7)), 0, "create");
    is(ask(WRITE, "dqds", N(1), N(0), N(7), "hello"), 0, "write");
    is(get(7, 4), 7, "all of it");
    is(ask(READ, "dqd", N(1), N(2), N(100)), 0, "read");
    ok(get(7, 4) == 5 && !memcmp(out + 11, "hello", 5), "from the middle to the end");
    is(ask(GETATTR, "dq", N(1), N(0x7ff)), 0, "getattr");
    is(get(28, 4), 0100640, "kind and mode");
    is(get(56, 8), 7, "size");
    ok(model != SYS_FS_MAPPED || (get(32, 4) == 1000 && get(36, 4) == 7), "a mapped owner");
    is(ask(SETATTR, "ddddqqqqq", N(1), N(1 | 8), N(0600), N(0), N(0), N(3), N(0), N(0), N(0)), EINVAL,
       "a message that ends too early");
    is(ask(SETATTR, "dddddqqqqq", N(1), N(1 | 8), N(0600), N(0), N(0), N(3), N(0), N(0), N(0), N(0)), 0,
       "size and mode");
    is(ask(GETATTR, "dq", N(1), N(0x7ff)), 0, "getattr");
    ok(get(28, 4) == 0100600 && get(56, 8) == 3, "as they were set");
    is(ask(FSYNC, "dd", N(1), N(0)), 0, "fsync");
    is(clunk(1), 0, "clunk");
    is(clunk(1), EBADF, "once");
    is(ask(MKDIR, "dsdd", N(0), "dir", N(0755), N(0)), 0, "mkdir");
    is(ask(MKDIR, "dsdd", N(0), "dir", N(0755), N(0)), EEXIST, "once");
    is(ask(SYMLINK, "dssd", N(0), "link", "../secret", N(0)), 0, "symlink");
    is(walk(0, 2, "link"), 0, "it is walked to, not through");
    is(out[9], 2, "and is a link");
    is(ask(READLINK, "d", N(2)), 0, "readlink");
    ok(get(7, 2) == 9 && !memcmp(out + 9, "../secret", 9), "its target");
    ok(ask(LOPEN, "dd", N(2), N(0)) == (model == SYS_FS_MAPPED ? 0 : ELOOP), "it is not opened as another file");
    is(walk(2, 3, "x"), ENOTDIR, "nothing is behind it");
    clunk(2);
    is(ask(MKNOD, "dsdddd", N(0), "pipe", N(S_IFIFO | 0600), N(0), N(0), N(0)), 0, "a FIFO");
    is(walk(0, 2, "pipe"), 0, "is there");
    is(ask(GETATTR, "dq", N(2), N(0x7ff)), 0, "getattr");
    is(get(28, 4), S_IFIFO | 0600, "a FIFO");
    ok(model == SYS_FS_MAPPED || ask(LOPEN, "dd", N(2), N(0)) == ENXIO, "and opening it does not wait");
    clunk(2);
}

/* A fid keeps its file when names change. */
static void names(void)
{
    is(walk(0, 1, "file"), 0, "a file");
    is(walk(0, 2, "dir"), 0, "a directory");
    is(ask(RENAMEAT, "dsds", N(0), "file", N(2), "moved"), 0, "the file moves into it");
    is(ask(GETATTR, "dq", N(1), N(0x7ff)), 0, "its fid follows");
    is(ask(RENAME, "dds", N(2), N(0), "dir2"), 0, "the directory is renamed");
    is(walk(2, 3, "moved"), 0, "its fid follows too");
    is(clunk(3), 0, "clunk");
    is(ask(RENAME, "dds", N(2), N(2), "x"), EINVAL, "it cannot go into itself");
    is(ask(LINK, "dds", N(0), N(1), "again"), 0, "a second name");
    is(ask(UNLINKAT, "dsd", N(2), "moved", N(0)), 0, "unlink");
    is(ask(UNLINKAT, "dsd", N(0), "dir2", N(0)), EISDIR, "a directory is no file");
    is(ask(UNLINKAT, "dsd", N(0), "dir2", N(0x200)), 0, "and goes as one");
    is(ask(MKDIR, "dsdd", N(2), "below", N(0755), N(0)), ENOENT, "nothing is made in what is gone");
    is(walk(1, 4, "..") ? 0 : clunk(4), 0, "above what has lost its name may be nothing");
    clunk(1);
    clunk(2);
}

static void directory(void)
{
    guint seen = 0, rounds = 0;
    guint64 offset = 0;

    is(walk(0, 1, NULL), 0, "the root");
    is(ask(LOPEN, "dd", N(1), N(O_DIRECTORY)), 0, "is opened");
    is(ask(READ, "dqd", N(1), N(0), N(10)), EISDIR, "not to be read as a file");
    for (gsize n = 1; n && rounds < 100; rounds++) {
        is(ask(READDIR, "dqd", N(1), offset, N(60)), 0, "a piece");
        n = get(7, 4);
        for (gsize at = 11; at < 11 + n; at += 24 + get(at + 22, 2)) {
            offset = get(at + 13, 8);
            seen++;
        }
    }
    is(seen, 5, "., .., link, pipe, again");
    is(ask(READDIR, "dqd", N(1), N(0), N(4096)), 0, "from the start again");
    ok(get(7, 4) > 5 * 24, "all of it");
    ok(ask(READDIR, "dqd", N(1), N(UINT64_MAX), N(4096)) != -1, "from nowhere: some answer");
    clunk(1);
}

/* Whatever a name is, it is one step below the root. */
static void escapes(void)
{
    static const char *const bad[] = { "..", ".", "", "a/b", "/etc", "../secret", "dir/../../secret" };

    is(walk(0, 1, ".."), 0, "above the root");
    is(ask(UNLINKAT, "dsd", N(1), "secret", N(0)), ENOENT, "is the root");
    is(ask(WALK, "ddwsss", N(1), N(2), N(3), "..", "..", "secret"), 0,
       "two steps up, one down: the first two are there");
    is(get(7, 2), 2, "the third is not");
    is(clunk(2), EBADF, "and there is no new fid");
    for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
        is(ask(MKDIR, "dsdd", N(0), bad[i], N(0755), N(0)), EINVAL, "mkdir '%s'", bad[i]);
        is(ask(LCREATE, "dsddd", N(1), bad[i], N(O_RDWR), N(0600), N(0)), EINVAL, "create");
        is(ask(RENAMEAT, "dsds", N(0), "again", N(0), bad[i]), EINVAL, "rename");
        is(ask(LINK, "dds", N(0), N(1), bad[i]), EINVAL, "link");
        is(ask(UNLINKAT, "dsd", N(0), bad[i], N(0)), EINVAL, "unlink");
        ok(i < 3 ? TRUE : walk(0, 9, bad[i]) == ENOENT, "walk");
    }
    is(walk(0, 2, "link"), 0, "a link that leads out");
    is(walk(2, 3, "secret"), ENOTDIR, "leads nowhere");
    is(ask(LCREATE, "dsddd", N(2), "x", N(O_RDWR), N(0600), N(0)), ENOTDIR, "nothing is made behind it");
    clunk(2);
    is(walk(0, 2, NULL), 0, "a fid");
    is(ask(LCREATE, "dsddd", N(2), "link", N(O_RDWR), N(0600), N(0)), host.model == SYS_FS_MAPPED ? 0 : ELOOP,
       "creating a file where a link is does not follow it");
    clunk(2);
    clunk(1);
    g_autofree char *secret = g_build_filename(outer, "secret", NULL), *text = NULL;
    ok(g_file_get_contents(secret, &text, NULL, NULL) && !strcmp(text, "secret"), "what is outside is as it was");
}

static void attributes(void)
{
    is(walk(0, 1, "again"), 0, "a file");
    is(walk(1, 2, NULL), 0, "a copy of its fid");
    int e = ask(XATTRCREATE, "dsqd", N(2), "user.colour", N(4), N(0));
    is(e, 0, "a new attribute");
    is(ask(WRITE, "dqdd", N(2), N(0), N(4), N(0x64646464)), 0, "its value");
    is(ask(WRITE, "dqdd", N(2), N(4), N(4), N(0x64646464)), ENOSPC, "no more than that");
    e = clunk(2);
    if (e == EOPNOTSUPP) {
        ok(TRUE, "attributes # SKIP this file system has none");
    } else {
        is(e, 0, "is set by clunk");
        is(ask(XATTRWALK, "dds", N(1), N(2), "user.colour"), 0, "is found");
        is(get(7, 8), 4, "with its length");
        is(ask(READ, "dqd", N(2), N(0), N(100)), 0, "read");
        ok(get(7, 4) == 4 && !memcmp(out + 11, "dddd", 4), "with its value");
        is(ask(READ, "dqd", N(2), N(1000), N(100)), 0, "behind its end");
        is(get(7, 4), 0, "there is nothing");
        clunk(2);
        is(ask(XATTRWALK, "dds", N(1), N(2), ""), 0, "all names");
        is(get(7, 8), 12, "are that one: those that stand for others are not shown");
        clunk(2);
        is(ask(XATTRWALK, "dds", N(1), N(2), "user.virtfs.uid"), ENODATA, "nor read");
        is(walk(1, 2, NULL), 0, "a fid");
        is(ask(XATTRCREATE, "dsqd", N(2), "user.virtfs.uid", N(4), N(0)), 0, "one of them");
        ask(WRITE, "dqdd", N(2), N(0), N(4), N(0));
        is(clunk(2), EOPNOTSUPP, "cannot be set");
    }
    is(walk(1, 2, NULL), 0, "a fid");
    is(ask(XATTRCREATE, "dsqd", N(2), "user.big", N(UINT32_MAX), N(0)), E2BIG, "one of 4 GiB");
    clunk(2);
    clunk(1);
}

/* --- harm ------------------------------------------------------------------------------------ */
static guint open_descriptors(void)
{
    g_autoptr(GDir) d = g_dir_open("/proc/self/fd", 0, NULL);
    guint n = 0;

    while (g_dir_read_name(d)) {
        n++;
    }
    return n;
}

/* Long ways, and more files than the host has descriptors for. */
static void many(void)
{
    guint before = open_descriptors(), bad = 0;

    is(walk(0, 1, NULL), 0, "the root");
    for (guint i = 0; i < 1000; i++) {
        bad += ask(MKDIR, "dsdd", N(1), "d", N(0755), N(0)) != 0 || walk(1, 1, "d") != 0;
    }
    is(bad, 0, "a thousand directories, one in the other");
    is(ask(GETATTR, "dq", N(1), N(0x7ff)), 0, "the last is there");
    for (guint i = 0; i < 5000; i++) {
        bad += walk(0, 100 + i, "again") != 0;
    }
    is(bad, 0, "5000 fids");
    ok(open_descriptors() < before + 300, "few descriptors");
    is(ask(RENAMEAT, "dsds", N(0), "d", N(1), "d"), EINVAL, "the first into the last");
    for (guint i = 1000; i-- > 0;) {
        bad += walk(1, 1, "..") != 0 || ask(UNLINKAT, "dsd", N(1), "d", N(0x200)) != 0;
    }
    is(bad, 0, "and away from the bottom");
    is(ask(HELLO, "ds", N(32768), "9P2000.L"), 0, "a new session");
    is(sys_p9_fids(server), 0, "holds nothing of the old");
    is(ask(ATTACH, "ddssd", N(0), N(UINT32_MAX), "", "", N(0)), 0, "attach");
}

static void noise(void)
{
    guint64 seed = 88172645463325252;
    guint n_errors = 0;

    for (guint i = 0; i < 100000; i++) {
        static const char *const words[] = { "a", "b", "..", "c", "link", "user.x" };
        begin();
        guint parts = (guint)(seed >> 7 & 7);
        for (guint k = 0; k < 2 + parts; k++) {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            if (k > 0 && (seed & 3) == 0) {
                put_text(words[seed >> 8 & 3]);
            } else {
                put((seed & 64) ? seed >> 20 & 3 : seed >> 20, k == 0 ? 4 : 1u << (seed >> 4 & 3));
            }
        }
        guint8 type = (guint8)((seed >> 40 & 63) * 2 + 8 - (seed >> 50 & 1));
        n_errors += send(type) != 0;
    }
    ok(n_errors > 50000, "100000 messages of noise: %u are refused", n_errors);
    is(ask(HELLO, "ds", N(32768), "9P2000.L"), 0, "and the server answers");
    is(ask(HELLO, "ds", N(100), "9P2000.L"), EINVAL, "messages shorter than a page");
    is(ask(HELLO, "ds", N(32768), "9P2000"), 0, "another dialect");
    ok(get(11, 2) == 7 && !memcmp(out + 13, "unknown", 7), "is unknown");
    out_n = sys_p9_handle(server, in, SYS_P9_HEADER, out, 11);
    is(out_n, 11, "a message without a body, with room for an error only");
}

static void read_only(void)
{
    start(SYS_FS_NONE, TRUE);
    is(ask(MKDIR, "dsdd", N(0), "ro", N(0755), N(0)), EROFS, "mkdir");
    is(ask(UNLINKAT, "dsd", N(0), "again", N(0)), EROFS, "unlink");
    is(walk(0, 1, "again"), 0, "walk");
    is(ask(LOPEN, "dd", N(1), N(O_RDWR)), EROFS, "open for writing");
    is(ask(LOPEN, "dd", N(1), N(O_TRUNC)), EROFS, "or emptying");
    is(ask(LOPEN, "dd", N(1), N(O_RDONLY)), 0, "for reading");
    is(ask(WRITE, "dqdd", N(1), N(0), N(4), N(0)), EBADF, "write");
    is(ask(SETATTR, "dddddqqqqq", N(1), N(8), N(0), N(0), N(0), N(0), N(0), N(0), N(0), N(0)), EROFS, "setattr");
    is(ask(XATTRCREATE, "dsqd", N(1), "user.x", N(1), N(0)), EBADF, "xattr on an open fid");
    stop();
}

static void remove_all(const char *path)
{
    const char *argv[] = { "rm", "-rf", path, NULL };

    g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL, NULL);
}

int main(void)
{
    static const SysFsModel models[] = { SYS_FS_NONE, SYS_FS_PASSTHROUGH, SYS_FS_MAPPED };

    for (guint i = 0; i < G_N_ELEMENTS(models); i++) {
        outer = g_dir_make_tmp("rhea-9p-XXXXXX", NULL);
        inner = g_build_filename(outer, "inner", NULL);
        g_autofree char *secret = g_build_filename(outer, "secret", NULL);
        g_assert(outer && g_mkdir(inner, 0700) == 0 && g_file_set_contents(secret, "secret", -1, NULL));
        if (models[i] == SYS_FS_PASSTHROUGH && geteuid()) {
            ok(TRUE, "passthrough # SKIP needs root");
        } else {
            start(models[i], FALSE);
            files(models[i]);
            names();
            directory();
            escapes();
            attributes();
            many();
            noise();
            stop();
            read_only();
        }
        remove_all(outer);
        g_clear_pointer(&outer, g_free);
        g_clear_pointer(&inner, g_free);
    }
    return tap_done();
}
