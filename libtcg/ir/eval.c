/* SPDX-License-Identifier: BSD-2-Clause */
/* The meaning of the pure integer operations. */
#include "ir/eval.h"

typedef unsigned __int128 U128;
typedef __int128 S128;

static uint64_t low(TcgType t, uint64_t v)
{
    return t == TCG_I32 ? (uint32_t)v : v;
}

static int64_t sgn(TcgType t, uint64_t v)
{
    return t == TCG_I32 ? (int32_t)v : (int64_t)v;
}

static uint64_t reverse_bits(uint64_t v)
{
    v = (v >> 1 & 0x5555555555555555) | (v & 0x5555555555555555) << 1;
    v = (v >> 2 & 0x3333333333333333) | (v & 0x3333333333333333) << 2;
    v = (v >> 4 & 0x0f0f0f0f0f0f0f0f) | (v & 0x0f0f0f0f0f0f0f0f) << 4;
    return __builtin_bswap64(v);
}

static U128 carryless(uint64_t x, uint64_t y)
{
    U128 r = 0;

    for (unsigned i = 0; i < 64; i++) {
        if (y >> i & 1) {
            r ^= (U128)x << i;
        }
    }
    return r;
}

static uint32_t crc(uint32_t poly_reflected, uint32_t acc, uint64_t v, unsigned bytes)
{
    for (unsigned i = 0; i < bytes * 8; i++) {
        uint32_t bit = (acc ^ (uint32_t)(v >> i)) & 1;
        acc = acc >> 1 ^ (bit ? poly_reflected : 0);
    }
    return acc;
}

static uint64_t high_product(TcgOp op, TcgType t, uint64_t x, uint64_t y)
{
    if (t == TCG_I32) {
        switch (op) {
        case TCG_OP_mulhu: return (uint64_t)(uint32_t)x * (uint32_t)y >> 32;
        case TCG_OP_mulhs: return (uint64_t)((int64_t)(int32_t)x * (int32_t)y >> 32);
        default:           return (uint64_t)((int64_t)(int32_t)x * (int64_t)(uint32_t)y >> 32);
        }
    }
    switch (op) {
    case TCG_OP_mulhu: return (uint64_t)((U128)x * y >> 64);
    case TCG_OP_mulhs: return (uint64_t)((S128)(int64_t)x * (int64_t)y >> 64);
    default:           return (uint64_t)((S128)(int64_t)x * (S128)(U128)y >> 64);
    }
}

static uint64_t divide(TcgOp op, TcgType t, uint64_t x, uint64_t y)
{
    uint64_t ux = low(t, x), uy = low(t, y);
    int64_t sx = sgn(t, x), sy = sgn(t, y);

    switch (op) {
    case TCG_OP_divu: return uy ? ux / uy : 0;
    case TCG_OP_remu: return uy ? ux % uy : ux;
    case TCG_OP_divs: return sy == 0 ? 0 : sy == -1 ? 0 - (uint64_t)sx : (uint64_t)(sx / sy);
    default:          return sy == 0 ? (uint64_t)sx : sy == -1 ? 0 : (uint64_t)(sx % sy);
    }
}

static unsigned leading_zeroes(TcgType t, uint64_t x)
{
    unsigned w = t == TCG_I32 ? 32 : 64;

    x = low(t, x);
    return x ? (unsigned)__builtin_clzll(x) - (64 - w) : w;
}

static uint64_t swap16(uint64_t x)
{
    return (x >> 8 & 0x00ff00ff00ff00ff) | (x & 0x00ff00ff00ff00ff) << 8;
}

static uint64_t or_bytes(uint64_t x)
{
    uint64_t r = 0;

    for (unsigned i = 0; i < 64; i += 8) {
        if (x >> i & 0xff) {
            r |= (uint64_t)0xff << i;
        }
    }
    return r;
}

static uint64_t field(TcgOp op, TcgType t, unsigned aux, uint64_t x, uint64_t y)
{
    unsigned pos = aux & 0xff, len = aux >> 8;
    uint64_t mask = len == 64 ? ~(uint64_t)0 : ((uint64_t)1 << len) - 1;

    switch (op) {
    case TCG_OP_extu: return low(t, x) >> pos & mask;
    case TCG_OP_exts: return (uint64_t)((int64_t)(x << (64 - len - pos)) >> (64 - len));
    default:          return (x & ~(mask << pos)) | (y & mask) << pos;
    }
}

static uint64_t bit_op(TcgOp op, TcgType t, uint64_t x)
{
    unsigned w = t == TCG_I32 ? 32 : 64;

    switch (op) {
    case TCG_OP_clz:     return leading_zeroes(t, x);
    case TCG_OP_cls:     return leading_zeroes(t, x ^ (uint64_t)(sgn(t, x) >> 1)) - 1;
    case TCG_OP_ctz:     return low(t, x) ? (unsigned)__builtin_ctzll(low(t, x)) : w;
    case TCG_OP_popcnt:  return (unsigned)__builtin_popcountll(low(t, x));
    case TCG_OP_bswap:   return t == TCG_I32 ? __builtin_bswap32((uint32_t)x) : __builtin_bswap64(x);
    case TCG_OP_bswap16: return swap16(x);
    case TCG_OP_bswap32: return __builtin_bswap64(x << 32 | x >> 32);
    case TCG_OP_rbit:    return reverse_bits(x) >> (64 - w);
    default:             return or_bytes(x);
    }
}

static uint64_t eval(TcgOp op, TcgType t, unsigned aux, uint64_t x, uint64_t y, uint64_t z)
{
    unsigned w = t == TCG_I32 ? 32 : 64;
    unsigned n = (unsigned)y & (w - 1);

    switch (op) {
    case TCG_OP_add:    return x + y;
    case TCG_OP_sub:    return x - y;
    case TCG_OP_mul:    return x * y;
    case TCG_OP_mulhu:
    case TCG_OP_mulhs:
    case TCG_OP_mulhsu: return high_product(op, t, x, y);
    case TCG_OP_divu:
    case TCG_OP_divs:
    case TCG_OP_remu:
    case TCG_OP_rems:   return divide(op, t, x, y);
    case TCG_OP_and:    return x & y;
    case TCG_OP_or:     return x | y;
    case TCG_OP_xor:    return x ^ y;
    case TCG_OP_andn:   return x & ~y;
    case TCG_OP_orn:    return x | ~y;
    case TCG_OP_xnor:   return ~(x ^ y);
    case TCG_OP_not:    return ~x;
    case TCG_OP_neg:    return 0 - x;
    case TCG_OP_shl:    return x << n;
    case TCG_OP_shr:    return low(t, x) >> n;
    case TCG_OP_sar:    return (uint64_t)(sgn(t, x) >> n);
    case TCG_OP_rotr:   return n ? low(t, x) >> n | x << (w - n) : x;
    case TCG_OP_extr:   return z ? low(t, y) >> z | x << (w - z) : y;
    case TCG_OP_ext8u:  return (uint8_t)x;
    case TCG_OP_ext16u: return (uint16_t)x;
    case TCG_OP_ext32u: return (uint32_t)x;
    case TCG_OP_ext8s:  return (uint64_t)(int64_t)(int8_t)x;
    case TCG_OP_ext16s: return (uint64_t)(int64_t)(int16_t)x;
    case TCG_OP_ext32s: return (uint64_t)(int64_t)(int32_t)x;
    case TCG_OP_extu:
    case TCG_OP_exts:
    case TCG_OP_dep:    return field(op, t, aux, x, y);
    case TCG_OP_clmul:  return (uint64_t)carryless(low(t, x), low(t, y));
    case TCG_OP_clmulh: return (uint64_t)(carryless(low(t, x), low(t, y)) >> w);
    case TCG_OP_crc32:  return crc(0xedb88320, (uint32_t)x, y, 1u << z);
    case TCG_OP_crc32c: return crc(0x82f63b78, (uint32_t)x, y, 1u << z);
    default:            return bit_op(op, t, x);
    }
}

uint64_t tcg_eval_int(TcgOp op, TcgType type, unsigned aux, uint64_t x, uint64_t y, uint64_t z)
{
    return low(type, eval(op, type, aux, x, y, z));
}

uint32_t tcg_eval_flags(TcgOp op, TcgType type, uint64_t x, uint64_t y, bool carry)
{
    unsigned top = type == TCG_I32 ? 31 : 63;
    uint64_t r;
    bool c, v;

    x = low(type, x);
    if (op == TCG_OP_tst) {
        r = x & low(type, y);
        c = v = false;
    } else {
        bool sub = op == TCG_OP_cmp || op == TCG_OP_sbcf;
        bool cin = op == TCG_OP_cmp || (op != TCG_OP_cmn && carry);
        y = low(type, sub ? ~y : y);
        U128 wide = (U128)x + y + cin;
        r = low(type, (uint64_t)wide);
        c = (bool)(wide >> (top + 1) & 1);
        v = (bool)(((x ^ r) & (y ^ r)) >> top & 1);
    }
    return (uint32_t)(r >> top & 1) << 31 | (uint32_t)(r == 0) << 30 | (uint32_t)c << 29 | (uint32_t)v << 28;
}

bool tcg_eval_cond(TcgCond cc, uint32_t nzcv)
{
    bool n = nzcv >> 31 & 1, z = nzcv >> 30 & 1, c = nzcv >> 29 & 1, v = nzcv >> 28 & 1;
    bool r;

    switch (cc >> 1) {
    case 0:  r = z; break;
    case 1:  r = c; break;
    case 2:  r = n; break;
    case 3:  r = v; break;
    case 4:  r = c && !z; break;
    case 5:  r = n == v; break;
    case 6:  r = n == v && !z; break;
    default: return true;
    }
    return r != (cc & 1);
}
