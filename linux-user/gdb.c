/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The gdb server: its socket and the packets of the remote serial protocol. [GDB manual, appendix E]
 *
 * One thread reads packets. While the program runs it waits for the program's stop and for the
 * debugger's Ctrl-C; while the program is stopped every packet gets its answer at once. All threads
 * stop and go together ("all-stop").
 */
#include "fds.h"
#include "gdb-private.h"
#include "load.h"
#include "map.h"
#include "target.h"
#include "thread-private.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define MAX_PACKET 16384
#define DATA_MAX 4096

int lu_gdb_fd = -1;

static pthread_mutex_t send_lock = PTHREAD_MUTEX_INITIALIZER;
static bool no_ack, resumed;
static int mem_fd = -1;
static LuThread *for_regs, *for_cont;   /* H packets */

static char in[MAX_PACKET + 8];
static char out[2 * MAX_PACKET];

/* The connection */

static int listen_tcp(unsigned port)
{
    struct sockaddr_in a = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    int one = 1, s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (s < 0) {
        return -errno;
    }
    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(s, (struct sockaddr *)&a, sizeof a) || listen(s, 1)) {
        int e = -errno;
        close(s);
        return e;
    }
    return s;
}

static int listen_path(const char *path)
{
    struct sockaddr_un a = { .sun_family = AF_UNIX };
    const char *d = strstr(path, "%d");
    int n = d ? snprintf(a.sun_path, sizeof a.sun_path, "%.*s%d%s", (int)(d - path), path, getpid(), d + 2)
              : snprintf(a.sun_path, sizeof a.sun_path, "%s", path);

    if (n < 0 || n >= (int)sizeof a.sun_path) {
        return -ENAMETOOLONG;
    }
    int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (s < 0) {
        return -errno;
    }
    unlink(a.sun_path);
    if (bind(s, (struct sockaddr *)&a, sizeof a) || listen(s, 1)) {
        int e = -errno;
        close(s);
        return e;
    }
    return s;
}

int lu_gdb_listen(const char *port)
{
    char *end;
    unsigned long number = strtoul(port, &end, 10);
    int s = *end || end == port ? listen_path(port) : number > 65535 ? -EINVAL : listen_tcp((unsigned)number);

    if (s < 0) {
        return s;
    }
    int fd = accept4(s, NULL, NULL, SOCK_CLOEXEC);
    int e = fd < 0 ? -errno : 0;
    close(s);
    if (fd >= 0) {
        lu_gdb_fd = lu_fd_own(fd);
    }
    return e;
}

/* Packets */

static const char hex_digits[] = "0123456789abcdef";

static bool put_all(const char *p, size_t n)
{
    while (n) {
        ssize_t r = send(lu_gdb_fd, p, n, MSG_NOSIGNAL);
        if (r < 0 && errno != EINTR) {
            return false;
        }
        if (r > 0) {
            p += r;
            n -= (size_t)r;
        }
    }
    return true;
}

static void send_bytes(const char *body, size_t n)
{
    static char frame[2 * MAX_PACKET + 8];
    uint8_t sum = 0;

    pthread_mutex_lock(&send_lock);
    frame[0] = '$';
    memcpy(frame + 1, body, n);
    for (size_t i = 0; i < n; i++) {
        sum = (uint8_t)(sum + (uint8_t)body[i]);
    }
    frame[n + 1] = '#';
    frame[n + 2] = hex_digits[sum >> 4];
    frame[n + 3] = hex_digits[sum & 15];
    put_all(frame, n + 4);
    pthread_mutex_unlock(&send_lock);
}

void lu_gdb_send(const char *text)
{
    send_bytes(text, strlen(text));
}

/* One byte of the debugger's, -1 at its end. */
static int get_byte(void)
{
    static uint8_t buf[4096];
    static ssize_t have, at;

    if (at == have) {
        do {
            have = recv(lu_gdb_fd, buf, sizeof buf, 0);
        } while (have < 0 && errno == EINTR);
        at = 0;
        if (have <= 0) {
            have = 0;
            return -1;
        }
    }
    return buf[at++];
}

static int from_hex(int c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* Reads a packet's body into in. Its length, -1 at the end, -2: Ctrl-C. */
static long get_packet(void)
{
    for (;;) {
        int c = get_byte();
        if (c < 0) {
            return -1;
        }
        if (c == 3) {
            return -2;
        }
        if (c != '$') {
            continue;               /* an acknowledgement */
        }
        long n = 0;
        uint8_t sum = 0;
        for (c = get_byte(); c >= 0 && c != '#'; c = get_byte()) {
            sum = (uint8_t)(sum + c);
            if (c == '}') {
                c = get_byte();
                sum = (uint8_t)(sum + c);
                c ^= 0x20;
            }
            if (n < MAX_PACKET) {
                in[n++] = (char)c;
            }
        }
        int high = from_hex(get_byte()), low = from_hex(get_byte());
        if (high < 0 || low < 0) {
            return -1;
        }
        bool good = (high << 4 | low) == sum;
        if (!no_ack && !put_all(good ? "+" : "-", 1)) {
            return -1;
        }
        if (good) {
            in[n] = 0;
            return n;
        }
    }
}

/* Leaves an answer in out; its length. */
static int __attribute__((format(printf, 1, 2))) answer(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    int n = vsnprintf(out, sizeof out, fmt, ap);
    va_end(ap);
    return n;
}

static char *put_hex(char *to, const void *from, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint8_t b = ((const uint8_t *)from)[i];
        *to++ = hex_digits[b >> 4];
        *to++ = hex_digits[b & 15];
    }
    *to = 0;
    return to;
}

/* Bytes of hex text; their number. */
static size_t get_hex(uint8_t *to, const char *from, size_t max)
{
    size_t n = 0;

    for (; n < max && from_hex(from[0]) >= 0 && from_hex(from[1]) >= 0; from += 2) {
        to[n++] = (uint8_t)(from_hex(from[0]) << 4 | from_hex(from[1]));
    }
    return n;
}

/* Binary data: four characters are escaped. */
static size_t escape(char *to, const char *from, size_t n)
{
    char *p = to;

    for (size_t i = 0; i < n; i++) {
        if (strchr("#$}*", from[i]) && from[i]) {
            *p++ = '}';
            *p++ = (char)(from[i] ^ 0x20);
        } else {
            *p++ = from[i];
        }
    }
    return (size_t)(p - to);
}

static uint64_t number(const char **p)
{
    char *end;
    uint64_t v = strtoull(*p, &end, 16);

    *p = end;
    return v;
}

/* Threads */

typedef struct Find {
    pid_t tid;
    LuThread *found;
} Find;

static void is_thread(LuThread *t, void *arg)
{
    Find *f = arg;

    if (t->tid == f->tid) {
        f->found = t;
    }
}

static LuThread *find_thread(pid_t tid)
{
    Find f = { tid, NULL };

    lu_list_each(NULL, is_thread, &f);
    return f.found;
}

static void list_one(LuThread *t, void *arg)
{
    char *text = arg;
    size_t n = strlen(text);

    if (n < MAX_PACKET - 32) {
        snprintf(text + n, 32, "%c%x", n ? ',' : 'm', (unsigned)t->tid);
    }
}

/* "-1" is all and "0" is any: the thread that is current then. */
static LuThread *thread_arg(const char *text, LuThread *otherwise)
{
    pid_t tid = text[0] == '-' ? 0 : (pid_t)strtoul(text, NULL, 16);

    return tid ? find_thread(tid) : otherwise;
}

/* Registers */

/* What the debugger is told stays so: later changes of a vector length are not. */
static const LuGdbAbi *abi(void)
{
    static const LuGdbAbi *told;

    if (!told) {
        told = lu_target->abi->gdb(for_regs->env);
    }
    return told;
}

static void *reg_at(LuThread *t, const LuGdbReg *r)
{
    return (char *)&t->gdb.regs + r->at;
}

static char *put_reg(char *to, LuThread *t, const LuGdbReg *r)
{
    static const uint8_t zero[LU_GDB_REG_MAX];

    return put_hex(to, r->at == LU_GDB_ZERO ? zero : reg_at(t, r), r->bytes);
}

static const char *set_reg(LuThread *t, const LuGdbReg *r, const char *text)
{
    uint8_t bytes[LU_GDB_REG_MAX];
    size_t n = get_hex(bytes, text, r->bytes);

    if (n == r->bytes && r->at != LU_GDB_ZERO) {
        memcpy(reg_at(t, r), bytes, n);
        t->gdb.regs_changed = true;
    }
    return text + 2 * n;
}

static const LuGdbReg *find_reg(uint64_t n)
{
    for (uint64_t i = 0; abi()->regs[i].name; i++) {
        if (i == n) {
            return &abi()->regs[i];
        }
    }
    return NULL;
}

static void read_regs(void)
{
    char *p = out;

    for (const LuGdbReg *r = abi()->regs; r->name; r++) {
        p = put_reg(p, for_regs, r);
    }
}

static void write_regs(const char *p)
{
    for (const LuGdbReg *r = abi()->regs; r->name; r++) {
        p = set_reg(for_regs, r, p);
    }
    answer("OK");
}

static void one_reg(const char *p, bool write)
{
    const LuGdbReg *r = find_reg(number(&p));

    answer("E01");
    if (r && write) {
        set_reg(for_regs, r, p + 1);
        answer("OK");
    } else if (r) {
        put_reg(out, for_regs, r);
    }
}

/* Memory: the guest's only, also where the guest itself may not read or write. */

static void read_memory(const char *p)
{
    uint8_t buf[DATA_MAX];
    uint64_t at = number(&p), n = *p == ',' ? (p++, number(&p)) : 0, got = 0;
    LuRegion r;

    n = n > sizeof buf ? sizeof buf : n;
    while (got < n && lu_map_next(at + got, at + n, &r) && r.start == at + got) {
        ssize_t k = pread(mem_fd, buf + got, r.end - r.start, (off_t)r.start);
        if (k <= 0) {
            break;
        }
        got += (uint64_t)k;
    }
    if (n && !got) {
        answer("E14");
        return;
    }
    put_hex(out, buf, got);
}

static bool write_bytes(uint64_t at, const uint8_t *bytes, uint64_t n)
{
    if (!n) {
        return true;
    }
    if (!lu_map_covers(at, at + n) || pwrite(mem_fd, bytes, n, (off_t)at) != (ssize_t)n) {
        return false;
    }
    tcg_invalidate(at, n);
    return true;
}

static void write_memory(const char *p, const char *end, bool binary)
{
    static uint8_t buf[MAX_PACKET];
    uint64_t at = number(&p), n = *p == ',' ? (p++, number(&p)) : 0;

    answer("E14");
    if (*p++ != ':' || n > sizeof buf) {
        return;
    }
    uint64_t have = binary ? (uint64_t)(end - p) : get_hex(buf, p, n);
    if (binary && have >= n) {
        memcpy(buf, p, n);
    }
    if (have >= n && write_bytes(at, buf, n)) {
        answer("OK");
    }
}

/* qXfer: documents, read in pieces */

static size_t describe_target(char *to, size_t size)
{
    const LuGdbAbi *g = abi();
    size_t n = (size_t)snprintf(to, size,
                                "<?xml version=\"1.0\"?><!DOCTYPE target SYSTEM \"gdb-target.dtd\">"
                                "<target version=\"1.0\">"
                                "<architecture>%s</architecture><osabi>GNU/Linux</osabi>", g->architecture);

    for (unsigned f = 0; g->features[f]; f++) {
        n += (size_t)snprintf(to + n, size - n, "<feature name=\"%s\">%s", g->features[f],
                              g->types[f] ? g->types[f] : "");
        for (unsigned k = 0; g->regs[k].name; k++) {
            const LuGdbReg *r = &g->regs[k];
            if (r->feature == f) {
                n += (size_t)snprintf(to + n, size - n, "<reg name=\"%s\" bitsize=\"%u\" regnum=\"%u\" type=\"%s\"/>",
                                      r->name, r->bytes * 8u, k, r->type);
            }
        }
        n += (size_t)snprintf(to + n, size - n, "</feature>");
    }
    return n + (size_t)snprintf(to + n, size - n, "</target>");
}

static void one_thread_xml(LuThread *t, void *arg)
{
    char *text = arg, name[32] = "", path[64];
    size_t n = strlen(text);

    snprintf(path, sizeof path, "/proc/self/task/%d/comm", (int)t->tid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t k = fd < 0 ? 0 : read(fd, name, sizeof name - 1);
    close(fd);
    name[k > 0 ? k - 1 : 0] = 0;
    for (char *p = name; *p; p++) {
        *p = strchr("<>&\"'", *p) || *p < ' ' ? '?' : *p;
    }
    if (n < MAX_PACKET - 128) {
        snprintf(text + n, 128, "<thread id=\"%x\" name=\"%s\"/>", (unsigned)t->tid, name);
    }
}

static void transfer(const char *p)
{
    static char doc[MAX_PACKET];
    size_t n = 0;

    if (!strncmp(p, "features:read:target.xml:", 25)) {
        n = describe_target(doc, sizeof doc);
    } else if (!strncmp(p, "auxv:read:", 10)) {
        n = lu_auxv_bytes < sizeof doc ? lu_auxv_bytes : sizeof doc;
        memcpy(doc, lu_auxv, n);
    } else if (!strncmp(p, "exec-file:read:", 15)) {
        n = (size_t)snprintf(doc, sizeof doc, "%s", lu_exe_path);
    } else if (!strncmp(p, "siginfo:read:", 13)) {
        n = sizeof for_regs->gdb.info;
        memcpy(doc, for_regs->gdb.info, n);
    } else if (!strncmp(p, "threads:read:", 13)) {
        snprintf(doc, sizeof doc, "<?xml version=\"1.0\"?><threads>");
        lu_list_each(NULL, one_thread_xml, doc);
        n = strlen(doc);
        n += (size_t)snprintf(doc + n, sizeof doc - n, "</threads>");
    } else {
        return;                     /* empty: not known */
    }
    p = strrchr(p, ':') + 1;
    uint64_t from = number(&p), len = *p == ',' ? (p++, number(&p)) : 0;
    from = from > n ? n : from;
    len = len > DATA_MAX ? DATA_MAX : len;
    len = len > n - from ? n - from : len;
    out[0] = from + len < n ? 'm' : 'l';
    send_bytes(out, 1 + escape(out + 1, doc + from, len));
    out[0] = 1;                     /* answered */
}

/* vFile: the debugger reads the guest's files through us. */

static void file_name(char *to, size_t size, const char *hex)
{
    size_t n = get_hex((uint8_t *)to, hex, size - 1);

    to[n] = 0;
}

static void file_result(long r)
{
    if (r < 0) {
        answer("F-1,%x", (unsigned)(errno == ENOENT ? 2 : errno == EACCES ? 13 : 9999));
    } else {
        answer("F%lx", (unsigned long)r);
    }
}

static void file_packet(const char *p)
{
    char name[4096];

    if (!strncmp(p, "setfs:", 6)) {
        answer("F0");
    } else if (!strncmp(p, "open:", 5)) {
        file_name(name, sizeof name, p + 5);
        int fd = open(name, O_RDONLY | O_CLOEXEC);
        file_result(fd < 0 ? fd : lu_fd_own(fd));
    } else if (!strncmp(p, "close:", 6)) {
        p += 6;
        int fd = (int)number(&p);
        file_result(lu_fd_is_own(fd) && fd != lu_gdb_fd && fd != mem_fd ? close(fd) : -1);
    } else if (!strncmp(p, "pread:", 6)) {
        static char buf[DATA_MAX];
        p += 6;
        int fd = (int)number(&p);
        uint64_t n = *p == ',' ? (p++, number(&p)) : 0, at = *p == ',' ? (p++, number(&p)) : 0;
        ssize_t r = lu_fd_is_own(fd) ? pread(fd, buf, n > sizeof buf ? sizeof buf : n, (off_t)at) : -1;
        if (r < 0) {
            file_result(r);
            return;
        }
        int k = answer("F%zx;", (size_t)r);
        send_bytes(out, (size_t)k + escape(out + k, buf, (size_t)r));
        out[0] = 1;
    }
}

/* Going on */

static void go_default(LuThread *t, void *how)
{
    t->gdb.go = *(LuGdbGo *)how;
}

/* Signal numbers of the protocol are those of Linux up to 15, in part. [GDB include/gdb/signals.def] */
static const uint8_t gdb_signals[] = {
    0, 1, 2, 3, 4, 5, 6, 10, 8, 9, 30, 11, 31, 13, 14, 15,
    0, 20, 19, 17, 18, 21, 22, 16, 24, 25, 26, 27, 28, 23, 32, 12,
};

static unsigned to_gdb_signal(int sig)
{
    if (sig >= 32) {
        return sig == 32 ? 77 : sig == 64 ? 78 : (unsigned)sig + 12;
    }
    return sig > 0 && sig < (int)sizeof gdb_signals ? gdb_signals[sig] : 143;
}

static int from_gdb_signal(unsigned n)
{
    for (int sig = 1; sig <= LU_NSIG; sig++) {
        if (to_gdb_signal(sig) == n) {
            return sig;
        }
    }
    return 0;
}

static void resume(void)
{
    resumed = true;
    out[0] = 1;                     /* the answer is the next stop */
    lu_gdb_resume();
}

static void set_pc(LuThread *t, const char *p)
{
    if (*p) {
        uint64_t pc = number(&p);
        memcpy(reg_at(t, &abi()->regs[abi()->pc]), &pc, 8);
        t->gdb.regs_changed = true;
    }
}

/* One action of vCont, for one thread or (t NULL) all that have none yet. */
static void act(LuThread *t, const char *action, LuGdbGo *rest)
{
    LuGdbGo go = action[0] == 's' || action[0] == 'S' ? LU_GDB_STEP : LU_GDB_RUN;

    if (!t) {
        *rest = go;
        return;
    }
    t->gdb.go = go;
    if (action[0] == 'C' || action[0] == 'S') {
        t->gdb.signal = from_gdb_signal((unsigned)strtoul(action + 1, NULL, 16));
    }
}

/* vCont;action[:thread];... The leftmost action that fits a thread is its. */
static void vcont(char *p)
{
    LuGdbGo rest = LU_GDB_RUN;
    char *actions[16], *save = NULL;
    unsigned n = 0;

    for (char *a = strtok_r(p, ";", &save); a && n < 16; a = strtok_r(NULL, ";", &save)) {
        actions[n++] = a;
    }
    for (unsigned i = 0; i < n; i++) {
        char *who = strchr(actions[i], ':');
        if (!who || who[1] == '-') {
            act(NULL, actions[i], &rest);
        }
    }
    lu_list_each(NULL, go_default, &rest);
    for (unsigned i = n; i-- > 0;) {
        char *who = strchr(actions[i], ':');
        LuThread *t = who ? thread_arg(who + 1, NULL) : n == 1 ? for_cont : NULL;
        if (t) {
            act(t, actions[i], &rest);
        }
    }
    resume();
}

/* c, s, C, S: the chosen thread does it, all others run. */
static void old_resume(const char *p)
{
    LuGdbGo run = LU_GDB_RUN;
    const char *at = p + 1;

    lu_list_each(NULL, go_default, &run);
    act(for_cont, p, &run);
    if (p[0] == 'C' || p[0] == 'S') {
        number(&at);
        at += *at == ';';
    }
    set_pc(for_cont, at);
    resume();
}

static void break_packet(const char *p)
{
    bool on = p[0] == 'Z';
    const char *at = p + 3;

    if (p[1] == '0' || p[1] == '1') {
        answer("%s", lu_gdb_break_set(number(&at), on) ? "OK" : "E28");
    }
}

static void query(char *p)
{
    if (!strncmp(p, "qSupported", 10)) {
        answer("PacketSize=%x;qXfer:features:read+;qXfer:auxv:read+;qXfer:exec-file:read+;"
                "qXfer:threads:read+;qXfer:siginfo:read+;vContSupported+;QStartNoAckMode+", DATA_MAX * 2);
    } else if (!strcmp(p, "QStartNoAckMode")) {
        lu_gdb_send("OK");
        no_ack = true;
        out[0] = 1;
    } else if (!strcmp(p, "qfThreadInfo")) {
        lu_list_each(NULL, list_one, out);
    } else if (!strcmp(p, "qsThreadInfo")) {
        answer("l");
    } else if (!strcmp(p, "qC")) {
        answer("QC%x", (unsigned)for_regs->tid);
    } else if (!strncmp(p, "qAttached", 9)) {
        answer("0");
    } else if (!strncmp(p, "qSymbol", 7)) {
        answer("OK");
    } else if (!strncmp(p, "qXfer:", 6)) {
        transfer(p + 6);
    }
}

static void stop_reply(LuThread *t, int sig)
{
    answer("T%02xthread:%x;", to_gdb_signal(sig), (unsigned)t->tid);
}

/* One packet; the answer is left in out unless it has been sent. False: the debugger has left. */
static bool packet(char *p, const char *end, int sig)
{
    out[0] = 0;
    switch (p[0]) {
    case '?': stop_reply(for_regs, sig); break;
    case 'g': read_regs(); break;
    case 'G': write_regs(p + 1); break;
    case 'p': one_reg(p + 1, false); break;
    case 'P': one_reg(p + 1, true); break;
    case 'm': read_memory(p + 1); break;
    case 'M': write_memory(p + 1, end, false); break;
    case 'X': write_memory(p + 1, end, true); break;
    case 'z': case 'Z': break_packet(p); break;
    case 'q': case 'Q': query(p); break;
    case 'c': case 's': case 'C': case 'S': old_resume(p); break;
    case 'H': {
        LuThread *t = thread_arg(p + 2, for_regs);
        answer("%s", t ? "OK" : "E01");
        *(p[1] == 'g' ? &for_regs : &for_cont) = t ? t : for_regs;
        break;
    }
    case 'T': answer("%s", thread_arg(p + 1, NULL) ? "OK" : "E01"); break;
    case 'D':
        lu_gdb_send("OK");
        return false;
    case 'k':
        kill(getpid(), SIGKILL);
        return false;
    case 'v':
        if (!strcmp(p, "vCont?")) {
            answer("vCont;c;C;s;S");
        } else if (!strncmp(p, "vCont;", 6)) {
            vcont(p + 6);
        } else if (!strncmp(p, "vFile:", 6)) {
            file_packet(p + 6);
        } else if (!strncmp(p, "vKill", 5)) {
            lu_gdb_send("OK");
            kill(getpid(), SIGKILL);
        }
        break;
    default: break;
    }
    if (out[0] != 1) {
        lu_gdb_send(out);
    }
    return true;
}

/* Everything is stopped: packets until the program goes on. False: the debugger has left. */
static bool serve_stopped(bool announce)
{
    int sig;
    LuThread *t = lu_gdb_wait_stopped(&sig);

    for_regs = for_cont = t;
    if (announce) {
        stop_reply(t, sig);
        lu_gdb_send(out);
    }
    for (resumed = false; !resumed;) {
        long n = get_packet();
        if (n == -1 || (n >= 0 && !packet(in, in + n, sig))) {
            return false;
        }
    }
    return true;
}

/* The program runs: until it stops. False: the debugger has left. */
static bool serve_running(void)
{
    struct pollfd p[2] = { { lu_gdb_fd, POLLIN, 0 }, { lu_gdb_event_fd(), POLLIN, 0 } };

    for (;;) {
        if (poll(p, 2, -1) < 0) {
            continue;
        }
        if (p[1].revents) {
            return true;
        }
        if (p[0].revents) {
            int c = get_byte();
            if (c < 0) {
                return false;
            }
            if (c == 3) {
                lu_gdb_interrupt();
            }
        }
    }
}

void *lu_gdb_serve(void *unused)
{
    mem_fd = lu_fd_own(open("/proc/self/mem", O_RDWR | O_CLOEXEC));
    bool more = serve_running() && serve_stopped(false);
    while (more) {
        more = serve_running() && serve_stopped(true);
    }
    lu_gdb_detach();
    shutdown(lu_gdb_fd, SHUT_RDWR);
    close(lu_gdb_fd);
    close(mem_fd);
    return NULL;
}

void lu_gdb_exited(int code)
{
    char text[16];

    snprintf(text, sizeof text, "W%02x", code & 0xff);
    lu_gdb_send(text);
}

void lu_gdb_killed(int sig)
{
    char text[16];

    snprintf(text, sizeof text, "X%02x", to_gdb_signal(sig));
    lu_gdb_send(text);
}
