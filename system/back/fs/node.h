/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files below an exported directory, as guests name them: a node is a name in another node.
 *
 * Nothing above the root is ever reached: names have no slash, ".." is the node above and at the root the root, and
 * each step is an openat of one name that follows no symbolic link [man 2 openat, O_PATH, O_NOFOLLOW].  A guest may
 * hold as many nodes as it likes: only the last used have a descriptor of the host.  A node follows the renames that
 * are made through it.
 *
 * Threads: one at a time.
 */
#ifndef SYSTEM_BACK_FS_NODE_H
#define SYSTEM_BACK_FS_NODE_H

#include <glib.h>

typedef struct SysFsTree SysFsTree;
typedef struct SysFsNode SysFsNode;

/* A tree at a directory, whose descriptor it takes. */
SysFsTree *sys_fs_tree_new(int fd);
void sys_fs_tree_free(SysFsTree *t);            /* all nodes were let go */

SysFsNode *sys_fs_root(SysFsTree *t);           /* a reference */
SysFsNode *sys_fs_ref(SysFsNode *n);
void sys_fs_unref(SysFsNode *n);

/* The node called name in n: a reference; the file need not be there. */
SysFsNode *sys_fs_child(SysFsNode *n, const char *name);
/* The node above; the root is above itself.  A reference; NULL if the file has lost its name. */
SysFsNode *sys_fs_above(SysFsNode *n);
/* Borrowed; NULL if it has lost it, or is the root. */
const char *sys_fs_name(const SysFsNode *n);

/* A descriptor of the node's file (O_PATH), good until the next call for another node.  -errno: it is not there. */
int sys_fs_fd(SysFsNode *n);

/* The name in dir was removed; what was called name in dir is now called to_name in to_dir. */
void sys_fs_removed(SysFsNode *dir, const char *name);
void sys_fs_moved(SysFsNode *dir, const char *name, SysFsNode *to_dir, const char *to_name);

/* A name of one step that may be made, removed or looked up. */
gboolean sys_fs_is_name(const char *name);

#endif
