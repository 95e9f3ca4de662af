/* SPDX-License-Identifier: BSD-2-Clause */
/* Lines, clocks and timers, reset. */
#include "harness.h"

#include "dev/fake.h"
#include "dev/lock.h"
#include "dev/reset.h"

static DevFakeProbe *add_probe(DevBoard *b, const char *name)
{
    g_autoptr(Obj) o = obj_new(&dev_fake_probe_type.obj);

    obj_add_child(&b->dev.obj, name, o, NULL);
    return (DevFakeProbe *)o;
}

static void test_lines(void)
{
    DevBoard *b = dev_fake_new(DEV_CLOCK_INSNS);
    DevFakeProbe *x = dev_fake_probe(b), *y = add_probe(b, "y");
    g_autoptr(GError) err = NULL;

    ok(dev_irq_connect(&x->dev, "out", 0, &y->dev, "in", 0, FALSE, &err) &&
           dev_irq_connect(&x->dev, "out", 0, &y->dev, "in", 1, FALSE, &err) &&
           dev_irq_connect(&x->dev, "out", 1, &y->dev, "in", 1, FALSE, &err) &&
           dev_irq_connect(&x->dev, "out", 2, &y->dev, "in", 2, TRUE, &err), "connect");
    ok(!dev_irq_connect(&x->dev, "uot", 0, &y->dev, "in", 1, FALSE, &err), "a wrong name");
    is_error(&err, "probe (fake-probe): there is no output 'uot'; did you mean 'out'?",
             "suggests the nearest");
    ok(!dev_irq_connect(&x->dev, "out", 0, &y->dev, "in", 64, FALSE, &err), "a wrong number");
    is_error(&err, "there is no input 'in' number 64: there are 64", "says how many");
    is(y->rises[2], 0, "nothing is told before realize");
    dev_realize(&b->dev, NULL);
    is(y->rises[2], 1, "an inverted low line is high, and told at the end of realize");
    dev_irq_set(&x->out[0], TRUE);
    ok(y->rises[0] == 1 && y->rises[1] == 1, "one output drives two inputs");
    dev_irq_set(&x->out[1], TRUE);
    dev_irq_set(&x->out[0], FALSE);
    ok(y->rises[1] == 1 && y->falls[1] == 0 && y->falls[0] == 1,
       "two outputs on an input are or-ed");
    dev_irq_set(&x->out[1], FALSE);
    is(y->falls[1], 1, "low when both are");
    dev_irq_set(&x->out[2], TRUE);
    ok(y->falls[2] == 1 && !dev_irq_level(&y->dev, "in", 2), "inverted");
    dev_irq_set(&x->out[1], TRUE);
    obj_unparent(&x->dev.obj);
    ok(y->falls[1] == 2 && dev_irq_wires(&y->dev) == 0, "who leaves lets its lines go");
    dev_board_free(b);
}

/* --- timers ---------------------------------------------------------------------------------- */
typedef struct Ticker {
    Dev dev;
    DevTimer t[4];
    guint again;
} Ticker;

static GString *order;

static void ticked(Dev *d, DevTimer *t)
{
    Ticker *x = (Ticker *)d;

    g_string_append_printf(order, "%u@%" G_GINT64_FORMAT " ", (guint)(t - x->t),
                           dev_clock_ns(t->clock));
    if (t == &x->t[3] && x->again++ < 5) {
        dev_timer_set(t, 0);    /* the past */
    }
}

static gboolean realize_ticker(Dev *d, GError **err)
{
    for (guint i = 0; i < 4; i++) {
        if (!dev_timer_open(&((Ticker *)d)->t[i], d, ticked, err)) {
            return FALSE;
        }
    }
    return TRUE;
}

static const DevType ticker_type = {
    .obj = { .name = "ticker", .text = OBJ_TEXT("Four timers for a test."), .parent = &dev_type.obj,
             .size = sizeof(Ticker) },
    .group = "test",
    .realize = realize_ticker,
};

static void test_timers(void)
{
    DevBoard *b = dev_fake_new(DEV_CLOCK_INSNS);
    g_autoptr(Obj) o = obj_new(&ticker_type.obj);
    Ticker *x = (Ticker *)o;

    order = g_string_new(NULL);
    obj_add_child(&b->dev.obj, "ticker", o, NULL);
    dev_realize(&b->dev, NULL);
    dev_clock_start(b->clock);
    dev_timer_set(&x->t[0], 100);
    dev_timer_set(&x->t[1], 50);
    dev_timer_set(&x->t[2], 100);
    is(dev_clock_next_ns(b->clock), 50, "the next timer");
    dev_timer_set(&x->t[0], 100);
    dev_fake_wait(b, 200);
    is_text(g_strdup(order->str), "1@50 2@100 0@100 ", "in order of time, then of setting");
    g_string_truncate(order, 0);
    dev_timer_set(&x->t[0], 300);
    dev_timer_cancel(&x->t[0]);
    dev_fake_wait(b, 200);
    is_text(g_strdup(order->str), "", "a cancelled timer");
    ok(!dev_clock_skip(b->clock), "nothing to skip to");
    dev_timer_set(&x->t[0], 10000);
    ok(dev_clock_skip(b->clock) && dev_clock_ns(b->clock) == 10000,
       "idle CPUs skip to the next timer");
    is(dev_clock_run(b->clock), 1, "which runs");
    dev_timer_set(&x->t[3], 0);
    is(dev_clock_run(b->clock), 1,
       "a timer set to the past by its own function waits for the next call");
    is(x->again, 1, "so one run is one run");
    dev_timer_cancel(&x->t[3]);
    dev_clock_stop(b->clock);
    dev_clock_count(b->clock, 1000);
    is(dev_clock_ns(b->clock), 10000, "a stopped clock stands");
    dev_timer_set(&x->t[1], 20000);
    dev_unrealize(&x->dev);
    is(dev_clock_next_ns(b->clock), INT64_MAX, "unrealize cancels");
    dev_timer_set(&x->t[1], 20000);
    is(dev_clock_next_ns(b->clock), INT64_MAX, "and a closed timer cannot be set");
    dev_board_free(b);
    g_string_free(order, TRUE);
}

/* A thousand random settings against sorting. */
static void test_heap(void)
{
    enum { N = 1000 };
    DevBoard *b = dev_fake_new(DEV_CLOCK_INSNS);
    g_autofree DevTimer *t = g_new0(DevTimer, N);
    guint32 seed = 1;
    int64_t last = -1;
    gboolean sorted = TRUE;
    guint n = 0;

    dev_realize(&b->dev, NULL);
    for (guint i = 0; i < 3 * N; i++) {
        DevTimer *x = &t[i % N];
        x->clock = b->clock;
        seed = seed * 1664525 + 1013904223;
        if (seed >> 29 == 0) {
            dev_timer_cancel(x);
        } else {
            dev_timer_set(x, seed >> 12);
        }
    }
    for (guint i = 0; i < N; i++) {
        n += dev_timer_is_set(&t[i]);
    }
    for (; n && dev_clock_next_ns(b->clock) != INT64_MAX; n--) {
        DevTimer *first = NULL;
        int64_t next = dev_clock_next_ns(b->clock);
        for (guint i = 0; i < N && !first; i++) {
            first = t[i].at_ns == next && t[i].slot == 1 ? &t[i] : NULL;
        }
        sorted &= first && next >= last;
        last = next;
        dev_timer_cancel(first);
    }
    ok(sorted && n == 0, "the heap gives times in order");
    dev_board_free(b);
}

static void test_host_clock(void)
{
    DevClock *c = dev_clock_new(DEV_CLOCK_HOST, 0);

    is(dev_clock_ns(c), 0, "guest time begins at 0");
    g_usleep(2000);
    is(dev_clock_ns(c), 0, "and stands until it is started");
    dev_clock_start(c);
    g_usleep(2000);
    int64_t a = dev_clock_ns(c);
    ok(a >= 2000000 && a < 2000000000, "then it follows the host");
    dev_clock_stop(c);
    a = dev_clock_ns(c);
    g_usleep(2000);
    is(dev_clock_ns(c), a, "stopped");
    dev_clock_set_wall(c, 1000000000);
    is(dev_clock_wall_ns(c), 1000000000 + a, "the time of day goes with it");
    dev_clock_free(c);
}

static gboolean ran;

static void note_run(Dev *d, DevTimer *t)
{
    ran = dev_lock_held();
}

static gboolean realize_one(Dev *d, GError **err)
{
    return dev_timer_open(&((Ticker *)d)->t[0], d, note_run, err);
}

static const DevType one_type = {
    .obj = { .name = "one", .text = OBJ_TEXT("One timer for a test."), .parent = &dev_type.obj,
             .size = sizeof(Ticker) },
    .group = "test",
    .realize = realize_one,
};

static void test_main_loop(void)
{
    dev_lock_take();
    DevBoard *b = dev_fake_new(DEV_CLOCK_HOST);
    Obj *o = obj_new(&one_type.obj);
    obj_add_child(&b->dev.obj, "one", o, NULL);
    dev_realize(&b->dev, NULL);
    GSource *s = dev_clock_source(b->clock);
    GMainContext *context = g_main_context_new();
    g_source_attach(s, context);
    dev_timer_set(&((Ticker *)o)->t[0], 3000000);
    dev_clock_start(b->clock);
    dev_lock_drop();
    gint64 begin = g_get_monotonic_time();
    while (!ran && g_get_monotonic_time() - begin < 5000000) {
        g_main_context_iteration(context, TRUE);
    }
    ok(ran && g_get_monotonic_time() - begin >= 2900,
       "the main loop runs a timer when it is due, with the lock");
    g_source_destroy(s);
    g_source_unref(s);
    g_main_context_unref(context);
    dev_lock_take();
    obj_unref(o);
    dev_board_free(b);
    dev_lock_drop();
}

/* --- reset ----------------------------------------------------------------------------------- */
static GString *phases;
static Dev *victim;

static void enter(Dev *d, DevResetKind kind)
{
    g_string_append_printf(phases, "e%s ", d->obj.name);
}

static void hold(Dev *d)
{
    g_string_append_printf(phases, "h%s ", d->obj.name);
    if (victim && d != victim) {
        obj_unparent(&victim->obj);
        victim = NULL;
    }
}

static void leave(Dev *d)
{
    g_string_append_printf(phases, "x%s ", d->obj.name);
}

static const DevType phase_type = {
    .obj = { .name = "phase", .text = OBJ_TEXT("Tells its phases for a test."), .parent = &dev_type.obj,
             .size = sizeof(Dev) },
    .group = "test",
    .reset_enter = enter,
    .reset_hold = hold,
    .reset_exit = leave,
};

static Dev *add_phase(Obj *parent, const char *name)
{
    g_autoptr(Obj) o = obj_new(&phase_type.obj);

    obj_add_child(parent, name, o, NULL);
    return (Dev *)o;
}

static void test_reset(void)
{
    DevBoard *b = dev_fake_new(DEV_CLOCK_INSNS);
    Dev *one = add_phase(&b->dev.obj, "one"), *part = add_phase(&one->obj, "part"),
        *two = add_phase(&b->dev.obj, "two");

    phases = g_string_new(NULL);
    dev_realize(&b->dev, NULL);
    is_text(g_strdup(phases->str), "eone epart etwo hone hpart htwo xone xpart xtwo ",
            "realizing a machine resets it once, phase by phase");
    g_string_truncate(phases, 0);
    dev_reset_hold(&b->dev, DEV_RESET_WARM);
    dev_reset_hold(one, DEV_RESET_WARM);
    dev_reset_release(&b->dev);
    is_text(g_strdup(phases->str), "eone epart etwo hone hpart htwo eone epart hone hpart xtwo ",
            "who is held twice does not leave with the first");
    dev_reset_release(one);
    ok(g_str_has_suffix(phases->str, "xtwo xone xpart "), "but with the second");
    g_string_truncate(phases, 0);
    dev_reset_hold(one, DEV_RESET_WARM);
    Dev *late = add_phase(&one->obj, "late");
    dev_realize(late, NULL);
    ok(late->resets == 1, "who comes into a reset is in reset");
    dev_reset_release(one);
    ok(late->resets == 0 && part->resets == 0 && two->resets == 0, "and leaves with the others");
    g_string_truncate(phases, 0);
    victim = two;
    obj_ref(&two->obj);
    dev_reset(&b->dev, DEV_RESET_COLD);
    ok(!strstr(phases->str, "htwo") && !strstr(phases->str, "xtwo") && two->state == DEV_DEAD,
       "who leaves while a reset walks is skipped");
    obj_unref(&two->obj);
    dev_board_free(b);
    g_string_free(phases, TRUE);
}

int main(void)
{
    dev_lock_take();
    test_lines();
    test_timers();
    test_heap();
    test_host_clock();
    test_reset();
    dev_lock_drop();
    test_main_loop();
    return tap_done();
}
