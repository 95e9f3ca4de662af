/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The stream of a saved machine.  Private to libdev.  Numbers are little-endian; text is a 16-bit length
 * and bytes.
 *
 *     section = kind u32, length u32, payload, CRC-32 of all before u32
 *
 *     HEAD    magic, format version u32, board type text, clock ns u64, devices u32, RAMs u32,
 *             for each RAM: name text, bytes u64
 *     DEVICE  path text, type text, version u32, fields u32, output rows u32,
 *             fields: name text, width u8, count u32, values
 *             rows: name text, lines u32, levels u8
 *     PAGES   RAM number u32, offset u64, up to DEV_SNAP_CHUNK bytes; what is not there is zero
 *     DONE    nothing
 *
 * in this order: HEAD, all DEVICE, all PAGES, DONE.
 */
#ifndef DEV_SNAP_STREAM_H
#define DEV_SNAP_STREAM_H

#include "dev/snap.h"

#define DEV_SNAP_MAGIC "rheasnap"
#define DEV_SNAP_VERSION 1
#define DEV_SNAP_CHUNK 65536u
#define DEV_SNAP_LONGEST (16u << 20)    /* of a payload */

enum {
    DEV_SNAP_HEAD = 0x44414548,
    DEV_SNAP_DEVICE = 0x49564544,
    DEV_SNAP_PAGES = 0x45474150,
    DEV_SNAP_DONE = 0x454e4f44,
};

/* The checksum, as it is in the stream, of a section's first 8 bytes and its payload. */
guint32 dev_snap_crc(const void *frame, const GByteArray *payload);

uint64_t dev_field_get(const Dev *d, const DevField *f, guint i);
void dev_field_set(Dev *d, const DevField *f, guint i, uint64_t value);
void dev_field_reset(Dev *d, const DevField *f);

#endif
