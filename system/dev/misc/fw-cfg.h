/* SPDX-License-Identifier: BSD-2-Clause */
/* What boards put into a firmware configuration device. */
#ifndef SYSTEM_DEV_FW_CFG_H
#define SYSTEM_DEV_FW_CFG_H

#include "dev/dev.h"

enum {                          /* items with fixed numbers [Linux include/uapi/linux/qemu_fw_cfg.h] */
    SYS_FW_CFG_SIGNATURE = 0x00,
    SYS_FW_CFG_ID = 0x01,
    SYS_FW_CFG_UUID = 0x02,
    SYS_FW_CFG_CPUS = 0x05,
    SYS_FW_CFG_FILES = 0x19,
    SYS_FW_CFG_FIRST_FILE = 0x20,
};

extern const DevType sys_fw_cfg;

/* An item; takes bytes.  Replaces one of that number. Before or after realize, device lock. */
void sys_fw_cfg_item(Dev *d, guint16 key, GBytes *bytes);
/* A file, found through the directory; takes bytes. Errors: a name that is too long, too many files. */
gboolean sys_fw_cfg_file(Dev *d, const char *name, GBytes *bytes, GError **err);

#endif
