/* SPDX-License-Identifier: BSD-2-Clause */
/* QMP commands that change how the machine runs. */
#include "monitor/private.h"

#include "cpu/cpu.h"

#include "dev/mem.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static JsonNode *do_stop(SysMonitor *m, JsonObject *args, GError **err)
{
    if (sys_monitors.awaits) {  /* it stands, and will when it is there */
        sys_monitors.starts = FALSE;
        return NULL;
    }
    sys_machine_stop(sys_monitors.machine);
    return NULL;
}

static JsonNode *do_cont(SysMonitor *m, JsonObject *args, GError **err)
{
    if (sys_monitors.awaits) {  /* it goes on when it is there */
        sys_monitors.starts = TRUE;
        return NULL;
    }
    if (sys_monitors.is_off) {
        obj_refuse(err, "Resetting the Virtual Machine is required");
        return NULL;
    }
    if (sys_migrate_take_back(err)) {
        sys_machine_cont(sys_monitors.machine);
    }
    return NULL;
}

static JsonNode *do_reset(SysMonitor *m, JsonObject *args, GError **err)
{
    sys_machine_reset(sys_monitors.machine);
    return NULL;
}

/* These boards have no button that a guest would hear. */
static JsonNode *do_powerdown(SysMonitor *m, JsonObject *args, GError **err)
{
    sys_qmp_event("POWERDOWN", NULL);
    return NULL;
}

static JsonNode *do_quit(SysMonitor *m, JsonObject *args, GError **err)
{
    sys_monitors.asked_quit = TRUE;
    sys_machine_quit(sys_monitors.machine, 0);
    return NULL;
}

static JsonNode *do_human(SysMonitor *m, JsonObject *args, GError **err)
{
    g_autofree char *text = sys_hmp_run(json_object_get_string_member(args, "command-line"));

    return json_node_init_string(json_node_alloc(), text);
}

static JsonNode *do_migrate(SysMonitor *m, JsonObject *args, GError **err)
{
    sys_migrate_out(json_object_get_string_member(args, "uri"), err);
    return NULL;
}

/* Memory into a file, in pieces. */

/* Reads at most n bytes, and says how many; 0 with *err. */
typedef gsize ReadMemory(gpointer from, guint64 at, void *to, gsize n, GError **err);

static void save_memory(JsonObject *args, ReadMemory *read, gpointer from, GError **err)
{
    const char *path = json_object_get_string_member(args, "filename");
    guint64 at = (guint64)json_object_get_int_member(args, "val");
    gint64 n = json_object_get_int_member(args, "size");
    g_autoptr(GError) why = NULL;
    guint8 buf[4096];
    FILE *f = fopen(path, "wbe");
    int wrong = f ? 0 : errno;

    while (n > 0 && !wrong && !why) {
        gsize k = read(from, at, buf, (gsize)MIN(n, (gint64)sizeof buf), &why);
        wrong = fwrite(buf, 1, k, f) == k ? 0 : errno;
        at += k;
        n -= (gint64)k;
    }
    if (f && fclose(f) && !wrong) {
        wrong = errno;
    }
    if (why) {
        g_propagate_error(err, g_steal_pointer(&why));
    } else if (wrong) {
        obj_refuse(err, "'%s': %s", path, g_strerror(wrong));
    }
}

static gsize read_physical(gpointer space, guint64 at, void *to, gsize n, GError **err)
{
    dev_mem_read(space, at, to, n);
    return n;
}

static JsonNode *do_pmemsave(SysMonitor *m, JsonObject *args, GError **err)
{
    save_memory(args, read_physical, sys_monitors.board->b.space, err);
    return NULL;
}

static JsonNode *do_dump(SysMonitor *m, JsonObject *args, GError **err)
{
    const char *to = json_object_get_string_member(args, "protocol");
    const char *format = json_object_get_string_member_with_default(args, "format", "elf");

    if (json_object_get_boolean_member(args, "paging") || json_object_has_member(args, "begin") ||
        json_object_has_member(args, "length") || strcmp(format, "elf") || !g_str_has_prefix(to, "file:")) {
        obj_refuse(err,
                   "not implemented: paging, begin and length, formats but elf, protocols but file:");
        return NULL;
    }
    sys_dump_write(to + 5, err);
    return NULL;
}

static JsonNode *do_dump_formats(SysMonitor *m, JsonObject *args, GError **err)
{
    JsonObject *o = json_object_new();
    JsonArray *a = json_array_new();

    json_array_add_string_element(a, "elf");
    json_object_set_array_member(o, "formats", a);
    return sys_qmp_node(o);
}

/* Not over the end of a page. */
static gsize read_virtual(gpointer cpu, guint64 at, void *to, gsize n, GError **err)
{
    gsize k = MIN(n, 4096 - at % 4096);

    return sys_cpu_read(cpu, at, to, k) ||
           obj_refuse(err, "Invalid addr 0x%016" G_GINT64_MODIFIER "x specified", at) ? k : 0;
}

static JsonNode *do_memsave(SysMonitor *m, JsonObject *args, GError **err)
{
    gint64 index = obj_json_int(args, "cpu-index", 0);
    GPtrArray *cpus = sys_monitors.board->cpus;

    if (index < 0 || index >= cpus->len) {
        obj_refuse(err, "there is no such CPU");
    } else if (sys_machine_running(sys_monitors.machine)) {
        obj_refuse(err, "virtual addresses need a machine that stands: stop it first");
    } else {
        save_memory(args, read_virtual, g_ptr_array_index(cpus, index), err);
    }
    return NULL;
}

static JsonNode *do_migrate_incoming(SysMonitor *m, JsonObject *args, GError **err)
{
    if (!sys_monitors.awaits || sys_monitors.comes) {
        obj_refuse(err, sys_monitors.comes ? "The incoming migration has already been started"
                                           : "'-incoming defer' was not specified on the command line");
    } else {
        sys_monitors.comes = sys_migrate_in_later(json_object_get_string_member(args, "uri"), err);
    }
    return NULL;
}

/* --- what cannot be, and is said as clients expect it ------------------------------------------ */
static JsonNode *do_wakeup(SysMonitor *m, JsonObject *args, GError **err)
{
    obj_refuse(err, "wake-up from suspend is not supported by this guest");
    return NULL;
}

static JsonNode *do_nmi(SysMonitor *m, JsonObject *args, GError **err)
{
    obj_refuse(err, "machine does not provide NMIs");
    return NULL;
}

/* migrate has answered when it is over. */
static JsonNode *do_cancel(SysMonitor *m, JsonObject *args, GError **err)
{
    return NULL;
}

/* What a guest's reset or power-off does, as -action. */
static JsonNode *do_set_action(SysMonitor *m, JsonObject *args, GError **err)
{
    static const struct {
        const char *name, *words;       /* the first is what happens already */
    } rows[] = { { "reboot", "reset shutdown" }, { "shutdown", "poweroff pause" }, { "panic", NULL },
                 { "watchdog", NULL } };
    SysMachineConfig *config = sys_machine_config(sys_monitors.machine);
    gboolean *const flags[] = { &config->no_reboot, &config->no_shutdown };

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        const char *value = obj_json_str(args, rows[i].name);
        g_auto(GStrv) words = rows[i].words ? g_strsplit(rows[i].words, " ", 2) : NULL;
        if (!value || !words) {
            continue;           /* no guest here panics or has a watchdog that would tell */
        }
        if (strcmp(value, words[0]) && strcmp(value, words[1])) {
            obj_refuse(err, "Parameter '%s' does not accept value '%s'", rows[i].name, value);
            return NULL;
        }
        *flags[i] = !strcmp(value, words[1]);
    }
    return NULL;
}

static const QmpArg incoming[] = { { "uri", "str", FALSE }, { 0 } };
static const QmpArg set_action[] = { { "reboot", "str", TRUE }, { "shutdown", "str", TRUE }, { "panic", "str", TRUE },
                                     { "watchdog", "str", TRUE }, { 0 } };
static const QmpArg dump[] = { { "paging", "bool", FALSE }, { "protocol", "str", FALSE }, { "detach", "bool", TRUE },
                               { "begin", "int", TRUE }, { "length", "int", TRUE }, { "format", "str", TRUE }, { 0 } };
static const QmpArg memsave[] = { { "val", "int", FALSE }, { "size", "int", FALSE }, { "filename", "str", FALSE },
                                  { "cpu-index", "int", TRUE }, { 0 } };
static const QmpArg human[] = { { "command-line", "str", FALSE }, { 0 } };
static const QmpArg migrate[] = { { "uri", "str", FALSE }, { "detach", "bool", TRUE }, { 0 } };   /* it always is */
static const QmpArg pmemsave[] = { { "val", "int", FALSE }, { "size", "int", FALSE }, { "filename", "str", FALSE },
                                   { 0 } };

const QmpCommand sys_qmp_control[] = {
    { "stop", "the CPUs stand", NULL, FALSE, do_stop },
    { "cont", "the CPUs go on", NULL, FALSE, do_cont },
    { "system_reset", "as the reset button does", NULL, FALSE, do_reset },
    { "system_powerdown", "as the power button does: the board decides", NULL, FALSE, do_powerdown },
    { "quit", "ends the program", NULL, FALSE, do_quit },
    { "human-monitor-command", "runs a line of the readable monitor", human, FALSE, do_human },
    { "system_wakeup", "no guest here sleeps", NULL, FALSE, do_wakeup },
    { "inject-nmi", "no CPU here has one", NULL, FALSE, do_nmi },
    { "set-action", "what a guest's reset or power-off does", set_action, FALSE, do_set_action },
    { "migrate_cancel", "nothing: a migration is over when migrate has answered", NULL, FALSE, do_cancel },
    { "migrate-incoming", "takes a machine, after -incoming defer", incoming, FALSE, do_migrate_incoming },
    { "migrate", "stops the machine and writes it to a URI", migrate, FALSE, do_migrate },
    { "dump-guest-memory", "RAM and registers into a core file", dump, FALSE, do_dump },
    { "query-dump-guest-memory-capability", "formats of such files", NULL, FALSE, do_dump_formats },
    { "memsave", "virtual memory into a file", memsave, FALSE, do_memsave },
    { "pmemsave", "physical memory into a file", pmemsave, FALSE, do_pmemsave },
    { 0 },
};
