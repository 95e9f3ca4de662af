/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of libdev share and nobody else needs. */
#ifndef DEV_PRIVATE_H
#define DEV_PRIVATE_H

#include "dev/dev.h"

gboolean dev_is_part(const Dev *d);     /* of a device that is being realized */
Dev *dev_above(const Dev *d);           /* the device d is a part of, or NULL */

/* d, its components and what sits on its buses, d first.  The list is the caller's and
 * holds references. */
GPtrArray *dev_parts(Dev *d);

#endif
