/* SPDX-License-Identifier: BSD-2-Clause */
/* Vector bit manipulation, AES, GHASH, SHA-2, SM4 and SM3. [RVU 33] */
#include "guest/riscv/helper-v.h"

#include "run/op-fn.h"
#include "run/sm4.h"

#include <string.h>

#pragma GCC optimize ("O3")

#define SAME(name, bits, expr) RV_KERNEL(name, bits, bits, bits, bits, , expr)
#define WIDE(name, bits, expr) RV_KERNEL(name, bits, RV_PASTE(RV_TWICE_, bits), bits, bits, , expr)
#define ROTATE(x, n, bits) ((x) << ((n) & ((bits) - 1)) | (x) >> (-(n) & ((bits) - 1)))

RV_ALL(SAME, andn, x & ~y)
RV_ALL(SAME, rol, ROTATE(x, y, BITS))
RV_ALL(SAME, ror, ROTATE(x, -y, BITS))
RV_NARROW(WIDE, wsll, (UW)x << (y & (2 * BITS - 1)))

static inline uint64_t reverse_in_bytes(uint64_t x)
{
    x = (x & 0x5555555555555555) << 1 | (x >> 1 & 0x5555555555555555);
    x = (x & 0x3333333333333333) << 2 | (x >> 2 & 0x3333333333333333);
    return (x & 0x0f0f0f0f0f0f0f0f) << 4 | (x >> 4 & 0x0f0f0f0f0f0f0f0f);
}

static inline uint64_t reverse_bytes(uint64_t x, unsigned bits)
{
    return __builtin_bswap64(x) >> (64 - bits);
}

/* Operations of one operand: y is not there. */
#define ONE(name, bits, expr) \
    void rv_v_##name##_##bits(RvV *v); \
    void rv_v_##name##_##bits(RvV *v) \
    { \
        const RvU_##bits *a = v->a; \
        enum { BITS = bits }; \
        for (unsigned i = 0; i < v->n; i++) { \
            const uint64_t x = a[i]; \
            ((RvU_##bits *)v->d)[i] = (RvU_##bits)(expr); \
        } \
        (void)BITS; \
    }
RV_ALL(ONE, brev8, reverse_in_bytes(x))
RV_ALL(ONE, rev8, reverse_bytes(x, BITS))
RV_ALL(ONE, brev, reverse_bytes(reverse_in_bytes(x), BITS))
RV_ALL(ONE, clz, x ? __builtin_clzll(x) - (64 - BITS) : BITS)
RV_ALL(ONE, ctz, x ? __builtin_ctzll(x) : BITS)
RV_ALL(ONE, cpop_v, __builtin_popcountll(x))

__extension__ typedef unsigned __int128 Product;

static Product carryless(uint64_t x, uint64_t y)
{
    Product p = 0;

    for (unsigned i = 0; i < 64; i++) {
        p ^= y >> i & 1 ? (Product)x << i : 0;
    }
    return p;
}
RV_KERNEL(clmul, 64, 64, 64, 64, , carryless(x, y))
RV_KERNEL(clmulh, 64, 64, 64, 64, , carryless(x, y) >> 64)

/* Groups of 16 bytes: x of vs2, y of vs1, z of vd. */
#define GROUPS(name, stmt) \
    void rv_v_##name##_32(RvV *v); \
    void rv_v_##name##_32(RvV *v) \
    { \
        TcgEnv *const env __attribute__((unused)) = &v->cpu->env; \
        for (unsigned i = 0; i < v->n / 4; i++) { \
            TcgVal x, y, z, r; \
            memcpy(&x, (const char *)v->a + (v->one_group ? 0 : 16 * i), 16); \
            memcpy(&y, (const char *)v->b + 16 * i, 16); \
            memcpy(&z, (const char *)v->c + 16 * i, 16); \
            stmt \
            memcpy((char *)v->d + 16 * i, &r, 16); \
        } \
    }

static const TcgVal zero;

static TcgVal exclusive_or(const TcgVal *a, const TcgVal *b)
{
    return (TcgVal){ .u64 = { a->u64[0] ^ b->u64[0], a->u64[1] ^ b->u64[1] } };
}

GROUPS(aesz, r = exclusive_or(&z, &x);)
GROUPS(aesef, tcg_fn_aese(env, &r, &z, &zero, NULL, 0); r = exclusive_or(&r, &x); (void)y;)
GROUPS(aesem,
       tcg_fn_aese(env, &y, &z, &zero, NULL, 0);
       tcg_fn_aesmc(env, &r, &y, NULL, NULL, 0);
       r = exclusive_or(&r, &x);)
GROUPS(aesdf, tcg_fn_aesd(env, &r, &z, &zero, NULL, 0); r = exclusive_or(&r, &x); (void)y;)
GROUPS(aesdm,
       tcg_fn_aesd(env, &y, &z, &zero, NULL, 0);
       y = exclusive_or(&y, &x);
       tcg_fn_aesimc(env, &r, &y, NULL, NULL, 0);)

/* The S-box on each byte: with the same word in all columns the rows do not shift. */
static uint32_t sub_word(TcgEnv *env, uint32_t w)
{
    const TcgVal s = { .u32 = { w, w, w, w } };
    TcgVal r;

    tcg_fn_aese(env, &r, &s, &zero, NULL, 0);
    return r.u32[0];
}

static const uint8_t round_constant[10] = { 1, 2, 4, 8, 16, 32, 64, 128, 0x1b, 0x36 };

/* A round number out of range has its bit 3 flipped. */
static unsigned round_number(unsigned n, unsigned first, unsigned last)
{
    n &= 15;
    return n < first || n > last ? n ^ 8 : n;
}

/* The next four words of a schedule: w is what goes into the first. */
static TcgVal schedule(uint32_t w, const TcgVal *before)
{
    TcgVal r;

    for (unsigned k = 0; k < 4; k++) {
        r.u32[k] = w ^= before->u32[k];
    }
    return r;
}

GROUPS(aeskf1,
       const uint32_t w = ROTATE(x.u32[3], 24, 32);
       r = schedule(sub_word(env, w) ^ round_constant[round_number((unsigned)v->x, 1, 10) - 1], &x);
       (void)y; (void)z;)
GROUPS(aeskf2,
       const unsigned n = round_number((unsigned)v->x, 2, 14);
       const uint32_t w = n & 1 ? x.u32[3] : ROTATE(x.u32[3], 24, 32);
       r = schedule(sub_word(env, w) ^ (n & 1 ? 0 : round_constant[n / 2 - 1]), &z);
       (void)y;)

/* Product in GF(2^128) as GCM orders its bits: those of each byte reversed. [SP800-38D 6.3] */
static TcgVal multiply(const TcgVal *a, const TcgVal *b)
{
    uint64_t h0 = reverse_in_bytes(b->u64[0]), h1 = reverse_in_bytes(b->u64[1]), z0 = 0, z1 = 0;

    for (unsigned i = 0; i < 128; i++) {
        const uint64_t take = -(reverse_in_bytes(a->u64[i / 64]) >> (i & 63) & 1), carry = -(h1 >> 63);
        z0 ^= h0 & take;
        z1 ^= h1 & take;
        h1 = h1 << 1 | h0 >> 63;
        h0 = h0 << 1 ^ (carry & 0x87);
    }
    return (TcgVal){ .u64 = { reverse_in_bytes(z0), reverse_in_bytes(z1) } };
}

GROUPS(gmul, r = multiply(&z, &x); (void)y;)
GROUPS(ghsh, y = exclusive_or(&z, &y); r = multiply(&y, &x);)

/* SHA-2 [FIPS180 4.1.2, 4.1.3] of words of 32 and 64 bits. Element 3 is the first-named in the manual's lists. */
#define RIGHT(x, n, bits) ((x) >> (n) | (x) << ((bits) - (n)))
#define SHA2(bits, s0a, s0b, s0c, s1a, s1b, s1c, b0a, b0b, b0c, b1a, b1b, b1c) \
    static RvU_##bits small0_##bits(RvU_##bits x) \
    { \
        return RIGHT(x, s0a, bits) ^ RIGHT(x, s0b, bits) ^ x >> s0c; \
    } \
    static RvU_##bits small1_##bits(RvU_##bits x) \
    { \
        return RIGHT(x, s1a, bits) ^ RIGHT(x, s1b, bits) ^ x >> s1c; \
    } \
    /* Two rounds: a, b, e, f from s2, c, d, g, h from old, two words and constants from w. */ \
    static inline void rounds_##bits(RvU_##bits *d, const RvU_##bits *s2, const RvU_##bits *w, const RvU_##bits *old) \
    { \
        RvU_##bits A = s2[3], B = s2[2], C = old[3], D = old[2], E = s2[1], F = s2[0], G = old[1], H = old[0]; \
        for (unsigned k = 0; k < 2; k++) { \
            const RvU_##bits t1 = H + (RIGHT(E, b1a, bits) ^ RIGHT(E, b1b, bits) ^ RIGHT(E, b1c, bits)) \
                + ((E & F) ^ (~E & G)) + w[k]; \
            const RvU_##bits t2 = (RIGHT(A, b0a, bits) ^ RIGHT(A, b0b, bits) ^ RIGHT(A, b0c, bits)) \
                + ((A & B) ^ (A & C) ^ (B & C)); \
            H = G; \
            G = F; \
            F = E; \
            E = D + t1; \
            D = C; \
            C = B; \
            B = A; \
            A = t1 + t2; \
        } \
        d[3] = A; \
        d[2] = B; \
        d[1] = E; \
        d[0] = F; \
    } \
    static inline void words_##bits(RvU_##bits *d, const RvU_##bits *x, const RvU_##bits *y, const RvU_##bits *z) \
    { \
        const RvU_##bits w0 = small1_##bits(y[2]) + x[1] + small0_##bits(z[1]) + z[0]; \
        const RvU_##bits w1 = small1_##bits(y[3]) + x[2] + small0_##bits(z[2]) + z[1]; \
        const RvU_##bits w2 = small1_##bits(w0) + x[3] + small0_##bits(z[3]) + z[2]; \
        const RvU_##bits w3 = small1_##bits(w1) + y[0] + small0_##bits(x[0]) + z[3]; \
        d[0] = w0; \
        d[1] = w1; \
        d[2] = w2; \
        d[3] = w3; \
    }
SHA2(32, 7, 18, 3, 17, 19, 10, 2, 13, 22, 6, 11, 25)
SHA2(64, 1, 8, 7, 19, 61, 6, 28, 34, 39, 14, 18, 41)

/* vs2, vs1 from word `from` on, vd; and the same for operands that are values. */
#define SHA2_KERNEL(name, bits, function, from) \
    void rv_v_##name##_##bits(RvV *v); \
    void rv_v_##name##_##bits(RvV *v) \
    { \
        const RvU_##bits *a = v->a, *b = v->b, *c = v->c; \
        for (unsigned i = 0; i < v->n; i += 4) { \
            function##_##bits((RvU_##bits *)v->d + i, a + i, b + i + from, c + i); \
        } \
    }
#define SHA2_VALUE(name, function, from) \
    void rv_h_##name(TcgEnv *env, TcgVal *d, const TcgVal *a, const TcgVal *b, const TcgVal *c, uint32_t imm) \
    { \
        function##_32((RvU32 *)d, (const RvU32 *)a, (const RvU32 *)b + from, (const RvU32 *)c); \
    }
SHA2_KERNEL(sha2ms, 32, words, 0) SHA2_KERNEL(sha2ch, 32, rounds, 2) SHA2_KERNEL(sha2cl, 32, rounds, 0)
SHA2_KERNEL(sha2ms, 64, words, 0) SHA2_KERNEL(sha2ch, 64, rounds, 2) SHA2_KERNEL(sha2cl, 64, rounds, 0)
SHA2_VALUE(sha2ms, words, 0)
SHA2_VALUE(sha2ch, rounds, 2)
SHA2_VALUE(sha2cl, rounds, 0)

/* SM4 [GB/T 32907]: byte j, the highest first, of the key schedule's constant i is 7 * (4 * i + j). */
static TcgVal sm4_constants(unsigned first)
{
    TcgVal r;

    for (unsigned i = 0; i < 4; i++) {
        uint32_t w = 0;
        for (unsigned j = 0; j < 4; j++) {
            w = w << 8 | (7 * (4 * (first + i) + j) & 255);
        }
        r.u32[i] = w;
    }
    return r;
}

GROUPS(sm4k, y = sm4_constants(4 * (unsigned)(v->x & 7)); tcg_sm4_rounds(&r, &x, &y, true); (void)z;)
GROUPS(sm4r, tcg_sm4_rounds(&r, &z, &x, false); (void)y;)

/* SM3 [GB/T 32905]: groups of eight words, big-endian. */

static uint32_t sm3_word(const void *group, unsigned k)
{
    RvU_32 w;

    memcpy(&w, (const char *)group + 4 * k, 4);
    return __builtin_bswap32(w);
}

static void sm3_put(void *group, unsigned k, uint32_t w)
{
    w = __builtin_bswap32(w);
    memcpy((char *)group + 4 * k, &w, 4);
}

/* Eight words of the message schedule behind the sixteen of vs1 and vs2. */
void rv_v_sm3me_32(RvV *v);
void rv_v_sm3me_32(RvV *v)
{
    for (unsigned i = 0; i < v->n; i += 8) {
        uint32_t w[24];
        for (unsigned k = 0; k < 8; k++) {
            w[k] = sm3_word((const char *)v->b + 4 * i, k);
            w[k + 8] = sm3_word((const char *)v->a + 4 * i, k);
        }
        for (unsigned k = 16; k < 24; k++) {
            const uint32_t x = w[k - 16] ^ w[k - 9] ^ ROTATE(w[k - 3], 15, 32);
            w[k] = x ^ ROTATE(x, 15, 32) ^ ROTATE(x, 23, 32) ^ ROTATE(w[k - 13], 7, 32) ^ w[k - 6];
            sm3_put((char *)v->d + 4 * i, k - 16, w[k]);
        }
    }
}

/* Round j of the state s, whose words are A to H: the message's word, and that with the one four later. */
static void sm3_round(uint32_t *s, unsigned j, uint32_t word, uint32_t both)
{
    const bool early = j < 16;
    const uint32_t t = early ? 0x79cc4519 : 0x7a879d8a, a = ROTATE(s[0], 12, 32);
    const uint32_t sum = a + s[4] + ROTATE(t, j, 32), ss1 = ROTATE(sum, 7, 32), ss2 = ss1 ^ a;
    const uint32_t ff = early ? s[0] ^ s[1] ^ s[2] : (s[0] & s[1]) | (s[0] & s[2]) | (s[1] & s[2]);
    const uint32_t gg = early ? s[4] ^ s[5] ^ s[6] : (s[4] & s[5]) | (~s[4] & s[6]);
    const uint32_t tt1 = ff + s[3] + ss2 + both, tt2 = gg + s[7] + ss1 + word;

    s[3] = s[2];
    s[2] = ROTATE(s[1], 9, 32);
    s[1] = s[0];
    s[0] = tt1;
    s[7] = s[6];
    s[6] = ROTATE(s[5], 19, 32);
    s[5] = s[4];
    s[4] = tt2 ^ ROTATE(tt2, 9, 32) ^ ROTATE(tt2, 17, 32);
}

/* Two rounds, of the words 0 and 1 of vs2; words 4 and 5 are those that come four later. */
void rv_v_sm3c_32(RvV *v);
void rv_v_sm3c_32(RvV *v)
{
    const unsigned j = 2 * (unsigned)(v->x & 31);

    for (unsigned i = 0; i < v->n; i += 8) {
        const char *w = (const char *)v->a + 4 * i;
        uint32_t s[8];
        for (unsigned k = 0; k < 8; k++) {
            s[k] = sm3_word((const char *)v->c + 4 * i, k);
        }
        for (unsigned k = 0; k < 2; k++) {
            sm3_round(s, j + k, sm3_word(w, k), sm3_word(w, k) ^ sm3_word(w, k + 4));
        }
        for (unsigned k = 0; k < 8; k++) {
            sm3_put((char *)v->d + 4 * i, k, s[k]);
        }
    }
}
