/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What all boards share: properties that -M, -m, -smp, -cpu, -kernel and their like set, CPUs, and the images
 * that are put into memory at each reset.
 *
 * A board is made in this order: obj_new, properties, sys_board_build (its devices, so that users' devices find
 * buses), users' devices, dev_realize, sys_board_boot.
 */
#ifndef SYSTEM_BOARD_H
#define SYSTEM_BOARD_H

#include "back/char/char.h"
#include "cpu/cpu.h"
#include "load.h"

#include "dev/board.h"

#define SYS_BOARD_SERIALS 4
#define SYS_BOARD_FLASHES 2

typedef struct SysBoard SysBoard;

typedef struct SysBoardType {
    DevBoardType board;
    const char *default_cpu;
    const char *default_nic;            /* device type; NULL: none */
    const char *default_disk;           /* device type that -drive if=virtio makes */
    guint serials;                      /* serial lines it has */
    guint flashes;                      /* flash chips that -drive if=pflash fills */
    /* Adds the board's devices and wires them. Errors: any; the board is then of no use. */
    gboolean (*build)(SysBoard *b, GError **err);
    /* Makes what firmware and kernel expect: device tree, reset code, images.  The board is live. */
    gboolean (*boot)(SysBoard *b, GError **err);
} SysBoardType;

struct SysBoard {
    DevBoard b;
    /* properties */
    char *kernel, *initrd, *append, *dtb, *firmware, *dumpdtb, *cpu_model;
    uint64_t ram_bytes;
    Obj *memory;                        /* a SysMemory; NULL: none */
    uint32_t cpu_count;
    /* given by who makes the machine; borrowed */
    SysChar *serial[SYS_BOARD_SERIALS];
    Obj *flash[SYS_BOARD_FLASHES];      /* block back ends */
    char *name, *uuid;                  /* for monitors; owned; NULL: not given */
    gboolean may_be_empty;              /* nothing to run is no error: it is looked at, or its memory comes later */
    GPtrArray *cpus;                    /* of SysCpu, borrowed */
    GPtrArray *blobs;                   /* of SysBlob */
    GBytes *tree;                       /* the device tree that the guest gets; NULL before boot */
};

extern const DevBoardType sys_board_type;       /* abstract */
extern const SysBoardType sys_none, sys_virt;

gboolean sys_board_build(SysBoard *b, GError **err);
gboolean sys_board_boot(SysBoard *b, GError **err);

/* For build: a device of the main bus as child `name`, its first region at gpa; and any component. Borrowed. */
Dev *sys_board_add(SysBoard *b, const DevType *type, const char *name, DevGpa gpa);
Dev *sys_board_part(SysBoard *b, const DevType *type, const char *name);
/* Sets a property to a value that it takes. */
void sys_board_set(Dev *d, const char *name, uint64_t value);
/* Wires that are right by construction. */
void sys_board_wire(Dev *from, const char *out, guint i, Dev *to, const char *in, guint j);

/* For realize: the board's RAM, of its size, in the user's memory back end if there is one. */
DevRam *sys_board_ram(SysBoard *b, GError **err);

/* For boot: takes blob, which goes into memory at each reset.  Errors: DEV_ERROR_MEMORY (no memory there,
 * or another image). */
gboolean sys_board_blob(SysBoard *b, SysBlob *blob, GError **err);

#endif
