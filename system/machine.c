/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Running a machine.  A guest's request (power off, reset) comes inside an access of a CPU: all CPUs are asked to
 * stand at once, so that the one that asked does not run on, and the main loop does the rest.
 */
#include "machine.h"

#include "cpu/tcg.h"

#include "dev/clock.h"
#include "dev/lock.h"
#include "dev/reset.h"

typedef struct Watcher {
    void (*fn)(void *data, SysEvent event);
    void *data;
} Watcher;

struct SysMachine {
    SysBoard *board;
    SysMachineConfig config;
    GMainLoop *loop;
    GSource *clock, *wake;          /* wake: a request is waiting */
    GArray *watchers;
    gboolean running, quit;
    gboolean asked_reset, asked_off;        /* by the guest */
    int off_code, status;
};

static SysMachine *machine_of;      /* whose board it is; a process runs one */

static SysCpu *cpu(const SysMachine *m, guint i)
{
    return g_ptr_array_index(m->board->cpus, i);
}

static guint n_cpus(const SysMachine *m)
{
    return m->board->cpus->len;
}

static void tell(SysMachine *m, SysEvent event)
{
    g_autoptr(GArray) all = g_array_copy(m->watchers);

    for (guint i = 0; i < all->len; i++) {
        const Watcher *w = &g_array_index(all, Watcher, i);
        w->fn(w->data, event);
    }
}

/* --- CPUs ------------------------------------------------------------------------------------ */
static void ask_to_stand(SysMachine *m)
{
    for (guint i = 0; i < n_cpus(m); i++) {
        sys_cpu_stop(cpu(m, i));
    }
}

/* A CPU that is in an access waits for the device lock. */
static void wait_for_all(SysMachine *m)
{
    dev_lock_drop();
    for (guint i = 0; i < n_cpus(m); i++) {
        sys_cpu_wait(cpu(m, i));
    }
    dev_lock_take();
}

/* --- what can be done with it ---------------------------------------------------------------- */
void sys_machine_stop(SysMachine *m)
{
    if (m->running) {
        m->running = FALSE;
        ask_to_stand(m);
        wait_for_all(m);
        dev_clock_stop(m->board->b.clock);
        tell(m, SYS_EVENT_STOP);
    }
}

void sys_machine_cont(SysMachine *m)
{
    if (!m->running && !m->quit && !m->asked_off && !m->asked_reset) {
        m->running = TRUE;
        dev_clock_start(m->board->b.clock);
        for (guint i = 0; i < n_cpus(m); i++) {
            sys_cpu_go(cpu(m, i));
        }
        tell(m, SYS_EVENT_CONT);
    }
}

void sys_machine_reset(SysMachine *m)
{
    gboolean running = m->running, by_guest = m->asked_reset;

    ask_to_stand(m);
    wait_for_all(m);
    m->asked_reset = m->asked_off = FALSE;
    dev_reset(&m->board->b.dev, DEV_RESET_COLD);
    tell(m, by_guest ? SYS_EVENT_GUEST_RESET : SYS_EVENT_RESET);
    if (running) {
        for (guint i = 0; i < n_cpus(m); i++) {
            sys_cpu_go(cpu(m, i));
        }
    }
}

void sys_machine_quit(SysMachine *m, int status)
{
    if (!m->quit) {
        m->quit = TRUE;
        m->status = status;
        tell(m, SYS_EVENT_QUIT);
    }
    g_main_loop_quit(m->loop);
}

SysMachineConfig *sys_machine_config(SysMachine *m)
{
    return &m->config;
}

SysBoard *sys_machine_board(SysMachine *m)
{
    return m->board;
}

gboolean sys_machine_running(const SysMachine *m)
{
    return m->running;
}

void sys_machine_watch(SysMachine *m, void (*fn)(void *data, SysEvent event), void *data)
{
    Watcher w = { fn, data };

    g_array_append_val(m->watchers, w);
}

void sys_machine_unwatch(SysMachine *m, void (*fn)(void *data, SysEvent event), void *data)
{
    for (guint i = 0; i < m->watchers->len; i++) {
        const Watcher *w = &g_array_index(m->watchers, Watcher, i);
        if (w->fn == fn && w->data == data) {
            g_array_remove_index(m->watchers, i);
            return;
        }
    }
}

/* --- the guest's requests -------------------------------------------------------------------- */
static void request(DevBoard *b, DevRequest what, int code)
{
    SysMachine *m = machine_of;

    if (what == DEV_REQUEST_RESET) {
        m->asked_reset = TRUE;
    } else if (!m->asked_off) {
        m->asked_off = TRUE;
        m->off_code = code;
    }
    ask_to_stand(m);
    g_source_set_ready_time(m->wake, 0);
}

static void power_off(SysMachine *m)
{
    sys_machine_stop(m);
    tell(m, SYS_EVENT_POWER_OFF);
    if (!m->config.no_shutdown) {
        sys_machine_quit(m, m->off_code);
    }
}

static gboolean on_wake(gpointer data)
{
    SysMachine *m = data;

    g_source_set_ready_time(m->wake, -1);
    dev_lock_take();
    if (m->asked_off) {
        power_off(m);
    } else if (m->asked_reset && m->config.no_reboot) {
        sys_machine_stop(m);
        sys_machine_quit(m, 0);
    } else if (m->asked_reset) {
        sys_machine_reset(m);
    }
    dev_lock_drop();
    return G_SOURCE_CONTINUE;
}

static gboolean dispatch(GSource *s, GSourceFunc fn, gpointer data)
{
    return fn(data);
}

/* --- life ------------------------------------------------------------------------------------ */
SysMachine *sys_machine_new(SysBoard *b, const SysMachineConfig *config)
{
    static GSourceFuncs funcs = { .dispatch = dispatch };
    SysMachine *m = g_new0(SysMachine, 1);

    g_assert(!machine_of && b->b.dev.state == DEV_LIVE);
    machine_of = m;
    m->board = b;
    m->config = *config;
    m->loop = g_main_loop_new(NULL, FALSE);
    m->watchers = g_array_new(FALSE, FALSE, sizeof(Watcher));
    if (config->turns.on) {
        sys_turns_use(b, &config->turns);
    } else {
        m->clock = dev_clock_source(b->b.clock);
        g_source_attach(m->clock, NULL);
    }
    m->wake = g_source_new(&funcs, sizeof(GSource));
    g_source_set_callback(m->wake, on_wake, m, NULL);
    g_source_attach(m->wake, NULL);
    b->b.request = request;
    sys_tcg_use(&b->b);
    for (guint i = 0; i < n_cpus(m); i++) {
        sys_cpu_start(cpu(m, i));
    }
    return m;
}

int sys_machine_run(SysMachine *m)
{
    if (!m->quit) {
        g_main_loop_run(m->loop);
    }
    return m->status;
}

void sys_machine_free(SysMachine *m)
{
    SysBoard *b = m->board;

    for (guint i = 0; i < n_cpus(m); i++) {
        sys_cpu_end(cpu(m, i));
    }
    dev_lock_take();
    b->b.request = NULL;
    sys_tcg_use(NULL);
    sys_turns_use(NULL, NULL);
    if (m->clock) {
        g_source_destroy(m->clock);
        g_source_unref(m->clock);
    }
    g_source_destroy(m->wake);
    g_source_unref(m->wake);
    machine_of = NULL;
    dev_board_free(&b->b);
    dev_lock_drop();
    g_main_loop_unref(m->loop);
    g_array_unref(m->watchers);
    g_free(m);
}
