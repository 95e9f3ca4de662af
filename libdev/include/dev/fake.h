/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A machine for tests: a board with RAM, a clock that the test moves, devices that use everything a device
 * can use, and a probe whose pins the test drives and watches.
 */
#ifndef DEV_FAKE_H
#define DEV_FAKE_H

#include "dev/board.h"
#include "dev/irq.h"
#include "dev/sysbus.h"

#define DEV_FAKE_PINS 64
#define DEV_FAKE_RAM_BASE UINT64_C(0x80000000)

/* Watches inputs "in" and drives outputs "out". */
typedef struct DevFakeProbe {
    Dev dev;
    DevIrq out[DEV_FAKE_PINS];
    guint rises[DEV_FAKE_PINS], falls[DEV_FAKE_PINS];
} DevFakeProbe;

extern const DevBoardType dev_fake_board_type;
extern const DevType dev_fake_probe_type;       /* a component of the board, "probe" */
extern const DevType dev_fake_card_type;        /* sits on a fake-bus: registers, RAM, a timer, a part, a link */
extern const DevType dev_fake_bridge_type;      /* sits on a fake-bus and has one */
extern const DevType *const dev_fake_types[];   /* ended by NULL */

/* A board with a probe, RAM of 16 MiB and a fake-bus "cards" of 4 slots, not realized, clock of the mode given
 * (1 ns per instruction). */
DevBoard *dev_fake_new(DevClockMode mode);

/* A device of the main bus as child `name` of the board, its first region at gpa. Borrowed. */
Dev *dev_fake_add(DevBoard *b, const DevType *type, const char *name, DevGpa gpa);

DevFakeProbe *dev_fake_probe(DevBoard *b);

/* Accesses that must succeed, for short tests. */
uint64_t dev_fake_load(DevBoard *b, DevGpa gpa, guint size);
void dev_fake_store(DevBoard *b, DevGpa gpa, guint size, uint64_t value);

/* Moves a deterministic clock on by ns, running timers when they are due. */
void dev_fake_wait(DevBoard *b, int64_t ns);

#endif
