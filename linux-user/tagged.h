/* SPDX-License-Identifier: BSD-2-Clause */
/* Pointers with a tag in bits 63..56, which the kernel takes from a thread that asked for it. [Linux arm64
 * tagged-address-abi] The host's kernel takes none, so they lose their tags before it sees them. LuThread has what a
 * thread asked for. */
#ifndef LU_TAGGED_H
#define LU_TAGGED_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/uio.h>

struct LuSysRow;

/* p without its tag, if it is a user's address: bit 55 is 0. */
static inline uint64_t lu_untag(uint64_t p)
{
    return p & (uint64_t)((int64_t)(p << 8) >> 8);
}

/* The arguments of one system call, and copies of what they point at. */
typedef struct LuTagged {
    uint64_t args[6];
    struct iovec *vectors[2];   /* allocated */
    unsigned nvectors;
    struct msghdr message;
    uint64_t message_at;        /* guest address, or 0 */
} LuTagged;

/* Fills p for a call with arguments a. lu_tagged_end must follow the call: it writes back what the kernel changed, and
 * frees. DEVIATION: addresses in structures other than struct iovec and struct msghdr keep their tags. */
void lu_tagged_begin(LuTagged *p, const struct LuSysRow *row, const uint64_t *a);
void lu_tagged_end(LuTagged *p);

/* A copy of n words and a NULL behind them, without tags; to be freed. NULL: no memory, or they cannot be read. */
uint64_t *lu_tagged_words(uint64_t at, long n);

#endif
