/* SPDX-License-Identifier: BSD-2-Clause */
/* Nodes of an exported directory. */
#include "back/fs/node.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { FDS_MOST = 200, NAME_BYTES_MOST = 255 };

struct SysFsNode {
    SysFsTree *tree;
    SysFsNode *above;           /* a reference; NULL at the root and without a name */
    char *name;
    guint refs;
    int fd;                     /* -1: none kept */
    GList link;                 /* in tree->recent while there is a descriptor; not the root */
};

struct SysFsTree {
    SysFsNode *root;
    GHashTable *named;          /* of SysFsNode, by above and name */
    GQueue recent;              /* of nodes with descriptors, the last used first */
};

static guint hash(gconstpointer key)
{
    const SysFsNode *n = key;

    return g_str_hash(n->name) ^ g_direct_hash(n->above) * 31;
}

static gboolean equal(gconstpointer a, gconstpointer b)
{
    const SysFsNode *x = a, *y = b;

    return x->above == y->above && !strcmp(x->name, y->name);
}

gboolean sys_fs_is_name(const char *name)
{
    gsize n = strlen(name);

    return n && n <= NAME_BYTES_MOST && !strchr(name, '/') && strcmp(name, ".") && strcmp(name, "..");
}

/* --- references ------------------------------------------------------------------------------ */
static SysFsNode *new_node(SysFsTree *t, SysFsNode *above, const char *name)
{
    SysFsNode *n = g_new0(SysFsNode, 1);

    *n = (SysFsNode){ .tree = t, .above = above ? sys_fs_ref(above) : NULL, .name = g_strdup(name), .refs = 1,
                      .fd = -1 };
    n->link.data = n;
    return n;
}

SysFsTree *sys_fs_tree_new(int fd)
{
    SysFsTree *t = g_new0(SysFsTree, 1);

    t->named = g_hash_table_new(hash, equal);
    t->root = new_node(t, NULL, NULL);
    t->root->fd = fd;
    return t;
}

void sys_fs_tree_free(SysFsTree *t)
{
    g_assert(t->root->refs == 1 && !g_hash_table_size(t->named));
    close(t->root->fd);
    g_free(t->root);
    g_hash_table_unref(t->named);
    g_free(t);
}

SysFsNode *sys_fs_root(SysFsTree *t)
{
    return sys_fs_ref(t->root);
}

SysFsNode *sys_fs_ref(SysFsNode *n)
{
    n->refs++;
    return n;
}

static void drop_fd(SysFsNode *n)
{
    if (n->fd >= 0 && n != n->tree->root) {
        close(n->fd);
        n->fd = -1;
        g_queue_unlink(&n->tree->recent, &n->link);
    }
}

/* Takes its name away; returns the reference to the node above. */
static SysFsNode *lose_name(SysFsNode *n)
{
    if (n->name) {
        g_hash_table_remove(n->tree->named, n);
        g_clear_pointer(&n->name, g_free);
    }
    return g_steal_pointer(&n->above);
}

/* Paths may be as long as a guest likes: no recursion. */
void sys_fs_unref(SysFsNode *n)
{
    while (n && --n->refs == 0) {
        SysFsNode *above = lose_name(n);
        drop_fd(n);
        g_free(n);
        n = above;
    }
}

SysFsNode *sys_fs_child(SysFsNode *n, const char *name)
{
    SysFsNode key = { .above = n, .name = (char *)name };
    SysFsNode *c = g_hash_table_lookup(n->tree->named, &key);

    if (c) {
        return sys_fs_ref(c);
    }
    c = new_node(n->tree, n, name);
    g_hash_table_add(n->tree->named, c);
    return c;
}

SysFsNode *sys_fs_above(SysFsNode *n)
{
    return n == n->tree->root ? sys_fs_ref(n) : n->above ? sys_fs_ref(n->above) : NULL;
}

const char *sys_fs_name(const SysFsNode *n)
{
    return n->name;
}

/* --- descriptors ----------------------------------------------------------------------------- */
static void keep_fd(SysFsNode *n, int fd)
{
    SysFsTree *t = n->tree;

    n->fd = fd;
    g_queue_push_head_link(&t->recent, &n->link);
    if (t->recent.length > FDS_MOST) {
        drop_fd(t->recent.tail->data);
    }
}

/* One step down. */
static int open_step(SysFsNode *n, int dir)
{
    int fd = openat(dir, n->name, O_PATH | O_NOFOLLOW | O_CLOEXEC);

    if (fd < 0) {
        return -errno;
    }
    keep_fd(n, fd);
    return fd;
}

int sys_fs_fd(SysFsNode *n)
{
    g_autoptr(GPtrArray) way = g_ptr_array_new();
    SysFsNode *at = n;

    for (; at->fd < 0; at = at->above) {
        if (!at->above) {
            return -ENOENT;     /* it has no name any more */
        }
        g_ptr_array_add(way, at);
    }
    int fd = at->fd;
    if (at == n && n != n->tree->root) {
        g_queue_unlink(&n->tree->recent, &n->link);
        g_queue_push_head_link(&n->tree->recent, &n->link);
    }
    for (guint i = way->len; i-- > 0 && fd >= 0;) {
        fd = open_step(g_ptr_array_index(way, i), fd);
    }
    return fd;
}

/* --- changes --------------------------------------------------------------------------------- */
void sys_fs_removed(SysFsNode *dir, const char *name)
{
    SysFsNode key = { .above = dir, .name = (char *)name };
    SysFsNode *n = g_hash_table_lookup(dir->tree->named, &key);

    if (n) {
        sys_fs_unref(lose_name(n));
    }
}

static gboolean is_below(const SysFsNode *n, const SysFsNode *top)
{
    while (n && n != top) {
        n = n->above;
    }
    return n != NULL;
}

/* What the host moved meanwhile can make the names go round: such a node loses its name. */
void sys_fs_moved(SysFsNode *dir, const char *name, SysFsNode *to_dir, const char *to_name)
{
    SysFsNode key = { .above = dir, .name = (char *)name };
    SysFsNode *n = g_hash_table_lookup(dir->tree->named, &key);

    if (dir == to_dir && !strcmp(name, to_name)) {
        return;
    }
    sys_fs_removed(to_dir, to_name);
    if (n) {
        g_autofree char *copy = g_strdup(to_name);      /* it may be in n */
        sys_fs_ref(n);
        SysFsNode *old = lose_name(n);
        if (!is_below(to_dir, n)) {
            n->above = sys_fs_ref(to_dir);
            n->name = g_steal_pointer(&copy);
            g_hash_table_add(n->tree->named, n);
        }
        sys_fs_unref(old);
        sys_fs_unref(n);
    }
}
