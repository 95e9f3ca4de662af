/* SPDX-License-Identifier: BSD-2-Clause */
/* What is known of vtype and vl while translating, and the configuration instructions that tell it. [RVU 31.6] */
#include "guest/riscv/insn-v-full.h"

void rv_v_forget(TcgBuild *b)
{
    tcg_build_context_set(b, 0);
}

/* The context of a vtype, which fits: vta and vma are the two bits above. */
static unsigned full_context(uint64_t vtype, RvVType t)
{
    return RV_VC_FULL | (unsigned)(vtype >> 6 & 3) << RV_VC_POLICY_SHIFT
        | (unsigned)(t.lmul + 3) << RV_VC_LMUL_SHIFT | t.sew;
}

static unsigned partial_context(RvVType t)
{
    return RV_VC_PARTIAL | (unsigned)(t.lmul + 3) << RV_VC_LMUL_SHIFT | t.sew;
}

RvVKnown rv_v_known(TcgBuild *b, RvVType *t)
{
    const unsigned c = tcg_build_context(b);

    *t = (RvVType){ .sew = c & 3, .lmul = (int8_t)((int)(c >> RV_VC_LMUL_SHIFT & 7) - 3) };
    return c & RV_VC_FULL ? RV_V_FULL : c & RV_VC_PARTIAL ? RV_V_PARTIAL : RV_V_NOTHING;
}

void rv_v_forget_vl(TcgBuild *b)
{
    RvVType t;
    const RvVKnown known = rv_v_known(b, &t);

    tcg_build_context_set(b, known == RV_V_NOTHING ? 0 : partial_context(t));
}

bool rv_v_configure_keep(TcgBuild *b, RvVType t, uint64_t vtype)
{
    const RvModel *model = rv_model(b);
    RvVType was;
    const RvVKnown known = rv_v_known(b, &was);

    if (known == RV_V_NOTHING || t.ill || rv_v_vlmax(model, was) != rv_v_vlmax(model, t)) {
        return false;
    }
    tcg_put(b, RV_VTYPE, tcg_const(b, vtype));
    tcg_build_context_set(b, known == RV_V_FULL ? full_context(vtype, t) : partial_context(t));
    return true;
}

void rv_v_configure(TcgBuild *b, int rd, RvVType t, uint64_t vtype, unsigned vlmax, TcgRef avl)
{
    const unsigned context = full_context(vtype, t), was = tcg_build_context(b);
    const TcgRef max = tcg_const(b, vlmax);
    uint64_t known;

    if (tcg_is_const(b, avl, &known)) {
        tcg_put(b, RV_VL, tcg_const(b, known < vlmax ? known : vlmax));
        rv_put_x(b, rd, tcg_const(b, known < vlmax ? known : vlmax));
        tcg_put(b, RV_VTYPE, tcg_const(b, vtype));
        tcg_put(b, RV_VSTART, tcg_const(b, 0));
        tcg_build_context_set(b, known >= vlmax ? context : partial_context(t));
        return;
    }
    const TcgRef f = tcg_cmp(b, TCG_I64, avl, max);
    if (was == context) {       /* as before, unless vl gets less */
        tcg_build_context_set(b, 0);
        tcg_brcc(b, TCG_LTU, f, tcg_build_pc(b));
        tcg_build_context_set(b, context);
        rv_put_x(b, rd, max);
        return;
    }
    const TcgRef vl = tcg_sel(b, TCG_I64, TCG_LTU, f, avl, max);
    tcg_put(b, RV_VL, vl);
    tcg_put(b, RV_VTYPE, tcg_const(b, vtype));
    tcg_put(b, RV_VSTART, tcg_const(b, 0));
    rv_put_x(b, rd, vl);
    tcg_build_context_set(b, partial_context(t));
    tcg_brcc(b, TCG_LTU, f, tcg_build_pc(b) + 4);
    tcg_build_context_set(b, context);
}
