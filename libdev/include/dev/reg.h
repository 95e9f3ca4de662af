/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Register tables: rows from which a region's handlers and the manual's register lists come.
 *
 * A row without handlers is a field of the device: reads give its value, writes change the bits of `write`
 * and clear the bits of `clear` that are written as 1.  Offsets without a row read as 0 and are a guest
 * error.  Accesses narrower than a register are merged; wider ones are refused.
 */
#ifndef DEV_REG_H
#define DEV_REG_H

#include "dev/mem.h"

struct DevReg {
    const char *name;           /* NULL ends the rows */
    const char *text;           /* OBJ_TEXT */
    uint64_t at;                /* offset in the region */
    guint width;                /* bytes: 1, 2, 4, 8 */
    guint count;                /* consecutive registers of this kind; 0 stands for 1 */
    guint stride;               /* between them; 0 stands for width */
    size_t field;               /* in the instance; for rows without a handler */
    uint64_t write;             /* bits that can be written; rows without any are read-only */
    uint64_t clear;             /* bits cleared by writing 1 */
    uint64_t (*read)(Dev *d, guint n);                  /* n: which of count */
    void (*written)(Dev *d, guint n, uint64_t value);   /* instead of the field */
};

/* Further members of the row follow as designated initialisers. */
#define DEV_REG(n, t, a, w, ...) { .name = n, .text = OBJ_TEXT(t), .at = (a), .width = (w), ##__VA_ARGS__ }

/* A region of registers of owner's type rows.  Each access is one register's. */
void dev_region_init_regs(DevRegion *r, Dev *owner, const char *name, uint64_t size,
                          const DevReg *rows);

#endif
