/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The remote serial protocol of gdb for machines.
 *
 * A packet is $text#xx, answered by + and by a packet of ours; 0x03 asks a running machine to stop.  A CPU that meets
 * a breakpoint, or has made its step, stands by itself and wakes the main loop, which stops the others and tells gdb.
 */
#include "monitor/gdb.h"

#include "monitor/private.h"

#include "cpu/cpu.h"

#include "dev/lock.h"
#include "dev/mem.h"

#include "tcg/mem.h"

#include <stdlib.h>
#include <string.h>

enum { PACKET_MOST = 8192, READ_MOST = 2048, OUTPUT_MOST = 1 << 20 };
enum { BREAKS_MOST = 65536 };
enum { SIGNAL_INT = 2, SIGNAL_TRAP = 5 };

typedef struct Gdb {
    SysMachine *m;
    SysChar *c;
    GString *out, *in;
    enum { BETWEEN, INSIDE, SUM1, SUM2 } state;
    char sum;                   /* first digit of the sum */
    gboolean no_ack, attached;
    gboolean awaited;           /* gdb let the machine go and waits for its stop */
    guint cpu;                  /* of g, p, m */
    GSource *wake;
    gint stopped;               /* atomic: 1 + the CPU that stands at a breakpoint or after its step; 0: none */
} Gdb;

static Gdb *gdb;

/* --- breakpoints ----------------------------------------------------------------------------- */
static GMutex break_lock;
static GArray *breaks;          /* guint64 */

bool sys_gdb_breakpoint(uint64_t pc)
{
    gboolean found = FALSE;

    g_mutex_lock(&break_lock);
    for (guint i = 0; breaks && i < breaks->len && !found; i++) {
        found = g_array_index(breaks, guint64, i) == pc;
    }
    g_mutex_unlock(&break_lock);
    return found;
}

static void drop_code(const DevRange *r, void *data)
{
    if (r->hva) {
        tcg_phys_invalidate(r->first, r->last - r->first + 1);
    }
}

/* A breakpoint is met in code that is translated after it was set: wherever the page tables have it. */
static void translate_anew(void)
{
    dev_space_each(sys_machine_board(gdb->m)->b.space, drop_code, NULL);
}

static gboolean set_break(guint64 pc, gboolean on)
{
    gboolean good = TRUE;

    g_mutex_lock(&break_lock);
    for (guint i = 0; breaks && i < breaks->len; i++) {
        if (g_array_index(breaks, guint64, i) == pc) {
            g_array_remove_index_fast(breaks, i);
            break;
        }
    }
    if (on) {
        breaks = breaks ? breaks : g_array_new(FALSE, FALSE, sizeof(guint64));
        good = breaks->len < BREAKS_MOST;
        if (good) {
            g_array_append_val(breaks, pc);
        }
    }
    g_mutex_unlock(&break_lock);
    translate_anew();
    return good;
}

static void clear_breaks(void)
{
    g_mutex_lock(&break_lock);
    g_clear_pointer(&breaks, g_array_unref);
    g_mutex_unlock(&break_lock);
    translate_anew();
}

/* --- output ---------------------------------------------------------------------------------- */
static void push(Gdb *g)
{
    while (g->out->len) {
        guint n = sys_char_write(g->c, (const guint8 *)g->out->str, (guint)MIN(g->out->len, 65536));
        if (!n) {
            break;
        }
        g_string_erase(g->out, 0, n);
    }
}

static void reply(Gdb *g, const char *text)
{
    guint8 sum = 0;

    if (g->out->len > OUTPUT_MOST) {
        return;
    }
    g_string_append_c(g->out, '$');
    for (const char *p = text; *p; p++) {
        if (strchr("$#}*", *p)) {
            g_string_append_c(g->out, '}');
            sum += '}';
        }
        char c = strchr("$#}*", *p) ? *p ^ 0x20 : *p;
        g_string_append_c(g->out, c);
        sum += (guint8)c;
    }
    g_string_append_printf(g->out, "#%02x", sum);
    push(g);
}

static void tell_stop(Gdb *g, guint signal, guint cpu)
{
    g_autofree char *text = g_strdup_printf("T%02xthread:%02x;", signal, cpu + 1);

    g->awaited = FALSE;
    g->cpu = cpu;
    reply(g, text);
}

/* --- CPUs ------------------------------------------------------------------------------------ */
static SysCpu *cpu(const Gdb *g, guint i)
{
    return g_ptr_array_index(sys_machine_board(g->m)->cpus, i);
}

static guint n_cpus(const Gdb *g)
{
    return sys_machine_board(g->m)->cpus->len;
}

/* On the CPU's thread, which stands from now on. */
static void on_break(SysCpu *c)
{
    g_atomic_int_compare_and_exchange(&gdb->stopped, 0, 1 + (gint)c->index);
    g_source_set_ready_time(gdb->wake, 0);
}

static gboolean dispatch(GSource *s, GSourceFunc fn, gpointer data)
{
    Gdb *g = gdb;

    g_source_set_ready_time(s, -1);
    dev_lock_take();
    gint who = g ? g_atomic_int_get(&g->stopped) : 0;
    if (who) {
        sys_machine_stop(g->m);
        g_atomic_int_set(&g->stopped, 0);
        if (g->awaited) {
            tell_stop(g, SIGNAL_TRAP, (guint)who - 1);
        }
    }
    dev_lock_drop();
    return G_SOURCE_CONTINUE;
}

/* All go on, each over a breakpoint that it stands at; or one makes one instruction, and nobody else moves. */
static void go(Gdb *g, int stepping)
{
    g->awaited = TRUE;
    for (guint i = 0; i < n_cpus(g); i++) {
        g_atomic_int_set(&cpu(g, i)->step, stepping < 0 ? SYS_CPU_STEP_OVER : (int)i == stepping ? SYS_CPU_STEP_ONE
                                                                                                 : SYS_CPU_STEP_STAND);
    }
    if (stepping >= 0) {
        sys_cpu_wake(cpu(g, (guint)stepping));  /* behind a WFI too */
    }
    if (sys_migrate_take_back(NULL)) {
        sys_machine_cont(g->m);
    }
    if (!sys_machine_running(g->m)) {
        tell_stop(g, SIGNAL_TRAP, g->cpu);
    }
}

/* --- packets --------------------------------------------------------------------------------- */
static void put_hex(GString *s, const void *data, gsize n)
{
    for (gsize i = 0; i < n; i++) {
        g_string_append_printf(s, "%02x", ((const guint8 *)data)[i]);
    }
}

/* As many bytes as there are pairs of digits, at most n. */
static gsize get_hex(const char *p, guint8 *to, gsize n)
{
    gsize k = 0;

    while (k < n && g_ascii_isxdigit(p[0]) && g_ascii_isxdigit(p[1])) {
        to[k++] = (guint8)(g_ascii_xdigit_value(p[0]) << 4 | g_ascii_xdigit_value(p[1]));
        p += 2;
    }
    return k;
}

static void read_registers(Gdb *g)
{
    g_autoptr(GString) s = g_string_new(NULL);
    guint8 bytes[SYS_CPU_REG_MOST];

    for (guint i = 0; i < sys_cpu_gdb_general(cpu(g, g->cpu)); i++) {
        put_hex(s, bytes, sys_cpu_gdb_get(cpu(g, g->cpu), i, bytes));
    }
    reply(g, s->str);
}

static void write_registers(Gdb *g, const char *p)
{
    for (guint i = 0; i < sys_cpu_gdb_general(cpu(g, g->cpu)); i++, p += 16) {
        guint8 bytes[8];
        if (get_hex(p, bytes, 8) != 8) {
            break;
        }
        sys_cpu_gdb_set(cpu(g, g->cpu), i, bytes, 8);
    }
    reply(g, "OK");
}

static void one_register(Gdb *g, const char *p, gboolean write)
{
    char *end;
    guint n = (guint)g_ascii_strtoull(p, &end, 16);
    guint8 bytes[SYS_CPU_REG_MOST] = { 0 };
    g_autoptr(GString) s = g_string_new(NULL);
    guint size;

    if (write) {
        size = (guint)get_hex(*end == '=' ? end + 1 : end, bytes, sizeof bytes);
        reply(g, sys_cpu_gdb_set(cpu(g, g->cpu), n, bytes, size) ? "OK" : "E01");
    } else if ((size = sys_cpu_gdb_get(cpu(g, g->cpu), n, bytes))) {
        put_hex(s, bytes, size);
        reply(g, s->str);
    } else {
        reply(g, "E01");
    }
}

/* m ADDR,LEN and M ADDR,LEN:DATA */
static void memory(Gdb *g, const char *p, gboolean write)
{
    char *end;
    guint64 at = g_ascii_strtoull(p, &end, 16), n = *end == ',' ? g_ascii_strtoull(end + 1, &end, 16) : 0;
    guint8 data[PACKET_MOST];       /* as much as the digits of any packet that is taken */
    g_autoptr(GString) s = g_string_new(NULL);

    if (write) {
        gboolean good = *end == ':' && n <= sizeof data && get_hex(end + 1, data, n) == n &&
            sys_cpu_write(cpu(g, g->cpu), at, data, n);
        reply(g, good ? "OK" : "E14");
        return;
    }
    n = MIN(n, READ_MOST);
    while (n && !sys_cpu_read(cpu(g, g->cpu), at, data, n)) {
        n /= 2;                 /* what there is before the first page that is not */
    }
    put_hex(s, data, n);
    reply(g, n ? s->str : "E14");
}

/* Z0 and Z1: the kinds of execution breakpoints are one here; watchpoints are not there. */
static void breakpoint(Gdb *g, const char *p)
{
    if ((p[1] != '0' && p[1] != '1') || p[2] != ',') {
        reply(g, "");
        return;
    }
    reply(g, set_break(g_ascii_strtoull(p + 3, NULL, 16), p[0] == 'Z') ? "OK" : "E28");
}

static guint thread_of(const Gdb *g, const char *p)
{
    gint64 n = *p == '-' ? 0 : (gint64)g_ascii_strtoull(p, NULL, 16);

    return n >= 1 && n <= n_cpus(g) ? (guint)n - 1 : g->cpu;
}

/* vCont;ACTION[:THREAD]...: a step of one, or all go on. */
static void v_cont(Gdb *g, const char *p)
{
    while (*p == ';') {
        const char *colon = strchr(p, ':');
        const char *next = strchr(p + 1, ';');
        if (p[1] == 's' || p[1] == 'S') {
            go(g, (int)(colon && (!next || colon < next) ? thread_of(g, colon + 1) : g->cpu));
            return;
        }
        p = next ? next : "";
    }
    go(g, -1);
}

static void transfer_xml(Gdb *g, const char *p)
{
    g_autofree char *xml = sys_cpu_gdb_xml(cpu(g, 0));
    char *end;
    guint64 at = g_ascii_strtoull(p, &end, 16), n = *end == ',' ? g_ascii_strtoull(end + 1, NULL, 16) : 0;
    gsize all = strlen(xml);

    at = MIN(at, all);
    n = MIN(n, PACKET_MOST / 2);
    g_autofree char *part = g_strndup(xml + at, n);
    g_autofree char *text = g_strconcat(at + n < all ? "m" : "l", part, NULL);
    reply(g, text);
}

/* monitor COMMAND */
static void command(Gdb *g, const char *p)
{
    guint8 line[1024] = { 0 };

    get_hex(p, line, sizeof line - 1);
    g_autofree char *text = sys_hmp_run((const char *)line);
    g_autoptr(GString) s = g_string_new(NULL);
    put_hex(s, text, strlen(text));
    reply(g, s->len ? s->str : "OK");
}

static void query(Gdb *g, const char *p)
{
    if (g_str_has_prefix(p, "qSupported")) {
        g_autofree char *text = g_strdup_printf("PacketSize=%x;qXfer:features:read+;QStartNoAckMode+;vContSupported+;"
                                                "multiprocess-", PACKET_MOST);
        reply(g, text);
    } else if (g_str_has_prefix(p, "qXfer:features:read:target.xml:")) {
        transfer_xml(g, p + strlen("qXfer:features:read:target.xml:"));
    } else if (!strcmp(p, "qfThreadInfo")) {
        g_autoptr(GString) s = g_string_new("m");
        for (guint i = 0; i < n_cpus(g); i++) {
            g_string_append_printf(s, "%s%x", i ? "," : "", i + 1);
        }
        reply(g, s->str);
    } else if (!strcmp(p, "qsThreadInfo")) {
        reply(g, "l");
    } else if (!strcmp(p, "qC")) {
        g_autofree char *text = g_strdup_printf("QC%x", g->cpu + 1);
        reply(g, text);
    } else if (g_str_has_prefix(p, "qThreadExtraInfo,")) {
        g_autofree char *name = g_strdup_printf("CPU %u", thread_of(g, p + strlen("qThreadExtraInfo,")));
        g_autoptr(GString) s = g_string_new(NULL);
        put_hex(s, name, strlen(name));
        reply(g, s->str);
    } else if (g_str_has_prefix(p, "qRcmd,")) {
        command(g, p + strlen("qRcmd,"));
    } else if (!strcmp(p, "qAttached")) {
        reply(g, "1");
    } else {
        reply(g, "");
    }
}

static void packet(Gdb *g, const char *p)
{
    switch (p[0]) {
    case '?': tell_stop(g, SIGNAL_TRAP, g->cpu); break;
    case 'g': read_registers(g); break;
    case 'G': write_registers(g, p + 1); break;
    case 'p': one_register(g, p + 1, FALSE); break;
    case 'P': one_register(g, p + 1, TRUE); break;
    case 'm': memory(g, p + 1, FALSE); break;
    case 'M': memory(g, p + 1, TRUE); break;
    case 'Z': case 'z': breakpoint(g, p); break;
    case 'c': case 'C': go(g, -1); break;
    case 's': case 'S': go(g, (int)g->cpu); break;
    case 'T': reply(g, g_ascii_strtoull(p + 1, NULL, 16) - 1 < n_cpus(g) ? "OK" : "E01"); break;
    case 'H':
        if (p[1] == 'g') {
            g->cpu = thread_of(g, p + 2);
        }
        reply(g, "OK");
        break;
    case 'D':
        clear_breaks();
        reply(g, "OK");
        g->attached = FALSE;
        sys_machine_cont(g->m);
        break;
    case 'k':
        sys_machine_quit(g->m, 0);
        break;
    case 'v':
        if (!strcmp(p, "vCont?")) {
            reply(g, "vCont;c;C;s;S");
        } else if (g_str_has_prefix(p, "vCont;")) {
            v_cont(g, p + 5);
        } else {
            reply(g, "");
        }
        break;
    case 'Q':
        g->no_ack = !strcmp(p, "QStartNoAckMode");
        reply(g, g->no_ack ? "OK" : "");
        break;
    case 'q': query(g, p); break;
    default:  reply(g, "");
    }
}

/* --- input ----------------------------------------------------------------------------------- */
static void end_packet(Gdb *g, char second)
{
    guint8 sum = 0, want = (guint8)(g_ascii_xdigit_value(g->sum) << 4 | g_ascii_xdigit_value(second));
    g_autofree char *text = g_strndup(g->in->str, g->in->len);

    for (gsize i = 0; i < g->in->len; i++) {
        sum += (guint8)g->in->str[i];
    }
    g_string_truncate(g->in, 0);
    g->state = BETWEEN;
    if (!g->no_ack) {
        g_string_append_c(g->out, sum == want ? '+' : '-');
        push(g);
    }
    if (sum == want && !(sys_machine_running(g->m) && g->awaited)) {
        /* Somebody else, or gdb as it left, let the machine go: it stands again before anybody looks at its CPUs. */
        g->attached = TRUE;
        sys_machine_stop(g->m);
        packet(g, text);
    }
}

static void take(Gdb *g, char c)
{
    switch (g->state) {
    case BETWEEN:
        if (c == '$') {
            g->state = INSIDE;
        } else if (c == 3 && g->awaited) {
            sys_machine_stop(g->m);
            tell_stop(g, SIGNAL_INT, g->cpu);
        }
        break;
    case INSIDE:
        if (c == '#') {
            g->state = SUM1;
        } else if (g->in->len < PACKET_MOST * 2) {
            g_string_append_c(g->in, c);
        }
        break;
    case SUM1:
        g->sum = c;
        g->state = SUM2;
        break;
    default:
        end_packet(g, c);
    }
}

static guint room(void *opaque)
{
    return ((Gdb *)opaque)->out->len > 65536 ? 0 : 4096;
}

static void input(void *opaque, const guint8 *data, guint n)
{
    g_autofree guint8 *mine = g_memdup2(data, n);

    for (guint i = 0; i < n; i++) {
        take(opaque, (char)mine[i]);
    }
}

static void writable(void *opaque)
{
    Gdb *g = opaque;

    push(g);
    if (room(g)) {
        sys_char_more(g->c);
    }
}

/* A debugger that comes finds a machine that stands; one that goes leaves it running. */
static void event(void *opaque, SysCharEvent e)
{
    Gdb *g = opaque;

    g_string_truncate(g->out, 0);
    g_string_truncate(g->in, 0);
    g->state = BETWEEN;
    g->no_ack = g->awaited = FALSE;
    if (e == SYS_CHAR_OPENED) {
        g->attached = TRUE;
        g->cpu = 0;
        sys_machine_stop(g->m);
    } else if (g->attached) {
        g->attached = FALSE;
        clear_breaks();
        sys_machine_cont(g->m);
    }
}

static const SysCharFront front = { .room = room, .input = input, .writable = writable, .event = event };

static void on_event(void *data, SysEvent e)
{
    Gdb *g = data;

    if (e == SYS_EVENT_QUIT && g->attached && g->awaited) {
        reply(g, "W00");
    } else if (e == SYS_EVENT_STOP && g->awaited && !g_atomic_int_get(&g->stopped)) {
        tell_stop(g, SIGNAL_INT, g->cpu);
    }
}

gboolean sys_gdb_begin(SysMachine *m, SysChar *c, GError **err)
{
    static GSourceFuncs funcs = { .dispatch = dispatch };
    Gdb *g = g_new0(Gdb, 1);

    g_assert(!gdb);
    g->m = m;
    g->c = c;
    g->out = g_string_new(NULL);
    g->in = g_string_new(NULL);
    g->wake = g_source_new(&funcs, sizeof(GSource));
    g_source_set_ready_time(g->wake, -1);
    g_source_attach(g->wake, NULL);
    gdb = g;
    sys_cpu_break = on_break;
    sys_machine_watch(m, on_event, g);
    if (!sys_char_attach(c, &front, g, err)) {
        sys_gdb_end();
        return FALSE;
    }
    return TRUE;
}

void sys_gdb_end(void)
{
    Gdb *g = gdb;

    if (g) {
        sys_machine_unwatch(g->m, on_event, g);
        if (g->c->front == &front) {
            sys_char_detach(g->c);
        }
        sys_cpu_break = NULL;
        gdb = NULL;
        g_source_destroy(g->wake);
        g_source_unref(g->wake);
        g_string_free(g->out, TRUE);
        g_string_free(g->in, TRUE);
        g_free(g);
    }
}
