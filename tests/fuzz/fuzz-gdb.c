/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A debugger that may say anything, and a person at the readable monitor.  An input is records: what (u8), a length
 * (u16), and bytes:
 *
 *     0: a packet's text, framed with its right sum        1: bytes as they are
 *     2: gdb goes and comes again                          3: a monitor command (u8, of those below) and its words
 *     4: keys of the readable monitor, but for Return      5: what is under way goes on
 *
 * Commands that reach the host are not among those of 3, and qRcmd, which could say them, is left out of 0 and 1.
 */
#include "fuzz.h"
#include "virt.h"

#include "monitor/gdb.h"
#include "monitor/private.h"

#include "dev/lock.h"

const char fuzz_name[] = "gdb";

static const char *const commands[] = {
    "info registers", "info mtree", "info qtree", "info pci", "info block", "info network", "info chardev", "x", "xp", "p",
    "qom-list", "qom-get", "qom-set", "sendkey", "mouse_move", "mouse_button", "stop", "cont", "system_reset", "balloon",
    "set_link", "block_resize", "device_del", "device_add", "chardev-remove", "help", "no-such-command",
};

/* As a peer at c sends it: no more at once than there is room for. */
static void send(SysChar *c, const guint8 *data, gsize n)
{
    for (guint room; n && (room = sys_char_room(c)); ) {
        guint piece = (guint)MIN(room, n);
        g_autofree guint8 *mine = g_memdup2(data, piece);
        sys_char_input(c, mine, piece);
        data += piece;
        n -= piece;
    }
}

static void send_packet(SysChar *c, const guint8 *data, gsize n)
{
    g_autoptr(GString) s = g_string_new("$");
    guint8 sum = 0;

    for (gsize i = 0; i < n; i++) {
        sum += data[i];
        g_string_append_c(s, (char)data[i]);
    }
    g_string_append_printf(s, "#%02x", sum);
    send(c, (const guint8 *)s->str, s->len);
}

static void send_command(const guint8 *data, gsize n)
{
    Feed f = { data, n };
    const char *name = commands[feed(&f, 1) % G_N_ELEMENTS(commands)];
    g_autofree char *words = g_strndup((const char *)f.at, f.left);
    g_autofree char *line = g_strdup_printf("%s %s", name, words);

    g_free(sys_hmp_run(line));
}

static void send_keys(SysChar *c, const guint8 *data, gsize n)
{
    g_autofree guint8 *keys = g_memdup2(data, n);

    for (gsize i = 0; i < n; i++) {
        if (keys[i] == '\r' || keys[i] == '\n') {
            keys[i] = '\t';
        }
    }
    send(c, keys, n);
}

/* Nobody reads it all; what stands in the way of more is taken away. */
static void hear(SysChar *c)
{
    guint8 said[4096];

    while (sys_char_ringbuf_read(c, said, sizeof said)) {
    }
}

static void go_on(void)
{
    dev_lock_drop();
    g_usleep(200);
    for (guint i = 0; i < 20 && g_main_context_iteration(NULL, FALSE); i++) {
    }
    dev_lock_take();
}

static void record(SysChar *gdb, SysChar *person, Feed *f)
{
    guint what = (guint)feed(f, 1) % 6;
    gsize n = feed(f, 2);
    const guint8 *data;

    n = MIN(n, f->left);
    data = feed_bytes(f, n);
    if (what < 2 && memmem(data, n, "qRcmd", 5)) {
        return;
    }
    switch (what) {
    case 0: send_packet(gdb, data, n); break;
    case 1: send(gdb, data, n); break;
    case 2:
        sys_char_event(gdb, SYS_CHAR_CLOSED);
        sys_char_event(gdb, SYS_CHAR_OPENED);
        break;
    case 3: send_command(data, n); break;
    case 4: send_keys(person, data, n); break;
    default: go_on();
    }
    hear(gdb);
    hear(person);
}

int LLVMFuzzerTestOneInput(const guint8 *data, size_t n)
{
    Feed f = { data, n };
    SysMachine *machine = fuzz_machine_start();
    Obj *chars = obj_child(sys_machine_board(machine)->b.root, "chardevs");
    SysChar *gdb = sys_char_new(chars, "ringbuf,id=gdb,size=64K", NULL);
    SysChar *person = sys_char_new(chars, "ringbuf,id=person,size=64K", NULL);
    gboolean good = gdb && person && sys_monitor_new(person, SYS_MONITOR_READLINE, NULL) &&
        sys_gdb_begin(machine, gdb, NULL);

    g_assert(good);
    sys_char_event(gdb, SYS_CHAR_OPENED);
    for (guint k = 0; f.left && k < 50; k++) {
        record(gdb, person, &f);
    }
    sys_machine_stop(machine);
    sys_gdb_end();
    fuzz_machine_stop(machine);
    return 0;
}

/* --- seeds ----------------------------------------------------------------------------------- */
static void put_record(GByteArray *a, guint what, const char *text)
{
    put(a, what, 1);
    put(a, strlen(text), 2);
    put_text(a, text);
}

static void put_command(GByteArray *a, const char *name, const char *words)
{
    guint i = 0;

    while (strcmp(commands[i], name)) {
        i++;
    }
    put(a, 3, 1);
    put(a, strlen(words) + 1, 2);
    put(a, i, 1);
    put_text(a, words);
}

/* Records, ended by NULL: a packet, or behind a '!' bytes as they are, behind a '>' keys. */
static const char *const sessions[][12] = {
    { "qSupported:multiprocess+;xmlRegisters=riscv", "QStartNoAckMode", "qXfer:features:read:target.xml:0,ffb",
      "qXfer:features:read:target.xml:fffffffffffffff0,ffffffffffffffff", "qfThreadInfo", "qsThreadInfo", "qC", "qAttached",
      "qThreadExtraInfo,2", "?" },
    { "g", "G0000000000000000ffffffffffffffff", "p20", "p1000", "P1=0100000000000000", "Pfff=00", "p", "P=", "T2", "Hg2", "Hg-1", "Tffff" },
    { "m80000000,10", "m0,ffffffffffffffff", "mfffffffffffffff0,800", "M80000000,4:73001000", "M80000000,ffffffff:00",
      "M0,1:zz", "m", "M,:", "Z0,80000000,4", "Z2,0,8", "z0,80000000,4", "Z0" },
    { "M80000000,8:13000000 6ff0dfff", "P20=0000008000000000", "s", "vCont;s:1;c", "vCont?", "vCont;s:ffff", "vCont;", "D", "g" },
    { "!+$g#67-", "!$g#00", "!$#00\003", "!$m80000000,4#", "!zz\003", "c", "!\003", "C05", "!\003", "S05", "k" },
    { ">info reg\t\t\033[A\033[B\033[D\033[C\b\177\001\005\013\025", ">\033[999;999~\033O", "vMustReplyEmpty", "vKill;1", "X80000000,0:" },
};

GByteArray *fuzz_seed(guint i)
{
    static const char *const words[][2] = {
        { "x", "/8xg 0x80000000" }, { "xp", "/4294967295xb 0xffffffffffffffff" }, { "p", "/x 077777777777777777777777" },
        { "qom-get", "/machine type" }, { "sendkey", "ctrl-alt-0xff 99999999" }, { "info registers", "-v 1" },
        { "cont", "" }, { "balloon", "8" }, { "help", "info" }, { "mouse_move", "1 2 3" },
    };
    GByteArray *a = g_byte_array_new();

    if (i < G_N_ELEMENTS(sessions)) {
        for (guint k = 0; k < G_N_ELEMENTS(sessions[i]) && sessions[i][k]; k++) {
            const char *text = sessions[i][k];
            put_record(a, *text == '!' ? 1 : *text == '>' ? 4 : 0, text + (*text == '!' || *text == '>'));
            put_record(a, k & 1 ? 5 : 2 * !(k & 3), "");
        }
    } else if (i == G_N_ELEMENTS(sessions)) {
        for (guint k = 0; k < G_N_ELEMENTS(words); k++) {
            put_command(a, words[k][0], words[k][1]);
        }
    } else {
        g_clear_pointer(&a, g_byte_array_unref);
    }
    return a;
}
