/* SPDX-License-Identifier: BSD-2-Clause */
/* Integers in memory whose width, 1, 2, 4 or 8 bytes, is known at run time; in the host's byte order, aligned. */
#ifndef BASE_UINT_H
#define BASE_UINT_H

#include <stdint.h>

static inline uint64_t uint_load(const void *at, unsigned width)
{
    switch (width) {
    case 1:  return *(const uint8_t *)at;
    case 2:  return *(const uint16_t *)at;
    case 4:  return *(const uint32_t *)at;
    default: return *(const uint64_t *)at;
    }
}

/* The low bytes of value. */
static inline void uint_store(void *at, unsigned width, uint64_t value)
{
    switch (width) {
    case 1:  *(uint8_t *)at = (uint8_t)value; break;
    case 2:  *(uint16_t *)at = (uint16_t)value; break;
    case 4:  *(uint32_t *)at = (uint32_t)value; break;
    default: *(uint64_t *)at = value; break;
    }
}

/* The same with the sign of the value's width. */
static inline uint64_t uint_load_signed(const void *at, unsigned width)
{
    unsigned shift = 64 - 8 * width;

    return (uint64_t)((int64_t)(uint_load(at, width) << shift) >> shift);
}

#endif
