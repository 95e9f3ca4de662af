/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dump-guest-memory: RAM and registers as an ELF core file, for crash and gdb.  [ELF: System V ABI, chapters 4 and 5]
 * One segment per range of RAM with its physical address, one note (NT_PRSTATUS, of Linux's form for 64-bit RISC-V)
 * per CPU.
 */
#include "monitor/private.h"

#include "cpu/cpu.h"

#include "dev/mem.h"

#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { STATUS_BYTES = 376, STATUS_PID = 32, STATUS_REGS = 112, REGS = 32 };

typedef struct Dump {
    GArray *ranges;             /* of DevRange */
    FILE *f;
    gboolean is_bad;            /* errno says why */
} Dump;

static void add_range(const DevRange *r, void *data)
{
    if (r->hva && !r->readonly) {
        g_array_append_val(((Dump *)data)->ranges, *r);
    }
}

static void put(Dump *d, const void *data, gsize n)
{
    d->is_bad |= n && fwrite(data, 1, n, d->f) != n;
}

/* pc, then x1 to x31. */
static void put_note(Dump *d, SysCpu *c)
{
    Elf64_Nhdr head = { .n_namesz = 5, .n_descsz = STATUS_BYTES, .n_type = NT_PRSTATUS };
    guint8 status[STATUS_BYTES] = { 0 };
    guint32 pid = GUINT32_TO_LE(c->index + 1);

    memcpy(status + STATUS_PID, &pid, 4);
    for (guint i = 0; i < REGS; i++) {
        guint8 bytes[SYS_CPU_REG_MOST] = { 0 };
        sys_cpu_gdb_get(c, i ? i : REGS, bytes);
        memcpy(status + STATUS_REGS + 8 * i, bytes, 8);
    }
    put(d, &head, sizeof head);
    put(d, "CORE\0\0\0", 8);
    put(d, status, sizeof status);
}

static void put_headers(Dump *d, guint cpus)
{
    guint n = d->ranges->len + 1;
    guint64 note_bytes = (guint64)cpus * (sizeof(Elf64_Nhdr) + 8 + STATUS_BYTES);
    guint64 at = sizeof(Elf64_Ehdr) + n * sizeof(Elf64_Phdr);
    Elf64_Ehdr e = {
        .e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
        .e_type = ET_CORE, .e_machine = EM_RISCV, .e_version = EV_CURRENT, .e_phoff = sizeof e, .e_ehsize = sizeof e,
        .e_phentsize = sizeof(Elf64_Phdr), .e_phnum = (Elf64_Half)n,
    };
    Elf64_Phdr note = { .p_type = PT_NOTE, .p_offset = at, .p_filesz = note_bytes, .p_memsz = note_bytes };

    put(d, &e, sizeof e);
    put(d, &note, sizeof note);
    at += note_bytes;
    for (guint i = 0; i < d->ranges->len; i++) {
        const DevRange *r = &g_array_index(d->ranges, DevRange, i);
        guint64 bytes = r->last - r->first + 1;
        Elf64_Phdr p = { .p_type = PT_LOAD, .p_offset = at, .p_paddr = r->first, .p_filesz = bytes, .p_memsz = bytes };
        put(d, &p, sizeof p);
        at += bytes;
    }
}

gboolean sys_dump_write(const char *path, GError **err)
{
    SysBoard *b = sys_monitors.board;
    gboolean running = sys_machine_running(sys_monitors.machine);
    Dump d = { .ranges = g_array_new(FALSE, FALSE, sizeof(DevRange)), .f = fopen(path, "wbe") };

    if (d.f) {
        sys_machine_stop(sys_monitors.machine);
        dev_space_each(b->b.space, add_range, &d);
        put_headers(&d, b->cpus->len);
        for (guint i = 0; i < b->cpus->len; i++) {
            put_note(&d, g_ptr_array_index(b->cpus, i));
        }
        for (guint i = 0; i < d.ranges->len; i++) {
            const DevRange *r = &g_array_index(d.ranges, DevRange, i);
            put(&d, r->hva, r->last - r->first + 1);
        }
        d.is_bad |= fclose(d.f) != 0;
    }
    g_array_unref(d.ranges);
    if (running) {
        sys_machine_cont(sys_monitors.machine);
    }
    if (!d.f || d.is_bad) {
        obj_refuse(err, "'%s': %s", path, g_strerror(errno));
        return FALSE;
    }
    return TRUE;
}
