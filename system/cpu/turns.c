/* SPDX-License-Identifier: BSD-2-Clause */
/* CPUs in turn, and time by what they have run. */
#include "cpu/turns.h"

#include "dev/clock.h"
#include "dev/lock.h"
#include "dev/plug.h"

enum { SLICE = 100000 };                /* instructions of a turn at most */

static struct {
    SysTurnsConfig config;
    SysBoard *board;                    /* NULL: there are no turns */
    GMutex mutex;
    GCond cond;
    guint current;                      /* whose turn it is */
    gboolean woken;
    gint64 host_us, guest_ns;           /* align: when both began */
} turns;

static __thread TcgEnv *mine;           /* the CPU whose turn this thread has */
static __thread guint64 told;           /* of its instructions, to the clock */

gboolean sys_turns_on(void)
{
    return turns.config.on;
}

static gboolean parse_shift(const char *text, SysTurnsConfig *c, GError **err)
{
    guint64 shift;

    if (!strcmp(text, "auto")) {
        obj_refuse(err, "shift=auto is not implemented: a number from 0 to 10 is");
        return FALSE;
    }
    if (!g_ascii_string_to_unsigned(text, 10, 0, 10, &shift, NULL)) {
        obj_refuse(err, "shift=%s: must be a number from 0 to 10", text);
        return FALSE;
    }
    c->ns_per_insn = 1u << shift;
    return TRUE;
}

gboolean sys_turns_parse(const char *text, SysTurnsConfig *c, GError **err)
{
    g_autoptr(JsonObject) words = dev_plug_parse(text, "shift", err);
    g_autoptr(GList) names = words ? json_object_get_members(words) : NULL;

    *c = (SysTurnsConfig){ .on = TRUE, .ns_per_insn = 8, .sleep = TRUE };
    for (GList *l = names; l; l = l->next) {
        const char *name = l->data, *value = json_object_get_string_member_with_default(words, name, "");
        gboolean *flag = !strcmp(name, "sleep") ? &c->sleep : !strcmp(name, "align") ? &c->align : NULL;
        if (!strcmp(name, "shift")) {
            if (!parse_shift(value, c, err)) {
                return FALSE;
            }
        } else if (!flag) {
            obj_refuse(err, "%s=%s: shift=, sleep= and align= are there", name, value);
            return FALSE;
        } else if (strcmp(value, "on") && strcmp(value, "off")) {
            obj_refuse(err, "%s=%s: must be on or off", name, value);
            return FALSE;
        } else {
            *flag = !strcmp(value, "on");
        }
    }
    if (words && c->align && !c->sleep) {
        obj_refuse(err, "align=on needs sleep=on");
        return FALSE;
    }
    return words != NULL;
}

void sys_turns_use(SysBoard *b, const SysTurnsConfig *c)
{
    turns.board = b;
    turns.config = c ? *c : (SysTurnsConfig){ .on = FALSE };
    turns.current = 0;
    turns.woken = FALSE;
    turns.host_us = g_get_monotonic_time();
    turns.guest_ns = 0;
}

static DevClock *clock_of_board(void)
{
    return turns.board->b.clock;
}

void sys_turns_wake(void)
{
    if (turns.config.on) {
        g_mutex_lock(&turns.mutex);
        turns.woken = TRUE;
        g_cond_broadcast(&turns.cond);
        g_mutex_unlock(&turns.mutex);
    }
}

/* --- time ------------------------------------------------------------------------------------ */
void sys_turn_sync(void)
{
    if (mine) {
        const guint64 now = tcg_count(mine);
        dev_clock_count(clock_of_board(), now - told);
        told = now;
    }
}

void sys_turn_cut(void)
{
    if (mine) {
        sys_turn_sync();
        tcg_count_more(mine, 0);
    }
}

/* Instructions until the next timer, at most a slice. */
static guint64 budget(void)
{
    const int64_t next = dev_clock_next_ns(clock_of_board()), now = dev_clock_ns(clock_of_board());
    const guint ns = turns.config.ns_per_insn;

    if (next == INT64_MAX || next - now >= (int64_t)SLICE * ns) {
        return SLICE;
    }
    return next <= now ? 1 : (guint64)(next - now + ns - 1) / ns;
}

static void run_timers(void)
{
    dev_lock_take();
    if (dev_clock_running(clock_of_board())) {
        dev_clock_run(clock_of_board());
    }
    dev_lock_drop();
}

/* --- turns ----------------------------------------------------------------------------------- */
static gboolean is_to_stand(SysCpu *c)
{
    g_mutex_lock(&c->mutex);
    const gboolean stand = c->stop || c->quit;
    g_mutex_unlock(&c->mutex);
    return stand;
}

gboolean sys_turn_take(SysCpu *c, TcgEnv *env)
{
    g_mutex_lock(&turns.mutex);
    while (turns.current != c->index && !is_to_stand(c)) {
        g_cond_wait(&turns.cond, &turns.mutex);
    }
    const gboolean have = turns.current == c->index && !is_to_stand(c);
    g_mutex_unlock(&turns.mutex);
    if (have) {
        run_timers();
        mine = env;
        told = tcg_count(env);
        tcg_count_more(env, budget());
    }
    return have;
}

static gboolean pass(SysCpu *c)
{
    const guint n = turns.board->cpus->len;

    for (guint k = 1; k <= n; k++) {
        SysCpu *next = g_ptr_array_index(turns.board->cpus, (c->index + k) % n);
        if (sys_cpu_has_work(next)) {
            turns.current = next->index;
            g_cond_broadcast(&turns.cond);
            return TRUE;
        }
    }
    return FALSE;
}

/* Until something wakes the CPUs, or this time of the host has come (-1: never). TRUE: it has. */
static gboolean wait_until(SysCpu *c, gint64 host_us)
{
    gboolean come = FALSE;

    while (!turns.woken && !come && !is_to_stand(c)) {
        if (host_us < 0) {
            g_cond_wait(&turns.cond, &turns.mutex);
        } else {
            come = !g_cond_wait_until(&turns.cond, &turns.mutex, host_us);
        }
    }
    turns.woken = FALSE;
    return come;
}

/* Nobody has work: time goes on. */
static void idle(SysCpu *c)
{
    const int64_t next = dev_clock_next_ns(clock_of_board());

    if (next == INT64_MAX) {
        wait_until(c, -1);
        return;
    }
    const int64_t left = next - dev_clock_ns(clock_of_board());
    if (turns.config.sleep && left > 0 && !wait_until(c, g_get_monotonic_time() + left / 1000)) {
        return;
    }
    g_mutex_unlock(&turns.mutex);
    dev_lock_take();
    if (dev_clock_skip(clock_of_board())) {
        dev_clock_run(clock_of_board());
    }
    dev_lock_drop();
    g_mutex_lock(&turns.mutex);
}

/* The guest's time is not to be ahead of the host's. */
static void align(SysCpu *c)
{
    const gint64 at = turns.host_us + (dev_clock_ns(clock_of_board()) - turns.guest_ns) / 1000;

    if (turns.config.align && at > g_get_monotonic_time()) {
        wait_until(c, at);
    }
}

void sys_turn_give(SysCpu *c)
{
    sys_turn_sync();
    mine = NULL;
    g_mutex_lock(&turns.mutex);
    align(c);
    while (!is_to_stand(c) && !pass(c)) {
        idle(c);
    }
    g_mutex_unlock(&turns.mutex);
}
