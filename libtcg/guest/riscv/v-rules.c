/* SPDX-License-Identifier: BSD-2-Clause */
/* Which vector instructions may run with which vtype: widths, alignment of groups, overlap. [RVU 31.3.4, 31.5, 31.10]
 *
 * Reading one register with two widths is reserved; it is not looked for, and does what the bytes say. */
#include "guest/riscv/v.h"

/* MASK_DEST: v0 may be the destination of a masked one */
enum { NO_OVERLAP = 1, START_0 = 2, MASK_DEST = 4, IN_FOURS = 8, IN_EIGHTS = 16, NO_OVERLAP_2 = 32 /* with vs2 */ };

static const struct {
    uint8_t d, s2, s1, flags;
} shapes[RV_VS_COUNT] = {
#define SHAPE(name, d, s2, s1, flags) [RV_VS_##name] = { RV_VW_##d, RV_VW_##s2, RV_VW_##s1, flags }
    SHAPE(SAME,      S,    S,    S,     0),
    SHAPE(UNARY,     S,    S,    NONE,  0),
    SHAPE(MOVE,      S,    NONE, S,     0),
    SHAPE(CARRY,     S,    S,    S,     0),
    SHAPE(CARRYOUT,  MASK, S,    S,     MASK_DEST),
    SHAPE(COMPARE,   MASK, S,    S,     MASK_DEST),
    SHAPE(WIDE,      W,    S,    S,     0),
    SHAPE(WIDEW,     W,    W,    S,     0),
    SHAPE(WIDEN1,    W,    S,    NONE,  0),
    SHAPE(NARROW,    S,    W,    S,     0),
    SHAPE(NARROW1,   S,    W,    NONE,  0),
    SHAPE(EXT2,      S,    F2,   NONE,  0),
    SHAPE(EXT4,      S,    F4,   NONE,  0),
    SHAPE(EXT8,      S,    F8,   NONE,  0),
    SHAPE(REDUCE,    ELEM, S,    ELEM,  START_0 | MASK_DEST),
    SHAPE(WREDUCE,   ELEMW, S,   ELEMW, START_0 | MASK_DEST),
    SHAPE(MASK,      MASK, MASK, MASK,  MASK_DEST),
    SHAPE(MASK1,     MASK, MASK, NONE,  START_0 | NO_OVERLAP),
    SHAPE(XMASK,     X,    MASK, NONE,  START_0 | MASK_DEST),
    SHAPE(IOTA,      S,    MASK, NONE,  START_0 | NO_OVERLAP),
    SHAPE(ID,        S,    NONE, NONE,  0),
    SHAPE(GATHER,    S,    S,    S,     NO_OVERLAP),
    SHAPE(GATHER16,  S,    S,    16,    NO_OVERLAP),
    SHAPE(SLIDEUP,   S,    S,    NONE,  NO_OVERLAP),
    SHAPE(SLIDEDOWN, S,    S,    NONE,  0),
    SHAPE(COMPRESS,  S,    S,    MASK,  START_0 | NO_OVERLAP),
    SHAPE(XELEM,     X,    ELEM, NONE,  MASK_DEST),
    SHAPE(SELEM,     ELEM, NONE, NONE,  MASK_DEST),
    SHAPE(WHOLE,     REG,  REG,  NONE,  0),
    SHAPE(FOURS,     S,    S,    S,     IN_FOURS),
    SHAPE(FOURS1,    S,    S,    NONE,  IN_FOURS),
    SHAPE(FOURS_S,   S,    FOUR, NONE,  IN_FOURS | NO_OVERLAP),
    SHAPE(FOURS_X,   S,    S,    S,     IN_FOURS | NO_OVERLAP),
    SHAPE(EIGHTS,    S,    S,    S,     IN_EIGHTS | NO_OVERLAP_2),
#undef SHAPE
};

#define FP RV_VF_FP
#define FPW RV_VF_FPW
#define MINIMAL RV_VF_MINIMAL
static const struct {
    uint8_t shape, flags;
} ops[RV_V_COUNT] = {
#define V(name, shape, flags, kernels) [RV_V_##name] = { RV_VS_##shape, flags },
#include "guest/riscv/rvv.def"
#undef V
};
#undef FP
#undef FPW
#undef MINIMAL

unsigned rv_v_flags(RvVOp op)
{
    return ops[op].flags;
}

RvVShape rv_v_shape(RvVOp op)
{
    return (RvVShape)ops[op].shape;
}

bool rv_v_needs_start_0(RvVShape s)
{
    return shapes[s].flags & START_0;
}

unsigned rv_v_group_elements(RvVShape s)
{
    return shapes[s].flags & IN_FOURS ? 4 : shapes[s].flags & IN_EIGHTS ? 8 : 1;
}

static bool has(const RvModel *model, unsigned ext)
{
    return model->ext >> ext & 1;
}

RvVType rv_v_type(const RvModel *model, uint64_t vtype)
{
    unsigned lmul = vtype & 7, sew = vtype >> 3 & 7;
    unsigned elen = has(model, RV_EXT_zve64x) ? 3 : 2;
    RvVType t = { (uint8_t)sew, (int8_t)(lmul < 4 ? (int)lmul : (int)lmul - 8), vtype >> 8 || lmul == 4 };

    /* SEW must fit in LMUL * ELEN [RVU 31.3.4.2] */
    t.ill |= sew > elen || (t.lmul < 0 && (int)sew > (int)elen + t.lmul);
    return t;
}

/* log2 of bytes and of EMUL, where there is a group of elements. */
typedef struct Group {
    unsigned reg, count;        /* registers that it lies in */
    int eew, emul;              /* eew -1: mask */
    bool is;                    /* it is an operand in vector registers */
} Group;

/* False: its width or its alignment is reserved. */
static bool make_group(Group *g, RvVWidth w, unsigned reg, RvVType t, unsigned nf)
{
    *g = (Group){ .reg = reg, .count = 1, .is = true };
    switch (w) {
    case RV_VW_NONE: case RV_VW_X: g->is = false; return true;
    case RV_VW_MASK:  g->eew = -1; return true;
    case RV_VW_FOUR:  g->eew = t.sew; return true;
    case RV_VW_ELEM:  g->eew = t.sew; g->is = false; return true;
    case RV_VW_ELEMW: g->eew = t.sew + 1; g->is = false; return g->eew <= 3;
    case RV_VW_REG:   g->eew = t.sew; g->count = nf + 1; return reg % g->count == 0;
    case RV_VW_W:  g->eew = t.sew + 1; break;
    case RV_VW_F2: g->eew = t.sew - 1; break;
    case RV_VW_F4: g->eew = t.sew - 2; break;
    case RV_VW_F8: g->eew = t.sew - 3; break;
    case RV_VW_16: g->eew = 1; break;
    default:       g->eew = t.sew; break;
    }
    g->emul = t.lmul + g->eew - t.sew;
    if (g->eew < 0 || g->eew > 3 || g->emul < -3 || g->emul > 3) {
        return false;
    }
    g->count = g->emul > 0 ? 1u << g->emul : 1;
    return reg % g->count == 0;
}

/* May the destination lie where it does? [RVU 31.5.2] */
static bool overlap_legal(const Group *d, const Group *s, bool never)
{
    if (!d->is || !s->is || d->reg + d->count <= s->reg || s->reg + s->count <= d->reg) {
        return true;
    }
    if (never) {
        return false;
    }
    if (d->eew == s->eew) {
        return true;
    }
    if (d->eew < s->eew) {
        return d->reg == s->reg;
    }
    return s->eew >= 0 && s->emul >= 0 && d->reg + d->count == s->reg + s->count;
}

/* Has the model floating point of 1 << eew bytes? */
static bool has_float(const RvModel *model, unsigned eew, unsigned flags)
{
    switch (eew) {
    case 1:  return has(model, flags & RV_VF_MINIMAL ? RV_EXT_zvfhmin : RV_EXT_zvfh);
    case 2:  return has(model, RV_EXT_zve32f);
    case 3:  return has(model, RV_EXT_zve64d);
    default: return false;
    }
}

static bool high_product(RvVOp op)
{
    return op == RV_V_vmulh || op == RV_V_vmulhu || op == RV_V_vmulhsu || op == RV_V_vsmul;
}

bool rv_v_legal(const RvModel *model, const RvVInsn *i, RvVType t)
{
    const RvVShape s = rv_v_shape((RvVOp)i->op);
    const unsigned flags = ops[i->op].flags | (i->form == RV_V_VF ? RV_VF_FP : 0);
    const bool never = shapes[s].flags & NO_OVERLAP, never_2 = never || shapes[s].flags & NO_OVERLAP_2;
    Group d, s2, s1;

    if (t.ill || !make_group(&d, (RvVWidth)shapes[s].d, i->vd, t, i->nf)
        || !make_group(&s2, (RvVWidth)shapes[s].s2, i->vs2, t, i->nf)
        || !make_group(&s1, i->form == RV_V_VV ? (RvVWidth)shapes[s].s1 : RV_VW_NONE, i->vs1, t, 0)) {
        return false;
    }
    if (((flags & RV_VF_FP) && !has_float(model, t.sew, flags))
        || ((flags & RV_VF_FPW) && !has_float(model, t.sew + 1u, flags))
        || (t.sew == 3 && high_product((RvVOp)i->op) && !has(model, RV_EXT_v))) {
        return false;
    }
    if (rv_v_vlmax(model, t) < rv_v_group_elements(s)) {
        return false;
    }
    if (t.sew == 3 && s == RV_VS_FOURS_X && !has(model, RV_EXT_zvknhb)) {
        return false;
    }
    if (!i->vm && i->vd == 0 && !(shapes[s].flags & MASK_DEST)) {
        return false;
    }
    return overlap_legal(&d, &s2, never_2) && overlap_legal(&d, &s1, never);
}

/* EMUL of the data, and of the index. [RVU 31.7.2, 31.7.3, 31.7.8] */
bool rv_v_mem_legal(const RvModel *model, const RvVInsn *i, RvVType t)
{
    const unsigned kind = i->op & ~(unsigned)RV_VM_STORE;
    const bool store = i->op & RV_VM_STORE;

    if (kind == RV_VM_WHOLE) {
        return i->vd % (i->nf + 1u) == 0;
    }
    if (t.ill) {
        return false;
    }
    if (kind == RV_VM_MASK) {
        return true;
    }
    const bool indexed = kind == RV_VM_INDEXED;
    const int emul = indexed ? t.lmul : rv_v_emul(t, i->eew);
    Group d = { .reg = i->vd, .eew = indexed ? t.sew : i->eew, .emul = emul, .is = !store };
    if (emul < -3 || emul > 3) {
        return false;
    }
    const unsigned each = emul > 0 ? 1u << emul : 1;
    d.count = each * (i->nf + 1u);
    if (d.count > 8 || i->vd % each || i->vd + d.count > 32 || (!store && !i->vm && i->vd == 0)) {
        return false;
    }
    if (indexed) {
        const int xmul = rv_v_emul(t, i->eew);
        Group x = { .reg = i->vs2, .eew = i->eew, .emul = xmul, .is = true };
        if (xmul < -3 || xmul > 3) {
            return false;
        }
        x.count = xmul > 0 ? 1u << xmul : 1;
        return i->vs2 % x.count == 0 && overlap_legal(&d, &x, i->nf != 0);
    }
    return true;
}
