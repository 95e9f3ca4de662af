/* SPDX-License-Identifier: BSD-2-Clause */
/* Vector instructions: configuration, control registers, and calls of what is out of line. [RVU 31]
 *
 * What is known of vtype and vl while translating is the block's context (insn-v.h). With it insn-v-full.c has IR for
 * most instructions, and for the others a call that finds its operands where it is told. Where nothing is known, each is
 * one call of a helper, which looks at vtype, vl and vstart itself and so is always right. */
#include "guest/riscv/insn-v-full.h"

#include "tcg/cpu-riscv.h"

/* Configuration [RVU 31.6] */

static TcgRef vtype_const(TcgBuild *b, uint64_t vtype)
{
    return tcg_const(b, vtype);
}

static void set_generic(TcgBuild *b, int rd, TcgRef avl, TcgRef vtype, unsigned how)
{
    rv_put_x(b, rd, tcg_hcall(b, RV_H_VSETVL, TCG_I64, avl, vtype, tcg_const(b, how)));
    rv_v_forget(b);
}

/* A vtype known now, an AVL of which *avl_max tells what is known: a constant, or ~0. */
static void set_known(TcgBuild *b, const RvArgs *a, uint64_t vtype, bool immediate)
{
    const RvModel *model = rv_model(b);
    const RvVType t = rv_v_type(model, vtype);
    const bool keep = !immediate && a->rs1 == 0 && a->rd == 0, all = !immediate && a->rs1 == 0 && a->rd != 0;

    if (keep && rv_v_configure_keep(b, t, vtype)) {
        return;
    }
    /* While instructions are counted there are no contexts: then a block does not depend on the way to it. */
    if (t.ill || keep || (tcg_build_mode(b) & RV_MODE_COUNT)) {
        set_generic(b, a->rd, immediate ? tcg_const(b, (uint64_t)a->rs1) : rv_x(b, a->rs1), vtype_const(b, vtype),
                    keep);
        return;
    }
    const unsigned vlmax = rv_v_vlmax(model, t);
    rv_v_configure(b, a->rd, t, vtype, vlmax,
                   all ? tcg_const(b, ~(uint64_t)0) : immediate ? tcg_const(b, (uint64_t)a->rs1) : rv_x(b, a->rs1));
}

void rv_tr_vsetvli(TcgBuild *b, const RvArgs *a)
{
    set_known(b, a, (uint64_t)a->zimm11, false);
}

void rv_tr_vsetivli(TcgBuild *b, const RvArgs *a)
{
    set_known(b, a, (uint64_t)a->zimm10, true);
}

void rv_tr_vsetvl(TcgBuild *b, const RvArgs *a)
{
    const bool keep = a->rs1 == 0 && a->rd == 0;

    set_generic(b, a->rd, a->rs1 == 0 ? tcg_const(b, ~(uint64_t)0) : rv_x(b, a->rs1), rv_x(b, a->rs2), keep);
}

/* Control registers [RVU 31.3] */

enum { CSR_VSTART = 8, CSR_VXRM = 10, CSR_VCSR = 15, CSR_VL = 0xc20, CSR_VTYPE = 0xc21, CSR_VLENB = 0xc22 };

bool rv_v_csr_known(const TcgBuild *b, int csr, bool write)
{
    return rv_has(b, RV_EXT_zve32x)
        && ((csr >= CSR_VSTART && csr <= CSR_VXRM) || csr == CSR_VCSR || (!write && csr >= CSR_VL && csr <= CSR_VLENB));
}

bool rv_v_csr_keeps_mode(const TcgBuild *b, const RvArgs *a, int op, bool immediate)
{
    const unsigned now = tcg_build_mode(b) >> RV_MODE_VXRM_SHIFT & 3;

    return (a->csr != CSR_VXRM && a->csr != CSR_VCSR)
        || (a->csr == CSR_VXRM && op == 1 && immediate && ((unsigned)a->rs1 & 3) == now);
}

bool rv_v_csr_read(TcgBuild *b, int csr, int rd)
{
    if (!rv_has(b, RV_EXT_zve32x) || (tcg_build_mode(b) & RV_MODE_VS_OFF)) {
        return false;
    }
    switch (csr) {
    case CSR_VL:    rv_put_x(b, rd, tcg_get(b, RV_VL)); return true;
    case CSR_VTYPE: rv_put_x(b, rd, tcg_get(b, RV_VTYPE)); return true;
    case CSR_VLENB: rv_put_x(b, rd, tcg_const(b, rv_model(b)->vlenb)); return true;
    default:        return false;
    }
}

void rv_v_csr_written(TcgBuild *b, int csr)
{
    if (csr == CSR_VSTART) {
        rv_v_forget(b);         /* vstart may not be 0 now */
    }
}

/* Arithmetic */

static void exec(TcgBuild *b, const RvVInsn *i, TcgRef scalar, int xd, int fd)
{
    const bool result = xd >= 0 || fd >= 0;
    TcgRef r = result ? rv_v_full_element(b, i) : 0;

    r = r ? r : tcg_hcall(b, RV_H_V_EXEC, result ? TCG_I64 : TCG_NONE, tcg_const(b, rv_v_pack(i)), scalar, 0);

    if (xd >= 0) {
        rv_put_x(b, xd, r);
    } else if (fd >= 0) {
        tcg_put(b, (unsigned)(RV_F0 + fd), tcg_op1(b, TCG_OP_itof, TCG_F64, r));
    }
}

static TcgRef scalar_of(TcgBuild *b, const RvVInsn *i)
{
    if (i->form == RV_V_VX) {
        return rv_x(b, i->vs1);
    }
    if (i->form == RV_V_VF) {
        return tcg_op(b, TCG_OP_ftoi, TCG_I64, TCG_F64, tcg_get(b, (unsigned)(RV_F0 + i->vs1)), 0, 0);
    }
    return 0;
}

static RvVInsn insn(RvVOp op, const RvArgs *a)
{
    return (RvVInsn){
        .op = (uint8_t)op, .vd = (uint8_t)a->vd, .vs1 = (uint8_t)a->vs1, .vs2 = (uint8_t)a->vs2, .vm = a->vm,
        .form = (uint8_t)a->form,
    };
}

static void operation(TcgBuild *b, const RvArgs *a, RvVOp op)
{
    const RvVInsn i = insn(op, a);

    if (!rv_v_full(b, &i) && !rv_v_call_known(b, &i)) {
        exec(b, &i, scalar_of(b, &i), -1, -1);
    }
}

/* vs1 is part of the encoding of those with one operand. */
static void unary(TcgBuild *b, const RvArgs *a, RvVOp op)
{
    RvVInsn i = insn(op, a);

    i.vs1 = 0;
    if (!rv_v_full(b, &i) && !rv_v_call_known(b, &i)) {
        exec(b, &i, 0, -1, -1);
    }
}

static void to_x(TcgBuild *b, const RvArgs *a, RvVOp op)
{
    RvVInsn i = insn(op, a);

    i.vd = i.vs1 = 0;
    exec(b, &i, 0, a->rd, -1);
}

#define OPERATION(name) \
    void rv_tr_##name(TcgBuild *b, const RvArgs *a) \
    { \
        operation(b, a, RV_V_##name); \
    }
#define UNARY(name) \
    void rv_tr_##name(TcgBuild *b, const RvArgs *a) \
    { \
        unary(b, a, RV_V_##name); \
    }
#define TO_X(name) \
    void rv_tr_##name(TcgBuild *b, const RvArgs *a) \
    { \
        to_x(b, a, RV_V_##name); \
    }
OPERATION(vadd) OPERATION(vsub) OPERATION(vrsub) OPERATION(vminu) OPERATION(vmin) OPERATION(vmaxu)
OPERATION(vmax) OPERATION(vand) OPERATION(vor) OPERATION(vxor) OPERATION(vsll) OPERATION(vsrl)
OPERATION(vsra) OPERATION(vmul) OPERATION(vmulh) OPERATION(vmulhu) OPERATION(vmulhsu)
OPERATION(vdivu) OPERATION(vdiv) OPERATION(vremu) OPERATION(vrem) OPERATION(vmadd)
OPERATION(vnmsub) OPERATION(vmacc) OPERATION(vnmsac) OPERATION(vmv_v) OPERATION(vmerge)
OPERATION(vadc) OPERATION(vsbc) OPERATION(vmadc) OPERATION(vmsbc) OPERATION(vmseq)
OPERATION(vmsne) OPERATION(vmsltu) OPERATION(vmslt) OPERATION(vmsleu) OPERATION(vmsle)
OPERATION(vmsgtu) OPERATION(vmsgt) OPERATION(vwaddu) OPERATION(vwadd) OPERATION(vwsubu)
OPERATION(vwsub) OPERATION(vwaddu_w) OPERATION(vwadd_w) OPERATION(vwsubu_w) OPERATION(vwsub_w)
OPERATION(vwmulu) OPERATION(vwmulsu) OPERATION(vwmul) OPERATION(vwmaccu) OPERATION(vwmacc)
OPERATION(vwmaccsu) OPERATION(vwmaccus) OPERATION(vnsrl) OPERATION(vnsra) UNARY(vzext_vf2)
UNARY(vsext_vf2) UNARY(vzext_vf4) UNARY(vsext_vf4) UNARY(vzext_vf8) UNARY(vsext_vf8)
OPERATION(vsaddu) OPERATION(vsadd) OPERATION(vssubu) OPERATION(vssub) OPERATION(vaaddu)
OPERATION(vaadd) OPERATION(vasubu) OPERATION(vasub) OPERATION(vsmul) OPERATION(vssrl)
OPERATION(vssra) OPERATION(vnclipu) OPERATION(vnclip) OPERATION(vredsum) OPERATION(vredand)
OPERATION(vredor) OPERATION(vredxor) OPERATION(vredminu) OPERATION(vredmin) OPERATION(vredmaxu)
OPERATION(vredmax) OPERATION(vwredsumu) OPERATION(vwredsum) OPERATION(vmandn) OPERATION(vmand)
OPERATION(vmor) OPERATION(vmxor) OPERATION(vmorn) OPERATION(vmnand) OPERATION(vmnor)
OPERATION(vmxnor) TO_X(vcpop) TO_X(vfirst) UNARY(vmsbf) UNARY(vmsof) UNARY(vmsif) UNARY(viota)
UNARY(vid) OPERATION(vrgather) OPERATION(vrgatherei16) OPERATION(vslideup) OPERATION(vslidedown)
OPERATION(vslide1up) OPERATION(vslide1down) OPERATION(vfslide1up) OPERATION(vfslide1down)
OPERATION(vcompress) TO_X(vmv_x_s) OPERATION(vmv_s_x) OPERATION(vfmv_s_f) OPERATION(vfadd)
OPERATION(vfsub) OPERATION(vfrsub) OPERATION(vfmul) OPERATION(vfdiv) OPERATION(vfrdiv)
UNARY(vfsqrt) UNARY(vfrsqrt7) UNARY(vfrec7) UNARY(vfclass) OPERATION(vfmin) OPERATION(vfmax)
OPERATION(vfsgnj) OPERATION(vfsgnjn) OPERATION(vfsgnjx) OPERATION(vfmadd) OPERATION(vfnmadd)
OPERATION(vfmsub) OPERATION(vfnmsub) OPERATION(vfmacc) OPERATION(vfnmacc) OPERATION(vfmsac)
OPERATION(vfnmsac) OPERATION(vmfeq) OPERATION(vmfne) OPERATION(vmflt) OPERATION(vmfle)
OPERATION(vmfgt) OPERATION(vmfge) OPERATION(vfwadd) OPERATION(vfwsub) OPERATION(vfwadd_w)
OPERATION(vfwsub_w) OPERATION(vfwmul) OPERATION(vfwmacc) OPERATION(vfwnmacc) OPERATION(vfwmsac)
OPERATION(vfwnmsac) OPERATION(vfredusum) OPERATION(vfredosum) OPERATION(vfredmin)
OPERATION(vfredmax) OPERATION(vfwredusum) OPERATION(vfwredosum) UNARY(vfcvt_xu_f) UNARY(vfcvt_x_f)
UNARY(vfcvt_f_xu) UNARY(vfcvt_f_x) UNARY(vfcvt_rtz_xu_f) UNARY(vfcvt_rtz_x_f) UNARY(vfwcvt_xu_f)
UNARY(vfwcvt_x_f) UNARY(vfwcvt_rtz_xu_f) UNARY(vfwcvt_rtz_x_f) UNARY(vfwcvt_f_xu)
UNARY(vfwcvt_f_x) UNARY(vfwcvt_f_f) UNARY(vfncvt_xu_f) UNARY(vfncvt_x_f) UNARY(vfncvt_rtz_xu_f)
UNARY(vfncvt_rtz_x_f) UNARY(vfncvt_f_xu) UNARY(vfncvt_f_x) UNARY(vfncvt_f_f) UNARY(vfncvt_rod_f_f)

OPERATION(vandn) OPERATION(vrol) OPERATION(vror) OPERATION(vwsll) OPERATION(vclmul)
OPERATION(vclmulh) OPERATION(vghsh) OPERATION(vsha2ms) OPERATION(vsha2ch) OPERATION(vsha2cl)
OPERATION(vaeskf1) OPERATION(vaeskf2) UNARY(vbrev8) UNARY(vrev8) UNARY(vbrev) UNARY(vclz)
UNARY(vctz) UNARY(vcpop_v) UNARY(vgmul) UNARY(vaesdm_vv) UNARY(vaesdf_vv) UNARY(vaesem_vv)
UNARY(vaesef_vv) UNARY(vaesdm_vs) UNARY(vaesdf_vs) UNARY(vaesem_vs) UNARY(vaesef_vs)
UNARY(vaesz_vs) OPERATION(vsm4k) UNARY(vsm4r_vv) UNARY(vsm4r_vs) OPERATION(vsm3me) OPERATION(vsm3c)

void rv_tr_vror_vi(TcgBuild *b, const RvArgs *a)
{
    RvArgs n = *a;

    n.vs1 = a->vror_imm;
    operation(b, &n, RV_V_vror);
}

void rv_tr_vfmv_f_s(TcgBuild *b, const RvArgs *a)
{
    RvVInsn i = insn(RV_V_vfmv_f_s, a);

    i.vd = i.vs1 = 0;
    exec(b, &i, 0, -1, a->rd);
}

void rv_tr_vmvr(TcgBuild *b, const RvArgs *a)
{
    RvVInsn i = insn(RV_V_vmvr, a);

    i.nf = (uint8_t)a->nf;
    if (!rv_v_full(b, &i)) {
        exec(b, &i, 0, -1, -1);
    }
}

/* Memory [RVU 31.7] */

static void memory(TcgBuild *b, const RvArgs *a, unsigned kind, bool vm)
{
    const bool indexed = (kind & ~(unsigned)RV_VM_STORE) == RV_VM_INDEXED;
    const RvVInsn i = {
        .op = (uint8_t)kind, .vd = (uint8_t)a->vd, .vs2 = (uint8_t)(indexed ? a->vs2 : 0), .vm = vm,
        .nf = (uint8_t)a->nf, .eew = (uint8_t)a->eew,
    };

    if (rv_v_full_memory(b, &i, a->rs1, a->rs2)) {
        return;
    }
    RvVType t;
    const bool legal = rv_v_known(b, &t) != RV_V_NOTHING && rv_v_mem_legal(rv_model(b), &i, t);
    const uint64_t word = rv_v_pack(&i) | (uint64_t)legal << RV_VP_LEGAL;
    const TcgRef stride = (kind & ~(unsigned)RV_VM_STORE) == RV_VM_STRIDED ? rv_x(b, a->rs2) : 0;
    tcg_hcall(b, RV_H_V_MEM, TCG_NONE, tcg_const(b, word), rv_x(b, a->rs1), stride);
    if (kind == RV_VM_FIRST) {
        rv_v_forget_vl(b);          /* it may have become less */
    }
}

#define MEMORY(name, kind, vm) \
    void rv_tr_##name(TcgBuild *b, const RvArgs *a) \
    { \
        memory(b, a, kind, vm); \
    }
MEMORY(vle, RV_VM_UNIT, a->vm)
MEMORY(vleff, RV_VM_FIRST, a->vm)
MEMORY(vlse, RV_VM_STRIDED, a->vm)
MEMORY(vlxei, RV_VM_INDEXED, a->vm)
MEMORY(vse, RV_VM_UNIT | RV_VM_STORE, a->vm)
MEMORY(vsse, RV_VM_STRIDED | RV_VM_STORE, a->vm)
MEMORY(vsxei, RV_VM_INDEXED | RV_VM_STORE, a->vm)
MEMORY(vlr, RV_VM_WHOLE, true)
MEMORY(vsr, RV_VM_WHOLE | RV_VM_STORE, true)

void rv_tr_vlm(TcgBuild *b, const RvArgs *a)
{
    const RvArgs n = { .vd = a->vd, .rs1 = a->rs1 };

    memory(b, &n, RV_VM_MASK, true);
}

void rv_tr_vsm(TcgBuild *b, const RvArgs *a)
{
    const RvArgs n = { .vd = a->vd, .rs1 = a->rs1 };

    memory(b, &n, RV_VM_MASK | RV_VM_STORE, true);
}

/* Widths 0, 5, 6, 7 of LOAD-FP and STORE-FP are those of vectors [RVU 31.5.1]. */
bool rv_redo(const TcgEnv *env, uint32_t insn)
{
    const unsigned opcode = insn & 0x7f, width = insn >> 12 & 7;

    return (opcode == 0x07 || opcode == 0x27) && (width == 0 || width > 4) && ((const RvCpu *)env)->vstart == 0;
}
