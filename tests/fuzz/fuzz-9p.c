/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * 9P messages: each is a length (u16) and what follows the size in a message; sizes are put right, as the transport
 * asks for it.  The client has said hello and attached fid 0.  Security model mapped-xattr: special files stay plain
 * ones, so that the fuzzer's own host is safe.  The file beside the directory must stay alone and as it is.
 */
#include "fuzz.h"

#include "back/fs/p9.h"

#include <glib/gstdio.h>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

const char fuzz_name[] = "9p";

enum { GETATTR = 24, XATTRWALK = 30, READDIR = 40, MKDIR = 72, RENAMEAT = 74, UNLINKAT = 76, HELLO = 100, ATTACH = 104,
       WALK = 110, READ = 116, WRITE = 118, CLUNK = 120, LOPEN = 12, LCREATE = 14, SYMLINK = 16, MKNOD = 18 };

static char *outer, *inner, *secret;
static guint8 out[8192];

static void remove_inside(int dir)
{
    int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *d = fd < 0 ? NULL : fdopendir(fd);
    struct dirent *e;

    while (d && (e = readdir(d))) {
        if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, "..")) {
            continue;
        }
        if (unlinkat(dir, e->d_name, 0) < 0) {
            fchmodat(dir, e->d_name, 0700, 0);
            int inside = openat(dir, e->d_name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
            if (inside >= 0) {
                remove_inside(inside);
                close(inside);
            }
            unlinkat(dir, e->d_name, AT_REMOVEDIR);
        }
    }
    if (d) {
        closedir(d);
    }
}

static void leave(void)
{
    int fd = open(inner, O_PATH | O_DIRECTORY | O_CLOEXEC);

    remove_inside(fd);
    close(fd);
    g_unlink(secret);
    g_rmdir(inner);
    g_rmdir(outer);
}

static void prepare(void)
{
    outer = g_dir_make_tmp("rhea-fuzz-9p-XXXXXX", NULL);
    inner = g_build_filename(outer, "inner", NULL);
    secret = g_build_filename(outer, "secret", NULL);
    g_assert(g_mkdir(inner, 0700) == 0 && g_file_set_contents(secret, "secret", -1, NULL));
    atexit(leave);
}

static void check_outside(void)
{
    g_autofree char *text = NULL;
    g_autoptr(GDir) d = g_dir_open(outer, 0, NULL);
    guint n = 0;

    while (g_dir_read_name(d)) {
        n++;
    }
    g_assert(n == 2 && g_file_get_contents(secret, &text, NULL, NULL) && !strcmp(text, "secret"));
}

static void send(SysP9 *s, const guint8 *body, gsize n)
{
    guint8 in[SYS_P9_HEADER + 65536] = { 0 };
    guint32 size = GUINT32_TO_LE((guint32)MAX(4 + n, SYS_P9_HEADER));

    memcpy(in, &size, 4);
    memcpy(in + 4, body, n);
    gsize wrote = sys_p9_handle(s, in, GUINT32_FROM_LE(size), out, sizeof out);
    memcpy(&size, out, 4);
    g_assert(wrote >= SYS_P9_HEADER && wrote <= sizeof out && GUINT32_FROM_LE(size) == wrote);
}

static void start(GByteArray *a, guint8 type)
{
    g_byte_array_set_size(a, 0);
    put(a, type, 1);
    put(a, 1, 2);
}

static void text(GByteArray *a, const char *s)
{
    put(a, strlen(s), 2);
    put_text(a, s);
}

int LLVMFuzzerTestOneInput(const guint8 *data, size_t n)
{
    Feed f = { data, n };
    g_autoptr(GByteArray) a = g_byte_array_new();

    if (!outer) {
        prepare();
    }
    gboolean read_only = feed(&f, 1) & 1;
    SysFsHost host = { .tree = sys_fs_tree_new(open(inner, O_PATH | O_DIRECTORY | O_CLOEXEC)), .model = SYS_FS_MAPPED,
                       .file_mode = 0600, .dir_mode = 0700 };
    SysP9 *s = sys_p9_new(&host, read_only);
    start(a, HELLO);
    put(a, 8192, 4);
    text(a, "9P2000.L");
    send(s, a->data, a->len);
    start(a, ATTACH);
    put(a, 0, 4);
    put(a, UINT32_MAX, 4);
    text(a, "nobody");
    text(a, "");
    put(a, 0, 4);
    send(s, a->data, a->len);
    for (guint k = 0; f.left > 2 && k < 200; k++) {
        gsize length = feed(&f, 2);
        length = MIN(length, f.left);
        send(s, feed_bytes(&f, length), length);
    }
    sys_p9_free(s);
    sys_fs_tree_free(host.tree);
    check_outside();
    int fd = open(inner, O_PATH | O_DIRECTORY | O_CLOEXEC);
    remove_inside(fd);
    close(fd);
    return 0;
}

/* --- seeds ----------------------------------------------------------------------------------- */
/* The letters of fmt say what follows: b w d q (1, 2, 4, 8 bytes), s (text). */
static void message(GByteArray *a, guint8 type, const char *fmt, ...)
{
    g_autoptr(GByteArray) m = g_byte_array_new();
    va_list ap;

    start(m, type);
    va_start(ap, fmt);
    for (; *fmt; fmt++) {
        if (*fmt == 's') {
            text(m, va_arg(ap, const char *));
        } else {
            put(m, va_arg(ap, guint64), *fmt == 'b' ? 1 : *fmt == 'w' ? 2 : *fmt == 'd' ? 4 : 8);
        }
    }
    va_end(ap);
    put(a, m->len, 2);
    g_byte_array_append(a, m->data, m->len);
}

#define N(x) ((guint64)(x))

static void files(GByteArray *a)
{
    message(a, WALK, "ddw", N(0), N(1), N(0));
    message(a, LCREATE, "dsddd", N(1), "file", N(O_RDWR), N(0640), N(7));
    message(a, WRITE, "dqds", N(1), N(0), N(7), "hello");
    message(a, READ, "dqd", N(1), N(2), N(100));
    message(a, GETATTR, "dq", N(1), N(0x7ff));
    message(a, 26, "dddddqqqqq", N(1), N(0x1ff), N(0600), N(0), N(0), N(3), N(1), N(2), N(3), N(4));
    message(a, 50, "dd", N(1), N(0));
    message(a, 52, "dbdqqds", N(1), N(1), N(0), N(0), N(10), N(7), "client");
    message(a, 54, "dbqqds", N(1), N(1), N(0), N(10), N(7), "client");
    message(a, CLUNK, "d", N(1));
}

static void names(GByteArray *a)
{
    message(a, MKDIR, "dsdd", N(0), "dir", N(0755), N(0));
    message(a, SYMLINK, "dssd", N(0), "link", "../secret", N(0));
    message(a, MKNOD, "dsdddd", N(0), "pipe", N(010644), N(0), N(0), N(0));
    message(a, WALK, "ddws", N(0), N(2), N(1), "link");
    message(a, 22, "d", N(2));
    message(a, LOPEN, "dd", N(2), N(0));
    message(a, WALK, "ddwsss", N(0), N(3), N(3), "dir", "..", "..");
    message(a, WALK, "ddws", N(0), N(4), N(1), "dir");
    message(a, RENAMEAT, "dsds", N(0), "link", N(4), "moved");
    message(a, 20, "dds", N(4), N(0), "other");
    message(a, 70, "dds", N(4), N(2), "hard");
    message(a, UNLINKAT, "dsd", N(0), "other", N(0x200));
    message(a, 122, "d", N(4));
    message(a, 108, "w", N(1));
    message(a, 8, "d", N(0));
}

static void directory(GByteArray *a)
{
    message(a, MKDIR, "dsdd", N(0), "one", N(0755), N(0));
    message(a, MKDIR, "dsdd", N(0), "two", N(0755), N(0));
    message(a, WALK, "ddw", N(0), N(1), N(0));
    message(a, LOPEN, "dd", N(1), N(O_DIRECTORY));
    message(a, READDIR, "dqd", N(1), N(0), N(100));
    message(a, READDIR, "dqd", N(1), N(2), N(4000));
    message(a, READDIR, "dqd", N(1), N(99), N(4000));
    message(a, WALK, "ddws", N(0), N(2), N(1), "one");
    message(a, 32, "dsqd", N(2), "user.name", N(5), N(0));
    message(a, WRITE, "dqds", N(2), N(0), N(5), "abc");
    message(a, CLUNK, "d", N(2));
    message(a, WALK, "ddws", N(0), N(2), N(1), "one");
    message(a, XATTRWALK, "dds", N(2), N(3), "user.name");
    message(a, READ, "dqd", N(3), N(0), N(10));
    message(a, XATTRWALK, "dds", N(2), N(4), "");
}

GByteArray *fuzz_seed(guint i)
{
    static void (*const all[])(GByteArray *) = { files, names, directory };
    GByteArray *a = g_byte_array_new();

    if (i > 3) {
        g_byte_array_unref(a);
        return NULL;
    }
    put(a, i == 3, 1);
    all[i % 3](a);
    return a;
}
