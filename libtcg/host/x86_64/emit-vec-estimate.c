/* SPDX-License-Identifier: BSD-2-Clause */
/* Reciprocal estimates of Arm's from the host's own, which raise nothing but are not the same. [ArmARM J1.3
 * RecipEstimate, RecipSqrtEstimate] [SDM 2B 4.3 RCPPS, RSQRTPS]
 *
 * An estimate is r / 512, r from 256 to 511, for the middle of the interval that the leading bits of the operand tell:
 *   1/x        a = 513 + 2 f odd, of 8 bits f of the fraction: r is 2^18 / a rounded to the nearest integer;
 *   1/sqrt(x)  k = 257 + 2 f of 7 bits, a = k for an odd exponent, 2 k for an even one: 2^13 / sqrt(a), rounded.
 * The host's estimate of that middle m, a single of [1, 2) or [1, 4), is less than 2^-11 of it off, a quarter of a unit
 * of r. With a quarter less than the half that would round it, its top bits are r or r - 1, say s. It is s + 1 if
 *   1/x        a (2 s + 1)   <= 2^19;
 *   1/sqrt(x)  a (2 s + 1)^2 <= 2^28,
 * in integers. Doubles are looked at by their upper halves, which both words of a lane hold; only normal numbers with
 * normal results (and no sign, for roots) come here: they raise nothing, whatever the mode. */
#include "host/x86_64/emit-fp.h"
#include "host/x86_64/emit-vec.h"

enum { PAND = O_66(0xdb), POR = O_66(0xeb), PXOR = O_66(0xef), PADDD = O_66(0xfe), PSUBD = O_66(0xfa) };
enum { PCMPGTD = O_66(0x66), PMADDWD = O_66(0xf5), PMULLD = O_66_38(0x40) };
enum { RIGHT = 2, LEFT = 6 };

static uint64_t both(uint32_t k)
{
    return (uint64_t)k << 32 | k;
}

/* u := lanes with its sign set where x is not one of those. Uses v. */
static void not_usual(Emit *E, bool root, unsigned fraction, int u, int v, int x)
{
    const uint32_t exponents = fraction == 23 ? 254 : 2046, first = (uint32_t)1 << fraction;
    const uint32_t count = (root ? exponents : exponents - 2) << fraction;

    if (root) {
        x_vop_k(E, PADDD, u, x, both(-first));
    } else {
        x_vop_k(E, PAND, u, x, both(0x7fffffff));
        x_vop_k(E, PADDD, u, u, both(-first));
    }
    x_vop_k(E, PCMPGTD, v, u, both(count - 1));
    x_vop(&E->e, POR, u, u, v);
}

/* d := m; t := a. x: the fraction's leading bits are the 8 below bit 23, the exponent's lowest bit is that. */
static void middle(Emit *E, bool root, int d, int t, int x)
{
    if (root) {
        x_vop_k(E, PAND, d, x, both(0x00ff0000));
        x_vop_k(E, PXOR, d, d, both(0x00800000));
        x_vop_k(E, PADDD, d, d, both(0x3f808000));
    } else {
        x_vop_k(E, PAND, d, x, both(0x007f8000));
        x_vop_k(E, POR, d, d, both(0x3f804000));
    }
    x_vop_k(E, PADDD, t, d, both((root ? 8u : 9u) << 23));
    enc_rr(&E->e, O_F3(0x5b), false, xr(t), xr(t), false);                 /* cvttps2dq, exact */
}

/* d := r as the 8 bits below bit 23, 1 at bit 23; of a (t) and m (d). Uses u. */
static void estimate(Emit *E, bool root, int d, int t, int u)
{
    Enc *e = &E->e;

    enc_rr(e, O_0F(root ? 0x52 : 0x53), false, xr(d), xr(d), false);       /* rsqrtps, rcpps */
    x_vop_k(E, PADDD, d, d, both(0x2000));
    x_vshift_i(e, 2, RIGHT, u, d, 14);
    x_vop_k(E, PAND, u, u, both(0x1fe));
    x_vop_k(E, POR, u, u, both(0x201));                                    /* 2 s + 1 */
    if (root) {
        x_vop(e, PMADDWD, u, u, u);
        x_vop(e, PMULLD, u, u, t);
    } else {
        x_vop(e, PMADDWD, u, u, t);
    }
    x_vop_k(E, PCMPGTD, u, u, both((uint32_t)1 << (root ? 28 : 19)));
    x_vshift_i(e, 2, LEFT, u, u, 15);                                      /* less 1 if it is s */
    x_vop_k(E, PAND, d, d, both(0x7f8000));
    x_vop_k(E, PADDD, d, d, both(0x8000));
    x_vop(e, PADDD, d, d, u);
}

bool em_vec_estimate(Emit *E, const TcgIns *i)
{
    const bool root = i->op == TCG_OP_vfrsqrte, wide = (i->aux >> TCG_FP_LANE_SHIFT & 3) == 3;
    const unsigned fraction = wide ? 20 : 23, bias = wide ? 1023 : 127;
    const uint32_t exponent = (uint32_t)-1 << fraction;
    Enc *e = &E->e;

    fl_clobber(E);
    Opnd x = fp_register(E, i->a);
    const int t = ra_scratch(E, true), u = ra_scratch(E, true), h = wide ? ra_scratch(E, true) : x.reg;
    const int d = ra_def(E, E->i, fp_bit(&x) | 1u << t | 1u << u | 1u << h);
    if (wide) {
        x_vshuffle(e, O_66(0x70), h, x.reg, 0xf5);
    }
    not_usual(E, root, fraction, u, t, h);
    enc_rm(e, O_66_38(0x17), false, xr(u), em_pool_mem(), false, 0);       /* ptest */
    em_pool(E, both(0x80000000), both(0x80000000), 0);
    Cold *c = em_cold_fn(E, i, x_jcc(e, X_NE), d, x, fp_none, fp_none);
    if (wide) {
        x_vshift_i(e, 2, LEFT, u, h, 3);
    }
    middle(E, root, d, t, wide ? u : h);
    estimate(E, root, d, t, u);
    if (wide) {
        x_vshift_i(e, 2, RIGHT, d, d, 3);
    }
    if (root) {
        const uint32_t from = (3 * bias - 1) << fraction | ~exponent;
        x_vload_k(E, t, both(from), both(from));
        x_vop(e, PSUBD, t, t, h);
        x_vshift_i(e, 2, RIGHT, t, t, 1);
        x_vop_k(E, PAND, t, t, both(exponent & 0x7fffffff));
    } else {
        x_vop_k(E, PAND, u, h, both(exponent));
        x_vload_k(E, t, both((2 * bias - 1) << fraction), both((2 * bias - 1) << fraction));
        x_vop(e, PSUBD, t, t, u);                   /* the sign as well */
    }
    x_vop(e, PADDD, d, d, t);
    if (wide) {
        x_vop_k(E, PAND, d, d, (uint64_t)0xffffffff << 32);
    }
    c->back = e->p;
    return true;
}
