/* SPDX-License-Identifier: BSD-2-Clause */
/* A64 cryptography [ArmARM C4.1 Cryptographic AES ... four-register, C7.2]. */
#include "guest/aarch64/insn-simd.h"

/* r is made of d, n (registers). */
#define TWO(name, r) \
    void a64_tr_##name(TcgBuild *b, const A64Args *a) \
    { \
        const TcgRef d = a64_v(b, a->rd), n = a64_v(b, a->rn); \
        (void)d, (void)n; \
        a64_put_v(b, a->rd, r); \
    }

/* And of m. */
#define THREE(name, r) \
    void a64_tr_##name(TcgBuild *b, const A64Args *a) \
    { \
        const TcgRef d = a64_v(b, a->rd), n = a64_v(b, a->rn), m = a64_v(b, a->rm); \
        (void)d, (void)n; \
        a64_put_v(b, a->rd, r); \
    }

TWO(aese, v2(b, TCG_OP_aese, 0, d, n))
TWO(aesd, v2(b, TCG_OP_aesd, 0, d, n))
TWO(aesmc, v1(b, TCG_OP_aesmc, 0, n))
TWO(aesimc, v1(b, TCG_OP_aesimc, 0, n))

THREE(sha1c, v3(b, TCG_OP_sha1c, 0, d, a64_f(b, TCG_F32, a->rn), m))
THREE(sha1p, v3(b, TCG_OP_sha1p, 0, d, a64_f(b, TCG_F32, a->rn), m))
THREE(sha1m, v3(b, TCG_OP_sha1m, 0, d, a64_f(b, TCG_F32, a->rn), m))
THREE(sha1su0, v3(b, TCG_OP_sha1su0, 0, d, n, m))
TWO(sha1su1, v2(b, TCG_OP_sha1su1, 0, d, n))
THREE(sha256h, v3(b, TCG_OP_sha256h, 0, d, n, m))
THREE(sha256h2, v3(b, TCG_OP_sha256h2, 0, d, n, m))
TWO(sha256su0, v2(b, TCG_OP_sha256su0, 0, d, n))
THREE(sha256su1, v3(b, TCG_OP_sha256su1, 0, d, n, m))

void a64_tr_sha1h(TcgBuild *b, const A64Args *a)
{
    const TcgRef x = tcg_op(b, TCG_OP_ftoi, TCG_I32, TCG_F32, a64_f(b, TCG_F32, a->rn), 0, 0);

    a64_put_v(b, a->rd, tcg_op1(b, TCG_OP_itof, TCG_F32, tcg_rotr(b, TCG_I32, x, tcg_const(b, 2))));
}

#define HELP(name, x, y, z) tcg_vcall(b, A64_H_##name, TCG_V128, x, y, z)

/* Two rounds of SHA-512 [FIPS180 6.4.2, 4.1.3], in general registers: each needs the one before it. */

static TcgRef lane64(TcgBuild *b, TcgRef v, unsigned lane)
{
    return tcg_op(b, TCG_OP_vext, TCG_I64, 3, v, lane, 0);
}

static TcgRef big_sigma(TcgBuild *b, TcgRef x, unsigned rot0, unsigned rot1, unsigned rot2)
{
    const TcgType t = TCG_I64;
    const TcgRef r = tcg_xor(b, t, tcg_rotr(b, t, x, tcg_const(b, rot0)), tcg_rotr(b, t, x, tcg_const(b, rot1)));

    return tcg_xor(b, t, r, tcg_rotr(b, t, x, tcg_const(b, rot2)));
}

/* Bits of y where x has ones, of z elsewhere. */
static TcgRef choose(TcgBuild *b, TcgRef x, TcgRef y, TcgRef z)
{
    return tcg_xor(b, TCG_I64, tcg_and(b, TCG_I64, tcg_xor(b, TCG_I64, y, z), x), z);
}

static TcgRef majority(TcgBuild *b, TcgRef x, TcgRef y, TcgRef z)
{
    return choose(b, tcg_xor(b, TCG_I64, y, z), x, y);
}

/* x + y + lane of d */
static TcgRef total(TcgBuild *b, TcgRef x, TcgRef y, TcgRef d, unsigned lane)
{
    return tcg_add(b, TCG_I64, tcg_add(b, TCG_I64, x, y), lane64(b, d, lane));
}

static TcgRef pair64(TcgBuild *b, TcgRef low, TcgRef high)
{
    const TcgRef v = tcg_op(b, TCG_OP_vzext, TCG_V128, TCG_F64, tcg_op1(b, TCG_OP_itof, TCG_F64, low), 0, 0);

    return tcg_op(b, TCG_OP_vins, TCG_V128, 3, v, high, 1);
}

static TcgRef sha512_hash(TcgBuild *b, TcgRef d, TcgRef n, TcgRef m)
{
    const TcgRef y1 = lane64(b, m, 1);
    const TcgRef high = total(b, big_sigma(b, y1, 14, 18, 41), choose(b, y1, lane64(b, n, 0), lane64(b, n, 1)), d, 1);
    const TcgRef t = tcg_add(b, TCG_I64, high, lane64(b, m, 0));

    return pair64(b, total(b, big_sigma(b, t, 14, 18, 41), choose(b, t, y1, lane64(b, n, 0)), d, 0), high);
}

static TcgRef sha512_hash_2(TcgBuild *b, TcgRef d, TcgRef n, TcgRef m)
{
    const TcgRef y0 = lane64(b, m, 0), y1 = lane64(b, m, 1);
    const TcgRef high = total(b, big_sigma(b, y0, 28, 34, 39), majority(b, lane64(b, n, 0), y1, y0), d, 1);

    return pair64(b, total(b, big_sigma(b, high, 28, 34, 39), majority(b, high, y0, y1), d, 0), high);
}

THREE(sha512h, sha512_hash(b, d, n, m))
THREE(sha512h2, sha512_hash_2(b, d, n, m))

#define XOR(x, y) v2(b, TCG_OP_vxor, 0, x, y)
THREE(eor3, XOR(n, XOR(m, a64_v(b, a->ra))))
THREE(bcax, XOR(n, v2(b, TCG_OP_vandn, 0, m, a64_v(b, a->ra))))

static TcgRef rotate_right(TcgBuild *b, TcgRef x, unsigned k)
{
    return k ? v2(b, TCG_OP_vor, 0, v2(b, TCG_OP_vshr, 3, x, k), v2(b, TCG_OP_vshl, 3, x, 64 - k)) : x;
}

/* Message schedule of SHA-512 [FIPS180 6.4.2]. */
static TcgRef sigma(TcgBuild *b, TcgRef x, unsigned shift, unsigned rot0, unsigned rot1)
{
    return XOR(v2(b, TCG_OP_vshr, 3, x, shift), XOR(rotate_right(b, x, rot0), rotate_right(b, x, rot1)));
}

#define PLUS(x, y) v2(b, TCG_OP_vadd, 3, x, y)
TWO(sha512su0, PLUS(d, sigma(b, v3(b, TCG_OP_vextr, 0, d, n, 8), 7, 1, 8)))
THREE(sha512su1, PLUS(d, PLUS(m, sigma(b, n, 6, 19, 61))))
THREE(rax1, XOR(n, rotate_right(b, m, 63)))
THREE(xar, rotate_right(b, XOR(n, m), (unsigned)a->imm6))

THREE(sm3ss1, HELP(sm3ss1, n, m, a64_v(b, a->ra)))
THREE(sm3partw1, HELP(sm3partw1, d, n, m))
THREE(sm3partw2, HELP(sm3partw2, d, n, m))
#define WORD v2(b, TCG_OP_vdupl, 2, m, (unsigned)a->index)
THREE(sm3tt1a, HELP(sm3tt1a, d, n, WORD))
THREE(sm3tt1b, HELP(sm3tt1b, d, n, WORD))
THREE(sm3tt2a, HELP(sm3tt2a, d, n, WORD))
THREE(sm3tt2b, HELP(sm3tt2b, d, n, WORD))
TWO(sm4e, HELP(sm4e, d, n, 0))
THREE(sm4ekey, HELP(sm4ekey, n, m, 0))
