/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Peers of a character back end, a Unix socket that listens: what they send, how they come and go.  The first byte of an
 * input says what is between them and the front end: bit 0 Telnet, bit 1 a multiplexer (a serial port in focus, the front
 * end second), bit 2 the front end has room by small pieces only.  The rest is records: what (u8), a length (u8), bytes:
 *
 *     0 to 2: the peer sends them      3: the front end writes them, thrice      4: the peer hears
 *     5: another peer comes            6: the peer sends them with as many descriptors as it says, at most 31
 *     7: the peer goes
 *
 * The front end must get no more than it has room for, and no descriptor may be left open.
 */
#include "fuzz.h"

#include "back/char/char.h"
#include "back/char/mux.h"

#include "dev/fake.h"
#include "dev/lock.h"

#include <dirent.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

const char fuzz_name[] = "char";

extern const DevType sys_ns16550a;

enum { TELNET = 1, MUX = 2, SMALL = 4 };
enum { FDS_MOST = 31 };

static char *dir, *path;
static guint left;              /* room of the front end */
static gboolean is_small;

static void leave(void)
{
    g_rmdir(dir);
}

/* --- the front end --------------------------------------------------------------------------- */
static guint room(void *opaque)
{
    return left;
}

static void input(void *opaque, const guint8 *data, guint n)
{
    static volatile guint8 sum;

    g_assert(n <= left);
    left -= is_small ? n : 0;
    for (guint i = 0; i < n; i++) {
        sum ^= data[i];
    }
}

static const SysCharFront front = { .room = room, .input = input };

/* --- peers ----------------------------------------------------------------------------------- */
static void turn(SysChar *c)
{
    dev_lock_drop();
    for (guint i = 0; i < 20 && g_main_context_iteration(NULL, FALSE); i++) {
    }
    dev_lock_take();
    left = is_small ? 3 : 4096;
    sys_char_more(c);
}

static void go(int *peer)
{
    if (*peer >= 0) {
        close(*peer);
        *peer = -1;
    }
}

static void come(int *peer)
{
    struct sockaddr_un a = { .sun_family = AF_UNIX };

    go(peer);
    *peer = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    g_strlcpy(a.sun_path, path, sizeof a.sun_path);
    gboolean good = *peer >= 0;
    g_assert(good);
    if (connect(*peer, (struct sockaddr *)&a, sizeof a) < 0) {      /* others wait already */
        go(peer);
    }
}

static void send_fds(int peer, const guint8 *data, gsize n)
{
    int fds[FDS_MOST];
    guint8 room_for[CMSG_SPACE(sizeof fds)] __attribute__((aligned(8)));
    struct iovec v = { .iov_base = (void *)data, .iov_len = n };
    guint count = n ? data[0] % (FDS_MOST + 1) : 0;
    struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = room_for,
                        .msg_controllen = CMSG_SPACE(count * sizeof(int)) };

    if (!count) {
        return;
    }
    for (guint i = 0; i < count; i++) {
        fds[i] = peer;
    }
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);
    *c = (struct cmsghdr){ .cmsg_len = CMSG_LEN(count * sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS };
    memcpy(CMSG_DATA(c), fds, count * sizeof(int));
    sendmsg(peer, &m, MSG_NOSIGNAL);
}

static void record(SysChar *c, int *peer, Feed *f)
{
    guint what = (guint)feed(f, 1) & 7;
    gsize n = feed(f, 1);
    guint8 said[4096];

    n = MIN(n, f->left);
    const guint8 *data = feed_bytes(f, n);
    switch (what) {
    case 3:
        for (guint i = 0; i < 3; i++) {
            sys_char_write(c, data, (guint)n);
        }
        break;
    case 4:
        while (*peer >= 0 && recv(*peer, said, sizeof said, 0) > 0) {
        }
        break;
    case 5:
        come(peer);
        break;
    case 6:
        send_fds(*peer, data, n);
        break;
    case 7:
        go(peer);
        break;
    default:
        send(*peer, data, n, MSG_NOSIGNAL);
    }
    turn(c);
}

static guint descriptors(void)
{
    DIR *d = opendir("/proc/self/fd");
    guint n = 0;

    while (d && readdir(d)) {
        n++;
    }
    closedir(d);
    return n;
}

static DevBoard *start(guint how, SysChar **end)
{
    DevBoard *b = dev_fake_new(DEV_CLOCK_INSNS);
    Obj *chars = obj_child(b->root, "chardevs");
    g_autofree char *words = g_strdup_printf("socket,id=s,path=%s,server=on,wait=off,telnet=%s", path, how & TELNET ? "on" : "off");
    SysChar *c = sys_char_new(chars, words, NULL);

    g_assert(c);
    if (how & MUX) {
        SysChar *mux = sys_char_mux_new(chars, "m", c, NULL, NULL, NULL);
        Dev *uart = dev_fake_add(b, &sys_ns16550a, "uart", UINT64_C(0x10000000));
        SysChar *first = mux ? sys_char_mux_front(mux, NULL) : NULL;
        gboolean good = first && obj_prop_set_link(&uart->obj, "chardev", &first->obj, NULL);
        g_assert(good);
        c = sys_char_mux_front(mux, NULL);
    }
    gboolean good = dev_realize(&b->dev, NULL) && sys_char_attach(c, &front, NULL, NULL);
    g_assert(good);
    *end = c;
    return b;
}

int LLVMFuzzerTestOneInput(const guint8 *data, size_t n)
{
    Feed f = { data, n };
    guint how = (guint)feed(&f, 1);
    SysChar *c;
    int peer = -1;

    if (!dir) {
        dir = g_dir_make_tmp("rhea-fuzz-char-XXXXXX", NULL);
        path = g_build_filename(dir, "s", NULL);
        atexit(leave);
        signal(SIGPIPE, SIG_IGN);                       /* as the program does */
        g_main_context_iteration(NULL, FALSE);      /* which has descriptors of its own */
    }
    guint before = descriptors();
    dev_lock_take();
    is_small = how & SMALL;
    left = is_small ? 3 : 4096;
    DevBoard *b = start(how, &c);
    come(&peer);
    turn(c);
    for (guint k = 0; f.left && k < 100; k++) {
        record(c, &peer, &f);
    }
    go(&peer);
    turn(c);
    sys_char_detach(c);
    dev_board_free(b);
    dev_lock_drop();
    g_assert(descriptors() == before);
    return 0;
}

/* --- seeds ----------------------------------------------------------------------------------- */
static void put_record(GByteArray *a, guint what, const char *bytes, guint n)
{
    put(a, what, 1);
    put(a, n, 1);
    g_byte_array_append(a, (const guint8 *)bytes, n);
}

#define RECORD(a, what, bytes) put_record(a, what, bytes, sizeof(bytes) - 1)

GByteArray *fuzz_seed(guint i)
{
    GByteArray *a = g_byte_array_new();

    if (i >= 8) {
        g_byte_array_unref(a);
        return NULL;
    }
    put(a, i, 1);
    RECORD(a, 0, "hello\r\n\r\0\r");
    RECORD(a, 0, "\377\373\000\377\376\001a\377\377b\377\372\030\000vt\377\377x\377\360c\377");
    RECORD(a, 1, "\365\r\0d\377\374\0\r\0");
    RECORD(a, 0, "\001c\001b\001h\001?\001\001\001zthe rest\001");
    RECORD(a, 3, "out\377\377\r\n\377");
    RECORD(a, 4, "");
    RECORD(a, 6, "\003fds");
    RECORD(a, 6, "\037more");
    RECORD(a, 5, "");
    RECORD(a, 0, "c again\001c");
    RECORD(a, 7, "");
    RECORD(a, 3, "nobody");
    RECORD(a, 5, "");
    return a;
}
