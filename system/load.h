/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is put into a machine's memory before it starts: kernels, firmware, disks in memory.  Files are
 * strangers: each is judged before anything of it is used.
 *
 * An image is read once, when the machine is made, and copied into memory at each reset.
 */
#ifndef SYSTEM_LOAD_H
#define SYSTEM_LOAD_H

#include "dev/mem.h"

typedef struct SysBlob {        /* bytes for one place in memory */
    char *name;                 /* for messages: the file */
    DevGpa gpa;
    GBytes *bytes;              /* may be of a mapped file */
    guint64 zeros;              /* after them */
    guint64 headers;            /* the first of them need no memory: a file's headers; 0 if all do */
    GMappedFile *file;          /* whose pages can be given back after the copy; or NULL */
} SysBlob;

typedef struct SysImage {       /* a kernel or firmware, judged */
    GPtrArray *blobs;           /* of SysBlob */
    DevGpa first, end;          /* where it is; end is after its last byte, with what it clears itself */
    DevGpa entry;
} SysImage;

void sys_blob_free(SysBlob *b);
void sys_image_free(SysImage *i);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SysBlob, sys_blob_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SysImage, sys_image_free)

/*
 * Reads a file that runs on machine (an ELF number): ELF (by its physical addresses; from base on
 * if it is position-independent and begins at 0), a RISC-V Linux Image, a gzip-compressed one of these, or plain bytes.
 * The others go to base (an Image: base plus its text offset if offset is set).  most_bytes limits what is unpacked.
 * Errors: any, naming what ("kernel") and the file.
 */
SysImage *sys_image_load(const char *what, const char *path, guint16 machine, DevGpa base,
                         gboolean offset, guint64 most_bytes, GError **err);

/* A file as it is, for gpa.  Errors: as above. */
SysBlob *sys_blob_load(const char *what, const char *path, DevGpa gpa, GError **err);
/* Bytes that were made; takes them. */
SysBlob *sys_blob_new(const char *name, DevGpa gpa, GBytes *bytes);

/* Whether all of a blob has memory under it; headers without memory are taken off.  Errors: DEV_ERROR_MEMORY with
 * the place. */
gboolean sys_blob_check(SysBlob *b, DevSpace *s, GError **err);
/* Copies it there, also into ROM.  It was checked.  Device lock. */
void sys_blob_put(const SysBlob *b, DevSpace *s);

#endif
