/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a guest does to files of the host, by security model.  Owner, mode and kind of a file are the host's
 * (passthrough; none, which forgives owners that cannot be set), or attributes beside it (mapped-xattr), which need no
 * privilege: special files and symbolic links are then plain files.
 *
 * All functions return -errno on failure.  Threads: one at a time.
 */
#ifndef SYSTEM_BACK_FS_HOST_H
#define SYSTEM_BACK_FS_HOST_H

#include "back/fs/node.h"

#include <dirent.h>
#include <sys/stat.h>
#include <sys/types.h>

typedef enum SysFsModel {
    SYS_FS_NONE,
    SYS_FS_PASSTHROUGH,
    SYS_FS_MAPPED,
} SysFsModel;

typedef struct SysFsHost {
    SysFsTree *tree;
    SysFsModel model;
    guint file_mode, dir_mode;          /* mapped: of the host's files */
} SysFsHost;

typedef struct SysFsOwner {
    guint32 uid, gid;
} SysFsOwner;

/* What the guest is to see.  fd: an open descriptor of it, or -1. */
int sys_fs_stat(const SysFsHost *h, SysFsNode *n, int fd, struct stat *st);

/* A descriptor for reading and writing a plain file, or reading a directory; flags are O_* of the host. */
int sys_fs_open(const SysFsHost *h, SysFsNode *n, int flags);
/* Makes name in dir and opens it, or opens what is there unless flags has O_EXCL. */
int sys_fs_create(const SysFsHost *h, SysFsNode *dir, const char *name, int flags, guint mode, SysFsOwner who);

/* A directory, a special file, a symbolic link (target not NULL). */
int sys_fs_make(const SysFsHost *h, SysFsNode *dir, const char *name, guint mode, dev_t dev, const char *target,
                SysFsOwner who);
int sys_fs_link(const SysFsHost *h, SysFsNode *dir, const char *name, SysFsNode *to);
int sys_fs_remove(const SysFsHost *h, SysFsNode *dir, const char *name, gboolean is_dir);
int sys_fs_rename(const SysFsHost *h, SysFsNode *dir, const char *name, SysFsNode *to_dir, const char *to_name);

/* The target of a symbolic link, to be freed, or NULL with *e. */
char *sys_fs_readlink(const SysFsHost *h, SysFsNode *n, int *e);

int sys_fs_chmod(const SysFsHost *h, SysFsNode *n, guint mode);
int sys_fs_chown(const SysFsHost *h, SysFsNode *n, SysFsOwner who);     /* G_MAXUINT32: as it is */
int sys_fs_truncate(const SysFsHost *h, SysFsNode *n, guint64 bytes);
int sys_fs_utime(const SysFsHost *h, SysFsNode *n, const struct timespec times[2]);

/* Extended attributes: the names (name NULL) or one value; size 0 asks for the length. */
gssize sys_fs_getxattr(const SysFsHost *h, SysFsNode *n, const char *name, void *data, gsize size);
int sys_fs_setxattr(const SysFsHost *h, SysFsNode *n, const char *name, const void *data, gsize size, int flags);

#endif
