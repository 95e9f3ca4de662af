/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Loading images. [ELF: System V ABI, Object Files] [Linux Documentation/arch/riscv/boot-image-header.rst]
 * [RFC 1952]
 */
#include "load.h"

#include "dev/ram.h"

#include <elf.h>
#include <string.h>
#include <sys/mman.h>
#include <zlib.h>

#define SEGMENTS 64u            /* the most an ELF file may ask to be loaded */

void sys_blob_free(SysBlob *b)
{
    if (b) {
        g_bytes_unref(b->bytes);
        g_clear_pointer(&b->file, g_mapped_file_unref);
        g_free(b->name);
        g_free(b);
    }
}

void sys_image_free(SysImage *i)
{
    if (i) {
        g_ptr_array_unref(i->blobs);
        g_free(i);
    }
}

static gboolean fail(GError **err, const char *what, const char *path, const char *why)
{
    obj_refuse(err, "%s '%s': %s", what, path, why);
    return FALSE;
}

SysBlob *sys_blob_new(const char *name, DevGpa gpa, GBytes *bytes)
{
    SysBlob *b = g_new0(SysBlob, 1);

    b->name = g_strdup(name);
    b->gpa = gpa;
    b->bytes = bytes;
    return b;
}

static GMappedFile *map_file(const char *what, const char *path, GError **err)
{
    g_autoptr(GError) why = NULL;
    GMappedFile *f = g_mapped_file_new(path, FALSE, &why);

    if (!f) {
        const char *reason = strrchr(why->message, ':');
        fail(err, what, path, reason ? reason + 2 : why->message);
    }
    return f;
}

SysBlob *sys_blob_load(const char *what, const char *path, DevGpa gpa, GError **err)
{
    GMappedFile *f = map_file(what, path, err);

    if (!f) {
        return NULL;
    }
    SysBlob *b = sys_blob_new(path, gpa, g_mapped_file_get_bytes(f));
    b->file = f;
    return b;
}

/* --- gzip ------------------------------------------------------------------------------------ */
static gboolean is_gzip(const guint8 *data, gsize n)
{
    return n > 18 && data[0] == 0x1f && data[1] == 0x8b && data[2] == 8;
}

/* All of a gzip file; NULL if it is damaged or has more than most bytes. */
static GBytes *unpack(const guint8 *data, gsize n, guint64 most, const char **why)
{
    g_autoptr(GByteArray) out = g_byte_array_new();
    guint8 piece[65536];
    z_stream z = { .next_in = (Bytef *)data, .avail_in = (uInt)MIN(n, G_MAXUINT) };
    int e = inflateInit2(&z, 15 + 16);

    while (e == Z_OK && out->len <= most && out->len <= G_MAXUINT / 2) {
        z.next_out = piece;
        z.avail_out = sizeof piece;
        e = inflate(&z, Z_NO_FLUSH);
        g_byte_array_append(out, piece, (guint)(sizeof piece - z.avail_out));
    }
    inflateEnd(&z);
    *why = e == Z_STREAM_END ? "unpacked, it is larger than the machine's memory"
                             : "damaged gzip data";
    if (e == Z_OK) {
        *why = "unpacked, it is larger than the machine's memory";
    }
    return e == Z_STREAM_END && out->len <= most
        ? g_byte_array_free_to_bytes(g_steal_pointer(&out)) : NULL;
}

/* --- ELF ------------------------------------------------------------------------------------- */
static const char *judge_elf(const Elf64_Ehdr *h, gsize n, guint16 machine)
{
    if (h->e_ident[EI_CLASS] != ELFCLASS64 || h->e_ident[EI_DATA] != ELFDATA2LSB) {
        return "not a 64-bit little-endian ELF file";
    }
    if (GUINT16_FROM_LE(h->e_machine) != machine) {
        return "an ELF file for another architecture";
    }
    guint64 at = GUINT64_FROM_LE(h->e_phoff);
    guint16 count = GUINT16_FROM_LE(h->e_phnum);
    if (GUINT16_FROM_LE(h->e_phentsize) != sizeof(Elf64_Phdr) || !count || count > SEGMENTS ||
        at > n || count * sizeof(Elf64_Phdr) > n - at) {
        return "an ELF file without usable program headers";
    }
    return NULL;
}

static void note_place(SysImage *i, DevGpa gpa, guint64 bytes)
{
    i->first = MIN(i->first, gpa);
    i->end = MAX(i->end, gpa + bytes);
}

static const char *add_segment(SysImage *image, const char *path, GBytes *file, DevGpa base, const Elf64_Phdr *p)
{
    guint64 at = GUINT64_FROM_LE(p->p_offset), bytes = GUINT64_FROM_LE(p->p_filesz);
    guint64 all = GUINT64_FROM_LE(p->p_memsz), gpa = base + GUINT64_FROM_LE(p->p_paddr);
    gsize n = g_bytes_get_size(file);

    if (at > n || bytes > n - at || bytes > all || gpa < base || gpa + all < gpa) {
        return "a segment lies outside the ELF file";
    }
    SysBlob *b = sys_blob_new(path, gpa, g_bytes_new_from_bytes(file, at, bytes));
    b->zeros = all - bytes;
    b->headers = at == 0 ? DEV_PAGE_BYTES - gpa % DEV_PAGE_BYTES : 0;
    g_ptr_array_add(image->blobs, b);
    note_place(image, gpa, all);
    return NULL;
}

static gboolean get_segment(const guint8 *data, const Elf64_Ehdr *h, guint i, Elf64_Phdr *p)
{
    memcpy(p, data + GUINT64_FROM_LE(h->e_phoff) + i * sizeof *p, sizeof *p);
    return GUINT32_FROM_LE(p->p_type) == PT_LOAD && p->p_memsz;
}

/* A file that was linked for no place (OpenSBI's since 1.3 are) finds out where it is by itself. */
static gboolean has_no_place(const guint8 *data, const Elf64_Ehdr *h)
{
    gboolean at_0 = FALSE;
    Elf64_Phdr p;

    for (guint i = 0; i < GUINT16_FROM_LE(h->e_phnum); i++) {
        at_0 = at_0 || (get_segment(data, h, i, &p) && !p.p_paddr);
    }
    return GUINT16_FROM_LE(h->e_type) == ET_DYN && at_0;
}

static const char *read_elf(SysImage *image, const char *path, GBytes *file, guint16 machine, DevGpa base)
{
    gsize n;
    const guint8 *data = g_bytes_get_data(file, &n);
    Elf64_Ehdr h;
    Elf64_Phdr p;

    if (n < sizeof h) {
        return "a truncated ELF file";
    }
    memcpy(&h, data, sizeof h);
    const char *why = judge_elf(&h, n, machine);
    if (!why && !has_no_place(data, &h)) {
        base = 0;
    }
    for (guint i = 0; !why && i < GUINT16_FROM_LE(h.e_phnum); i++) {
        if (get_segment(data, &h, i, &p)) {
            why = add_segment(image, path, file, base, &p);
        }
    }
    if (!why && !image->blobs->len) {
        why = "an ELF file with nothing to load";
    }
    image->entry = base + GUINT64_FROM_LE(h.e_entry);
    return why;
}

/* --- plain bytes and Linux images ------------------------------------------------------------ */
typedef struct LinuxHeader {    /* [boot-image-header.rst] */
    guint32 code[2];
    guint64 text_offset, image_size, flags;
    guint32 version, res1;
    guint64 res2, magic;
    guint32 magic2, res3;
} LinuxHeader;

static const char *read_plain(SysImage *image, const char *path, GBytes *file, DevGpa base,
                              gboolean offset)
{
    gsize n;
    const guint8 *data = g_bytes_get_data(file, &n);
    LinuxHeader h;
    guint64 bytes = n;

    if (n == 0) {
        return "the file is empty";
    }
    memcpy(&h, data, MIN(n, sizeof h));
    if (n >= sizeof h && GUINT32_FROM_LE(h.magic2) == 0x05435352) {     /* "RSC\5" */
        guint64 size = GUINT64_FROM_LE(h.image_size), text = GUINT64_FROM_LE(h.text_offset);
        if (text >= UINT64_C(1) << 40 || size >= UINT64_C(1) << 40) {
            return "a Linux image with an impossible header";
        }
        base += offset ? text : 0;
        bytes = MAX(bytes, size);
    }
    g_ptr_array_add(image->blobs, sys_blob_new(path, base, g_bytes_ref(file)));
    image->entry = base;
    note_place(image, base, bytes);
    return NULL;
}

SysImage *sys_image_load(const char *what, const char *path, guint16 machine, DevGpa base,
                         gboolean offset, guint64 most_bytes, GError **err)
{
    g_autoptr(GMappedFile) f = map_file(what, path, err);
    const char *why = NULL;

    if (!f) {
        return NULL;
    }
    g_autoptr(GBytes) bytes = g_mapped_file_get_bytes(f);
    g_autoptr(SysImage) image = g_new0(SysImage, 1);
    image->blobs = g_ptr_array_new_with_free_func((GDestroyNotify)sys_blob_free);
    image->first = UINT64_MAX;
    gsize n;
    const guint8 *data = g_bytes_get_data(bytes, &n);
    gboolean packed = is_gzip(data, n);
    if (packed) {
        GBytes *whole = unpack(data, n, most_bytes, &why);
        if (!whole) {
            fail(err, what, path, why);
            return NULL;
        }
        g_bytes_unref(bytes);
        bytes = whole;
        data = g_bytes_get_data(bytes, &n);
    }
    gboolean is_elf = n >= SELFMAG && !memcmp(data, ELFMAG, SELFMAG);
    why = is_elf ? read_elf(image, path, bytes, machine, base)
                 : read_plain(image, path, bytes, base, offset);
    if (why) {
        fail(err, what, path, why);
        return NULL;
    }
    for (guint i = 0; !packed && i < image->blobs->len; i++) {
        ((SysBlob *)g_ptr_array_index(image->blobs, i))->file = g_mapped_file_ref(f);
    }
    return g_steal_pointer(&image);
}

/* --- into memory ----------------------------------------------------------------------------- */
/* Linkers put a file's headers into the page before the first section, wherever that is. */
static void trim(SysBlob *b, DevSpace *s)
{
    gsize n = g_bytes_get_size(b->bytes);
    DevRange r;

    if (b->headers && n > b->headers && (!dev_space_find(s, b->gpa, &r) || !r.hva)) {
        GBytes *rest = g_bytes_new_from_bytes(b->bytes, b->headers, n - b->headers);
        g_bytes_unref(b->bytes);
        b->bytes = rest;
        b->gpa += b->headers;
        b->headers = 0;
    }
}

gboolean sys_blob_check(SysBlob *b, DevSpace *s, GError **err)
{
    trim(b, s);
    guint64 left = g_bytes_get_size(b->bytes) + b->zeros;
    DevRange r;

    for (DevGpa gpa = b->gpa; left; gpa = r.last + 1) {
        if (!dev_space_find(s, gpa, &r) || !r.hva) {
            g_set_error(err, DEV_ERROR, DEV_ERROR_MEMORY,
                        "'%s': no memory for it at 0x%" G_GINT64_MODIFIER "x", b->name, gpa);
            return FALSE;
        }
        left -= MIN(left, r.last - gpa + 1);
    }
    return TRUE;
}

/* Bytes, or zeros if data is NULL. */
static DevGpa fill(DevSpace *s, DevGpa gpa, const guint8 *data, guint64 n)
{
    DevRange r;

    while (n && dev_space_find(s, gpa, &r) && r.hva) {
        guint64 at = gpa - r.first, piece = MIN(n, r.last - gpa + 1);
        if (data) {
            memcpy(r.hva + at, data, piece);
            data += piece;
        } else {
            memset(r.hva + at, 0, piece);
        }
        dev_ram_mark(r.region->ram, r.offset + at, piece);
        gpa += piece;
        n -= piece;
    }
    return gpa;
}

void sys_blob_put(const SysBlob *b, DevSpace *s)
{
    gsize n;
    const guint8 *data = g_bytes_get_data(b->bytes, &n);

    fill(s, fill(s, b->gpa, data, n), NULL, b->zeros);
    if (b->file) {              /* the file's pages need not stay in our memory until the next reset */
        madvise(g_mapped_file_get_contents(b->file), g_mapped_file_get_length(b->file),
                MADV_DONTNEED);
    }
}
