/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * QMP.  If the first byte of an input is 0, the rest is what a client sends before it has said which capabilities it
 * wants: no command is run.  Otherwise it is records: a command (u8, of those below), a length (u16), and the
 * command's arguments as JSON.  Commands that reach the host (files, sockets, other programs) are not among them, and
 * arguments that could smuggle one in are left out.
 */
#include "fuzz.h"

#include "back/block/block.h"
#include "cpu/riscv.h"
#include "monitor/private.h"

#include "tcg/guest.h"

#include "dev/lock.h"
#include "dev/plug.h"
#include "models.h"

#include <unistd.h>

const char fuzz_name[] = "qmp";

static const char *const commands[] = {
    "qom-list", "qom-get", "qom-set", "qom-list-types", "qom-list-properties", "device-list-properties", "device_add",
    "device_del", "query-status", "query-pci", "query-block", "query-blockstats", "query-chardev", "query-mice",
    "query-cpus-fast", "query-command-line-options", "query-memdev", "query-named-block-nodes", "input-send-event",
    "send-key", "balloon", "query-balloon", "ringbuf-read", "block_resize", "object-del", "chardev-remove", "netdev_del",
    "blockdev-del", "migrate-set-capabilities", "query-commands", "no-such-command", "qmp_capabilities", "system_powerdown",
    "blockdev-mirror", "blockdev-backup", "block-commit", "block-stream", "blockdev-snapshot", "block-job-cancel",
    "job-complete", "job-pause", "block-job-set-speed", "job-dismiss", "query-block-jobs", "ringbuf-write", "set-action",
    "chardev-send-break", "transaction",
};
static const SysBoardType *const boards[] = { &sys_virt, NULL };

static gboolean no_model(guint n, SysCpuModel *model)
{
    return FALSE;
}

static const SysTarget target = { .program = "rhea-system-riscv64", .alias = "qemu-system-riscv64", .boards = boards,
                                  .guest = &rv_machine_guest, .ops = &sys_riscv_tcg, .cpu_model = no_model };

static void plug(DevBoard *b, const char *text)
{
    g_autoptr(JsonObject) args = dev_plug_parse(text, "driver", NULL);
    g_autoptr(GError) err = NULL;

    if (!dev_plug(b, sys_models, args, &err)) {
        g_error("%s: %s", text, err->message);
    }
}

static SysMachine *start(void)
{
    static const TcgConfig config = { .guest = &rv_machine_guest, .tier = 0 };
    static const SysMachineConfig machine = { 0 };
    static gboolean begun;

    if (!begun) {
        sys_tcg_init(&config, &sys_riscv_tcg);
        begun = TRUE;
    }
    dev_lock_take();
    SysBoard *b = (SysBoard *)dev_board_new(&sys_virt.board, dev_clock_new(DEV_CLOCK_HOST, 0));
    gboolean good = obj_prop_set_text(&b->b.dev.obj, "memory", "16M", NULL) && sys_board_build(b, NULL);
    g_assert(good);
    sys_tcg_use(&b->b);
    Obj *chars = obj_child(b->b.root, "chardevs");
    g_assert(sys_char_new(chars, "ringbuf,id=ring", NULL) && sys_char_new(chars, "null,id=none", NULL));
    for (guint i = 0; i < 2; i++) {
        static int fd[2];
        fd[i] = fd[i] ? fd[i] : fuzz_file(NULL, 0, NULL);
        g_autofree char *words = g_strdup_printf("raw,id=%c,path=/proc/self/fd/%d", "de"[i], fd[i]);
        g_assert(!ftruncate(fd[i], 0) && !ftruncate(fd[i], 1 << 20));
        SysBlock *disk = sys_block_new(obj_child(b->b.root, "objects"), words, NULL);
        g_assert(disk);
    }
    plug(&b->b, "virtio-blk-device,drive=d");
    plug(&b->b, "virtio-balloon-device,id=balloon");
    plug(&b->b, "virtio-keyboard-device,id=keys");
    plug(&b->b, "pcie-root-port,id=port,slot=1,chassis=1");
    good = dev_realize(&b->b.dev, NULL);
    g_assert(good);
    SysMachine *m = sys_machine_new(b, &machine);
    sys_monitors_use(m, &target);
    return m;
}

static void stop(SysMachine *m)
{
    sys_monitors_use(NULL, NULL);
    dev_lock_drop();
    sys_machine_free(m);
}

static void say(SysMonitor *m, const char *text, gsize n)
{
    sys_qmp_input(m, (const guint8 *)text, (guint)n);
}

/* One command; what could be a second one is left out. */
static void command(SysMonitor *m, Feed *f)
{
    const char *name = commands[feed(f, 1) % G_N_ELEMENTS(commands)];
    gsize n = feed(f, 2);

    n = MIN(n, f->left);
    g_autofree char *json = g_strndup((const char *)feed_bytes(f, n), n);
    if (strchr(json, '\\') || strstr(json, "exec") || strstr(json, "snapshot-sync")) {
        return;
    }
    g_autofree char *text = g_strdup_printf("{\"execute\": \"%s\"%s%s}\n", name, *json ? ", \"arguments\": " : "", json);
    say(m, text, strlen(text));
}

int LLVMFuzzerTestOneInput(const guint8 *data, size_t n)
{
    Feed f = { data, n };
    gboolean records = feed(&f, 1) != 0;
    SysMachine *machine = start();
    Obj *chars = obj_child(sys_machine_board(machine)->b.root, "chardevs");
    SysMonitor *m = sys_monitor_new((SysChar *)sys_char_new(chars, "ringbuf,id=out,size=64K", NULL), SYS_MONITOR_QMP, NULL);

    g_assert(m);
    if (!records) {
        say(m, (const char *)f.at, f.left);
        g_assert(!m->negotiated || memmem(data, n, "exec", 4) || memchr(data, '\\', n));
    } else {
        say(m, "{\"execute\":\"qmp_capabilities\"}", 30);
        for (guint k = 0; f.left && k < 20; k++) {
            command(m, &f);
        }
    }
    stop(machine);
    return 0;
}

/* --- seeds ----------------------------------------------------------------------------------- */
static void record(GByteArray *a, const char *name, const char *json)
{
    guint i = 0;

    while (strcmp(commands[i], name)) {
        i++;
    }
    put(a, i, 1);
    put(a, strlen(json), 2);
    put_text(a, json);
}

GByteArray *fuzz_seed(guint i)
{
    static const char *const texts[] = {
        "{'execute': 'query-status', 'id': [1, {\"x\": null}, -1.5e3, \"\\u00e9\\ud83d\\ude00\"]}\n",
        "{\"execute\": \"qmp_capabilities\", \"arguments\": {\"enable\": [\"oob\"]}}",
        "[]\n{}\n{\"execute\": 1}\nquit\n{\"exec-oob\": \"x\"}{\"execute\":\"a\",\"arguments\":[]}",
        "{\"execute\": \"it's\", 'id': 'a\"b\\'c'} }}]]\n{\"a\":{\"a\":{\"a\":{\"a\":[[[[[[]]]]]]}}}}",
    };
    static const struct {
        const char *name, *json;
    } rows[] = {
        { "qom-list", "{\"path\": \"/machine\"}" },
        { "qom-get", "{\"path\": \"/machine/peripheral/balloon\", \"property\": \"guest-stats\"}" },
        { "qom-set", "{\"path\": \"/machine/peripheral/balloon\", \"property\": \"guest-stats-polling-interval\", \"value\": 2}" },
        { "qom-list-types", "{\"implements\": \"virtio-device\", \"abstract\": true}" },
        { "qom-list-properties", "{\"typename\": \"virtio-blk-pci\"}" },
        { "device-list-properties", "{\"typename\": \"virtio-net-pci\"}" },
        { "device_add", "{\"driver\": \"virtio-rng-pci\", \"id\": \"r\", \"bus\": \"port\"}" },
        { "device_del", "{\"id\": \"r\"}" },
        { "device_add", "{\"driver\": \"virtio-console-pci\", \"bus\": \"port\", \"id\": \"c\", \"chardev\": \"ring\"}" },
        { "query-pci", "" },
        { "query-chardev", "{}" },
        { "input-send-event", "{\"events\": [{\"type\": \"key\", \"data\": {\"down\": true, \"key\": "
                              "{\"type\": \"qcode\", \"data\": \"a\"}}}]}" },
        { "send-key", "{\"keys\": [{\"type\": \"number\", \"data\": 30}], \"hold-time\": 10}" },
        { "balloon", "{\"value\": 8388608}" },
        { "query-balloon", "" },
        { "ringbuf-read", "{\"device\": \"ring\", \"size\": 1000, \"format\": \"base64\"}" },
        { "block_resize", "{\"node-name\": \"d\", \"size\": 512}" },
        { "chardev-remove", "{\"id\": \"none\"}" },
        { "migrate-set-capabilities", "{\"capabilities\": [{\"capability\": \"xbzrle\", \"state\": false}]}" },
        { "no-such-command", "{}" },
        { "system_powerdown", "" },
        { "query-command-line-options", "{\"option\": \"drive\"}" },
        { "blockdev-mirror", "{\"device\": \"d\", \"target\": \"e\", \"sync\": \"full\", \"job-id\": \"j\"}" },
        { "job-complete", "{\"id\": \"j\"}" },
        { "blockdev-backup", "{\"device\": \"d\", \"target\": \"e\", \"sync\": \"full\", \"auto-dismiss\": false}" },
        { "block-job-cancel", "{\"device\": \"d\", \"force\": true}" },
        { "block-stream", "{\"device\": \"d\"}" },
        { "query-block-jobs", "" },
        { "block-commit", "{\"device\": \"d\", \"base-node\": \"e\"}" },
        { "ringbuf-write", "{\"device\": \"ring\", \"data\": \"eA==\", \"format\": \"base64\"}" },
        { "set-action", "{\"reboot\": \"shutdown\"}" },
        { "blockdev-snapshot", "{\"node\": \"d\", \"overlay\": \"e\"}" },
        { "transaction", "{\"actions\": [{\"type\": \"blockdev-snapshot\", \"data\": {\"node\": \"d\", \"overlay\": \"e\"}}]}" },
        { "transaction", "{\"actions\": [{\"type\": {}, \"data\": 3}]}" },
    };
    GByteArray *a = g_byte_array_new();
    guint n = G_N_ELEMENTS(texts);

    if (i < n) {
        put(a, 0, 1);
        put_text(a, texts[i]);
        return a;
    }
    if (i >= n + G_N_ELEMENTS(rows) / 2) {
        g_byte_array_unref(a);
        return NULL;
    }
    put(a, 1, 1);
    record(a, rows[2 * (i - n)].name, rows[2 * (i - n)].json);
    record(a, rows[2 * (i - n) + 1].name, rows[2 * (i - n) + 1].json);
    return a;
}
