/* SPDX-License-Identifier: BSD-2-Clause */
/* CPU threads. */
#include "cpu/cpu.h"
#include "cpu/turns.h"

#include "dev/lock.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

static const SysCpuType *type_of(const SysCpu *c)
{
    return (const SysCpuType *)c->dev.obj.type;
}

/* Stands or sleeps as long as it must; FALSE at the end. */
static gboolean next_turn(SysCpu *c)
{
    g_mutex_lock(&c->mutex);
    while (!c->quit && (c->stop || (c->idle && !c->woken))) {
        if (c->stop && !c->parked) {
            c->parked = TRUE;
            g_cond_broadcast(&c->cond);
        }
        g_cond_wait(&c->cond, &c->mutex);
    }
    c->parked = c->woken = c->idle = FALSE;
    gboolean more = !c->quit;
    g_mutex_unlock(&c->mutex);
    return more;
}

static const int faults[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE };

static gpointer run_thread(gpointer data)
{
    SysCpu *c = data;
    sigset_t most;

    /* Signals of the process are the main thread's; faults are the translator's. */
    sigfillset(&most);
    for (guint i = 0; i < G_N_ELEMENTS(faults); i++) {
        sigdelset(&most, faults[i]);
    }
    pthread_sigmask(SIG_BLOCK, &most, NULL);
    g_atomic_int_set(&c->thread_id, (gint)gettid());
    while (next_turn(c)) {
        gboolean idle = !type_of(c)->run(c);
        g_mutex_lock(&c->mutex);
        c->idle = idle;
        g_mutex_unlock(&c->mutex);
    }
    return NULL;
}

void sys_cpu_start(SysCpu *c)
{
    g_autofree char *name = g_strdup_printf("cpu%u", c->index);

    g_assert(!c->thread && c->dev.state == DEV_LIVE);
    c->stop = TRUE;
    c->quit = c->idle = c->woken = c->parked = FALSE;
    c->thread = g_thread_new(name, run_thread, c);
}

/* One of stop and quit becomes value; the thread looks. */
static void ask(SysCpu *c, gboolean *what, gboolean value)
{
    g_mutex_lock(&c->mutex);
    *what = value;
    g_cond_broadcast(&c->cond);
    g_mutex_unlock(&c->mutex);
    if (value) {
        type_of(c)->kick(c);
    }
}

void sys_cpu_end(SysCpu *c)
{
    g_assert(!dev_lock_held());
    if (c->thread) {
        ask(c, &c->quit, TRUE);
        g_thread_join(g_steal_pointer(&c->thread));
    }
}

void sys_cpu_stop(SysCpu *c)
{
    ask(c, &c->stop, TRUE);
}

void sys_cpu_wait(SysCpu *c)
{
    g_assert(!dev_lock_held());
    g_mutex_lock(&c->mutex);
    while (c->thread && c->stop && !c->parked) {
        g_cond_wait(&c->cond, &c->mutex);
    }
    g_mutex_unlock(&c->mutex);
}

void sys_cpu_go(SysCpu *c)
{
    ask(c, &c->stop, FALSE);
}

gboolean sys_cpu_has_work(SysCpu *c)
{
    return type_of(c)->has_work(c);
}

void sys_cpu_kick(SysCpu *c)
{
    type_of(c)->kick(c);
}

char *sys_cpu_text(SysCpu *c, gboolean vectors)
{
    return type_of(c)->text(c, vectors);
}

gboolean sys_cpu_read(SysCpu *c, guint64 gva, void *to, gsize n)
{
    return type_of(c)->read(c, gva, to, n);
}

gboolean sys_cpu_write(SysCpu *c, guint64 gva, const void *from, gsize n)
{
    return type_of(c)->write(c, gva, from, n);
}

guint sys_cpu_gdb_general(SysCpu *c)
{
    return type_of(c)->gdb_general;
}

guint sys_cpu_gdb_get(SysCpu *c, guint n, guint8 *bytes)
{
    return type_of(c)->gdb_get(c, n, bytes);
}

gboolean sys_cpu_gdb_set(SysCpu *c, guint n, const guint8 *bytes, guint size)
{
    return type_of(c)->gdb_set(c, n, bytes, size);
}

char *sys_cpu_gdb_xml(SysCpu *c)
{
    return type_of(c)->gdb_xml(c);
}

void (*sys_cpu_break)(SysCpu *c);

void sys_cpu_met_break(SysCpu *c)
{
    g_mutex_lock(&c->mutex);
    c->stop = TRUE;
    g_mutex_unlock(&c->mutex);
    if (sys_cpu_break) {
        sys_cpu_break(c);
    }
}

void sys_cpu_wake(SysCpu *c)
{
    g_mutex_lock(&c->mutex);
    c->woken = TRUE;
    g_cond_broadcast(&c->cond);
    g_mutex_unlock(&c->mutex);
    sys_turns_wake();
}

void sys_cpu_nap(SysCpu *c, gint64 us)
{
    const gint64 end = g_get_monotonic_time() + us;

    g_mutex_lock(&c->mutex);
    while (!c->quit && !c->stop && !c->woken && g_cond_wait_until(&c->cond, &c->mutex, end)) {
        ;
    }
    g_mutex_unlock(&c->mutex);
}

static void init(Obj *o)
{
    SysCpu *c = (SysCpu *)o;

    g_mutex_init(&c->mutex);
    g_cond_init(&c->cond);
}

static void finalize(Obj *o)
{
    SysCpu *c = (SysCpu *)o;

    g_assert(!c->thread);
    g_mutex_clear(&c->mutex);
    g_cond_clear(&c->cond);
}

static const ObjProp props[] = {
    OBJ_PROP_UINT("index", "Number of the CPU in its machine, from 0.", SysCpu, index, 0, 0, 4095),
    { 0 },
};

const DevType sys_cpu_type = {
    .obj = { .name = "cpu", .text = OBJ_TEXT("A CPU of a machine, run by a thread of its own."),
             .parent = &dev_type.obj,
             .size = sizeof(SysCpu), .abstract = TRUE, .props = props, .init = init, .finalize = finalize },
    .group = "cpu",
};
