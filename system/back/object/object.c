/* SPDX-License-Identifier: BSD-2-Clause */
/* Users' objects. */
#include "back/object/object.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

/* What opens an object after its properties are set. */
static const ObjIface opener = { .name = "opener", .text = OBJ_TEXT("Has resources of the host.") };
typedef gboolean OpenFn(Obj *o, GError **err);
typedef struct Opener {
    OpenFn *open;
} Opener;

/* --- random bytes ---------------------------------------------------------------------------- */
static void init_rng(Obj *o)
{
    ((SysRng *)o)->fd = -1;
}

static void unparent_rng(Obj *o)
{
    SysRng *r = (SysRng *)o;

    if (r->fd >= 0) {
        close(r->fd);
        r->fd = -1;
    }
}

static gboolean open_rng(Obj *o, GError **err)
{
    SysRng *r = (SysRng *)o;

    r->fd = open(r->file, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (r->fd < 0) {
        obj_refuse(err, "filename '%s': %s", r->file, g_strerror(errno));
    }
    return r->fd >= 0;
}

gsize sys_rng_read(SysRng *r, void *data, gsize n)
{
    gssize got = r->fd < 0 ? getrandom(data, n, GRND_NONBLOCK) : read(r->fd, data, n);

    return got > 0 ? (gsize)got : 0;
}

const ObjType sys_rng_type = {
    .name = "rng-backend", .text = OBJ_TEXT("Where random bytes come from."), .size = sizeof(SysRng), .abstract = TRUE,
    .init = init_rng, .unparent = unparent_rng,
};
static const ObjType rng_builtin = {
    .name = "rng-builtin", .text = OBJ_TEXT("Random bytes of the host's kernel."), .parent = &sys_rng_type,
    .size = sizeof(SysRng),
};
static const Opener rng_opener = { open_rng };
static const ObjImpl rng_ifaces[] = { { &opener, &rng_opener }, { 0 } };
static const ObjProp rng_props[] = {
    OBJ_PROP_STR("filename", "The file or device that has them.", SysRng, file, "/dev/urandom"),
    { 0 },
};
static const ObjType rng_random = {
    .name = "rng-random", .text = OBJ_TEXT("Random bytes of a file or device."), .parent = &sys_rng_type,
    .size = sizeof(SysRng), .props = rng_props, .ifaces = rng_ifaces,
};

/* --- memory ---------------------------------------------------------------------------------- */
static void init_memory(Obj *o)
{
    ((SysMemory *)o)->fd = -1;
}

static void unparent_memory(Obj *o)
{
    SysMemory *m = (SysMemory *)o;

    if (m->fd >= 0) {
        close(m->fd);
        m->fd = -1;
    }
}

static gboolean open_memory(Obj *o, GError **err)
{
    SysMemory *m = (SysMemory *)o;

    if (!m->bytes) {
        obj_refuse(err, "size: must be set");
    }
    return m->bytes != 0;
}

/* A directory gets a file without a name. */
static gboolean open_memory_file(Obj *o, GError **err)
{
    SysMemory *m = (SysMemory *)o;
    struct stat st;

    if (!open_memory(o, err)) {
        return FALSE;
    }
    if (!m->file) {
        obj_refuse(err, "mem-path: must be set");
        return FALSE;
    }
    m->fd = stat(m->file, &st) == 0 && S_ISDIR(st.st_mode) ? open(m->file, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600)
                                                          : open(m->file, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (m->fd < 0 || fstat(m->fd, &st) < 0 ||
        (S_ISREG(st.st_mode) && (guint64)st.st_size < m->bytes && ftruncate(m->fd, (off_t)m->bytes) < 0)) {
        obj_refuse(err, "mem-path '%s': %s", m->file, g_strerror(errno));
        return FALSE;
    }
    return TRUE;
}

static const ObjProp memory_props[] = {
    OBJ_PROP_SIZE("size", "How many bytes.", SysMemory, bytes, 0, 0, UINT64_C(1) << 40),
    OBJ_PROP_BOOL("share", "Other processes may map it, and see what is written; a file keeps it.", SysMemory, share,
                  FALSE),
    OBJ_PROP_BOOL("prealloc", "Taken: memory comes when it is first used.", SysMemory, prealloc, FALSE),
    OBJ_PROP_BOOL("merge", "Taken: the host decides.", SysMemory, merge, TRUE),
    OBJ_PROP_BOOL("dump", "Taken: the host decides.", SysMemory, dump, TRUE),
    { 0 },
};
static const Opener memory_opener = { open_memory }, memory_file_opener = { open_memory_file };
static const ObjImpl memory_ifaces[] = { { &opener, &memory_opener }, { 0 } };
static const ObjImpl memory_file_ifaces[] = { { &opener, &memory_file_opener }, { 0 } };
const ObjType sys_memory_type = {
    .name = "memory-backend", .text = OBJ_TEXT("Memory for a machine."), .size = sizeof(SysMemory), .abstract = TRUE,
    .props = memory_props, .init = init_memory, .unparent = unparent_memory,
};
static const ObjType memory_ram = {
    .name = "memory-backend-ram", .text = OBJ_TEXT("Memory of the program's own."), .parent = &sys_memory_type,
    .size = sizeof(SysMemory), .ifaces = memory_ifaces,
};
static const ObjType memory_memfd = {
    .name = "memory-backend-memfd", .text = OBJ_TEXT("The same: memory of machines always is in memfds."),
    .parent = &sys_memory_type, .size = sizeof(SysMemory), .ifaces = memory_ifaces,
};
static const ObjProp memory_file_props[] = {
    OBJ_PROP_STR("mem-path", "The file, or a directory for one without a name.", SysMemory, file, NULL),
    { 0 },
};
static const ObjType memory_file = {
    .name = "memory-backend-file", .text = OBJ_TEXT("Memory in a file."), .parent = &sys_memory_type,
    .size = sizeof(SysMemory), .props = memory_file_props, .ifaces = memory_file_ifaces,
};

/* --- others ---------------------------------------------------------------------------------- */
const ObjType sys_iothread = {
    .name = "iothread", .text = OBJ_TEXT("A name for a thread: disks have threads of their own anyway."),
    .size = sizeof(SysIoThread),
};

static gboolean open_secret(Obj *o, GError **err)
{
    SysSecret *s = (SysSecret *)o;
    g_autofree char *text = NULL;
    gsize n = 0;

    if (!s->data == !s->file) {
        obj_refuse(err, "data or file: one of them must be set");
        return FALSE;
    }
    if (s->file && !g_file_get_contents(s->file, &text, &n, err)) {
        return FALSE;
    }
    if (s->format) {
        gsize size = 0;
        guchar *plain = g_base64_decode(s->file ? text : s->data, &size);
        s->bytes = g_bytes_new_take(plain, size);
    } else {
        s->bytes = s->file ? g_bytes_new(text, n) : g_bytes_new(s->data, strlen(s->data));
    }
    return TRUE;
}

static void finalize_secret(Obj *o)
{
    g_clear_pointer(&((SysSecret *)o)->bytes, g_bytes_unref);
}

static const ObjName formats[] = { { "raw", 0, "as it is" }, { "base64", 1, "in base 64" }, { 0 } };
static const ObjProp secret_props[] = {
    OBJ_PROP_STR("data", "The secret.", SysSecret, data, NULL),
    OBJ_PROP_STR("file", "The file that has it.", SysSecret, file, NULL),
    OBJ_PROP_ENUM("format", "How it is written.", SysSecret, format, 0, formats),
    { 0 },
};
static const Opener secret_opener = { open_secret };
static const ObjImpl secret_ifaces[] = { { &opener, &secret_opener }, { 0 } };
static const ObjType secret = {
    .name = "secret", .text = OBJ_TEXT("A secret by its name; no back end here needs one yet."),
        .size = sizeof(SysSecret),
    .props = secret_props, .ifaces = secret_ifaces, .finalize = finalize_secret,
};

const ObjType *const sys_objects[] = { &rng_builtin, &rng_random, &memory_ram, &memory_memfd, &memory_file,
                                       &sys_iothread,
                                       &secret, NULL };

/* --- making ---------------------------------------------------------------------------------- */
/* Names that QEMU's users know. */
static gboolean is_missing(const char *type)
{
    static const char *const names[] = {
        "rng-egd", "tls-creds-x509", "tls-creds-psk", "tls-creds-anon", "throttle-group", "authz-list", "authz-simple",
        "authz-pam", "can-bus", "can-host-socketcan", "colo-compare", "cryptodev-backend", "cryptodev-vhost-user",
        "dbus-vmstate", "filter-buffer", "filter-dump", "filter-mirror", "filter-redirector", "filter-replay",
        "filter-rewriter", "input-barrier", "input-linux", "main-loop", "memory-backend-epc", "pr-manager-helper",
        "secret_keyring", "thread-context", "x-remote-object", "x-vfio-user-server", "qtest", "vhost-user-backend",
            NULL,
    };

    return g_strv_contains(names, type);
}

static gboolean set_all(Obj *o, JsonObject *words, GError **err)
{
    g_autoptr(GList) names = json_object_get_members(words);

    for (GList *l = names; l; l = l->next) {
        JsonNode *n = json_object_get_member(words, l->data);
        gboolean is_text = JSON_NODE_HOLDS_VALUE(n) && json_node_get_value_type(n) == G_TYPE_STRING;
        if (strcmp(l->data, "qom-type") && strcmp(l->data, "id") &&
            !(is_text ? obj_prop_set_text(o, l->data, json_node_get_string(n), err)
                      : obj_prop_set_json(o, l->data, n, err))) {
            return FALSE;
        }
    }
    return TRUE;
}

static const char *text_of(JsonObject *o, const char *name)
{
    JsonNode *n = json_object_get_member(o, name);

    return n && JSON_NODE_HOLDS_VALUE(n) &&
        json_node_get_value_type(n) == G_TYPE_STRING ? json_node_get_string(n) : NULL;
}

Obj *sys_object_new(Obj *dir, JsonObject *words, GError **err)
{
    const char *type = text_of(words, "qom-type"), *id = text_of(words, "id");

    if (!type || !id) {
        obj_refuse(err, "Parameter '%s' is missing", type ? "id" : "qom-type");
        return NULL;
    }
    if (is_missing(type)) {
        g_set_error(err, OBJ_ERROR, OBJ_ERROR_NO_TYPE, "%s: not implemented", type);
        return NULL;
    }
    const ObjType *t = obj_type_find(sys_objects, "object type", type, err);
    if (!t) {
        return NULL;
    }
    g_autoptr(Obj) o = obj_new(t);
    const Opener *p = obj_type_ops(t, &opener);
    if (!obj_add_child(dir, id, o, err)) {
        return NULL;
    }
    if (!set_all(o, words, err) || (p && !p->open(o, err))) {
        g_prefix_error(err, "%s: ", id);
        obj_unparent(o);
        return NULL;
    }
    o->frozen = TRUE;
    return o;           /* dir has a reference */
}
