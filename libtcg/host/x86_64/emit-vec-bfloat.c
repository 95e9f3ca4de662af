/* SPDX-License-Identifier: BSD-2-Clause */
/* Dot products of BFloat16 by singles. [ArmARM J1.3 BFDotAdd, BFMulH, BFAdd] [SDM 1 10.2.3]
 *
 * Products of two BFloat16 have 16 bits: they are exact as singles. Sums are rounded to odd: the host rounds toward
 * zero, and the lowest bit is set if anything was cut off. Nothing was if the sum less either term is the other one:
 * less the larger term it is exact, so that one of the two tells. Subnormal numbers are zeroes to the host too, as
 * operands (DAZ) and results (FTZ); the lowest bit, set in a flushed sum, makes it subnormal again, which the next
 * operation flushes.
 *
 * All that is done with an MXCSR for it alone; the guest's, with its flags, is kept in env meanwhile. Nothing here can
 * fault. Factors of 2^63 and more, and addends of 2^126 and more, go the long way before: for the others nothing
 * overflows. */
#include "host/x86_64/emit-fp.h"
#include "host/x86_64/emit-vec.h"

enum { PAND = O_66(0xdb), POR = O_66(0xeb), PXOR = O_66(0xef), PMAXSW = O_66(0xee) };
enum { PCMPGTW = O_66(0x65), PCMPGTD = O_66(0x66) };
enum { ADDPS = O_0F(0x58), MULPS = O_0F(0x59), SUBPS = O_0F(0x5c), CMPPS = O_0F(0xc2) };
enum { RIGHT = 2, LEFT = 6 };
enum { ODD_MXCSR = 0xffc0 };    /* FTZ, toward zero, all exceptions masked, DAZ */

static const uint64_t two = 0x0000000100000001, four = 0x0001000100010001;

static void x_mxcsr(Emit *E, bool store, Mem m)
{
    enc_rm(&E->e, O_0F(0xae), false, store ? 3 : 2, m, false, 0);          /* stmxcsr, ldmxcsr */
}

/* x := lanes that are not equal to y */
static void not_equal(Emit *E, int x, int y)
{
    x_vop(&E->e, CMPPS, x, x, y);
    enc8(&E->e, 4);
}

/* d := u + v rounded to odd; changes u, v and t. */
static void add_to_odd(Emit *E, int d, int u, int v, int t)
{
    Enc *e = &E->e;

    x_vop(e, ADDPS, d, u, v);
    x_vop(e, SUBPS, t, d, v);
    not_equal(E, t, u);
    x_vop_k(E, PXOR, u, u, 0x80000000 * two);
    x_vop(e, ADDPS, u, u, d);
    not_equal(E, u, v);
    x_vop(e, POR, t, t, u);
    x_vshift_i(e, 2, RIGHT, t, t, 31);
    x_vop(e, POR, d, d, t);
}

/* u := products of the lower halves, v := of the upper halves of the lanes of x and y. */
static void products(Emit *E, int u, int v, int t, int x, int y)
{
    const uint64_t upper = 0xffff0000 * two;
    Enc *e = &E->e;

    x_vshift_i(e, 2, LEFT, u, x, 16);
    x_vshift_i(e, 2, LEFT, v, y, 16);
    x_vop(e, MULPS, u, u, v);
    x_vop_k(E, PAND, v, x, upper);
    x_vop_k(E, PAND, t, y, upper);
    x_vop(e, MULPS, v, v, t);
}

bool em_vec_bfloat_dot(Emit *E, const TcgIns *i)
{
    const Mem guest = mem_env(offsetof(TcgEnv, mxcsr));
    Enc *e = &E->e;

    fl_clobber(E);
    ra_to_memory(E, i->c);                          /* six registers are not enough for three operands */
    const Opnd x = fp_register(E, i->a), y = fp_register(E, i->b), z = ra_opnd(E, i->c, true, false);
    const int u = ra_scratch(E, true), v = ra_scratch(E, true), t = ra_scratch(E, true);
    const int d = ra_def(E, E->i, fp_bit(&x) | fp_bit(&y) | fp_bit(&z) | 1u << u | 1u << v | 1u << t);
    x_vop_k(E, PAND, u, x.reg, 0x7fff * four);
    x_vop_k(E, PAND, v, y.reg, 0x7fff * four);
    x_vop(e, PMAXSW, u, u, v);
    x_vop_k(E, PCMPGTW, u, u, 0x5eff * four);
    fp_load(E, v, &z, TCG_V128);
    x_vop_m(e, PAND, t, v, mem_fp_const(K_ABS32), 0);
    x_vop_k(E, PCMPGTD, t, t, 0x7e7fffff * two);
    x_vop(e, POR, u, u, t);
    enc_rr(e, O_66_38(0x17), false, xr(u), xr(u), false);                  /* ptest */
    Cold *c = em_cold_fn(E, i, x_jcc(e, X_NE), d, x, y, z);
    x_mxcsr(E, true, guest);
    x_mxcsr(E, false, em_pool_mem());
    em_pool(E, ODD_MXCSR, 0, 0);
    products(E, u, v, t, x.reg, y.reg);
    add_to_odd(E, d, u, v, t);
    x_vmov(e, u, d);
    fp_load(E, v, &z, TCG_V128);
    add_to_odd(E, d, u, v, t);
    x_vop_k(E, MULPS, d, d, 0x3f800000 * two);      /* flushes */
    x_mxcsr(E, false, guest);
    c->back = e->p;
    return true;
}
