/* SPDX-License-Identifier: BSD-2-Clause */
/* Finished requests on their way back to the devices. */
#include "back/done.h"

#include "dev/lock.h"

void sys_done_init(SysDone *d, void (*done)(gpointer request))
{
    d->done = done;
    g_mutex_init(&d->mutex);
    g_cond_init(&d->cond);
    g_queue_init(&d->finished);
}

void sys_done_clear(SysDone *d)
{
    g_mutex_clear(&d->mutex);
    g_cond_clear(&d->cond);
}

void sys_done_begin(SysDone *d)
{
    d->under_way++;
}

void sys_done_push(SysDone *d, gpointer request)
{
    g_mutex_lock(&d->mutex);
    g_queue_push_tail(&d->finished, request);
    g_source_set_ready_time(d->source, 0);
    g_cond_signal(&d->cond);
    g_mutex_unlock(&d->mutex);
}

/* One finished request, waiting for it if that is asked for; NULL if there is none. */
static gpointer next_finished(SysDone *d, gboolean wait)
{
    g_mutex_lock(&d->mutex);
    while (wait && d->under_way && g_queue_is_empty(&d->finished)) {
        g_cond_wait(&d->cond, &d->mutex);
    }
    gpointer request = g_queue_pop_head(&d->finished);
    g_mutex_unlock(&d->mutex);
    return request;
}

static void finish(SysDone *d, gboolean wait)
{
    gpointer request;

    while ((request = next_finished(d, wait))) {
        d->under_way--;
        d->done(request);
    }
}

void sys_done_drain(SysDone *d)
{
    finish(d, TRUE);
}

/* --- the main loop --------------------------------------------------------------------------- */
typedef struct DoneSource {
    GSource source;
    SysDone *d;
} DoneSource;

static gboolean dispatch(GSource *s, GSourceFunc fn, gpointer data)
{
    g_source_set_ready_time(s, -1);
    dev_lock_take();
    if (!g_source_is_destroyed(s)) {
        finish(((DoneSource *)s)->d, FALSE);
    }
    dev_lock_drop();
    return G_SOURCE_CONTINUE;
}

static GSourceFuncs funcs = { .dispatch = dispatch };

void sys_done_open(SysDone *d)
{
    d->source = g_source_new(&funcs, sizeof(DoneSource));
    ((DoneSource *)d->source)->d = d;
    g_source_set_ready_time(d->source, -1);
    g_source_attach(d->source, NULL);
}

void sys_done_close(SysDone *d)
{
    finish(d, TRUE);
    g_source_destroy(d->source);
    g_clear_pointer(&d->source, g_source_unref);
}
