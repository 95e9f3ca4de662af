/* SPDX-License-Identifier: BSD-2-Clause */
/* Character back ends against the host: files, pipes, terminals, sockets. */
#include "harness.h"

#include "back/char/char.h"

#include "dev/lock.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

static Obj *root, *dir;
static char *tmp;

/* --- a front end ----------------------------------------------------------------------------- */
typedef struct Front {
    guint room, writables, opened, closed;
    GString *got;
} Front;

static guint room(void *opaque)
{
    return ((Front *)opaque)->room;
}

static void input(void *opaque, const guint8 *data, guint n)
{
    Front *f = opaque;

    g_assert(n <= f->room && dev_lock_held());
    f->room -= n;
    g_string_append_len(f->got, (const char *)data, n);
}

static void writable(void *opaque)
{
    ((Front *)opaque)->writables++;
}

static void event(void *opaque, SysCharEvent e)
{
    Front *f = opaque;

    f->opened += e == SYS_CHAR_OPENED;
    f->closed += e == SYS_CHAR_CLOSED;
}

static const SysCharFront front = { room, input, writable, event };

static void new_front(Front *f, SysChar *c, guint n)
{
    *f = (Front){ .room = n, .got = g_string_new(NULL) };
    sys_char_attach(c, &front, f, NULL);
}

/* Turns the main loop for a while, or until the condition. */
#define turn_until(cond) \
    for (gint64 end_ = g_get_monotonic_time() + 3000000; !(cond) && g_get_monotonic_time() < end_;) { \
        dev_lock_drop(); \
        if (!g_main_context_iteration(NULL, FALSE)) { \
            g_usleep(200); \
        } \
        dev_lock_take(); \
    }

static SysChar *make(const char *fmt, ...) G_GNUC_PRINTF(1, 2);
static SysChar *make(const char *fmt, ...)
{
    g_autoptr(GError) err = NULL;
    va_list ap;

    va_start(ap, fmt);
    g_autofree char *text = g_strdup_vprintf(fmt, ap);
    va_end(ap);
    SysChar *c = sys_char_new(dir, text, &err);
    if (!ok(c != NULL, "made: %s", strncmp(text, "file", 4) ? text : "file")) {
        printf("# %s\n", err->message);
    }
    return c;
}

static void drop(SysChar *c, Front *f)
{
    obj_unparent(&c->obj);
    if (f) {
        g_string_free(f->got, TRUE);
    }
}

static void put(SysChar *c, const char *text)
{
    is(sys_char_write(c, (const guint8 *)text, (guint)strlen(text)), (long long)strlen(text),
       "taken: %s", text);
}

/* --- tests ----------------------------------------------------------------------------------- */
static void test_memory(void)
{
    SysChar *null = make("null,id=n"), *ring = make("ringbuf,id=r,size=8");
    g_autoptr(GError) err = NULL;
    guint8 buf[16];
    Front f, g;

    put(null, "gone");
    put(ring, "abc");
    ok(sys_char_ringbuf_read(ring, buf, 2) == 2 && !memcmp(buf, "ab", 2), "read in parts");
    put(ring, "0123456789");
    ok(sys_char_ringbuf_read(ring, buf, 16) == 8 && !memcmp(buf, "23456789", 8),
       "the oldest are lost");
    is(sys_char_ringbuf_read(ring, buf, 16), 0, "and then it is empty");
    is(sys_char_ringbuf_read(null, buf, 16), 0, "null is no ring");
    new_front(&f, ring, 1);
    new_front(&g, null, 1);
    ok(!sys_char_attach(ring, &front, &g, &err), "a second front end");
    is_error(&err, "r (chardev-ringbuf) is used by another device", "is refused");
    ok(!sys_char_swap(ring, null, &front, &f, &err) && ring->opaque == &f && null->opaque == &g,
       "one that goes where another is stays where it was");
    is_error(&err, "n (chardev-null) is used by another device", "and is told");
    sys_char_detach(null);
    ok(sys_char_swap(ring, null, &front, &f, NULL) && !ring->front && null->opaque == &f &&
       sys_char_swap(null, null, &front, &f, NULL) && null->opaque == &f && sys_char_swap(null, ring, &front, &f, NULL),
       "where nobody is it goes");
    drop(ring, &f);
    drop(null, &g);
}

static void test_errors(void)
{
    static const struct {
        const char *text, *says;
    } cases[] = {
        { "fiel,id=x", "there is no character back end 'chardev-fiel'; did you mean 'chardev-file'?" },
        { "null", "a character back end needs a name (id=...)" },
        { "id=x", "needs a kind" },
        { "file,id=x", "x (chardev-file): path: must be set" },
        { "file,id=x,path=/nonexistent/y", "x (chardev-file): '/nonexistent/y': No such file or directory" },
        { "file,id=x,pth=y", "x (chardev-file): there is no property 'pth'; did you mean 'path'?" },
        { "ringbuf,id=x,size=6", "x (chardev-ringbuf): size: 6 is not a power of two" },
        { "pipe,id=x,path=/nonexistent/y", "x (chardev-pipe): '/nonexistent/y'" },
        { "socket,id=x", "either path, port or fd must be set" },
        { "socket,id=x,path=/nonexistent/y", "x (chardev-socket): /nonexistent/y: No such file" },
        { "socket,id=x,host=127.0.0.1,port=1", "127.0.0.1:1: Connection refused" },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) err = NULL;
        ok(!sys_char_new(dir, cases[i].text, &err), "%s", cases[i].text);
        is_error(&err, cases[i].says, "says: %s", cases[i].says);
        ok(!obj_child(dir, "x"), "and leaves nothing");
    }
}

static void test_file(void)
{
    g_autofree char *out = g_build_filename(tmp, "out", NULL),
                    *in = g_build_filename(tmp, "in", NULL), *text = NULL;
    Front f;

    g_file_set_contents(in, "from a file", -1, NULL);
    SysChar *c = make("file,id=f,path=%s,input-path=%s", out, in);
    new_front(&f, c, 4);
    put(c, "to a file");
    turn_until(f.got->len == 4);
    ok(f.got->len == 4 && f.room == 0, "no more comes than there is room for");
    f.room = 100;
    sys_char_more(c);
    turn_until(f.closed);
    is_text(g_strdup(f.got->str), "from a file", "and then the rest");
    is(f.closed, 1, "its end is told");
    put(c, " still");
    drop(c, &f);
    g_file_get_contents(out, &text, NULL, NULL);
    is_text(g_steal_pointer(&text), "to a file still", "written, also after the input's end");
    c = make("file,id=f,path=%s,append=on", out);
    put(c, ", twice");
    drop(c, NULL);
    g_file_get_contents(out, &text, NULL, NULL);
    is_text(g_steal_pointer(&text), "to a file still, twice", "appended");
}

static void test_pipe(void)
{
    g_autofree char *stem = g_build_filename(tmp, "p", NULL), *in = g_strconcat(stem, ".in", NULL);
    g_autofree char *out = g_strconcat(stem, ".out", NULL);
    Front f;
    char buf[64] = "";

    mkfifo(in, 0600);
    mkfifo(out, 0600);
    SysChar *c = make("pipe,id=p,path=%s", stem);
    new_front(&f, c, 100);
    int w = open(in, O_WRONLY | O_NONBLOCK), r = open(out, O_RDONLY | O_NONBLOCK);
    ok(write(w, "hello", 5) == 5, "the other end writes");
    turn_until(f.got->len == 5);
    is_text(g_strdup(f.got->str), "hello", "and it comes");
    put(c, "back");
    ok(read(r, buf, sizeof buf) == 4 && !memcmp(buf, "back", 4), "and goes back");
    close(w);
    close(r);
    drop(c, &f);
}

static void test_pty(void)
{
    SysChar *c = make("pty,id=t");
    Front f;
    char buf[64] = "";

    new_front(&f, c, 100);
    g_autofree char *path = obj_prop_get_text(&c->obj, "path", NULL);
    int fd = open(path, O_RDWR | O_NOCTTY);
    ok(fd >= 0, "a terminal program opens it");
    ok(write(fd, "a\rb", 3) == 3, "types");
    turn_until(f.got->len == 3);
    is_text(g_strdup(f.got->str), "a\rb", "raw bytes come");
    put(c, "x\ny");
    turn_until(FALSE || (read(fd, buf, 0), TRUE));
    ok(read(fd, buf, sizeof buf) == 3 && !memcmp(buf, "x\ny", 3), "and go");
    close(fd);
    fd = open(path, O_RDWR | O_NOCTTY);
    ok(write(fd, "again", 5) == 5, "another terminal program");
    turn_until(f.got->len == 8);
    is_text(g_strdup(f.got->str), "a\rbagain", "finds it there");
    close(fd);
    drop(c, &f);
}

static void talk(SysChar *c, Front *f, int fd, const char *what)
{
    char buf[64] = "";

    turn_until(f->opened);
    is(f->opened, 1, "%s: a peer is there", what);
    ok(write(fd, "ping", 4) == 4, "%s: it writes", what);
    turn_until(f->got->len == 4);
    is_text(g_strdup(f->got->str), "ping", "%s: it comes", what);
    put(c, "pong");
    ok(read(fd, buf, sizeof buf) == 4 && !memcmp(buf, "pong", 4), "%s: and goes back", what);
}

static void test_unix(void)
{
    g_autofree char *path = g_build_filename(tmp, "sock", NULL);
    struct sockaddr_un a = { .sun_family = AF_UNIX };
    g_autoptr(GError) err = NULL;
    Front f, g;

    g_strlcpy(a.sun_path, path, sizeof a.sun_path);
    SysChar *c = make("socket,id=s,path=%s,server=on", path);
    new_front(&f, c, 1000);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    ok(connect(fd, (struct sockaddr *)&a, sizeof a) == 0, "a client connects");
    talk(c, &f, fd, "server");
    close(fd);
    turn_until(f.closed);
    is(f.closed, 1, "it leaves");
    put(c, "into the void");
    SysChar *d = make("socket,id=client,path=%s", path);
    new_front(&g, d, 100);
    turn_until(f.opened == 2);
    put(d, "hi");
    turn_until(f.got->len == 6);
    is_text(g_strdup(f.got->str), "pinghi", "the next client, which is a back end too");
    ok(!sys_char_new(dir, "socket,id=x,path=/tmp", &err), "a path that is no socket");
    g_clear_error(&err);
    g_autofree char *second = g_strdup_printf("socket,id=x,path=%s,server=on", path);
    ok(!sys_char_new(dir, second, &err), "a second server");
    is_error(&err, "Address already in use", "is refused while the first answers");
    drop(d, &g);
    drop(c, &f);
    ok(access(path, F_OK) < 0, "the socket's file is gone with the server");
    /* One left by a program that died. */
    int old = socket(AF_UNIX, SOCK_STREAM, 0);
    ok(bind(old, (struct sockaddr *)&a, sizeof a) == 0, "a file that a dead program left");
    close(old);
    c = make("socket,id=s,path=%s,server=on", path);
    drop(c, NULL);
}

/* A peer that comes later, goes, and comes again. */
static void test_reconnect(void)
{
    g_autofree char *path = g_build_filename(tmp, "late", NULL);
    SysChar *c = make("socket,id=c,path=%s,reconnect=1", path);
    Front f;

    new_front(&f, c, 100);
    put(c, "into the void");
    SysChar *s = make("socket,id=s,path=%s,server=on", path);
    Front g;
    new_front(&g, s, 100);
    turn_until(f.opened == 1 && g.opened == 1);
    put(c, "first");
    turn_until(g.got->len == 5);
    is_text(g_strdup(g.got->str), "first", "a peer that came later is found");
    drop(s, &g);
    turn_until(f.closed);
    s = make("socket,id=s,path=%s,server=on", path);
    new_front(&g, s, 100);
    turn_until(g.opened);
    ok(f.opened == 2 && f.closed == 1, "and one that comes again");
    drop(c, &f);
    drop(s, &g);
}

static void test_telnet(void)
{
    static const guint8 hello[] = { 255, 251, 1, 255, 251, 3, 255, 251, 0, 255, 253, 0 },
        says[] = { 255, 253, 1, 'a', 255, 255, 255, 250, 31, 0, 255, 240, 'b', '\r', 0, 255, 241, 'c' };
    guint8 buf[64];
    SysChar *c = make("socket,id=t,host=127.0.0.1,port=0,server=on,telnet=on");
    g_autofree char *port = obj_prop_get_text(&c->obj, "port", NULL);
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = g_htons(atoi(port)),
                             .sin_addr.s_addr = g_htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    Front f;

    new_front(&f, c, 100);
    ok(connect(fd, (struct sockaddr *)&a, sizeof a) == 0, "a Telnet client");
    turn_until(f.opened);
    ok(recv(fd, buf, sizeof hello, MSG_WAITALL) == sizeof hello && !memcmp(buf, hello, sizeof hello),
       "is told that we echo, and that all eight bits count");
    ok(send(fd, says, sizeof says, 0) == sizeof says, "it answers");
    turn_until(f.got->len == 5);
    is_text(g_strdup(f.got->str), "a\377b\rc", "without its commands");
    g_string_truncate(f.got, 0);
    ok(send(fd, "0\0\r\0\0\r\n\377\373\0\r\0", 12, 0) == 12, "it sends NUL, and then that it is binary");
    turn_until(f.got->len >= 8);
    ok(f.got->len == 8 && !memcmp(f.got->str, "0\0\r\0\r\n\r\0", 8),
       "a NUL is dropped only after carriage return, and none in binary");
    sys_char_write(c, (const guint8 *)"x\377\377y", 4);
    ok(recv(fd, buf, 6, MSG_WAITALL) == 6 && !memcmp(buf, "x\377\377\377\377y", 6), "255 is doubled");
    close(fd);
    drop(c, &f);
}

/* A peer that does not read: writing never blocks, and what is not taken is told. */
static void test_full(void)
{
    g_autofree char *path = g_build_filename(tmp, "full", NULL);
    struct sockaddr_un a = { .sun_family = AF_UNIX };
    guint8 block[4096];
    guint64 sent = 0, received = 0;
    Front f;

    memset(block, 'x', sizeof block);
    g_strlcpy(a.sun_path, path, sizeof a.sun_path);
    SysChar *c = make("socket,id=full,path=%s,server=on", path);
    new_front(&f, c, 0);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    connect(fd, (struct sockaddr *)&a, sizeof a);
    turn_until(f.opened);
    guint n = sizeof block;
    for (guint i = 0; i < 10000 && n == sizeof block; i++) {
        n = sys_char_write(c, block, sizeof block);
        sent += n;
    }
    ok(n < sizeof block, "a peer that does not read is full at last");
    is(sys_char_write(c, block, 1), 0, "then nothing is taken");
    fcntl(fd, F_SETFL, O_NONBLOCK);
    for (gssize got; received < sent;) {
        got = read(fd, block, sizeof block);
        received += got > 0 ? (guint64)got : 0;
        dev_lock_drop();
        g_main_context_iteration(NULL, FALSE);
        dev_lock_take();
    }
    ok(f.writables > 0, "it is told when there is room again");
    is(received, sent, "and nothing is lost");
    close(fd);
    drop(c, &f);
}

static void test_tcp(void)
{
    SysChar *c = make("socket,id=tcp,host=127.0.0.1,port=0,server=on");
    Front f;

    new_front(&f, c, 100);
    g_autofree char *port = obj_prop_get_text(&c->obj, "port", NULL);
    struct sockaddr_in a = { .sin_family = AF_INET,
                             .sin_port = htons((guint16)g_ascii_strtoull(port, NULL, 10)),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    ok(strcmp(port, "0") != 0, "the port that was chosen can be read");
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    ok(connect(fd, (struct sockaddr *)&a, sizeof a) == 0, "a client connects");
    talk(c, &f, fd, "tcp");
    drop(c, &f);
    char byte;
    is(read(fd, &byte, 1), 0, "and sees the end");
    close(fd);
}

static void test_stdio(void)
{
    g_autoptr(GError) err = NULL;
    int flags = fcntl(1, F_GETFL);
    SysChar *c = make("stdio,id=std");

    ok(!sys_char_new(dir, "stdio,id=std2", &err), "a second user of the terminal");
    is_error(&err, "the standard input is used by std (chardev-stdio)", "is refused by name");
    drop(c, NULL);
    is(fcntl(1, F_GETFL), flags, "the terminal is as it was");
}

int main(void)
{
    g_autofree char *pattern = g_build_filename(g_get_tmp_dir(), "rhea-char-XXXXXX", NULL);

    tmp = mkdtemp(pattern);
    dev_lock_take();
    root = obj_new(&obj_container_type);
    dir = obj_container(root, "chardevs");
    test_memory();
    test_errors();
    test_file();
    test_pipe();
    test_pty();
    test_unix();
    test_reconnect();
    test_telnet();
    test_full();
    test_tcp();
    test_stdio();
    obj_unparent(root);
    obj_unref(root);
    dev_lock_drop();
    static const char *const left[] = { "out", "in", "p.in", "p.out", "sock", "full" };
    for (guint i = 0; i < G_N_ELEMENTS(left); i++) {
        g_autofree char *path = g_build_filename(tmp, left[i], NULL);
        unlink(path);
    }
    rmdir(tmp);
    return tap_done();
}
