/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Network back ends: where a NIC's frames go and come from.  A back end (SysNet) is an object, usually below
 * /objects; one front end uses it at a time.  Frames are whole Ethernet frames without the check sequence.
 *
 * Threads: the device lock.  Sources in the default main context take it.
 */
#ifndef SYSTEM_BACK_NET_H
#define SYSTEM_BACK_NET_H

#include "obj/prop.h"

#define SYS_NET_FRAME_MOST 65535u       /* bytes; more than any link takes */

typedef struct SysNet SysNet;

typedef struct SysNetFront {
    /* A frame has come.  FALSE: there is no room; it is dropped, as on a wire. */
    gboolean (*receive)(void *opaque, const guint8 *frame, guint n);
    void (*link)(void *opaque);                 /* the cable was put in or pulled: link_down tells; may be NULL */
} SysNetFront;

typedef struct SysNetType {
    ObjType obj;
    gboolean (*open)(SysNet *n, GError **err);
    void (*close)(SysNet *n);                   /* only after open */
    void (*send)(SysNet *n, const guint8 *frame, guint bytes);  /* never blocks */
    /* Leads a port of the host's to the guest ("tcp:127.0.0.1:2222-:22"), or (add FALSE: "tcp:127.0.0.1:2222") does so
     * no more.  NULL: it has no such ports. */
    gboolean (*forward)(SysNet *n, const char *rule, gboolean add, GError **err);
    char *(*info)(SysNet *n);                   /* its connections, for humans; to be freed. NULL: it has none */
} SysNetType;

struct SysNet {
    Obj obj;
    gboolean is_open, link_down;
    const SysNetFront *front;                   /* NULL if nobody uses it */
    void *opaque;
};

extern const ObjType sys_net_type;              /* abstract: "netdev" */
extern const SysNetType sys_net_null, sys_net_socket, sys_net_tap, sys_net_user;
extern const SysNetType *const sys_nets[];      /* all there are here, ended by NULL */

/* Creates one from words ("user,id=n,hostfwd=...") below dir and opens it.  Borrowed.  hostfwd may be given several
 * times.  Errors: any; nothing is left. */
SysNet *sys_net_new(Obj *dir, const char *text, GError **err);

gboolean sys_net_attach(SysNet *n, const SysNetFront *front, void *opaque, GError **err);
void sys_net_detach(SysNet *n);                 /* n may be NULL */
void sys_net_send(SysNet *n, const guint8 *frame, guint bytes);

/* Puts the cable in or pulls it: while it is out, no frame passes. */
void sys_net_set_link(SysNet *n, gboolean up);

/* For back ends. */
gboolean sys_net_receive(SysNet *n, const guint8 *frame, guint bytes);

#endif
