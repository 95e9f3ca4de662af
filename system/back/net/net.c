/* SPDX-License-Identifier: BSD-2-Clause */
/* Network back ends: joining the two halves, and making them from words. */
#include "back/net/net.h"

#include "back/back.h"

#include "dev/plug.h"

#include <string.h>

const SysNetType *const sys_nets[] = {
    &sys_net_null,
    &sys_net_socket,
    &sys_net_tap,
#ifdef HAVE_SLIRP
    &sys_net_user,
#endif
    NULL,
};

static const SysNetType *type_of(const SysNet *n)
{
    return (const SysNetType *)n->obj.type;
}

gboolean sys_net_attach(SysNet *n, const SysNetFront *front, void *opaque, GError **err)
{
    if (n->front) {
        g_autofree char *who = obj_describe(&n->obj);
        g_set_error(err, OBJ_ERROR, OBJ_ERROR_IN_USE, "%s is used by another device", who);
        return FALSE;
    }
    n->front = front;
    n->opaque = opaque;
    return TRUE;
}

void sys_net_detach(SysNet *n)
{
    if (n) {
        n->front = NULL;
        n->opaque = NULL;
    }
}

void sys_net_send(SysNet *n, const guint8 *frame, guint bytes)
{
    if (n->is_open && !n->link_down) {
        type_of(n)->send(n, frame, bytes);
    }
}

void sys_net_set_link(SysNet *n, gboolean up)
{
    if (n->link_down == up) {
        n->link_down = !up;
        if (n->front && n->front->link) {
            n->front->link(n->opaque);
        }
    }
}

gboolean sys_net_receive(SysNet *n, const guint8 *frame, guint bytes)
{
    if (n->link_down) {
        return TRUE;            /* lost */
    }
    return n->front && bytes <= SYS_NET_FRAME_MOST && n->front->receive(n->opaque, frame, bytes);
}

static void unparent_net(Obj *o)
{
    SysNet *n = (SysNet *)o;

    if (n->is_open) {
        n->is_open = FALSE;
        type_of(n)->close(n);
    }
    sys_net_detach(n);
}

const ObjType sys_net_type = {
    .name = "netdev",
    .text = OBJ_TEXT("Where the frames of a network device go and come from."),
    .size = sizeof(SysNet),
    .abstract = TRUE,
    .unparent = unparent_net,
};

/* --- null ------------------------------------------------------------------------------------ */
static gboolean open_null(SysNet *n, GError **err)
{
    return TRUE;
}

static void close_null(SysNet *n)
{
}

static void send_null(SysNet *n, const guint8 *frame, guint bytes)
{
}

const SysNetType sys_net_null = {
    .obj = { .name = "netdev-null", .text = OBJ_TEXT("A cable with nothing at its end."), .parent = &sys_net_type,
             .size = sizeof(SysNet) },
    .open = open_null,
    .close = close_null,
    .send = send_null,
};

/* --- from words ------------------------------------------------------------------------------ */
/* Words of one name that may be given several times become one, with spaces between them. */
static char *join_repeated(const char *text, const char *name)
{
    g_auto(GStrv) words = g_strsplit(text, ",", -1);
    g_autofree char *head = g_strconcat(name, "=", NULL);
    GString *rest = g_string_new(NULL), *all = g_string_new(NULL);

    for (char **w = words; *w; w++) {
        if (g_str_has_prefix(*w, head)) {
            g_string_append_printf(all, "%s%s", all->len ? " " : "", *w + strlen(head));
        } else {
            g_string_append_printf(rest, "%s%s", w == words ? "" : ",", *w);
        }
    }
    if (all->len) {
        g_string_append_printf(rest, ",%s%s", head, all->str);
    }
    g_string_free(all, TRUE);
    return g_string_free(rest, FALSE);
}

static gboolean open_net(Obj *o, GError **err)
{
    SysNet *n = (SysNet *)o;

    if (!type_of(n)->open(n, err)) {
        g_autofree char *who = obj_describe(&n->obj);
        g_prefix_error(err, "%s: ", who);
        return FALSE;
    }
    n->is_open = TRUE;
    n->obj.frozen = TRUE;
    return TRUE;
}

SysNet *sys_net_new(Obj *dir, const char *text, GError **err)
{
    static const SysBackKind kind = {
        .what = "network back end", .word = "type", .prefix = "netdev-", .needs = "kind (user, socket, tap, null)",
        .open = open_net,
    };
    g_autofree char *joined = join_repeated(text, "hostfwd");
    g_autoptr(JsonObject) words = dev_plug_parse(joined, kind.word, err);

    return words ? (SysNet *)sys_back_new(&kind, (const ObjType *const *)sys_nets, dir, text, words, err) : NULL;
}
