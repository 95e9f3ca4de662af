/* SPDX-License-Identifier: BSD-2-Clause */
/* Cryptography on the host's instructions. What is not here goes out of line. */
#include "host/x86_64/emit-vec.h"

/* AESENCLAST and AESDECLAST with a zero key are the steps of AESE and AESD behind the key's addition; one after the
 * other they leave MixColumns alone. [SDM 2A AESENC] */
static bool aes(Emit *E, const TcgIns *i)
{
    if (!(hx86_features & HX_AES)) {
        return false;
    }
    int x = ra_use(E, i->a);
    if (i->op == TCG_OP_aesimc) {
        int d = ra_def(E, E->i, 0);
        enc_rr(&E->e, O_66_38(0xdb), false, xr(d), xr(x), false);
    } else if (i->op == TCG_OP_aesmc) {
        int z = ra_scratch(E, true), d = ra_def(E, E->i, 1u << z);
        x_vload_k(E, z, 0, 0);
        x_vop(&E->e, O_66_38(0xdf), d, x, z);
        x_vop(&E->e, O_66_38(0xdc), d, d, z);
    } else {
        int y = ra_use(E, i->b), z = ra_scratch(E, true), d = ra_def(E, E->i, 1u << z | 1u << y);
        x_vload_k(E, z, 0, 0);
        x_vop(&E->e, O_66(0xef), d, x, y);
        x_vop(&E->e, i->op == TCG_OP_aese ? O_66_38(0xdd) : O_66_38(0xdf), d, d, z);
    }
    return true;
}

static bool polynomial(Emit *E, const TcgIns *i)
{
    if (!(hx86_features & HX_PCLMUL)) {
        return false;
    }
    int x = ra_use(E, i->a), y = ra_use(E, i->b);
    int d = ra_def(E, E->i, hx86_features & HX_AVX || x == y ? 0 : 1u << y);
    x_vop(&E->e, O_66_3A(0x44), d, x, y);
    enc8(&E->e, i->aux & TCG_V_HIGH ? 0x11 : 0);
    return true;
}

bool em_crypto(Emit *E, const TcgIns *i)
{
    switch (i->op) {
    case TCG_OP_aese: case TCG_OP_aesd: case TCG_OP_aesmc: case TCG_OP_aesimc: return aes(E, i);
    case TCG_OP_pmull64: return polynomial(E, i);
    default:            return false;
    }
}
