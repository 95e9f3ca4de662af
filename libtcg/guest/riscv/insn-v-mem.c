/* SPDX-License-Identifier: BSD-2-Clause */
/* Vector loads and stores as IR. [RVU 31.7] */
#include "guest/riscv/insn-v-full.h"

enum {
    MAX_SOME = 4,               /* pieces that are loaded or stored byte by byte, inline */
    MAX_MEMORY = 16,            /* pieces of structures */
    MAX_ELEMENTS = 16,          /* elements that are loaded or stored one by one */
};

/* Unit stride, masked or with a tail, of elements of SEW. Of a machine's memory only 16 bytes at once are looked at
 * before they are accessed, so that a fault among them leaves it to rv_redo: a load takes all of them, and what is
 * not active of that is dropped; stores are out of line. */
static bool some_memory(TcgBuild *b, const RvVInsn *i, RvVType t, bool is_partial, int rs1)
{
    const RvVFull f = rv_vf_make(b, i, t, is_partial ? RV_V_PARTIAL : RV_V_FULL);
    const bool machine = rv_machine(b), store = i->op & RV_VM_STORE;

    if (i->eew != t.sew || f.pieces > MAX_SOME || (machine && store)) {
        return false;
    }
    if (is_partial) {
        rv_vf_know_tail(b);
    }
    const TcgRef base = rv_x(b, rs1);
    for (unsigned k = 0; k < f.pieces; k++) {
        const TcgRef active = rv_vf_active(&f, k), old = rv_vf_get(&f, i->vd, k);
        const TcgRef bytes = machine ? 0 : tcg_op(b, TCG_OP_vmsk, TCG_I64, 0, active, 0, 0);
        if (store) {
            tcg_stm(b, base, (int16_t)(16 * k), bytes, old);
            continue;
        }
        const TcgRef v = machine ? tcg_ld(b, TCG_V128, TCG_MO_128, base, 16 * (int64_t)k)
            : tcg_ldm(b, base, (int16_t)(16 * k), bytes);
        rv_vf_put(&f, k, rv_vf_choose(&f, active, v, old));
    }
    return true;
}

/* Likewise less than 16 bytes: 1, 2, 4 or 8. */
static bool small_memory(TcgBuild *b, const RvVInsn *i, unsigned bytes, int rs1)
{
    static const unsigned op[4] = { TCG_MO_8, TCG_MO_16, TCG_MO_32, TCG_MO_64 };
    const unsigned reg = RV_V0 + i->vd * (rv_model(b)->vlenb / 16), n = (unsigned)__builtin_ctz(bytes);
    const TcgRef base = rv_x(b, rs1), old = tcg_get(b, reg);

    if (rv_machine(b)) {
        return false;
    }
    if (i->op & RV_VM_STORE) {
        tcg_st(b, TCG_I64, op[n], base, 0, tcg_op(b, TCG_OP_vext, TCG_I64, n, old, 0, 0));
    } else {
        tcg_put(b, reg, tcg_op(b, TCG_OP_vins, TCG_V128, n, old, tcg_ld(b, TCG_I64, op[n], base, 0), 0));
    }
    return true;
}

/* Unit stride, of structures of two to four, all of them: each 16 bytes of a field are so many of memory. */
static bool structures(TcgBuild *b, const RvVInsn *i, unsigned bytes, unsigned regs, int rs1)
{
    const unsigned per = rv_model(b)->vlenb / 16, fields = i->nf + 1u, pieces = bytes / 16;
    TcgRef x[MAX_MEMORY][4];

    if (bytes < 16 || fields > 4 || fields * pieces > MAX_MEMORY) {
        return false;
    }
    const TcgRef base = rv_x(b, rs1);
    for (unsigned k = 0; k < pieces; k++) {
        for (unsigned n = 0; n < fields; n++) {
            x[k][n] = i->op & RV_VM_STORE ? tcg_get(b, RV_V0 + (i->vd + n * regs) * per + k)
                : tcg_ld(b, TCG_V128, TCG_MO_128, base, 16 * (int64_t)(k * fields + n));
        }
    }
    for (unsigned k = 0; k < pieces; k++) {
        (i->op & RV_VM_STORE ? tcg_join : tcg_split)(b, fields, i->eew, true, x[k]);
        for (unsigned n = 0; n < fields; n++) {
            if (i->op & RV_VM_STORE) {
                tcg_st(b, TCG_V128, TCG_MO_128, base, 16 * (int64_t)(k * fields + n), x[k][n]);
            } else {
                tcg_put(b, RV_V0 + (i->vd + n * regs) * per + k, x[k][n]);
            }
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

/* n elements of 1 << lane bytes one by one, with a stride or indices. Of a machine a fault would not tell which. */
static bool elements(TcgBuild *b, const RvVInsn *i, unsigned lane, unsigned n, int rs1, int rs2)
{
    const unsigned reg = RV_V0 + i->vd * (rv_model(b)->vlenb / 16), lanes = 16u >> lane;
    const bool strided = (i->op & ~(unsigned)RV_VM_STORE) == RV_VM_STRIDED;
    TcgRef v[MAX_ELEMENTS], at = 0;

    if (i->nf || !i->vm || n > MAX_ELEMENTS || rv_machine(b)) {
        return false;
    }
    const TcgRef base = rv_x(b, rs1), stride = strided ? rv_x(b, rs2) : 0;
    for (unsigned k = 0; k < n; k++) {
        TcgRef *piece = &v[k / lanes];
        *piece = k % lanes ? *piece : tcg_get(b, reg + k / lanes);
        at = address(b, i, k, base, stride, at);
        if (i->op & RV_VM_STORE) {
            tcg_st(b, TCG_I64, lane, at, 0, tcg_op(b, TCG_OP_vext, TCG_I64, lane, *piece, k % lanes, 0));
        } else {
            *piece = tcg_op(b, TCG_OP_vins, TCG_V128, lane, *piece, tcg_ld(b, TCG_I64, lane, at, 0), k % lanes);
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

    if (bytes < 16 || rv_machine(b)) {
        return false;
    }
    const TcgRef v = tcg_op(b, TCG_OP_vdup, TCG_V128, i->eew, tcg_ld(b, TCG_I64, i->eew, rv_x(b, rs1), 0), 0, 0);
    for (unsigned k = 0; k < bytes / 16; k++) {
        tcg_put(b, reg + k, v);
    }
    return true;
}

/* With a stride or indices: all elements, or as many as vl is known to have. */
static bool scattered(TcgBuild *b, const RvVInsn *i, RvVType t, bool full, int rs1, int rs2)
{
    const bool strided = (i->op & ~(unsigned)RV_VM_STORE) == RV_VM_STRIDED;
    const bool plain_load = i->vm && !i->nf && !(i->op & RV_VM_STORE);
    const unsigned lane = strided ? i->eew : t.sew, vlmax = rv_v_vlmax(rv_model(b), t);
    uint64_t n = vlmax;

    if (!full && !tcg_is_const(b, tcg_get(b, RV_VL), &n)) {
        return false;
    }
    if (full && strided && rs2 == 0 && plain_load && repeated(b, i, vlmax << lane, rs1)) {
        return true;
    }
    return elements(b, i, lane, (unsigned)n, rs1, rs2);
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
 * left for the same instruction without context, which is a call. */
static bool first_faults(TcgBuild *b, const RvVInsn *i, unsigned bytes, int rs1)
{
    const unsigned context = tcg_build_context(b);

    if (!i->vm || i->nf || bytes < 16) {
        return false;
    }
    const TcgRef at = tcg_and(b, TCG_I64, rv_x(b, rs1), tcg_const(b, 4095));
    tcg_build_context_set(b, 0);
    tcg_brcc(b, TCG_HI, tcg_cmp(b, TCG_I64, at, tcg_const(b, 4096 - bytes)), tcg_build_pc(b));
    tcg_build_context_set(b, context);
    return consecutive(b, i, bytes, rs1);
}

bool rv_v_full_memory(TcgBuild *b, const RvVInsn *i, int rs1, int rs2)
{
    const RvModel *model = rv_model(b);
    const unsigned kind = i->op & ~(unsigned)RV_VM_STORE;
    RvVType t;
    const RvVKnown known = rv_v_known(b, &t);

    if (known == RV_V_NOTHING || kind == RV_VM_MASK || !rv_v_mem_legal(model, i, t)) {
        return false;
    }
    if (kind == RV_VM_WHOLE) {
        return consecutive(b, i, model->vlenb * (i->nf + 1u), rs1);
    }
    const unsigned bytes = rv_v_vlmax(model, t) << i->eew;
    if (kind == RV_VM_FIRST) {
        return known == RV_V_FULL && first_faults(b, i, bytes, rs1);
    }
    if (kind != RV_VM_UNIT) {
        return scattered(b, i, t, known == RV_V_FULL, rs1, rs2);
    }
    if (!i->vm || known == RV_V_PARTIAL) {
        return !i->nf && some_memory(b, i, t, known == RV_V_PARTIAL, rs1);
    }
    const int emul = rv_v_emul(t, i->eew);
    if (i->nf) {
        return structures(b, i, bytes, emul > 0 ? 1u << emul : 1, rs1);
    }
    return bytes < 16 ? small_memory(b, i, bytes, rs1) : consecutive(b, i, bytes, rs1);
}
