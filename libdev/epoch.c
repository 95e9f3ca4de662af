/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Epochs.  The global number grows with each retirement.  A reader publishes the number it saw when it
 * entered; an object retired at number n is free of readers when every reader inside has a number above n.
 *
 * Why that is enough: the writer publishes the new pointer, then takes n, then looks at the readers.  A
 * reader publishes its number, then loads the pointer; both sides have a full fence between.  So a reader
 * whose number the writer did not see has loaded the new pointer.
 */
#include "dev/epoch.h"

#include <stdatomic.h>

typedef struct Reader Reader;
struct Reader {
    Reader *next;
    _Atomic guint64 number;     /* 0: outside */
    atomic_bool taken;          /* by a thread */
    guint depth;
};

typedef struct Retired {
    guint64 number;
    void (*fn)(void *data);
    void *data;
} Retired;

static _Atomic guint64 now = 1;
static _Atomic(Reader *) readers;
static GQueue retired = G_QUEUE_INIT;

static void thread_ends(gpointer data)
{
    Reader *r = data;

    atomic_store(&r->taken, FALSE);
}

static GPrivate mine = G_PRIVATE_INIT(thread_ends);
static __thread Reader *self;

/* Records are reused by later threads and never freed. */
static Reader *join(void)
{
    Reader *r;

    for (r = atomic_load(&readers); r; r = r->next) {
        if (!atomic_exchange(&r->taken, TRUE)) {
            break;
        }
    }
    if (!r) {
        r = g_new0(Reader, 1);
        atomic_store(&r->taken, TRUE);
        r->next = atomic_load(&readers);
        while (!atomic_compare_exchange_weak(&readers, &r->next, r)) {
        }
    }
    g_private_set(&mine, r);
    self = r;
    return r;
}

void dev_epoch_enter(void)
{
    Reader *r = self ? self : join();

    if (r->depth++ == 0) {
        atomic_store_explicit(&r->number, atomic_load(&now), memory_order_relaxed);
        atomic_thread_fence(memory_order_seq_cst);
    }
}

void dev_epoch_leave(void)
{
    Reader *r = self;

    g_assert(r && r->depth > 0);
    if (--r->depth == 0) {
        atomic_store_explicit(&r->number, 0, memory_order_release);
    }
}

static guint64 oldest_reader(void)
{
    guint64 oldest = G_MAXUINT64;

    for (Reader *r = atomic_load(&readers); r; r = r->next) {
        guint64 n = atomic_load(&r->number);
        oldest = n && n < oldest ? n : oldest;
    }
    return oldest;
}

static void reclaim(void)
{
    atomic_thread_fence(memory_order_seq_cst);
    guint64 oldest = oldest_reader();

    for (Retired *x; (x = g_queue_peek_head(&retired)) && x->number < oldest;) {
        g_queue_pop_head(&retired);
        x->fn(x->data);
        g_free(x);
    }
}

void dev_epoch_retire(void (*fn)(void *data), void *data)
{
    Retired *x = g_new(Retired, 1);

    x->fn = fn;
    x->data = data;
    x->number = atomic_fetch_add(&now, 1);
    g_queue_push_tail(&retired, x);
    reclaim();
}

void dev_epoch_drain(void)
{
    g_assert(!self || !self->depth);
    reclaim();
    while (!g_queue_is_empty(&retired)) {
        g_usleep(50);
        reclaim();
    }
}

guint dev_epoch_pending(void)
{
    return g_queue_get_length(&retired);
}
