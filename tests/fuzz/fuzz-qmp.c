/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * QMP.  If the first byte of an input is 0, the rest is what a client sends before it has said which capabilities it
 * wants: no command is run.  Otherwise it is records: a command (u8, of those below), a length (u16), and the
 * command's arguments as JSON.  Commands that reach the host (files, sockets, other programs) are not among them, and
 * arguments that could smuggle one in are left out.
 */
#include "fuzz.h"
#include "virt.h"

#include "monitor/private.h"

#include "dev/lock.h"

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
    SysMachine *machine = fuzz_machine_start();
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
    fuzz_machine_stop(machine);
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
