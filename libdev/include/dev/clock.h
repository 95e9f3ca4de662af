/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Guest time.  A clock counts nanoseconds of a machine's life, from 0, only while it is started.
 *
 * DEV_CLOCK_HOST    follows the host's monotonic clock.
 * DEV_CLOCK_INSNS   deterministic: advances by ns_per_insn for each guest instruction counted by
 *                   dev_clock_count, and by dev_clock_skip to the next timer when all CPUs are idle.
 *
 * Timers are due in order of their time, then of their setting.
 */
#ifndef DEV_CLOCK_H
#define DEV_CLOCK_H

#include "dev/dev.h"

typedef struct DevClock DevClock;
typedef struct DevTimer DevTimer;

typedef enum DevClockMode {
    DEV_CLOCK_HOST,
    DEV_CLOCK_INSNS,
} DevClockMode;

struct DevTimer {               /* inside the device's struct */
    DevClock *clock;            /* NULL unless open */
    Dev *owner;
    void (*fn)(Dev *d, DevTimer *t);
    int64_t at_ns;              /* when it is due; INT64_MAX: not set */
    guint64 order;
    guint slot;                 /* in the heap, from 1; 0: not set */
};

/* ns_per_insn is for DEV_CLOCK_INSNS. The clock is stopped. */
DevClock *dev_clock_new(DevClockMode mode, guint ns_per_insn);
void dev_clock_free(DevClock *c);       /* no timer may be open */

void dev_clock_start(DevClock *c);
void dev_clock_stop(DevClock *c);
gboolean dev_clock_running(const DevClock *c);

/* Guest time now. Any thread. */
int64_t dev_clock_ns(const DevClock *c);

/* Time of day in ns since 1970 that goes with guest time: the host's at the clock's creation plus guest
 * time, or since base_ns if that was set (then deterministic). Any thread. */
int64_t dev_clock_wall_ns(const DevClock *c);
void dev_clock_set_wall(DevClock *c, int64_t base_ns);

/* Sets guest time of a stopped clock (loading a machine). Timers stay as they are. */
void dev_clock_set(DevClock *c, int64_t ns);

/* DEV_CLOCK_INSNS: counts instructions. Any one thread at a time. */
void dev_clock_count(DevClock *c, guint64 insns);
/* DEV_CLOCK_INSNS: goes to the next timer; FALSE if there is none. */
gboolean dev_clock_skip(DevClock *c);

/* When the next timer is due; INT64_MAX if none is set. Any thread. */
int64_t dev_clock_next_ns(const DevClock *c);

/* Runs the timers that are due. Returns how many. */
guint dev_clock_run(DevClock *c);

/* A source for a main loop that runs due timers of a host clock, taking the device lock. The caller
 * attaches and destroys it before the clock is freed. */
GSource *dev_clock_source(DevClock *c);

/* The clock of the board that d is in. */
DevClock *dev_board_clock(const Dev *d);

/* --- timers ---------------------------------------------------------------------------------- */
/* For realize: makes t usable until unrealize. */
gboolean dev_timer_open(DevTimer *t, Dev *d, void (*fn)(Dev *d, DevTimer *t), GError **err);

/* Sets or moves t; at_ns in the past is due at once.  INT64_MAX cancels.  Nothing if t is not open. */
void dev_timer_set(DevTimer *t, int64_t at_ns);
void dev_timer_cancel(DevTimer *t);
static inline gboolean dev_timer_is_set(const DevTimer *t)
{
    return t->slot != 0;
}

/* Timers that are open at a clock, for tests. */
guint dev_clock_timers(const DevClock *c);

#endif
