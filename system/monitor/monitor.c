/* SPDX-License-Identifier: BSD-2-Clause */
/* Monitors on character back ends, and what the machine tells all of them. */
#include "monitor/private.h"

#include <string.h>

SysMonitors sys_monitors;

/* --- output ---------------------------------------------------------------------------------- */
static void push(SysMonitor *m)
{
    while (m->out->len) {
        guint n = sys_char_write(m->c, (const guint8 *)m->out->str, (guint)MIN(m->out->len, 65536));
        if (!n) {
            break;
        }
        g_string_erase(m->out, 0, n);
    }
}

void sys_monitor_write(SysMonitor *m, const char *text)
{
    if (m->out->len > SYS_MONITOR_OUTPUT_MOST) {
        return;                 /* nobody reads */
    }
    for (const char *p = text; *p; p++) {
        if (*p == '\n' && m->kind == SYS_MONITOR_READLINE) {
            g_string_append_c(m->out, '\r');
        }
        g_string_append_c(m->out, *p);
    }
    push(m);
}

/* --- the front end --------------------------------------------------------------------------- */
static guint room(void *opaque)
{
    SysMonitor *m = opaque;

    return m->out->len > 65536 ? 0 : 4096;      /* who does not read is not heard */
}

static void input(void *opaque, const guint8 *data, guint n)
{
    SysMonitor *m = opaque;

    if (m->kind == SYS_MONITOR_READLINE) {
        sys_hmp_input(m, data, n);
    } else {
        sys_qmp_input(m, data, n);
    }
}

static void writable(void *opaque)
{
    SysMonitor *m = opaque;

    push(m);
    if (room(m)) {
        sys_char_more(m->c);
    }
}

static void begin(SysMonitor *m)
{
    if (m->kind == SYS_MONITOR_READLINE) {
        sys_hmp_greet(m);
    } else {
        sys_qmp_greet(m);
    }
}

/* Each client of a socket begins anew. */
static void event(void *opaque, SysCharEvent e)
{
    SysMonitor *m = opaque;

    if (e == SYS_CHAR_BREAK) {
        return;
    }
    g_string_truncate(m->out, 0);
    if (e == SYS_CHAR_OPENED) {
        begin(m);
    }
}

static const SysCharFront front = { .room = room, .input = input, .writable = writable, .event = event };

SysMonitor *sys_monitor_new(SysChar *c, SysMonitorKind kind, GError **err)
{
    SysMonitor *m = g_new0(SysMonitor, 1);

    m->kind = kind;
    m->c = c;
    m->out = g_string_new(NULL);
    m->in = g_string_new(NULL);
    m->line = g_string_new(NULL);
    m->history = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(sys_monitors.all, m);
    if (!sys_char_attach(c, &front, m, err)) {
        g_ptr_array_remove(sys_monitors.all, m);
        return NULL;
    }
    if (c->connected) {
        begin(m);
    }
    return m;
}

static void free_monitor(gpointer data)
{
    SysMonitor *m = data;

    if (m->c->front == &front && m->c->opaque == m) {
        sys_char_detach(m->c);
    }
    g_string_free(m->out, TRUE);
    g_string_free(m->in, TRUE);
    g_string_free(m->line, TRUE);
    g_ptr_array_unref(m->history);
    g_free(m);
}

/* --- the machine ----------------------------------------------------------------------------- */
static JsonNode *by_guest(gboolean guest, const char *reason)
{
    JsonObject *o = json_object_new();

    json_object_set_boolean_member(o, "guest", guest);
    json_object_set_string_member(o, "reason", reason);
    return sys_qmp_node(o);
}

static void on_event(void *data, SysEvent e)
{
    SysMonitors *s = &sys_monitors;

    switch (e) {
    case SYS_EVENT_STOP:
        sys_qmp_event("STOP", NULL);
        break;
    case SYS_EVENT_CONT:
        s->ran = TRUE;
        s->is_off = FALSE;
        sys_qmp_event("RESUME", NULL);
        break;
    case SYS_EVENT_RESET:
        s->is_off = FALSE;
        sys_qmp_event("RESET", by_guest(FALSE, "host-qmp-system-reset"));
        break;
    case SYS_EVENT_GUEST_RESET:
        sys_qmp_event("RESET", by_guest(TRUE, "guest-reset"));
        break;
    case SYS_EVENT_POWER_OFF:
        s->is_off = TRUE;
        sys_qmp_event("SHUTDOWN", by_guest(TRUE, "guest-shutdown"));
        break;
    case SYS_EVENT_QUIT:
        if (!s->is_off) {
            sys_qmp_event("SHUTDOWN", by_guest(FALSE, s->asked_quit ? "host-qmp-quit" : "host-signal"));
        }
        break;
    }
}

const char *sys_monitor_status(void)
{
    const SysMonitors *s = &sys_monitors;

    return sys_machine_running(s->machine) ? "running" : s->awaits ? "inmigrate" : s->is_off ? "shutdown"
           : !s->ran ? "prelaunch"
           : s->moved && !strcmp(s->moved, "completed") ? "postmigrate" : "paused";
}

void sys_monitors_use(SysMachine *m, const SysTarget *t)
{
    SysMonitors *s = &sys_monitors;

    if (s->machine) {
        sys_machine_unwatch(s->machine, on_event, NULL);
        s->board->b.event = NULL;
        sys_qmp_forget_jobs();
        sys_qmp_forget_fds();
        sys_qmp_forget_events();
        g_clear_pointer(&s->all, g_ptr_array_unref);
        g_clear_pointer(&s->moved_error, g_free);
    }
    *s = (SysMonitors){ .machine = m, .target = t };
    if (m) {
        s->board = sys_machine_board(m);
        s->all = g_ptr_array_new_with_free_func(free_monitor);
        s->ran = sys_machine_running(m);
        sys_machine_watch(m, on_event, NULL);
        s->board->b.event = sys_qmp_event;
    }
}
