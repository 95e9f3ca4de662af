/* SPDX-License-Identifier: BSD-2-Clause */
/* Flat views and the spaces that publish them.  Private to libdev. */
#ifndef DEV_VIEW_H
#define DEV_VIEW_H

#include "dev/mem.h"

#include <stdatomic.h>

typedef struct DevView {
    guint n;
    DevRange ranges[];          /* sorted, not overlapping */
} DevView;

struct DevSpace {
    char *name;
    DevRegion *root;
    _Atomic(DevView *) view;
    GPtrArray *listeners;
};

/* The view through a region, which the caller publishes or frees.  Holds the owners of its regions. */
DevView *dev_view_new(DevRegion *root);
void dev_view_free(void *view);

/* The range at gpa, or NULL. */
const DevRange *dev_view_find(const DevView *v, DevGpa gpa);

/* Makes all spaces' views anew; tells the listeners. */
void dev_space_update_all(void);

#endif
