/* SPDX-License-Identifier: BSD-2-Clause */
/* Folding while building: constants, neutral elements, repeated extensions. A fold returns an existing value or
 * appends a simpler one; it never looks further back than its operands' records. */
#include "ir/fold.h"

#include "ir/eval.h"

static inline uint64_t ones(TcgType t)
{
    return t == TCG_I32 ? 0xffffffff : ~(uint64_t)0;
}

/* An I32 result must be zero-extended: x itself may stand for it only if it is one. */
static inline TcgRef same(TcgBuild *b, TcgType t, TcgRef x)
{
    if (t != TCG_I32 || b->ins[x].type == TCG_I32) {
        return x;
    }
    return tcg_op1(b, TCG_OP_ext32u, TCG_I64, x);
}

static bool commutes(TcgOp op)
{
    switch (op) {
    case TCG_OP_add: case TCG_OP_mul: case TCG_OP_and: case TCG_OP_or: case TCG_OP_xor:
    case TCG_OP_xnor: case TCG_OP_mulhu: case TCG_OP_mulhs: case TCG_OP_clmul: case TCG_OP_clmulh:
        return true;
    default:
        return false;
    }
}

/* x shifted right by k, where x was shifted left by as much: an extension, as RISC-V makes it without Zba and Zbb. */
static TcgRef fold_shifts(TcgBuild *b, TcgOp op, TcgType t, TcgRef x, unsigned k)
{
    const TcgIns *l = &b->ins[x];
    unsigned w = t == TCG_I32 ? 32 : 64, length = w - k;
    uint64_t left;

    if (l->op == TCG_OP_ext32s && t == TCG_I32) {
        l = &b->ins[l->a];
    }
    if (l->op != TCG_OP_shl || l->type != t || !tcg_is_const(b, l->b, &left) || (left & (w - 1)) != k) {
        return 0;
    }
    if (length != 8 && length != 16 && length != 32) {
        return op == TCG_OP_shr && length < 32 ? tcg_and(b, t, l->a, tcg_const(b, ((uint64_t)1 << length) - 1)) : 0;
    }
    return op == TCG_OP_shr ? tcg_extu(b, t, l->a, 0, length) : tcg_exts(b, t, l->a, 0, length);
}

/* op(x, constant k) */
static inline TcgRef fold_right(TcgBuild *b, TcgOp op, TcgType t, TcgRef x, uint64_t k)
{
    unsigned w = t == TCG_I32 ? 32 : 64;

    k &= ones(t);
    switch (op) {
    case TCG_OP_add: case TCG_OP_sub: case TCG_OP_or: case TCG_OP_xor: case TCG_OP_andn:
        return k == 0 ? same(b, t, x) : 0;
    case TCG_OP_shl: case TCG_OP_shr: case TCG_OP_sar: case TCG_OP_rotr:
        k &= w - 1;
        if (k == 0) {
            return same(b, t, x);
        }
        return op == TCG_OP_shr || op == TCG_OP_sar ? fold_shifts(b, op, t, x, (unsigned)k) : 0;
    case TCG_OP_and:
        if (k == 0) {
            return tcg_const(b, 0);
        }
        if (k == ones(t)) {
            return same(b, t, x);
        }
        if (t == TCG_I64 && k == 0xffffffff) {
            return tcg_op1(b, TCG_OP_ext32u, TCG_I64, x);
        }
        return k == 0xff ? tcg_op1(b, TCG_OP_ext8u, t, x) : k == 0xffff ? tcg_op1(b, TCG_OP_ext16u, t, x) : 0;
    case TCG_OP_mul:
        if (k == 0 || k == 1) {
            return k ? same(b, t, x) : tcg_const(b, 0);
        }
        return (k & (k - 1)) == 0
            ? tcg_shl(b, t, x, tcg_const(b, (uint64_t)__builtin_ctzll(k))) : 0;
    default:
        return 0;
    }
}

/* Is the value, of 64 bits, the sign extension of its low 32? depth: how far to look into operands. */
static bool is_word(const TcgBuild *b, TcgRef x, unsigned depth)
{
    const TcgIns *i = &b->ins[x];
    uint64_t k;

    switch (i->op) {
    case TCG_OP_const:
        k = tcg_ins_imm(i);
        return k == (uint64_t)(int64_t)(int32_t)k;
    case TCG_OP_ext32s: case TCG_OP_ext8u: case TCG_OP_ext16u: case TCG_OP_setcc:
        return true;
    case TCG_OP_ext8s: case TCG_OP_ext16s:
        return i->type == TCG_I64;
    case TCG_OP_ld:
        return (i->aux & TCG_MO_SIZE) <= (i->aux & TCG_MO_SIGN ? TCG_MO_32 : TCG_MO_16)
            && (i->type == TCG_I64 || !(i->aux & TCG_MO_SIGN));
    case TCG_OP_shr:
        return i->type == TCG_I32 && tcg_is_const(b, i->b, &k) && (k & 31) != 0;
    case TCG_OP_and: case TCG_OP_or: case TCG_OP_xor:
        return depth && i->type == TCG_I64 && is_word(b, i->a, depth - 1) && is_word(b, i->b, depth - 1);
    default:
        return false;
    }
}

static inline TcgRef fold_unary(TcgBuild *b, TcgOp op, TcgType t, unsigned aux, TcgRef x)
{
    const TcgIns *i = &b->ins[x];

    switch (op) {
    case TCG_OP_ext32u:
        /* I32 results, zero-extending loads and narrower extensions are zero-extended already. */
        if (i->type == TCG_I32 || i->op == TCG_OP_setcc || i->op == TCG_OP_ext32u
            || ((i->op == TCG_OP_ext8u || i->op == TCG_OP_ext16u) && i->type == TCG_I64)) {
            return x;
        }
        return 0;
    case TCG_OP_ext32s:
        if (is_word(b, x, 2)) {
            return x;
        }
        return i->op == TCG_OP_ext32u ? tcg_op1(b, TCG_OP_ext32s, TCG_I64, i->a) : 0;
    case TCG_OP_ext8u:
        return i->op == TCG_OP_ld && (i->aux & (TCG_MO_SIZE | TCG_MO_SIGN)) == TCG_MO_8 ? x : 0;
    case TCG_OP_extu: {
        unsigned pos = aux & 0xff, len = aux >> 8, w = t == TCG_I32 ? 32 : 64;
        if (pos + len == w) {
            return pos ? tcg_shr(b, t, x, tcg_const(b, pos)) : same(b, t, x);
        }
        if (pos == 0 && len == 8) {
            return tcg_op1(b, TCG_OP_ext8u, t, x);
        }
        if (pos == 0 && len == 16) {
            return tcg_op1(b, TCG_OP_ext16u, t, x);
        }
        return pos == 0 && len == 32 ? tcg_op1(b, TCG_OP_ext32u, TCG_I64, x) : 0;
    }
    case TCG_OP_exts: {
        unsigned pos = aux & 0xff, len = aux >> 8, w = t == TCG_I32 ? 32 : 64;
        if (pos + len == w) {
            return pos ? tcg_sar(b, t, x, tcg_const(b, pos)) : same(b, t, x);
        }
        if (pos == 0 && len == 8) {
            return tcg_op1(b, TCG_OP_ext8s, t, x);
        }
        if (pos == 0 && len == 16) {
            return tcg_op1(b, TCG_OP_ext16s, t, x);
        }
        return pos == 0 && len == 32 ? tcg_op1(b, TCG_OP_ext32s, TCG_I64, x) : 0;
    }
    default:
        return 0;
    }
}

/* x and y together, which have no bit in common if they are a value shifted left and the same shifted right so far that
 * nothing overlaps and nothing is lost: a rotation. Of 32 bits the left part may be sign-extended, as RISC-V's is; then
 * so is the whole, for the right part has no sign. */
static TcgRef fold_rotation(TcgBuild *b, TcgType t, TcgRef x, TcgRef y)
{
    bool swap = b->ins[x].op == TCG_OP_shr;
    const TcgIns *l = &b->ins[swap ? y : x], *r = &b->ins[swap ? x : y];
    uint64_t left, right;

    if (r->op != TCG_OP_shr) {
        return 0;
    }
    bool word = l->op == TCG_OP_ext32s && t == TCG_I64;
    if (word) {
        l = &b->ins[l->a];
    }
    unsigned w = r->type == TCG_I32 ? 32 : 64;
    if (l->op != TCG_OP_shl || l->type != r->type || l->a != r->a || (word && w != 32) || (t == TCG_I32 && w != 32)
        || !tcg_is_const(b, l->b, &left) || !tcg_is_const(b, r->b, &right) || !(left & (w - 1))
        || (left & (w - 1)) + (right & (w - 1)) != w) {
        return 0;
    }
    TcgRef v = tcg_op2(b, TCG_OP_rotr, (TcgType)r->type, r->a, r->b);
    return word ? tcg_op1(b, TCG_OP_ext32s, TCG_I64, v) : v;
}

/* A sum below one of its addends: that is its carry, which a host's addition gives as well if nothing else has come
 * since. Gives the flags that say so, and the condition; or 0. */
static TcgRef fold_carry(TcgBuild *b, TcgCond *cc, TcgRef flags)
{
    const TcgIns *f = &b->ins[flags], *sum = &b->ins[f->a];

    if (f->op != TCG_OP_cmp || sum->op != TCG_OP_add || sum->type != f->type || (*cc != TCG_LTU && *cc != TCG_GEU)
        || (f->b != sum->a && f->b != sum->b)) {
        return 0;
    }
    for (TcgRef at = f->a + 1; at < b->n; at++) {
        TcgOp op = (TcgOp)b->ins[at].op;
        if (at != flags && op != TCG_OP_get && op != TCG_OP_put && op != TCG_OP_const) {
            return 0;
        }
    }
    *cc = *cc == TCG_LTU ? TCG_CS : TCG_CC;
    return tcg_op2(b, TCG_OP_cmn, (TcgType)f->type, sum->a, sum->b);
}

static inline bool is_const(TcgBuild *b, TcgRef r, uint64_t *k)
{
    const TcgIns *i = &b->ins[r];

    *k = i->op == TCG_OP_const ? tcg_ins_imm(i) : 0;
    return r == 0 || i->op == TCG_OP_const;
}

/* Operands that the row takes as plain numbers. */
static bool third_is_number(TcgOp op)
{
    return op == TCG_OP_extr || op == TCG_OP_crc32 || op == TCG_OP_crc32c;
}

/* Operations whose value eval.c does not compute. */
static TcgRef fold_other(TcgBuild *b, TcgOp op, TcgType t, unsigned aux, TcgRef x, TcgRef y, TcgRef z)
{
    bool taken;

    if (op == TCG_OP_sel && tcg_fold_cond(b, (TcgCond)aux, z, &taken)) {
        return same(b, t, taken ? x : y);
    }
    if (op == TCG_OP_setcc && tcg_fold_cond(b, (TcgCond)aux, x, &taken)) {
        return tcg_const(b, taken);
    }
    if (op == TCG_OP_setcc || op == TCG_OP_sel) {
        TcgCond cc = (TcgCond)aux;
        TcgRef f = fold_carry(b, &cc, op == TCG_OP_sel ? z : x);
        if (f) {
            return op == TCG_OP_sel ? tcg_op(b, op, t, cc, x, y, f) : tcg_op(b, op, t, cc, f, 0, 0);
        }
    }
    if (op == TCG_OP_unbox && b->ins[x].op == TCG_OP_nanbox && b->ins[x].aux == t) {
        return b->ins[x].a;
    }
    /* The low lane of a widened scalar is that scalar, and widening it again is what there was. */
    if (op == TCG_OP_vlow && b->ins[x].op == TCG_OP_vzext && b->ins[x].aux == t) {
        return b->ins[x].a;
    }
    if (op == TCG_OP_vzext && b->ins[x].op == TCG_OP_vlow && b->ins[b->ins[x].a].op == TCG_OP_vzext
        && b->ins[b->ins[x].a].aux == aux) {
        return b->ins[x].a;
    }
    b->views |= op == TCG_OP_vlow || op == TCG_OP_vzext;
    return 0;
}

TcgRef tcg_fold(TcgBuild *b, TcgOp op, TcgType t, unsigned aux, TcgRef x, TcgRef y, TcgRef z)
{
    uint64_t kx, ky;

    if (!tcg_eval_knows(op)) {
        return fold_other(b, op, t, aux, x, y, z);
    }
    bool cx = is_const(b, x, &kx), cy = is_const(b, y, &ky);
    if (cx && cy) {
        return tcg_const(b, tcg_eval_int(op, t, aux, kx, ky, third_is_number(op) ? z : 0));
    }
    if (y && cy) {
        return fold_right(b, op, t, x, ky);
    }
    if (cx && commutes(op)) {
        TcgRef r = fold_right(b, op, t, y, kx);
        return r ? r : tcg_op(b, op, t, aux, y, x, z);
    }
    if (x == y && (op == TCG_OP_and || op == TCG_OP_or)) {
        return same(b, t, x);
    }
    if (x == y && (op == TCG_OP_xor || op == TCG_OP_sub)) {
        return tcg_const(b, 0);
    }
    if (op == TCG_OP_or && cx && kx == 0) {
        return same(b, t, y);
    }
    if (op == TCG_OP_or || op == TCG_OP_xor || op == TCG_OP_add) {
        return fold_rotation(b, t, x, y);
    }
    return y ? 0 : fold_unary(b, op, t, aux, x);
}

bool tcg_fold_cond(TcgBuild *b, TcgCond cc, TcgRef flags, bool *taken)
{
    const TcgIns *i = &b->ins[flags];
    uint64_t kx, ky;

    if ((i->op == TCG_OP_cmp || i->op == TCG_OP_cmn || i->op == TCG_OP_tst)
        && tcg_is_const(b, i->a, &kx) && tcg_is_const(b, i->b, &ky)) {
        *taken = tcg_eval_cond(cc, tcg_eval_flags((TcgOp)i->op, (TcgType)i->type, kx, ky, false));
        return true;
    }
    if (i->op == TCG_OP_cmp && i->a == i->b) {
        *taken = tcg_eval_cond(cc, 0x60000000);
        return true;
    }
    return false;
}
