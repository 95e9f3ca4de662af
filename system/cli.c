/* SPDX-License-Identifier: BSD-2-Clause */
/* Parsing the command line. Options of a value may be given as -name value or --name value. */
#include "cli.h"

#include "obj/type.h"

#include "base/near.h"

#include <string.h>

typedef enum Kind {
    FLAG,           /* gboolean at offset becomes TRUE */
    TEXT,           /* char * at offset: the last one counts */
    CHECK,          /* judge looks at the value, and keeps it if need be */
    LIST,           /* GPtrArray * at offset: all of them */
    IGNORE,         /* its value, if it has one (arg), means nothing here */
    MISSING,        /* QEMU has it; text says what is not implemented */
} Kind;

typedef struct Row {
    const char *name, *arg;     /* arg NULL: no value */
    Kind kind;
    size_t offset;
    const char *text;
} Row;

#define AT(field) offsetof(SysOptions, field)

static const Row rows[] = {
    { "M", "MACHINE[,PROPERTY=VALUE...]", TEXT, AT(machine), "the machine; -M help lists them" },
    { "machine", "MACHINE[,...]", TEXT, AT(machine), "the same" },
    { "cpu", "MODEL", TEXT, AT(cpu), "model of the CPUs; -cpu help lists them" },
    { "smp", "N", TEXT, AT(smp), "how many CPUs" },
    { "m", "SIZE", TEXT, AT(memory), "RAM, in MiB unless K, M, G or T follows" },
    { "bios", "FILE|none|default", TEXT, AT(bios), "firmware; the default is built in" },
    { "kernel", "FILE", TEXT, AT(kernel), "kernel: Linux image, ELF, plain bytes, perhaps gzip-compressed" },
    { "initrd", "FILE", TEXT, AT(initrd), "initial RAM disk" },
    { "append", "TEXT", TEXT, AT(append), "the kernel's command line" },
    { "dtb", "FILE", TEXT, AT(dtb), "device tree in place of the machine's own" },
    { "drive", "file=FILE[,if=virtio|pflash|none][,id=ID][,format=raw|qcow2][,readonly=on][,cache=MODE][,snapshot=on]",
      LIST, AT(drives), "a disk" },
    { "device", "DRIVER[,PROPERTY=VALUE...]", LIST, AT(devices),
      "a device; help lists them, DRIVER,help its properties" },
    { "chardev", "BACKEND,id=ID[,...]", LIST, AT(chardevs), "a character back end" },
    { "netdev", "BACKEND,id=ID[,...]", LIST, AT(netdevs), "a network back end" },
    { "nic", "BACKEND[,model=DRIVER][,mac=ADDRESS][,...]|none", LIST, AT(nics), "a network device with its back end" },
    { "fsdev", "local,id=ID,path=DIR,security_model=MODEL[,readonly=on]", LIST, AT(fsdevs),
      "a directory of the host, for -device virtio-9p-pci,fsdev=ID,mount_tag=TAG" },
    { "virtfs", "local,path=DIR,mount_tag=TAG,security_model=MODEL[,readonly=on]", LIST, AT(virtfs),
      "the same with its device; models: none, passthrough, mapped-xattr" },
    { "serial", "BACKEND", LIST, AT(serials), "where a serial line goes: stdio, mon:stdio, null, none, pty, file:PATH, "
      "pipe:PATH, unix:PATH[,server], tcp:HOST:PORT[,server], chardev:ID" },
    { "nographic", NULL, FLAG, AT(nographic), "no display; the first serial line is the terminal (C-a h for help)" },
    { "display", "none", CHECK, 0, "no display, and the serial line is not the terminal either" },
    { "nodefaults", NULL, FLAG, AT(nodefaults), "nothing that was not asked for" },
    { "snapshot", NULL, FLAG, AT(snapshot), "throw away what is written to disks" },
    { "S", NULL, FLAG, AT(paused), "do not start the CPUs" },
    { "no-reboot", NULL, FLAG, AT(no_reboot), "end when the guest resets" },
    { "no-shutdown", NULL, FLAG, AT(no_shutdown), "stop when the guest powers off, and do not end" },
    { "d", "ITEMS", TEXT, AT(log_items), "log; -d help lists the items" },
    { "D", "FILE", TEXT, AT(log_file), "log to FILE" },
    { "pidfile", "FILE", TEXT, AT(pid_file), "write the process number to FILE" },
    { "tier", "0|1", CHECK, 0, "0 interprets, 1 generates host code" },
    { "accel", "tcg", CHECK, 0, "how CPUs are run: tcg is what there is" },
    { "name", "TEXT", IGNORE, 0, "taken, and not used" },
    { "no-user-config", NULL, IGNORE, 0, "there is none" },
    { "version", NULL, FLAG, AT(version), "print the version" },
    { "help", NULL, FLAG, AT(help), "print this list" },
    { "h", NULL, FLAG, AT(help), "print this list" },
    { "monitor", "BACKEND", LIST, AT(monitors), "a monitor for people, at a back end as -serial names them" },
    { "qmp", "BACKEND", LIST, AT(qmps), "a QMP monitor for programs" },
    { "mon", "ID[,mode=readline|control][,pretty=on]", LIST, AT(mons), "a monitor at a -chardev" },
    { "incoming", "URI", TEXT, AT(incoming), "take a machine that migrate wrote: file:, exec:, unix:, tcp:" },
    { "gdb", "BACKEND", TEXT, AT(gdb), "a gdb server: tcp::PORT, or a back end as -serial names them" },
    { "s", NULL, FLAG, AT(gdb_usual), "the same as -gdb tcp::1234" },
    { "blockdev", "...", MISSING, 0, "-blockdev; -drive is there" },
    { "object", "...", MISSING, 0, "-object" },
    { "loadvm", "...", MISSING, 0, "saved machines" },
    { "icount", "...", MISSING, 0, "time by instructions" },
    { "global", "...", MISSING, 0, "-global" },
    { "readconfig", "...", MISSING, 0, "-readconfig" },
    { "daemonize", NULL, MISSING, 0, "-daemonize" },
    { "vnc", "...", MISSING, 0, "displays" },
    { "net", "...", MISSING, 0, "-net; -netdev with -device is there" },
    { "rtc", "...", MISSING, 0, "-rtc" },
};

static const Row *find(const char *name, GError **err)
{
    Near near;

    near_init(&near, name);
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (!strcmp(rows[i].name, name)) {
            return &rows[i];
        }
        near_try(&near, rows[i].name);
    }
    g_set_error(err, OBJ_ERROR, OBJ_ERROR_VALUE, "there is no option '-%s'%s%s%s", name,
                near.best ? "; did you mean '-" : "", near.best ? near.best : "",
                near.best ? "'?" : "; -help lists them");
    return NULL;
}

/* Rows whose values are judged at once. */
static gboolean judge(SysOptions *o, const Row *r, const char *value, GError **err)
{
    if (!strcmp(r->name, "tier")) {
        if (strcmp(value, "0") && strcmp(value, "1")) {
            g_set_error(err, OBJ_ERROR, OBJ_ERROR_VALUE, "-tier %s: must be 0 or 1", value);
            return FALSE;
        }
        o->tier = (guint)(value[0] - '0');
    } else if (!strcmp(r->name, "accel")) {
        if (strcmp(value, "tcg") && !g_str_has_prefix(value, "tcg,")) {
            g_set_error(err, OBJ_ERROR, OBJ_ERROR_VALUE, "-accel %s: this program has only tcg", value);
            return FALSE;
        }
    } else if (strcmp(value, "none")) {
        g_set_error(err, OBJ_ERROR, OBJ_ERROR_VALUE,
                    "-display %s: not implemented; -display none or -nographic", value);
        return FALSE;
    } else {
        o->no_display = TRUE;
    }
    return TRUE;
}

static gboolean apply(SysOptions *o, const Row *r, const char *value, GError **err)
{
    char *field = (char *)o + r->offset;

    switch (r->kind) {
    case FLAG:
        *(gboolean *)field = TRUE;
        return TRUE;
    case TEXT:
        g_free(*(char **)field);
        *(char **)field = g_strdup(value);
        return TRUE;
    case CHECK:
        return judge(o, r, value, err);
    case LIST:
        g_ptr_array_add(*(GPtrArray **)field, g_strdup(value));
        return TRUE;
    case IGNORE:
        return TRUE;
    default:
        g_set_error(err, OBJ_ERROR, OBJ_ERROR_VALUE, "-%s: not implemented: %s", r->name, r->text);
        return FALSE;
    }
}

SysOptions *sys_cli_parse(int argc, char **argv, GError **err)
{
    g_autoptr(SysOptions) o = g_new0(SysOptions, 1);

    o->tier = 1;
    o->serials = g_ptr_array_new_with_free_func(g_free);
    o->chardevs = g_ptr_array_new_with_free_func(g_free);
    o->drives = g_ptr_array_new_with_free_func(g_free);
    o->devices = g_ptr_array_new_with_free_func(g_free);
    o->netdevs = g_ptr_array_new_with_free_func(g_free);
    o->nics = g_ptr_array_new_with_free_func(g_free);
    o->fsdevs = g_ptr_array_new_with_free_func(g_free);
    o->virtfs = g_ptr_array_new_with_free_func(g_free);
    o->monitors = g_ptr_array_new_with_free_func(g_free);
    o->qmps = g_ptr_array_new_with_free_func(g_free);
    o->mons = g_ptr_array_new_with_free_func(g_free);
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i];
        if (word[0] != '-' || !word[1]) {
            /* A lone word is a disk, as in QEMU. */
            g_set_error(err, OBJ_ERROR, OBJ_ERROR_VALUE,
                        "'%s' is no option; a disk is -drive file=%s", word, word);
            return NULL;
        }
        const Row *r = find(word + (word[1] == '-' && word[2] ? 2 : 1), err);
        if (!r) {
            return NULL;
        }
        if (r->arg && i + 1 == argc) {
            g_set_error(err, OBJ_ERROR, OBJ_ERROR_VALUE, "-%s needs a value: %s", r->name, r->arg);
            return NULL;
        }
        if (!apply(o, r, r->arg ? argv[++i] : NULL, err)) {
            return NULL;
        }
    }
    return g_steal_pointer(&o);
}

void sys_cli_free(SysOptions *o)
{
    if (!o) {
        return;
    }
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (rows[i].kind == TEXT) {
            g_clear_pointer((char **)((char *)o + rows[i].offset), g_free);
        }
    }
    g_ptr_array_unref(o->serials);
    g_ptr_array_unref(o->chardevs);
    g_ptr_array_unref(o->drives);
    g_ptr_array_unref(o->devices);
    g_ptr_array_unref(o->netdevs);
    g_ptr_array_unref(o->nics);
    g_ptr_array_unref(o->fsdevs);
    g_ptr_array_unref(o->virtfs);
    g_ptr_array_unref(o->monitors);
    g_ptr_array_unref(o->qmps);
    g_ptr_array_unref(o->mons);
    g_free(o);
}

char *sys_cli_help(const char *program)
{
    GString *s = g_string_new(NULL);

    g_string_append_printf(s, "usage: %s [OPTION]...\nRuns a machine.  Options are QEMU's:\n", program);
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (rows[i].kind != MISSING) {
            g_autofree char *head = g_strconcat("-", rows[i].name, rows[i].arg ? " " : "",
                                                rows[i].arg ? rows[i].arg : "", NULL);
            g_string_append_printf(s, strlen(head) < 26 ? "  %-26s" : "  %s\n                            ", head);
            g_string_append_printf(s, "%s\n", rows[i].text);
        }
    }
    return g_string_free(s, FALSE);
}
