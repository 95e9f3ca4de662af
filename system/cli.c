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
    { "M", "MACHINE[,PROPERTY=VALUE...]", LIST, AT(machines), "the machine; -M help lists them" },
    { "machine", "MACHINE[,...]", LIST, AT(machines), "the same" },
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
    { "tier", "0|1|auto", CHECK, 0, "0 interprets, 1 generates host code, auto from the second run on" },
    { "accel", "tcg", CHECK, 0, "how CPUs are run: tcg is what there is" },
    { "icount", "[shift=]N[,sleep=off][,align=on]", CHECK, 0,
      "deterministic time: each instruction takes 2^N ns, CPUs run in turn" },
    { "name", "TEXT[,...]", TEXT, AT(name), "the machine's name, for monitors" },
    { "uuid", "UUID", TEXT, AT(uuid), "the machine's number, for monitors and firmware" },
    { "no-user-config", NULL, IGNORE, 0, "there is none" },
    { "L", "DIR", IGNORE, 0, "taken: firmware is built in, and files are named in full" },
    { "msg", "timestamp=on|off", IGNORE, 0, "taken: messages have no time" },
    { "k", "LAYOUT", IGNORE, 0, "taken: there is no display that would need a keyboard" },
    { "compat", "...", IGNORE, 0, "taken: nothing here is deprecated" },
    { "audiodev", "none,id=ID", CHECK, 0, "no sound" },
    { "version", NULL, FLAG, AT(version), "print the version" },
    { "help", NULL, FLAG, AT(help), "print this list" },
    { "h", NULL, FLAG, AT(help), "print this list" },
    { "monitor", "BACKEND", LIST, AT(monitors), "a monitor for people, at a back end as -serial names them" },
    { "qmp", "BACKEND", LIST, AT(qmps), "a QMP monitor for programs" },
    { "mon", "ID[,mode=readline|control][,pretty=on]", LIST, AT(mons), "a monitor at a -chardev" },
    { "incoming", "URI|defer", TEXT, AT(incoming),
      "take a machine that migrate wrote: file:, exec:, fd:, unix:, tcp:; defer: when a monitor says" },
    { "gdb", "BACKEND", TEXT, AT(gdb), "a gdb server: tcp::PORT, or a back end as -serial names them" },
    { "s", NULL, FLAG, AT(gdb_usual), "the same as -gdb tcp::1234" },
    { "loadvm", "NAME", TEXT, AT(loadvm), "begin with what savevm has kept under that name" },
    { "blockdev", "driver=DRIVER,node-name=NAME[,...]", LIST, AT(blockdevs),
      "a disk's node: file, raw, qcow2; also in JSON" },
    { "object", "TYPE,id=ID[,PROPERTY=VALUE...]", LIST, AT(objects),
      "an object; help lists the types; also in JSON" },
    { "global", "DRIVER.PROPERTY=VALUE", LIST, AT(globals), "what a property is if a device does not say" },
    { "fw_cfg", "name=NAME,file=FILE|string=TEXT", LIST, AT(fw_cfgs), "a file that firmware and guests read" },
    { "readconfig", "FILE", CHECK, 0, "options from a file: [device \"id\"] and lines of NAME = \"VALUE\"" },
    { "rtc", "base=utc|localtime|TIME[,clock=host|rt|vm]", TEXT, AT(rtc), "what the guest's clock begins with" },
    { "boot", "...", CHECK, 0, "taken: firmware here has one way to boot" },
    { "hda", "FILE", CHECK, 0, "a disk, as -drive file=FILE; so do hdb, hdc, hdd, and a word that is no option" },
    { "hdb", "FILE", CHECK, 0, "" },
    { "hdc", "FILE", CHECK, 0, "" },
    { "hdd", "FILE", CHECK, 0, "" },
    { "daemonize", NULL, FLAG, AT(daemonize), "go into the background when the machine is made" },
    { "chroot", "DIR", TEXT, AT(chroot), "see nothing of the host but DIR when the machine is made" },
    { "runas", "USER|UID:GID", TEXT, AT(runas), "be that user when the machine is made" },
    { "overcommit", "mem-lock=on|off", CHECK, 0, "keep all memory from being swapped" },
    { "action", "EVENT=ACTION[,...]", CHECK, 0,
      "reboot=reset|shutdown, shutdown=poweroff|pause; panic and watchdog: taken" },
    { "sandbox", "off", CHECK, 0, "no system call filter" },
    { "parallel", "none", CHECK, 0, "there is no parallel port" },
    { "vga", "none", CHECK, 0, "there is no display adapter" },
    { "mem-prealloc", NULL, IGNORE, 0, "taken: memory comes when it is first used" },
    { "async-teardown", NULL, IGNORE, 0, "taken: the host frees memory fast enough" },
    { "qtest", "...", MISSING, 0, "the protocol of QEMU's own tests" },
    { "trace", "...", MISSING, 0, "trace points; -d has what can be logged" },
    { "vnc", "...", MISSING, 0, "displays; -nographic is there" },
    { "spice", "...", MISSING, 0, "displays; -nographic is there" },
    { "sdl", NULL, MISSING, 0, "displays; -nographic is there" },
    { "net", "nic[,...]|user|tap|socket[,...]|none", LIST, AT(nets),
      "older words: one nic and one back end are a -nic, none is -nic none" },
    { "cdrom", "FILE", CHECK, 0, "a disk that cannot be written, as -drive media=cdrom,format=raw,file=FILE" },
    { "sd", "FILE", MISSING, 0, "SD cards; -drive if=virtio" },
    { "mtdblock", "FILE", MISSING, 0, "flash chips by this name; -drive if=pflash" },
    { "pflash", "FILE", CHECK, 0, "a flash chip's file, as -drive if=pflash,format=raw,file=FILE" },
    { "usb", NULL, MISSING, 0, "USB" },
    { "usbdevice", "...", MISSING, 0, "USB; -device virtio-keyboard-pci, virtio-tablet-pci" },
    { "enable-kvm", NULL, MISSING, 0, "KVM: the guest's CPU is not the host's" },
    { "numa", "...", MISSING, 0, "several nodes of memory" },
    { "mem-path", "...", MISSING, 0, "-mem-path; -object memory-backend-file with -machine memory-backend=" },
    { "smbios", "...", MISSING, 0, "SMBIOS tables" },
    { "acpitable", "...", MISSING, 0, "ACPI tables" },
    { "option-rom", "...", MISSING, 0, "ROMs of devices" },
    { "watchdog-action", "...", MISSING, 0, "watchdogs" },
    { "semihosting", NULL, MISSING, 0, "semihosting" },
    { "semihosting-config", "...", MISSING, 0, "semihosting" },
    { "plugin", "...", MISSING, 0, "plug-ins" },
    { "preconfig", NULL, MISSING, 0, "a monitor before the machine is made; -S stops it before it starts" },
    { "add-fd", "set=N,fd=N[,opaque=TEXT]", LIST, AT(add_fds), "a descriptor that /dev/fdset/N names" },
    { "set", "...", MISSING, 0, "-set; -global" },
    { "seed", "...", MISSING, 0, "a seed for the guest" },
    { "tpmdev", "...", MISSING, 0, "TPMs" },
    { "xen-domid", "...", MISSING, 0, "Xen" },
    { "full-screen", NULL, MISSING, 0, "displays; -nographic is there" },
    { "dump-vmstate", "...", MISSING, 0, "a description of saved machines; rhea-doc lists fields" },
    { "jitdump", NULL, MISSING, 0, "files for perf" },
    { "perfmap", NULL, MISSING, 0, "files for perf" },
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
    obj_refuse(err, "there is no option '-%s'%s%s%s", name,
               near.best ? "; did you mean '-" : "", near.best ? near.best : "",
               near.best ? "'?" : "; -help lists them");
    return NULL;
}

static gboolean bad_value(const Row *r, const char *value, GError **err, const char *why)
{
    obj_refuse(err, "-%s %s: %s", r->name, value, why);
    return FALSE;
}

/* A disk by its file alone: commas are part of the name. */
static void add_disk(SysOptions *o, const char *file, const char *more)
{
    g_auto(GStrv) parts = g_strsplit(file, ",", -1);
    g_autofree char *quoted = g_strjoinv(",,", parts);

    g_ptr_array_add(o->drives, g_strdup_printf("file=%s%s", quoted, more));
}

static gboolean take_action(SysOptions *o, const Row *r, const char *value, GError **err)
{
    static const struct {
        const char *word;
        size_t flag;
        gboolean to;
    } known[] = {
        { "reboot=reset", AT(no_reboot), FALSE }, { "reboot=shutdown", AT(no_reboot), TRUE },
        { "shutdown=poweroff", AT(no_shutdown), FALSE }, { "shutdown=pause", AT(no_shutdown), TRUE },
    };
    g_auto(GStrv) words = g_strsplit(value, ",", -1);

    for (char **w = words; *w; w++) {
        guint i = 0;
        while (i < G_N_ELEMENTS(known) && strcmp(known[i].word, *w)) {
            i++;
        }
        if (i < G_N_ELEMENTS(known)) {
            *(gboolean *)((char *)o + known[i].flag) = known[i].to;
        } else if (!g_str_has_prefix(*w, "panic=") && !g_str_has_prefix(*w, "watchdog=")) {
            return bad_value(r, value, err,
                             "must be reboot=reset|shutdown, shutdown=poweroff|pause, panic=, watchdog=");
        }
    }
    return TRUE;
}

static gboolean only(const Row *r, const char *value, const char *word, GError **err)
{
    g_autofree char *why = g_strdup_printf("not implemented; -%s %s is what there is", r->name, word);

    return !strcmp(value, word) || g_str_has_prefix(value, "none,") || bad_value(r, value, err, why);
}

static gboolean read_config(SysOptions *o, const Row *r, const char *path, GError **err);

/* Rows whose values are judged at once. */
static gboolean judge(SysOptions *o, const Row *r, const char *value, GError **err)
{
    if (!strcmp(r->name, "tier")) {
        o->lazy = !strcmp(value, "auto");
        if (!o->lazy && strcmp(value, "0") && strcmp(value, "1")) {
            return bad_value(r, value, err, "must be 0, 1 or auto");
        }
        o->tier = o->lazy ? 1 : (guint)(value[0] - '0');
    } else if (!strcmp(r->name, "icount")) {
        if (!sys_turns_parse(value, &o->turns, err)) {
            g_prefix_error(err, "-icount %s: ", value);
            return FALSE;
        }
    } else if (!strcmp(r->name, "accel")) {
        if (strcmp(value, "tcg") && !g_str_has_prefix(value, "tcg,")) {
            return bad_value(r, value, err, "this program has only tcg");
        }
    } else if (!strcmp(r->name, "display")) {
        if (strcmp(value, "none")) {
            return bad_value(r, value, err, "not implemented; -display none or -nographic");
        }
        o->no_display = TRUE;
    } else if (!strcmp(r->name, "overcommit")) {
        g_auto(GStrv) words = g_strsplit(value, ",", -1);
        for (char **w = words; *w; w++) {
            gboolean lock = !strcmp(*w, "mem-lock=on"), cpu = g_str_has_prefix(*w, "cpu-pm=");
            if (!lock && !cpu && strcmp(*w, "mem-lock=off")) {
                return bad_value(r, value, err, "must be mem-lock=on or mem-lock=off");
            }
            o->lock_memory |= lock;
        }
    } else if (!strcmp(r->name, "action")) {
        return take_action(o, r, value, err);
    } else if (!strcmp(r->name, "readconfig")) {
        return read_config(o, r, value, err);
    } else if (!strcmp(r->name, "pflash")) {
        add_disk(o, value, ",if=pflash,format=raw");
    } else if (!strcmp(r->name, "cdrom")) {
        add_disk(o, value, ",media=cdrom,format=raw");
    } else if (r->name[0] == 'h') {
        add_disk(o, value, "");
    } else if (!strcmp(r->name, "audiodev") && strstr(value, "\"none\"")) {
        return TRUE;
    } else if (strcmp(r->name, "boot")) {
        return only(r, value, !strcmp(r->name, "sandbox") ? "off" : "none", err);
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
        obj_refuse(err, "-%s: not implemented: %s", r->name, r->text);
        return FALSE;
    }
}

/* --- options from a file --------------------------------------------------------------------- */
/* A section is an option of that name: its lines are words, its id is one too. */
static gboolean end_section(SysOptions *o, const char *section, const char *id, const GString *words, GError **err)
{
    static const struct {
        const char *section, *option;
    } others[] = { { "smp-opts", "smp" }, { "memory", "m" } };
    const char *name = section;

    for (guint i = 0; i < G_N_ELEMENTS(others); i++) {
        name = !strcmp(others[i].section, section) ? others[i].option : name;
    }
    const Row *r = find(name, err);
    if (!r) {
        return FALSE;
    }
    g_autofree char *value = g_strdup_printf("%s%s%s", words->len ? words->str + 1 : "", id ? ",id=" : "", id ? id
                                             : "");
    return apply(o, r, value, err);
}

/* 'name = "value"' as ",name=value", commas doubled. */
static gboolean take_line(GString *words, const char *line)
{
    const char *eq = strchr(line, '='), *first = eq ? strchr(eq, '"') : NULL, *last = strrchr(line, '"');

    if (!first || last == first) {
        return FALSE;
    }
    g_autofree char *name = g_strstrip(g_strndup(line, (gsize)(eq - line))),
        *value = g_strndup(first + 1, (gsize)(last - first - 1));
    g_auto(GStrv) parts = g_strsplit(value, ",", -1);
    g_autofree char *quoted = g_strjoinv(",,", parts);
    g_string_append_printf(words, ",%s=%s", name, quoted);
    return *name != 0;
}

static gboolean read_config(SysOptions *o, const Row *r, const char *path, GError **err)
{
    g_autofree char *text = NULL, *section = NULL, *id = NULL;
    g_autoptr(GString) words = g_string_new(NULL);

    if (!g_file_get_contents(path, &text, NULL, err)) {
        return FALSE;
    }
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (guint n = 0; lines[n]; n++) {
        char *line = g_strstrip(lines[n]);
        gsize len = strlen(line);
        if (!*line || *line == '#') {
            continue;
        }
        gboolean good;
        if (*line == '[' && line[len - 1] == ']') {
            if (section && !end_section(o, section, id, words, err)) {
                return FALSE;
            }
            g_auto(GStrv) parts = g_strsplit(line, "\"", 3);
            g_string_truncate(words, 0);
            g_free(section);
            g_free(id);
            section = g_strstrip(g_strndup(line + 1, strcspn(line + 1, "\"]")));
            id = parts[1] && *parts[1] ? g_strdup(parts[1]) : NULL;
            good = *section != 0;
        } else {
            good = section && take_line(words, line);
        }
        if (!good) {
            obj_refuse(err, "-%s %s: line %u: must be [section] or name = \"value\"",
                       r->name,
                       path, n + 1);
            return FALSE;
        }
    }
    return !section || end_section(o, section, id, words, err);
}

/* -M virt -M aclint=on: words of one option; the last machine counts. */
static void join_machines(SysOptions *o)
{
    g_autofree char *type = NULL;
    g_autoptr(GString) rest = g_string_new(NULL);

    for (guint i = 0; i < o->machines->len; i++) {
        const char *text = g_ptr_array_index(o->machines, i);
        gsize n = strcspn(text, ",");
        gboolean is_named = g_str_has_prefix(text, "type=");
        if (is_named || !memchr(text, '=', n)) {
            g_free(type);
            type = g_strndup(text + (is_named ? 5 : 0), n - (is_named ? 5 : 0));
            text += n + (text[n] == ',');
        }
        g_string_append_printf(rest, "%s%s", *text ? "," : "", text);
    }
    if (o->machines->len) {
        o->machine = g_strconcat(type ? type : "", rest->str + !type, NULL);
    }
}

/* --- the command line ------------------------------------------------------------------------ */
SysOptions *sys_cli_parse(int argc, char **argv, GError **err)
{
    g_autoptr(SysOptions) o = g_new0(SysOptions, 1);

    o->tier = 1;
    o->lazy = TRUE;
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        GPtrArray **list = (GPtrArray **)((char *)o + rows[i].offset);
        if (rows[i].kind == LIST && !*list) {
            *list = g_ptr_array_new_with_free_func(g_free);
        }
    }
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i];
        if (word[0] != '-' || !word[1]) {
            add_disk(o, word, "");
            continue;
        }
        const Row *r = find(word + (word[1] == '-' && word[2] ? 2 : 1), err);
        if (!r) {
            return NULL;
        }
        if (r->arg && i + 1 == argc) {
            obj_refuse(err, "-%s needs a value: %s", r->name, r->arg);
            return NULL;
        }
        if (!apply(o, r, r->arg ? argv[++i] : NULL, err)) {
            return NULL;
        }
    }
    join_machines(o);
    return g_steal_pointer(&o);
}

void sys_cli_free(SysOptions *o)
{
    if (!o) {
        return;
    }
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        void *field = (char *)o + rows[i].offset;
        if (rows[i].kind == TEXT) {
            g_clear_pointer((char **)field, g_free);
        } else if (rows[i].kind == LIST) {
            g_clear_pointer((GPtrArray **)field, g_ptr_array_unref);
        }
    }
    g_free(o->machine);
    g_free(o);
}

void sys_cli_each(void (*fn)(const char *name, const char *arg, void *data), void *data)
{
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        gboolean is_off = rows[i].arg && (!strcmp(rows[i].arg, "off") || !strcmp(rows[i].arg, "none"));
        if (rows[i].kind != MISSING && !is_off) {
            fn(rows[i].name, rows[i].arg, data);
        }
    }
}

char *sys_cli_help(const char *program)
{
    GString *s = g_string_new(NULL);

    g_string_append_printf(s, "usage: %s [OPTION]...\nRuns a machine.  Options are QEMU's:\n", program);
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (rows[i].kind != MISSING && *rows[i].text) {
            g_autofree char *head = g_strconcat("-", rows[i].name, rows[i].arg ? " " : "",
                                                rows[i].arg ? rows[i].arg : "", NULL);
            g_string_append_printf(s, strlen(head) < 26 ? "  %-26s" : "  %s\n                            ", head);
            g_string_append_printf(s, "%s\n", rows[i].text);
        }
    }
    return g_string_free(s, FALSE);
}
