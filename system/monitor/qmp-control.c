/* SPDX-License-Identifier: BSD-2-Clause */
/* QMP commands that change how the machine runs. */
#include "monitor/private.h"

#include "dev/mem.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static JsonNode *do_stop(SysMonitor *m, JsonObject *args, GError **err)
{
    sys_machine_stop(sys_monitors.machine);
    return NULL;
}

static JsonNode *do_cont(SysMonitor *m, JsonObject *args, GError **err)
{
    if (sys_monitors.is_off) {
        g_set_error(err, OBJ_ERROR, OBJ_ERROR_VALUE, "Resetting the Virtual Machine is required");
        return NULL;
    }
    sys_machine_cont(sys_monitors.machine);
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

/* Physical memory into a file, in pieces. */
static JsonNode *do_pmemsave(SysMonitor *m, JsonObject *args, GError **err)
{
    const char *path = json_object_get_string_member(args, "filename");
    gint64 at = json_object_get_int_member(args, "val"), n = json_object_get_int_member(args, "size");
    FILE *f = fopen(path, "wbe");
    int wrong = f ? 0 : errno;
    guint8 buf[4096];

    while (n > 0 && !wrong) {
        gsize k = (gsize)MIN(n, (gint64)sizeof buf);
        dev_mem_read(sys_monitors.board->b.space, (DevGpa)at, buf, k);
        wrong = fwrite(buf, 1, k, f) == k ? 0 : errno;
        at += (gint64)k;
        n -= (gint64)k;
    }
    if (f && fclose(f) && !wrong) {
        wrong = errno;
    }
    if (wrong) {
        g_set_error(err, OBJ_ERROR, OBJ_ERROR_VALUE, "'%s': %s", path, g_strerror(wrong));
    }
    return NULL;
}

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
    { "migrate", "stops the machine and writes it to a URI", migrate, FALSE, do_migrate },
    { "pmemsave", "physical memory into a file", pmemsave, FALSE, do_pmemsave },
    { 0 },
};
