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

/* Message schedules: words of 32 bits, rotated by two shifts each. */

enum { RIGHT = 2, RIGHT_BYTES = 3, LEFT = 6, LEFT_BYTES = 7 };

/* d := (x >> shift) ^ x rotated right by rot0 ^ x rotated right by rot1. Uses t. */
static void sigma(Emit *E, int d, int x, int t, unsigned shift, unsigned rot0, unsigned rot1)
{
    const uint8_t group[4] = { RIGHT, LEFT, RIGHT, LEFT };
    const unsigned by[4] = { rot0, 32 - rot0, rot1, 32 - rot1 };

    x_vshift_i(&E->e, 2, RIGHT, d, x, shift);
    for (unsigned k = 0; k < 4; k++) {
        x_vshift_i(&E->e, 2, group[k], t, x, by[k]);
        x_vop(&E->e, O_66(0xef), d, d, t);
    }
}

/* d := the words of y:x from the second one of x on. */
static void next_words(Emit *E, int d, int y, int x)
{
    x_vop(&E->e, O_66_3A(0x0f), d, y, x);           /* palignr */
    enc8(&E->e, 4);
}

static void sha256_schedule_0(Emit *E, const TcgIns *i)
{
    int x = ra_use(E, i->a), y = ra_use(E, i->b), t = ra_scratch(E, true), u = ra_scratch(E, true);
    int d = ra_def(E, E->i, 1u << x | 1u << y);

    next_words(E, t, y, x);
    sigma(E, d, t, u, 3, 7, 18);
    x_vop(&E->e, O_66(0xfe), d, d, x);
}

/* Two words need the two before them first. */
static void sha256_schedule_1(Emit *E, const TcgIns *i)
{
    Enc *e = &E->e;
    int x = ra_use(E, i->a), y = ra_use(E, i->b), z = ra_use(E, i->c);
    int t = ra_scratch(E, true), u = ra_scratch(E, true), d = ra_def(E, E->i, 1u << x | 1u << y | 1u << z);

    x_vshift_i(e, 3, RIGHT_BYTES, t, z, 8);
    sigma(E, d, t, u, 10, 17, 19);
    next_words(E, t, z, y);
    x_vop(e, O_66(0xfe), d, d, t);
    x_vop(e, O_66(0xfe), d, d, x);
    sigma(E, t, d, u, 10, 17, 19);
    x_vshift_i(e, 3, LEFT_BYTES, t, t, 8);
    x_vop(e, O_66(0xfe), d, d, t);
}

static void sha1_schedule_0(Emit *E, const TcgIns *i)
{
    int x = ra_use(E, i->a), y = ra_use(E, i->b), z = ra_use(E, i->c);
    int d = ra_def(E, E->i, 1u << x | 1u << y | 1u << z);

    x_vop(&E->e, O_66(0xc6), d, x, y);              /* shufpd: high half of x, low half of y */
    enc8(&E->e, 1);
    x_vop(&E->e, O_66(0xef), d, d, x);
    x_vop(&E->e, O_66(0xef), d, d, z);
}

static void rotate_left(Emit *E, int d, int x, int t, unsigned n)
{
    x_vshift_i(&E->e, 2, RIGHT, t, x, 32 - n);
    x_vshift_i(&E->e, 2, LEFT, d, x, n);
    x_vop(&E->e, O_66(0xeb), d, d, t);
}

/* The last word also takes the first one's new value, rotated once more. */
static void sha1_schedule_1(Emit *E, const TcgIns *i)
{
    Enc *e = &E->e;
    int x = ra_use(E, i->a), y = ra_use(E, i->b), t = ra_scratch(E, true), u = ra_scratch(E, true);
    int d = ra_def(E, E->i, 1u << x | 1u << y);

    x_vshift_i(e, 3, RIGHT_BYTES, t, y, 4);
    x_vop(e, O_66(0xef), t, t, x);
    rotate_left(E, d, t, u, 1);
    x_vshift_i(e, 3, LEFT_BYTES, t, t, 12);
    rotate_left(E, t, t, u, 2);
    x_vop(e, O_66(0xef), d, d, t);
}

bool em_crypto(Emit *E, const TcgIns *i)
{
    switch (i->op) {
    case TCG_OP_sha1su0: sha1_schedule_0(E, i); return true;
    case TCG_OP_sha1su1: sha1_schedule_1(E, i); return true;
    case TCG_OP_sha256su0: sha256_schedule_0(E, i); return true;
    case TCG_OP_sha256su1: sha256_schedule_1(E, i); return true;
    case TCG_OP_aese: case TCG_OP_aesd: case TCG_OP_aesmc: case TCG_OP_aesimc: return aes(E, i);
    case TCG_OP_pmull64: return polynomial(E, i);
    default:            return false;
    }
}
