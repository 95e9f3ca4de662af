/* SPDX-License-Identifier: BSD-2-Clause */
/* Writing kernels of SVE operations. In an expression x, y, z are the elements of n, m and the third operand, i the
 * index; U and S are the element's types, UW and SW those of twice the width, BITS and HALF the width and half of it. */
#ifndef GUEST_AARCH64_SVE_KERNELS_H
#define GUEST_AARCH64_SVE_KERNELS_H

#include "guest/aarch64/sve.h"

typedef A64U8 A64U_8;
typedef A64U16 A64U_16;
typedef A64U32 A64U_32;
typedef A64U64 A64U_64;
typedef A64S8 A64S_8;
typedef A64S16 A64S_16;
typedef A64S32 A64S_32;
typedef A64S64 A64S_64;
__extension__ typedef unsigned __int128 __attribute__((may_alias, aligned(16))) A64U_128;
__extension__ typedef __int128 __attribute__((may_alias, aligned(16))) A64S_128;
#define A64_TWICE_8 16
#define A64_TWICE_16 32
#define A64_TWICE_32 64
#define A64_TWICE_64 128
#define A64_PASTE_(a, b) a##b
#define A64_PASTE(a, b) A64_PASTE_(a, b)

#define A64_SVE_TYPES(bits) \
    typedef A64_PASTE(A64U_, bits) U; \
    typedef A64_PASTE(A64S_, bits) S __attribute__((unused)); \
    typedef A64_PASTE(A64U_, A64_PASTE(A64_TWICE_, bits)) UW __attribute__((unused)); \
    typedef A64_PASTE(A64S_, A64_PASTE(A64_TWICE_, bits)) SW __attribute__((unused)); \
    enum { BITS = bits, HALF = bits / 2 }; \
    const unsigned count __attribute__((unused)) = v->bytes / sizeof(U)

/* The kernel name_bits, an expression for each element. */
#define A64_SVE_EACH(name, bits, expr) \
    void a64_sve_##name##_##bits(A64Sve *v) \
    { \
        A64_SVE_TYPES(bits); \
        U *restrict d = v->d; \
        const U *restrict n = v->n, *restrict m = v->m, *restrict a = v->a; \
        for (unsigned i = 0; i < count; i++) { \
            const U x __attribute__((unused)) = n[i], y __attribute__((unused)) = m[i]; \
            const U z __attribute__((unused)) = a[i]; \
            d[i] = (U)(expr); \
        } \
        (void)BITS, (void)HALF; \
    }

/* Likewise, statements that have d, n, m, a as arrays of U. */
#define A64_SVE_BODY(name, bits, ...) \
    void a64_sve_##name##_##bits(A64Sve *v) \
    { \
        A64_SVE_TYPES(bits); \
        U *d __attribute__((unused)) = v->d; \
        const U *n __attribute__((unused)) = v->n, *m __attribute__((unused)) = v->m; \
        const U *a __attribute__((unused)) = v->a; \
        __VA_ARGS__ \
        (void)BITS, (void)HALF; \
    }

#define A64_ALL(M, name, ...) \
    M(name, 8, __VA_ARGS__) M(name, 16, __VA_ARGS__) M(name, 32, __VA_ARGS__) M(name, 64, __VA_ARGS__)
#define A64_HWB(M, name, ...) M(name, 8, __VA_ARGS__) M(name, 16, __VA_ARGS__) M(name, 32, __VA_ARGS__)
#define A64_HSD(M, name, ...) M(name, 16, __VA_ARGS__) M(name, 32, __VA_ARGS__) M(name, 64, __VA_ARGS__)
#define A64_SD(M, name, ...) M(name, 32, __VA_ARGS__) M(name, 64, __VA_ARGS__)
#define A64_HD(M, name, ...) M(name, 16, __VA_ARGS__) M(name, 64, __VA_ARGS__)

static inline bool a64_sve_active(const A64Sve *v, unsigned i, unsigned element_bytes)
{
    return v->pg >> (i * element_bytes) & 1;
}

/* Prototypes of all kernels. */
#define A64_KERNELS_ALL(k) A64SveKernel a64_sve_##k##_8, a64_sve_##k##_16, a64_sve_##k##_32, a64_sve_##k##_64;
#define A64_KERNELS_ALLQ(k) A64_KERNELS_ALL(k) A64SveKernel a64_sve_##k##_128;
#define A64_KERNELS_HWB(k) A64SveKernel a64_sve_##k##_8, a64_sve_##k##_16, a64_sve_##k##_32;
#define A64_KERNELS_HSD(k) A64SveKernel a64_sve_##k##_16, a64_sve_##k##_32, a64_sve_##k##_64;
#define A64_KERNELS_BH(k) A64SveKernel a64_sve_##k##_8, a64_sve_##k##_16;
#define A64_KERNELS_HS(k) A64SveKernel a64_sve_##k##_16, a64_sve_##k##_32;
#define A64_KERNELS_SD(k) A64SveKernel a64_sve_##k##_32, a64_sve_##k##_64;
#define A64_KERNELS_HD(k) A64SveKernel a64_sve_##k##_16, a64_sve_##k##_64;
#define A64_KERNELS_B(k) A64SveKernel a64_sve_##k##_8;
#define A64_KERNELS_H(k) A64SveKernel a64_sve_##k##_16;
#define A64_KERNELS_S(k) A64SveKernel a64_sve_##k##_32;
#define A64_KERNELS_D(k) A64SveKernel a64_sve_##k##_64;
#define A64_KERNELS_ONE(k) A64SveKernel a64_sve_##k;
#define SVE(name, flags, kernels) A64_KERNELS_##kernels
#include "guest/aarch64/sve.def"
#undef SVE

#endif
