# SPDX-License-Identifier: BSD-2-Clause
# Loops on RISC-V vectors, as programs have them: strip-mined, with tails, masks, segments, faults that end a load.
    .option arch, +v
    .option arch, +zfh

    .macro kernel name
    .globl \name
    .type \name, @function
\name:
    .endm

# Behind t0 elements of a0: two operands and the result go on by so many bytes.
    .macro next_bytes
    sub         a0, a0, t0
    add         a1, a1, t0
    add         a2, a2, t0
    add         a3, a3, t0
    bnez        a0, 1b
    .endm

# void rvv_copy(void *to, const void *from, size_t n)
kernel rvv_copy
1:  vsetvli     t0, a2, e8, m8, ta, ma
    vle8.v      v0, (a1)
    add         a1, a1, t0
    sub         a2, a2, t0
    vse8.v      v0, (a0)
    add         a0, a0, t0
    bnez        a2, 1b
    ret

# size_t rvv_length(const char *s)
kernel rvv_length
    mv          a3, a0
1:  vsetvli     a1, zero, e8, m4, ta, ma
    vle8ff.v    v8, (a3)
    csrr        a1, vl
    vmseq.vi    v0, v8, 0
    vfirst.m    a2, v0
    add         a3, a3, a1
    bltz        a2, 1b
    add         a0, a0, a1
    add         a3, a3, a2
    sub         a0, a3, a0
    ret

# void rvv_marked(size_t n, const uint8_t *mark, const uint32_t *index, const int32_t *x, int32_t *y):
# y[k] = x[k] + 1 for each k of index that is marked
kernel rvv_marked
1:  vsetvli     t0, a0, e32, m1, ta, ma
    vle8.v      v4, (a1)                # elements that are not of SEW
    vle32.v     v8, (a2)
    vzext.vf4   v5, v4
    vmsne.vi    v0, v5, 0
    vsll.vi     v8, v8, 2
    vluxei32.v  v12, (a3), v8, v0.t
    vadd.vi     v12, v12, 1
    vsuxei32.v  v12, (a4), v8, v0.t
    sub         a0, a0, t0
    add         a1, a1, t0
    slli        t0, t0, 2
    add         a2, a2, t0
    bnez        a0, 1b
    ret

# void rvv_pairs(size_t n, const uint8_t *mark, const int16_t *x, int16_t *y, int16_t *column): of the pairs that are
# marked: difference and sum to y, the difference to every third of column, whose next is added to the sum
kernel rvv_pairs
    li          t2, 6
1:  vsetvli     t0, a0, e16, m1, ta, ma
    vle8.v      v4, (a1)
    vzext.vf2   v5, v4
    vmsne.vi    v0, v5, 0
    addi        t3, a4, 2
    vlseg2e16.v v8, (a2), v0.t
    vlse16.v    v12, (t3), t2, v0.t
    vsub.vv     v10, v8, v9
    vadd.vv     v11, v8, v9
    vadd.vv     v11, v11, v12
    vsseg2e16.v v10, (a3), v0.t
    vsse16.v    v10, (a4), t2, v0.t
    sub         a0, a0, t0
    add         a1, a1, t0
    slli        t1, t0, 2
    add         a2, a2, t1
    add         a3, a3, t1
    mul         t1, t0, t2
    add         a4, a4, t1
    bnez        a0, 1b
    ret

# void rvv_saxpy(size_t n, float a, const float *x, float *y)
kernel rvv_saxpy
1:  vsetvli     a4, a0, e32, m4, ta, ma
    vle32.v     v0, (a1)
    sub         a0, a0, a4
    slli        a4, a4, 2
    add         a1, a1, a4
    vle32.v     v8, (a2)
    vfmacc.vf   v8, fa0, v0
    vse32.v     v8, (a2)
    add         a2, a2, a4
    bnez        a0, 1b
    ret

# void rvv_gemm(size_t n, const float *a, const float *b, float *c): c += a * b, rows of n
kernel rvv_gemm
    slli        a4, a0, 2               # bytes of a row
    mv          t0, a0                  # rows to go
1:  mv          t1, a0                  # columns to go
    mv          t2, a2
    mv          t3, a3
2:  vsetvli     t4, t1, e32, m2, ta, ma
    vle32.v     v8, (t3)
    mv          t5, a1
    mv          t6, t2
    mv          a5, a0
3:  flw         fa0, 0(t5)
    vle32.v     v4, (t6)
    addi        t5, t5, 4
    add         t6, t6, a4
    addi        a5, a5, -1
    vfmacc.vf   v8, fa0, v4
    bnez        a5, 3b
    vse32.v     v8, (t3)
    sub         t1, t1, t4
    slli        t4, t4, 2
    add         t2, t2, t4
    add         t3, t3, t4
    bnez        t1, 2b
    add         a1, a1, a4
    add         a3, a3, a4
    addi        t0, t0, -1
    bnez        t0, 1b
    ret

# void rvv_clamp(size_t n, int32_t *x, int32_t limit): where x > limit, x = limit - x / 2
kernel rvv_clamp
1:  vsetvli     t0, a0, e32, m2, ta, mu
    vle32.v     v8, (a1)
    vmsgt.vx    v0, v8, a2
    vsra.vi     v12, v8, 1, v0.t
    vrsub.vx    v8, v12, a2, v0.t
    vse32.v     v8, (a1)
    sub         a0, a0, t0
    slli        t0, t0, 2
    add         a1, a1, t0
    bnez        a0, 1b
    ret

# void rvv_roots(size_t n, double *x): where x > 0 its square root, else 0 - x
kernel rvv_roots
    fmv.d.x     fa0, zero
1:  vsetvli     t0, a0, e64, m2, ta, mu
    vle64.v     v8, (a1)
    vmfgt.vf    v0, v8, fa0
    vfrsub.vf   v10, v8, fa0
    vfsqrt.v    v10, v8, v0.t
    vse64.v     v10, (a1)
    sub         a0, a0, t0
    slli        t0, t0, 3
    add         a1, a1, t0
    bnez        a0, 1b
    ret

# int64_t rvv_dot(size_t n, const int16_t *x, const int16_t *y)
kernel rvv_dot
    vsetvli     t0, zero, e64, m1, ta, ma
    vmv.v.i     v16, 0
1:  vsetvli     t0, a0, e16, m1, ta, ma
    vle16.v     v0, (a1)
    vle16.v     v1, (a2)
    vwmul.vv    v4, v0, v1
    vsetvli     zero, zero, e32, m2, ta, ma
    vwredsum.vs v16, v4, v16
    sub         a0, a0, t0
    slli        t0, t0, 1
    add         a1, a1, t0
    add         a2, a2, t0
    bnez        a0, 1b
    vsetvli     t0, zero, e64, m1, ta, ma
    vmv.x.s     a0, v16
    ret

# void rvv_grey(size_t n, const uint8_t *rgb, uint8_t *grey)
kernel rvv_grey
    li          a3, 77
    li          a4, 150
    li          a5, 29
1:  vsetvli     t0, a0, e8, m1, ta, ma
    vlseg3e8.v  v0, (a1)
    vwmulu.vx   v4, v0, a3
    vwmaccu.vx  v4, a4, v1
    vwmaccu.vx  v4, a5, v2
    vnclipu.wi  v8, v4, 8
    vse8.v      v8, (a2)
    sub         a0, a0, t0
    add         a2, a2, t0
    slli        t1, t0, 1
    add         a1, a1, t0
    add         a1, a1, t1
    bnez        a0, 1b
    ret

# size_t rvv_odd(size_t n, const uint32_t *x, uint32_t *odd): keeps the odd ones, returns their number
kernel rvv_odd
    mv          a4, zero
1:  vsetvli     t0, a0, e32, m4, ta, ma
    vle32.v     v8, (a1)
    vand.vi     v12, v8, 1
    vmsne.vi    v0, v12, 0
    vcompress.vm v16, v8, v0
    vcpop.m     t1, v0
    sub         a0, a0, t0
    slli        t0, t0, 2
    add         a1, a1, t0
    vsetvli     zero, t1, e32, m4, ta, ma
    vse32.v     v16, (a2)
    add         a4, a4, t1
    slli        t1, t1, 2
    add         a2, a2, t1
    bnez        a0, 1b
    mv          a0, a4
    ret

# void rvv_averages(size_t n, const uint8_t *x, const uint8_t *y, uint8_t *out, size_t apart): each way to round
rounding_of_a5:
    csrw        vxrm, a5
    ret

kernel rvv_averages
    mv          a6, ra
1:  vsetvli     t0, a0, e8, m2, ta, ma
    vle8.v      v8, (a1)
    vle8.v      v10, (a2)
    csrwi       vxrm, 0
    vaaddu.vv   v12, v8, v10
    vse8.v      v12, (a3)
    csrwi       vxrm, 1
    add         t1, a3, a4
    vaaddu.vv   v12, v8, v10
    vse8.v      v12, (t1)
    li          a5, 2
    call        rounding_of_a5
    csrwi       vxrm, 2
    add         t1, t1, a4
    vaaddu.vv   v12, v8, v10
    vse8.v      v12, (t1)
    li          t2, 3 << 1
    csrw        vcsr, t2
    add         t1, t1, a4
    vaaddu.vv   v12, v8, v10
    vse8.v      v12, (t1)
    next_bytes
    csrwi       vxrm, 0
    mv          ra, a6
    ret

# void rvv_rounding(unsigned vxrm)
kernel rvv_rounding
    csrw        vxrm, a0
    ret

# void rvv_average(size_t n, const uint8_t *x, const uint8_t *y, uint8_t *out): as vxrm says
kernel rvv_average
1:  vsetvli     t0, a0, e8, m2, ta, ma
    vle8.v      v8, (a1)
    vle8.v      v10, (a2)
    vaaddu.vv   v12, v8, v10
    vse8.v      v12, (a3)
    next_bytes
    ret

# void rvv_lookup(size_t n, const uint8_t *index, const uint16_t *table, uint16_t *out)
kernel rvv_lookup
1:  vsetvli     t0, a0, e16, m2, ta, ma
    vle8.v      v0, (a1)
    vzext.vf2   v4, v0
    vsll.vi     v4, v4, 1
    vluxei16.v  v8, (a2), v4
    vse16.v     v8, (a3)
    sub         a0, a0, t0
    add         a1, a1, t0
    slli        t0, t0, 1
    add         a3, a3, t0
    bnez        a0, 1b
    ret

# void rvv_reverse(size_t n, const uint16_t *x, uint16_t *y): y[n - 1 - i] = x[i]
kernel rvv_reverse
    slli        t1, a0, 1
    add         a2, a2, t1
1:  vsetvli     t0, a0, e16, m1, ta, ma
    vid.v       v2
    addi        t1, t0, -1
    vrsub.vx    v2, v2, t1
    vle16.v     v0, (a1)
    vrgather.vv v1, v0, v2
    slli        t1, t0, 1
    sub         a2, a2, t1
    vse16.v     v1, (a2)
    add         a1, a1, t1
    sub         a0, a0, t0
    bnez        a0, 1b
    ret

# double rvv_sum(size_t n, const double *x): in order
kernel rvv_sum
    vsetvli     t0, zero, e64, m1, ta, ma
    vmv.v.i     v1, 0
1:  vsetvli     t0, a0, e64, m2, ta, ma
    vle64.v     v8, (a1)
    vfredosum.vs v1, v8, v1
    sub         a0, a0, t0
    slli        t0, t0, 3
    add         a1, a1, t0
    bnez        a0, 1b
    vfmv.f.s    fa0, v1
    ret

# void rvv_prefix(size_t n, int32_t *x): running sums
kernel rvv_prefix
    mv          a3, zero
1:  vsetvli     t0, a0, e32, m1, ta, ma
    vle32.v     v8, (a1)
    li          t1, 1
2:  bgeu        t1, t0, 3f
    vmv.v.i     v9, 0
    vslideup.vx v9, v8, t1
    vadd.vv     v8, v8, v9
    slli        t1, t1, 1
    j           2b
3:  vadd.vx     v8, v8, a3
    addi        t1, t0, -1
    vslidedown.vx v9, v8, t1
    vmv.x.s     a3, v9
    vse32.v     v8, (a1)
    sub         a0, a0, t0
    slli        t0, t0, 2
    add         a1, a1, t0
    bnez        a0, 1b
    ret

# void rvv_truncate(size_t n, const double *x, int64_t *a, int32_t *b, int64_t *c): a, b from x, c from (float)x
kernel rvv_truncate
1:  vsetvli     t0, a0, e32, m1, ta, ma
    vle64.v     v2, (a1)
    vfncvt.rtz.x.f.w v4, v2
    vse32.v     v4, (a3)
    vfncvt.f.f.w v5, v2
    vfwcvt.rtz.x.f.v v6, v5
    vse64.v     v6, (a4)
    vsetvli     zero, zero, e64, m2, ta, ma
    vfcvt.rtz.x.f.v v8, v2
    vse64.v     v8, (a2)
    sub         a0, a0, t0
    slli        t1, t0, 3
    slli        t0, t0, 2
    add         a1, a1, t1
    add         a2, a2, t1
    add         a3, a3, t0
    add         a4, a4, t1
    bnez        a0, 1b
    ret

# void rvv_fill(uint64_t seed): something in every register, and vl, vtype, vxrm of its own
kernel rvv_fill
    vsetvli     t0, zero, e64, m8, ta, ma
    vid.v       v0
    vmul.vx     v8, v0, a0
    vadd.vx     v16, v8, a0
    vxor.vv     v24, v16, v0
    vadd.vx     v0, v0, a0
    li          t0, 5
    vsetvli     zero, t0, e16, m2, tu, mu
    csrwi       vcsr, 5
    ret

# void rvv_store(uint64_t out[], uint64_t state[4]): all registers; vl, vtype, vstart, vcsr. Changes none.
kernel rvv_store
    csrr        t0, vl
    csrr        t1, vtype
    csrr        t2, vstart
    csrr        t3, vcsr
    sd          t0, 0(a1)
    sd          t1, 8(a1)
    sd          t2, 16(a1)
    sd          t3, 24(a1)
    csrw        vstart, zero
    csrr        t4, vlenb
    slli        t4, t4, 3
    vs8r.v      v0, (a0)
    add         a0, a0, t4
    vs8r.v      v8, (a0)
    add         a0, a0, t4
    vs8r.v      v16, (a0)
    add         a0, a0, t4
    vs8r.v      v24, (a0)
    csrw        vstart, t2
    ret

# long rvv_vlenb(void)
kernel rvv_vlenb
    csrr        a0, vlenb
    ret

# void rvv_load_bytes(const void *from, size_t n): into v8 to v15; may fault
    .globl rvv_load_insn
kernel rvv_load_bytes
    vsetvli     zero, a1, e8, m8, ta, ma
rvv_load_insn:
    vle8.v      v8, (a0)
    ret

# uint64_t rvv_ill_fault(const void *at): element 0 of v8, which was 1 before vtype became illegal and a load from at
kernel rvv_ill_fault
    vsetivli    zero, 2, e64, m1, ta, ma
    vmv.v.i     v8, 1
    li          t0, -1
    vsetvl      zero, zero, t0
    lw          t0, 0(a0)
    vsetivli    zero, 2, e64, m1, ta, ma
    vmv.x.s     a0, v8
    ret
