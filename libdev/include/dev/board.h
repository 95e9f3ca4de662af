/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A board: the device at the root of a machine.  It owns the clock, memory, the main bus ("sysbus"), and
 * keeps the lists that a machine has one of.  Tree: /machine is the board, /machine/peripheral holds what
 * users named, /machine/peripheral-anon what they did not, /objects and /chardevs back ends.
 */
#ifndef DEV_BOARD_H
#define DEV_BOARD_H

#include "dev/bus.h"
#include "dev/clock.h"
#include "dev/ram.h"

typedef struct DevBoardType {
    DevType dev;                /* .obj.parent is dev_board_type */
    guint max_cpus;
    uint64_t default_ram_bytes;
} DevBoardType;

/* What a guest asks of its machine. */
typedef enum DevRequest {
    DEV_REQUEST_RESET,
    DEV_REQUEST_POWER_OFF,      /* code: the guest's exit status */
} DevRequest;

struct DevBoard {
    Dev dev;
    Obj *root;                  /* the container that holds all; a reference */
    DevClock *clock;
    DevRegion memory;           /* the container of the system's address space */
    DevSpace *space;
    DevBus *sysbus;
    GPtrArray *snaps;           /* live devices, in order of realize */
    GPtrArray *rams;            /* of DevRam */
    guint hooks;                /* notifiers and other registrations counted by dev_step users */
    /* Who runs the machine hears its requests; the access that made one is still going on. May be NULL. */
    void (*request)(DevBoard *b, DevRequest request, int code);

    /* Who watches the machine hears what happened, in QMP's words; data, which may be NULL, is taken.  May be NULL. */
    void (*event)(const char *name, JsonNode *data);

    /* Tests: realize fails at the fault_at-th step from now, from 1; 0 never. */
    guint fault_at;
    guint steps;                /* counted since it was last zeroed */
    GString *step_log;          /* names of the steps if not NULL */
};

extern const DevType dev_board_type;    /* abstract */

/* A board of that type in a new tree, not realized.  The clock becomes the board's. */
DevBoard *dev_board_new(const DevBoardType *type, DevClock *clock);

/* Unparents everything and frees it. */
void dev_board_free(DevBoard *b);

/* For devices: passes a guest's request to whoever runs the machine. */
void dev_board_request(DevBoard *b, DevRequest request, int code);

/* For devices: tells who watches the machine.  Takes data, which may be NULL. */
void dev_board_event(DevBoard *b, const char *name, JsonObject *data);

/* All of a machine, for comparing it before and after: tree with properties and links, buses, wires and levels,
 * memory map, saved state, listeners, timers, RAM.  To be freed. */
char *dev_board_text(DevBoard *b);

#endif
