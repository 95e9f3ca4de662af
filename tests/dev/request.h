/* SPDX-License-Identifier: BSD-2-Clause */
/* One request of a block node, to its end. */
#ifndef TESTS_DEV_REQUEST_H
#define TESTS_DEV_REQUEST_H

#include "back/block/block.h"

static inline void request_done(SysBlockReq *r)
{
    *(gboolean *)r->opaque = TRUE;
}

/* What came of it: SysBlockReq.result.  Under the device lock. */
static inline int request_run(SysBlock *b, SysBlockOp op, guint64 offset, guint64 bytes, void *data)
{
    gboolean done = FALSE;
    SysBlockReq r = { .op = op, .offset = offset, .bytes = bytes, .data = data, .done = request_done, .opaque = &done };

    sys_block_submit(b, &r);
    sys_block_drain(b);
    g_assert(done);
    return r.result;
}

#endif
