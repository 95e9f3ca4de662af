/* SPDX-License-Identifier: BSD-2-Clause */
/* Floating point on the host's units. What is not here goes out of line to soft-float. */
#include "host/x86_64/emit.h"

/* Bits between the register classes. */
static void to_int(Emit *E, const TcgIns *i)
{
    TcgType from = (TcgType)i->aux;
    int x = ra_use(E, i->a);
    int d = ra_def(E, E->i, 0);

    enc_rr(&E->e, O_66(0x7e), from == TCG_F64, xr(x), d, false);
    if (from == TCG_F16) {
        enc_rr(&E->e, O_0F(0xb7), false, d, d, false);
    }
}

static void from_int(Emit *E, const TcgIns *i)
{
    int x = ra_use(E, i->a);
    int d = ra_def(E, E->i, 0);

    enc_rr(&E->e, O_66(0x6e), i->type == TCG_F64, xr(d), x, false);
}

/* V128 with only the low lane of x. */
static void widen(Emit *E, const TcgIns *i)
{
    TcgType from = (TcgType)i->aux;
    int x = ra_use(E, i->a);
    int d = ra_def(E, E->i, 0);

    if (from == TCG_F64) {
        enc_rr(&E->e, O_F3(0x7e), false, xr(d), xr(x), false);
        return;
    }
    int g = ra_scratch(E, false);
    enc_rr(&E->e, O_66(0x7e), false, xr(x), g, false);
    if (from == TCG_F16) {
        enc_rr(&E->e, O_0F(0xb7), false, g, g, false);
    }
    enc_rr(&E->e, O_66(0x6e), false, xr(d), g, false);
}

bool em_fp(Emit *E, const TcgIns *i)
{
    switch (i->op) {
    case TCG_OP_ftoi:  to_int(E, i); return true;
    case TCG_OP_itof:  from_int(E, i); return true;
    case TCG_OP_vzext: widen(E, i); return true;
    default:           return false;
    }
}
