/* SPDX-License-Identifier: BSD-2-Clause */
/* Pointer authentication codes [ArmARM D8.10]: an implementation defined algorithm (ID_AA64ISAR1_EL1.API), 48-bit
 * addresses, top byte ignored in the lower half as Linux sets it up, neither EPAC nor FPAC.
 *
 *   bit 63     56 55 54        48 47            0
 *      [ tag      |s |  code     |  address      ]   lower half, s = 0
 *      [ code     |s |  code     |  address      ]   upper half, s = 1
 */
#include "guest/aarch64/insn.h"

enum { BIT_SELECT = 55, BIT_BOTTOM = 48 };

/* The product's halves, folded. */
static uint64_t mix(uint64_t x, uint64_t y)
{
    __extension__ unsigned __int128 p = (unsigned __int128)x * y;

    return (uint64_t)p ^ (uint64_t)(p >> 64);
}

static uint64_t code(TcgEnv *env, uint64_t v, uint64_t modifier, unsigned key)
{
    const uint64_t *k = ((A64Cpu *)env)->pac_key[key];
    uint64_t h = mix(v ^ k[0], 0x9e3779b97f4a7c15 ^ k[1]);

    h = mix(h ^ modifier, 0xd6e8feb86659fd93 ^ k[0]);
    return h ^ h >> 32;
}

static bool upper_half(uint64_t v)
{
    return v >> BIT_SELECT & 1;
}

/* Where the code is. */
static uint64_t field(uint64_t v)
{
    return (upper_half(v) ? 0xff7full : 0x7full) << BIT_BOTTOM;
}

/* The pointer with its extension bits as they were. */
static uint64_t original(uint64_t v)
{
    return upper_half(v) ? v | field(v) : v & ~field(v);
}

uint64_t a64_h_pac_sign(TcgEnv *env, uint64_t v, uint64_t modifier, uint64_t key)
{
    const unsigned top = upper_half(v) ? 63 : 55;
    const uint64_t ones = (2ull << (top - BIT_BOTTOM)) - 1;
    const uint64_t extension = v >> BIT_BOTTOM & ones;
    uint64_t c = code(env, original(v), modifier, key);

    if (extension && extension != ones) {
        c ^= 1ull << (top - 1);
    }
    return (v & ~field(v)) | (c & field(v));
}

/* A wrong code leaves an address that faults: the key's letter in two bits of it. */
uint64_t a64_h_pac_auth(TcgEnv *env, uint64_t v, uint64_t modifier, uint64_t key)
{
    const uint64_t plain = original(v);
    const unsigned at = upper_half(v) ? 61 : 53;

    if (!((code(env, plain, modifier, key) ^ v) & field(v))) {
        return plain;
    }
    return (plain & ~(3ull << at)) | (key & 1 ? 2ull : 1ull) << at;
}

uint64_t a64_h_pac_generic(TcgEnv *env, uint64_t v, uint64_t modifier, uint64_t unused)
{
    return code(env, v, modifier, 4) & 0xffffffff00000000;
}

uint64_t a64_h_pac_strip(TcgEnv *env, uint64_t v, uint64_t unused1, uint64_t unused2)
{
    return original(v);
}
