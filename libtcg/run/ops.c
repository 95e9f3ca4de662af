/* SPDX-License-Identifier: BSD-2-Clause */
/* Which operations have an out-of-line function. */
#include "run/op-fn.h"
#include "run/thread.h"

#define FN(name) [TCG_OP_##name] = tcg_fn_##name
#define FN_COMMA(name) FN(name),

TcgVectorFn *const tcg_op_fn[TCG_OP_COUNT] = {
    FN(ll), FN(sc), FN(clrex), FN(fence), FN(cas), FN(ldm), FN(stm), FN(ldl), FN(stl),
    FN(xchg), FN(xadd), FN(xand), FN(xor_), FN(xxor), FN(xsmax), FN(xsmin), FN(xumax), FN(xumin),

    TCG_INT_OPS(FN_COMMA)

    FN(ftoi), FN(itof), FN(vlow), FN(vzext), FN(nanbox), FN(unbox),
    FN(fadd), FN(fsub), FN(fmul), FN(fdiv), FN(fsqrt), FN(fma), FN(fmin), FN(fmax), FN(fabs), FN(fneg),
    FN(fsgnj), FN(fcmp), FN(fcvt), FN(frint), FN(fcvtis), FN(fcvtiu), FN(fcvtsi), FN(fcvtui),

    FN(vdup), FN(vdupl), FN(vins), FN(vinsl), FN(vext), FN(vand), FN(vor), FN(vxor), FN(vandn), FN(vorn),
    FN(vnot), FN(vbsl), FN(vadd), FN(vsub), FN(vmul), FN(vadds), FN(vsubs), FN(vneg), FN(vabs), FN(vshl),
    FN(vshr), FN(vsar), FN(vshlv), FN(vcmpeq), FN(vcmpgt), FN(vcmpge), FN(vtst), FN(vmin), FN(vmax),
    FN(vzip1), FN(vzip2), FN(vuzp1), FN(vuzp2), FN(vtrn1), FN(vtrn2), FN(vextr), FN(vrev), FN(vtbx),
    FN(vsxtl), FN(vzxtl), FN(vxtn), FN(vxtns), FN(vlo64), FN(vcat), FN(vpopcnt), FN(vclz), FN(vrbit),
    FN(vmull), FN(vmulhd), FN(vdot), FN(vbfdot), FN(vavg), FN(vpadd), FN(vpairl), FN(vaddv), FN(vmsk),

    FN(fccmp), FN(fdaz), FN(vfdaz), FN(fflags), FN(fflags_set),
    FN(vfadd), FN(vfsub), FN(vfmul), FN(vfdiv), FN(vfsqrt), FN(vfma),
    FN(vfmulx), FN(vfrecps), FN(vfrsqrts), FN(vfrecpe), FN(vfrsqrte), FN(vfmin), FN(vfmax), FN(vfcmpeq),
    FN(vfcmpge), FN(vfcmpgt), FN(vfrint), FN(vfcvtl), FN(vfcvtn), FN(vfhalf), FN(vfcvtis), FN(vfcvtiu),
    FN(vfcvtbf), FN(vfcvtsi), FN(vfcvtui),

    FN(aese), FN(aesd), FN(aesmc), FN(aesimc), FN(sha1c), FN(sha1p), FN(sha1m), FN(sha1su0), FN(sha1su1),
    FN(sha256h), FN(sha256h2), FN(sha256su0), FN(sha256su1), FN(pmull64),
};
