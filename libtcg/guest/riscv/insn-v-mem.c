/* SPDX-License-Identifier: BSD-2-Clause */
/* Vector loads and stores as IR. [RVU 31.7] */
#include "guest/riscv/insn-v-full.h"

enum {
    MAX_SOME = 8,               /* pieces of memory of which not all bytes are loaded or stored, inline */
    MAX_MEMORY = 16,            /* of which all are */
    MAX_ELEMENTS = 16,          /* elements that are loaded or stored one by one */
};

/* An instruction whose elements have 1 << f.lane bytes, which need not be SEW's. */
typedef struct Access {
    RvVFull f;
    RvVType t;                  /* vtype */
} Access;

/* Nothing is put before: the caller may still give up unless it has called prepare(). */
static Access make(TcgBuild *b, const RvVInsn *i, RvVType t, RvVKnown known, unsigned eew)
{
    const RvVType data = { .sew = (uint8_t)eew, .lmul = (int8_t)rv_v_emul(t, eew) };

    return (Access){ .f = rv_vf_make(b, i, data, known), .t = t };
}

static void prepare(const Access *m)
{
    if (m->f.partial && !m->f.all) {
        rv_vf_know_tail(m->f.b);
    }
}

/* Bytes of piece k below vl, of elements of 1 << lane bytes, from those of SEW: vtail has no more pieces than a group
 * of these, which may end in the middle of a piece of smaller ones. */
static TcgRef below(const Access *m, unsigned lane, unsigned k)
{
    TcgBuild *b = m->f.b;

    if (m->f.all) {
        return rv_vf_below(&m->f, k);
    }
    if (lane == m->t.sew) {
        return 16 * k < m->f.vlmax << lane ? rv_vf_below(&m->f, k) : tcg_vconst(b, 0, 0);
    }
    if (lane > m->t.sew) {
        const TcgRef x = below(m, lane - 1, k / 2);
        return tcg_op(b, k % 2 ? TCG_OP_vzip2 : TCG_OP_vzip1, TCG_V128, lane - 1, x, x, 0);
    }
    const TcgRef x = below(m, lane + 1, 2 * k), y = below(m, lane + 1, 2 * k + 1);
    return tcg_op(b, TCG_OP_vuzp1, TCG_V128, lane, x, y, 0);
}

/* As rv_vf_active: what is active of piece k, 0 if all is. */
static TcgRef active(const Access *m, unsigned k)
{
    const TcgRef mask = m->f.i->vm ? 0 : rv_vf_mask(&m->f, k), low = m->f.partial ? below(m, m->f.lane, k) : 0;

    return mask && low ? tcg_op2(m->f.b, TCG_OP_vand, TCG_V128, mask, low) : mask ? mask : low;
}

/* Of 1, 2, 4 or 8 bytes, all of them. */
static bool small_memory(TcgBuild *b, const RvVInsn *i, unsigned bytes, int rs1)
{
    static const unsigned op[4] = { TCG_MO_8, TCG_MO_16, TCG_MO_32, TCG_MO_64 };
    const unsigned reg = RV_V0 + i->vd * (rv_model(b)->vlenb / 16), n = (unsigned)__builtin_ctz(bytes);
    const TcgRef base = rv_x(b, rs1), old = tcg_get(b, reg);

    if (rv_machine(b)) {        /* lanes: parts of the instruction, as it may be in two pages */
        if (i->op & RV_VM_STORE) {
            tcg_st_lane(b, n, 0, base, 0, old);
        } else {
            tcg_put(b, reg, tcg_ld_lane(b, n, 0, base, 0, old));
        }
    } else if (i->op & RV_VM_STORE) {
        tcg_st(b, TCG_I64, op[n], base, 0, tcg_op(b, TCG_OP_vext, TCG_I64, n, old, 0, 0));
    } else {
        tcg_put(b, reg, tcg_op(b, TCG_OP_vins, TCG_V128, n, old, tcg_ld(b, TCG_I64, op[n], base, 0), 0));
    }
    return true;
}

/* Unit stride: pieces of memory, of which 16 bytes of each field are so many as there are fields. x are those of piece
 * k of the fields, some (NULL: all) where they are active. Of a machine's memory 16 bytes at once are looked at before
 * they are accessed, so that a fault among them leaves it to rv_redo: a load takes all of them, and what is not active
 * of that is dropped. */
typedef struct Pieces {
    TcgBuild *b;
    TcgRef base;
    unsigned fields, bytes;     /* bytes: of all the memory that active elements can be in */
    bool store, machine;
} Pieces;

static void load_or_store(const Pieces *p, unsigned k, TcgRef *x, const TcgRef *some)
{
    for (unsigned n = 0; n < p->fields; n++) {
        const unsigned at = 16 * (k * p->fields + n);
        const TcgRef bytes = some && (p->store || !p->machine)
            ? tcg_op(p->b, TCG_OP_vmsk, TCG_I64, 0, some[n], 0, 0) : 0;
        if (at >= p->bytes) {
            x[n] = tcg_vconst(p->b, 0, 0);
        } else if (p->store && bytes) {
            tcg_stm(p->b, p->base, (int16_t)at, bytes, x[n]);
        } else if (p->store) {
            tcg_st(p->b, TCG_V128, TCG_MO_128, p->base, at, x[n]);
        } else {
            x[n] = bytes ? tcg_ldm(p->b, p->base, (int16_t)at, bytes)
                : tcg_ld(p->b, TCG_V128, TCG_MO_128, p->base, at);
        }
    }
}

/* Unit stride with one to four fields, masked or not, all elements or those below vl. */
static bool consecutive_some(TcgBuild *b, const RvVInsn *i, RvVType t, RvVKnown known, int rs1)
{
    const Access m = make(b, i, t, known, i->eew);
    const bool is_some = !i->vm || m.f.partial, store = i->op & RV_VM_STORE;
    const unsigned fields = i->nf + 1u, pieces = m.f.pieces, per = m.f.per;
    const int emul = rv_v_emul(t, i->eew);
    const unsigned regs = emul > 0 ? 1u << emul : 1;
    TcgRef x[MAX_MEMORY][4], is_active[MAX_MEMORY];

    if (fields > 4 || fields * pieces > (is_some ? MAX_SOME : MAX_MEMORY)) {
        return false;
    }
    prepare(&m);
    const Pieces p = {
        .b = b, .base = rv_x(b, rs1), .fields = fields, .bytes = (m.f.vlmax << m.f.lane) * fields, .store = store,
        .machine = rv_machine(b),
    };
    for (unsigned k = 0; k < pieces; k++) {
        TcgRef some[4];
        is_active[k] = is_some ? active(&m, k) : 0;
        for (unsigned n = 0; n < fields; n++) {
            some[n] = is_active[k];
            x[k][n] = store ? tcg_get(b, RV_V0 + (i->vd + n * regs) * per + k) : 0;
        }
        if (fields > 1 && is_some) {
            tcg_join(b, fields, i->eew, true, some);
        }
        if (fields > 1 && store) {
            tcg_join(b, fields, i->eew, true, x[k]);
        }
        load_or_store(&p, k, x[k], is_some ? some : NULL);
    }
    for (unsigned k = 0; k < pieces && !store; k++) {
        if (fields > 1) {
            tcg_split(b, fields, i->eew, true, x[k]);
        }
        for (unsigned n = 0; n < fields; n++) {
            const unsigned reg = RV_V0 + (i->vd + n * regs) * per + k;
            tcg_put(b, reg, is_some ? rv_vf_choose(&m.f, is_active[k], x[k][n], tcg_get(b, reg)) : x[k][n]);
        }
    }
    return true;
}

/* Address of element k: by its stride, the one before it given, or its index in vs2. */
static TcgRef address(TcgBuild *b, const RvVInsn *i, unsigned k, TcgRef base, TcgRef stride, TcgRef before)
{
    const unsigned lanes = 16u >> i->eew, reg = RV_V0 + i->vs2 * (rv_model(b)->vlenb / 16) + k / lanes;

    if (stride) {
        return k ? tcg_add(b, TCG_I64, before, stride) : base;
    }
    return tcg_add(b, TCG_I64, base, tcg_op(b, TCG_OP_vext, TCG_I64, i->eew, tcg_get(b, reg), k % lanes, 0));
}

/* n elements one by one, with a stride or indices, those that are active. Each is a part of the instruction, and
 * faults are left to rv_redo. */
static bool elements(const Access *m, unsigned n, bool is_some, int rs1, int rs2)
{
    const RvVFull *f = &m->f;
    const RvVInsn *i = f->i;
    const unsigned reg = RV_V0 + i->vd * f->per, lanes = 16u >> f->lane;
    const bool strided = (i->op & ~(unsigned)RV_VM_STORE) == RV_VM_STRIDED;
    TcgRef v[MAX_ELEMENTS], at = 0, mask = 0;
    TcgBuild *b = f->b;

    if (i->nf || n > MAX_ELEMENTS) {
        return false;
    }
    if (is_some) {
        prepare(m);
    }
    const TcgRef base = rv_x(b, rs1), stride = strided ? rv_x(b, rs2) : 0;
    for (unsigned k = 0; k < n; k++) {
        TcgRef *piece = &v[k / lanes];
        if (k % lanes == 0) {
            *piece = tcg_get(b, reg + k / lanes);
            mask = is_some ? tcg_op(b, TCG_OP_vmsk, TCG_I64, 0, active(m, k / lanes), 0, 0) : 0;
        }
        at = address(b, i, k, base, stride, at);
        if (i->op & RV_VM_STORE) {
            tcg_st_lane(b, f->lane, k % lanes, at, mask, *piece);
        } else {
            *piece = tcg_ld_lane(b, f->lane, k % lanes, at, mask, *piece);
        }
    }
    for (unsigned k = 0; k < n && !(i->op & RV_VM_STORE); k += lanes) {
        tcg_put(b, reg + k / lanes, v[k / lanes]);
    }
    return true;
}

/* A load with a stride that is x0: one access will do for all [RVU 31.7.5]. */
static bool repeated(TcgBuild *b, const RvVInsn *i, unsigned bytes, int rs1)
{
    const unsigned reg = RV_V0 + i->vd * (rv_model(b)->vlenb / 16);

    if (bytes < 16) {
        return false;
    }
    const TcgRef base = rv_x(b, rs1), none = tcg_vconst(b, 0, 0);
    const TcgRef v = rv_machine(b)
        ? tcg_op(b, TCG_OP_vdupl, TCG_V128, i->eew, tcg_ld_lane(b, i->eew, 0, base, 0, none), 0, 0)
        : tcg_op(b, TCG_OP_vdup, TCG_V128, i->eew, tcg_ld(b, TCG_I64, i->eew, base, 0), 0, 0);
    for (unsigned k = 0; k < bytes / 16; k++) {
        tcg_put(b, reg + k, v);
    }
    return true;
}

/* With a stride or indices: all elements, as many as vl is known to have, or those below vl. */
static bool scattered(TcgBuild *b, const RvVInsn *i, RvVType t, RvVKnown known, int rs1, int rs2)
{
    const bool strided = (i->op & ~(unsigned)RV_VM_STORE) == RV_VM_STRIDED;
    const bool plain_load = i->vm && !i->nf && !(i->op & RV_VM_STORE);
    const Access m = make(b, i, t, known, strided ? i->eew : t.sew);
    uint64_t n = m.f.vlmax;
    const bool counted = known == RV_V_FULL || tcg_is_const(b, tcg_get(b, RV_VL), &n);

    if (known == RV_V_FULL && strided && rs2 == 0 && plain_load && repeated(b, i, m.f.vlmax << m.f.lane, rs1)) {
        return true;
    }
    return elements(&m, (unsigned)n, !i->vm || !counted, rs1, rs2);
}

/* Of unit stride and whole registers. A fault in the middle leaves pieces done and vstart 0; the instruction is then
 * run again out of line, which puts vstart right (rv_redo). */
static bool consecutive(TcgBuild *b, const RvVInsn *i, unsigned bytes, int rs1)
{
    const unsigned reg = RV_V0 + i->vd * (rv_model(b)->vlenb / 16);
    const TcgRef base = rv_x(b, rs1);

    for (unsigned k = 0; k < bytes / 16; k++) {
        if (i->op & RV_VM_STORE) {
            tcg_st(b, TCG_V128, TCG_MO_128, base, 16 * (int64_t)k, tcg_get(b, reg + k));
        } else {
            tcg_put(b, reg + k, tcg_ld(b, TCG_V128, TCG_MO_128, base, 16 * (int64_t)k));
        }
    }
    return true;
}

/* Fault-only-first: if all lies in one page nothing but the first element can fault, and vl stays. Else the block is
 * left for the same instruction without context, which is a call. Where the first element is not active, that may be
 * found by the fault of another, too. */
static bool first_faults(TcgBuild *b, const RvVInsn *i, RvVType t, RvVKnown known, unsigned bytes, int rs1)
{
    const unsigned context = tcg_build_context(b);
    const bool whole = i->vm && known == RV_V_FULL;

    if (i->nf || bytes < 16 || (!whole && bytes > MAX_SOME * 16)) {
        return false;
    }
    const TcgRef at = tcg_and(b, TCG_I64, rv_x(b, rs1), tcg_const(b, 4095));
    tcg_build_context_set(b, 0);
    tcg_brcc(b, TCG_HI, tcg_cmp(b, TCG_I64, at, tcg_const(b, 4096 - bytes)), tcg_build_pc(b));
    tcg_build_context_set(b, context);
    return whole ? consecutive(b, i, bytes, rs1) : consecutive_some(b, i, t, known, rs1);
}

/* A mask is loaded and stored as bytes. */
static bool mask_memory(TcgBuild *b, const RvVInsn *i, RvVType t, RvVKnown known, int rs1)
{
    const unsigned vlmax = rv_v_vlmax(rv_model(b), t), bytes = vlmax > 8 ? vlmax / 8 : 1;

    if (known != RV_V_FULL) {
        return false;
    }
    return bytes < 16 ? small_memory(b, i, bytes, rs1) : consecutive(b, i, bytes, rs1);
}

bool rv_v_full_memory(TcgBuild *b, const RvVInsn *i, int rs1, int rs2)
{
    const RvModel *model = rv_model(b);
    const unsigned kind = i->op & ~(unsigned)RV_VM_STORE;
    RvVType t;
    const RvVKnown known = rv_v_known(b, &t);

    if (known == RV_V_NOTHING || !rv_v_mem_legal(model, i, t)) {
        return false;
    }
    const unsigned bytes = rv_v_vlmax(model, t) << i->eew;
    switch (kind) {
    case RV_VM_WHOLE: return consecutive(b, i, model->vlenb * (i->nf + 1u), rs1);
    case RV_VM_MASK:  return mask_memory(b, i, t, known, rs1);
    case RV_VM_FIRST: return first_faults(b, i, t, known, bytes, rs1);
    case RV_VM_STRIDED: case RV_VM_INDEXED: return scattered(b, i, t, known, rs1, rs2);
    default: break;
    }
    if (i->vm && !i->nf && known == RV_V_FULL) {
        return bytes < 16 ? small_memory(b, i, bytes, rs1) : consecutive(b, i, bytes, rs1);
    }
    return consecutive_some(b, i, t, known, rs1);
}
