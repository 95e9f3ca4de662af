/* SPDX-License-Identifier: BSD-2-Clause */
/* Rotations and extensions that are made of two shifts, with constants as compilers give them, against the same by
 * counts that no translator can know. */
#include "tap.h"

#include <stdint.h>

static volatile unsigned unknown = 0;
static const uint64_t samples[] = {
    0, 1, 0x80, 0xff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, 0x8000000000000000,
    0xfedcba9876543210, 0x0123456789abcdef, ~(uint64_t)0, 0x00000000deadbeef, 0xffffffff7fffffff,
};
enum { SAMPLES = sizeof samples / sizeof samples[0] };

/* The barrier keeps the compiler from seeing one operation in the two. */
#define HIDE(x) ({ __typeof__(x) y_ = (x); __asm__("" : "+r"(y_)); y_; })

#define PAIR(T, name, left, lop, right, join)                                                                    \
    static T name##_##left##_##right(uint64_t v)                                                                 \
    {                                                                                                            \
        T x = (T)v, l = HIDE((T)(x << left));                                                                    \
        return l join (T)HIDE((T)(lop x >> right));                                                              \
    }                                                                                                            \
    static __attribute__((noinline)) T name##_##left##_##right##_slow(uint64_t v)                                \
    {                                                                                                            \
        T x = (T)v, l = (T)(x << (left + unknown));                                                              \
        return l join (T)(lop x >> (right + unknown));                                                           \
    }                                                                                                            \
    static void test_##name##_##left##_##right(void)                                                             \
    {                                                                                                            \
        int bad = 0;                                                                                             \
        for (int i = 0; i < SAMPLES; i++) {                                                                      \
            T a = name##_##left##_##right(samples[i]), b = name##_##left##_##right##_slow(samples[i]);           \
            bad += a != b || (int64_t)a != (int64_t)b;                                                           \
        }                                                                                                        \
        is(bad, 0, #name " " #left " " #right);                                                                  \
    }

#define EXTEND(T, S, name, left, right)                                                                          \
    static void test_##name##_##left##_##right(void)                                                             \
    {                                                                                                            \
        int bad = 0;                                                                                             \
        for (int i = 0; i < SAMPLES; i++) {                                                                      \
            T x = (T)samples[i];                                                                                 \
            S fast = (S)HIDE((T)(x << left)) >> right, slow = (S)(T)(x << (left + unknown)) >> (right + unknown); \
            bad += fast != slow || (int64_t)fast != (int64_t)slow;                                               \
        }                                                                                                        \
        is(bad, 0, #name " " #left " " #right);                                                                  \
    }

#define PAIRS(P)                                                                                                 \
    P(uint32_t, or32, 7, , 25, |) P(uint32_t, or32, 31, , 1, |) P(uint32_t, or32, 1, , 31, |)                    \
    P(uint32_t, or32, 16, , 16, |) P(uint32_t, or32, 7, , 24, |) P(uint32_t, or32, 8, , 25, |)                   \
    P(int32_t, ors32, 7, (uint32_t), 25, |) P(int32_t, ors32, 31, (uint32_t), 1, |)                              \
    P(int32_t, arith32, 7, , 25, |) P(uint32_t, xor32, 13, , 19, ^) P(uint32_t, add32, 5, , 27, +)               \
    P(uint64_t, or64, 7, , 57, |) P(uint64_t, or64, 63, , 1, |) P(uint64_t, xor64, 32, , 32, ^)                  \
    P(uint64_t, add64, 17, , 47, +) P(uint64_t, or64, 17, , 46, |) P(uint64_t, or64, 7, , 25, |)                 \
    P(int64_t, arith64, 7, , 57, |)

#define EXTENSIONS(E)                                                                                            \
    E(uint64_t, uint64_t, zext, 32, 32) E(uint64_t, uint64_t, zext, 48, 48) E(uint64_t, uint64_t, zext, 56, 56)  \
    E(uint64_t, uint64_t, zext, 40, 40) E(uint64_t, uint64_t, zext, 20, 20) E(uint64_t, uint64_t, zext, 33, 33)  \
    E(uint64_t, uint64_t, zext, 32, 29) E(uint64_t, uint64_t, zext, 1, 1) E(uint64_t, uint64_t, zext, 63, 63)    \
    E(uint64_t, int64_t, sext, 32, 32) E(uint64_t, int64_t, sext, 48, 48) E(uint64_t, int64_t, sext, 56, 56)     \
    E(uint64_t, int64_t, sext, 40, 40) E(uint64_t, int64_t, sext, 63, 63)                                        \
    E(uint32_t, uint32_t, zextw, 16, 16) E(uint32_t, uint32_t, zextw, 24, 24) E(uint32_t, uint32_t, zextw, 1, 1) \
    E(uint32_t, int32_t, sextw, 16, 16) E(uint32_t, int32_t, sextw, 24, 24) E(uint32_t, int32_t, sextw, 12, 12)

PAIRS(PAIR)
EXTENSIONS(EXTEND)

#define CALL_PAIR(T, name, left, lop, right, join) test_##name##_##left##_##right();
#define CALL_EXTEND(T, S, name, left, right) test_##name##_##left##_##right();

int main(void)
{
    for (int i = 0; i < 2; i++) {       /* the second time in generated code */
        PAIRS(CALL_PAIR)
        EXTENSIONS(CALL_EXTEND)
    }
    return tap_done();
}
