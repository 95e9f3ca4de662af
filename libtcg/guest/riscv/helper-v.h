/* SPDX-License-Identifier: BSD-2-Clause */
/* Writing kernels of vector operations. In an expression x is the element of vs2, y that of vs1 or the scalar,
 * c[i] that of vd; U and S are the element's types, UW and SW those of twice the width. */
#ifndef GUEST_RISCV_HELPER_V_H
#define GUEST_RISCV_HELPER_V_H

#include "guest/riscv/v.h"

typedef RvU8 RvU_8;
typedef RvU16 RvU_16;
typedef RvU32 RvU_32;
typedef RvU64 RvU_64;
typedef __attribute__((may_alias)) int8_t RvS_8;
typedef __attribute__((may_alias)) int16_t RvS_16;
typedef __attribute__((may_alias)) int32_t RvS_32;
typedef __attribute__((may_alias)) int64_t RvS_64;
__extension__ typedef unsigned __int128 __attribute__((may_alias)) RvU_128;
__extension__ typedef __int128 __attribute__((may_alias)) RvS_128;
#define RV_TWICE_8 16
#define RV_TWICE_16 32
#define RV_TWICE_32 64
#define RV_TWICE_64 128
#define RV_PASTE_(a, b) a##b
#define RV_PASTE(a, b) RV_PASTE_(a, b)

/* What a kernel for elements of that many bits calls its types. */
#define RV_KERNEL_TYPES(bits) \
    typedef RV_PASTE(RvU_, bits) U __attribute__((unused)); \
    typedef RV_PASTE(RvS_, bits) S __attribute__((unused)); \
    typedef RV_PASTE(RvU_, RV_PASTE(RV_TWICE_, bits)) UW __attribute__((unused)); \
    typedef RV_PASTE(RvS_, RV_PASTE(RV_TWICE_, bits)) SW __attribute__((unused)); \
    enum { BITS = bits }

/* The kernel name_bits, with operands of the widths db (vd), ab (vs2), bb (vs1). */
#define RV_KERNEL(name, bits, db, ab, bb, zdecl, expr) \
    void rv_v_##name##_##bits(RvV *v); \
    void rv_v_##name##_##bits(RvV *v) \
    { \
        RV_KERNEL_TYPES(bits); \
        typedef RV_PASTE(RvU_, db) D; \
        typedef RV_PASTE(RvU_, ab) A; \
        typedef RV_PASTE(RvU_, bb) B; \
        D *restrict d = v->d; \
        const A *restrict a = v->a; \
        const B *restrict b = v->b; \
        zdecl \
        const unsigned n = v->n; \
        for (unsigned i = 0; i < n; i++) { \
            const A x __attribute__((unused)) = a[i]; \
            const B y __attribute__((unused)) = b[i]; \
            d[i] = (D)(expr); \
        } \
        (void)BITS; \
    }
#define RV_Z const D *restrict c = v->c;

#define RV_ALL(M, name, ...) \
    M(name, 8, __VA_ARGS__) M(name, 16, __VA_ARGS__) M(name, 32, __VA_ARGS__) M(name, 64, __VA_ARGS__)
#define RV_NARROW(M, name, ...) \
    M(name, 8, __VA_ARGS__) M(name, 16, __VA_ARGS__) M(name, 32, __VA_ARGS__)

#endif
