/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The multiplexer.  It always takes what comes, so that its commands work while the guest hears nothing: bytes wait
 * in a ring of each port, and those that find it full are lost.
 */
#include "back/char/mux.h"

#include <string.h>

#define PORTS 4
#define RING 4096u
#define ESCAPE 1                        /* Ctrl-A */

typedef struct Port {
    SysChar c;
    struct Mux *mux;
    guint8 ring[RING];
    guint head, tail;                   /* bytes put and taken, ever */
} Port;

typedef struct Mux {
    SysChar c;
    Obj *inner;                         /* link */
    Port *port[PORTS];
    guint n, focus;
    Port *own;                          /* of who is at the multiplexer itself; NULL: nobody was */
    gboolean escaped;                   /* Ctrl-A was the last byte */
    gboolean shared;                    /* nobody has named it */
    void (*quit)(void *opaque);
    void *opaque;
} Mux;

static SysChar *inner(const Mux *m)
{
    return (SysChar *)m->inner;
}

/* --- input ----------------------------------------------------------------------------------- */
static void pass_on(Port *p)
{
    guint8 piece[256];
    guint n, room;

    while ((room = sys_char_room(&p->c)) && p->head != p->tail) {
        for (n = 0; n < MIN(room, sizeof piece) && p->tail != p->head; n++) {
            piece[n] = p->ring[p->tail++ % RING];
        }
        sys_char_input(&p->c, piece, n);
    }
}

static void put(Mux *m, guint8 byte)
{
    Port *p = m->n ? m->port[m->focus] : NULL;

    if (p && p->head - p->tail < RING) {
        p->ring[p->head++ % RING] = byte;
    }
}

static void say(Mux *m, const char *text)
{
    sys_char_write(inner(m), (const guint8 *)text, (guint)strlen(text));
}

/* Somebody is at a port's other end from when it first is in focus: what greets does so then. */
static void meet(Port *p)
{
    if (!p->c.connected) {
        sys_char_event(&p->c, SYS_CHAR_OPENED);
    }
}

static void command(Mux *m, guint8 byte)
{
    switch (byte) {
    case ESCAPE:
        put(m, ESCAPE);
        break;
    case 'b':
        sys_char_mux_break(&m->c);
        break;
    case 'x':
        say(m, "\r\n");
        if (m->quit) {
            m->quit(m->opaque);
        }
        break;
    case 'c':
        if (m->n > 1) {
            m->focus = (m->focus + 1) % m->n;
            meet(m->port[m->focus]);
        } else {
            say(m, "\r\n[there is nothing else to switch to]\r\n");
        }
        break;
    case 'h':
    case '?':
        say(m, "\r\nC-a h  this help\r\nC-a x  end the emulator\r\nC-a b  send a break\r\n"
               "C-a c  switch between serial line and monitor\r\nC-a C-a  send C-a\r\n");
        break;
    default:
        break;
    }
}

static guint front_room(void *opaque)
{
    return 256;
}

static void front_input(void *opaque, const guint8 *data, guint n)
{
    Mux *m = opaque;

    for (guint i = 0; i < n; i++) {
        if (m->escaped) {
            m->escaped = FALSE;
            command(m, data[i]);
        } else if (data[i] == ESCAPE) {
            m->escaped = TRUE;
        } else {
            put(m, data[i]);
        }
    }
    for (guint i = 0; i < m->n; i++) {
        pass_on(m->port[i]);
    }
}

static void front_writable(void *opaque)
{
    Mux *m = opaque;

    for (guint i = 0; i < m->n; i++) {
        sys_char_writable(&m->port[i]->c);
    }
}

static void front_event(void *opaque, SysCharEvent event)
{
    Mux *m = opaque;

    for (guint i = 0; i < m->n; i++) {
        if (i == m->focus || event == SYS_CHAR_CLOSED) {
            sys_char_event(&m->port[i]->c, event);
        }
    }
}

static const SysCharFront front = { front_room, front_input, front_writable, front_event };

/* --- ports ----------------------------------------------------------------------------------- */
static gboolean open_port(SysChar *c, GError **err)
{
    const Port *p = (const Port *)c;

    c->connected = p->mux->port[0] == p;        /* the first is in focus */
    return TRUE;
}

static void close_any(SysChar *c)
{
}

static guint write_port(SysChar *c, const guint8 *data, guint n)
{
    Mux *m = ((Port *)c)->mux;

    return m->inner ? sys_char_write(inner(m), data, n) : n;
}

static void more_port(SysChar *c)
{
    pass_on((Port *)c);
}

const SysCharType sys_char_mux_port = {
    .obj = { .name = "chardev-mux-port", .text = OBJ_TEXT("One front end's side of a multiplexer."),
             .parent = &sys_char_type, .size = sizeof(Port) },
    .open = open_port,
    .close = close_any,
    .write = write_port,
    .more = more_port,
};

SysChar *sys_char_mux_add(SysChar *mux, GError **err)
{
    Mux *m = (Mux *)mux;

    if (m->n == PORTS) {
        g_autofree char *who = obj_describe(&mux->obj);
        g_set_error(err, OBJ_ERROR, OBJ_ERROR_IN_USE, "%s: takes %u front ends", who, PORTS);
        return NULL;
    }
    g_autoptr(Obj) o = obj_new(&sys_char_mux_port.obj);
    Port *p = (Port *)o;
    if (!obj_add_child(&mux->obj, "port[*]", o, err)) {
        return NULL;
    }
    p->mux = m;
    m->port[m->n++] = p;
    gboolean good = sys_char_open(&p->c, NULL);
    g_assert(good);
    return &p->c;
}

SysChar *sys_char_mux_front(SysChar *c, GError **err)
{
    return c->obj.type == &sys_char_mux.obj ? sys_char_mux_add(c, err) : c;
}

gboolean sys_char_mux_is_shared(const SysChar *c)
{
    return c->obj.type == &sys_char_mux.obj && ((const Mux *)c)->shared;
}

gboolean sys_char_mux_is_busy(const SysChar *c)
{
    const Mux *m = c->obj.type == &sys_char_mux.obj ? (const Mux *)c : NULL;

    for (guint i = 0; m && i < m->n; i++) {
        const Port *p = m->port[i];
        if (p != m->own && (p->c.front || p->c.obj.links)) {
            return TRUE;
        }
    }
    return FALSE;
}

void sys_char_mux_break(SysChar *c)
{
    if (c->obj.type == &sys_char_mux.obj) {
        front_event(c, SYS_CHAR_BREAK);
    } else {
        sys_char_event(c, SYS_CHAR_BREAK);
    }
}

/* --- a front end at the multiplexer itself: it has a port, which passes all on ---------------- */
static guint self_room(void *opaque)
{
    return sys_char_room(opaque);
}

static void self_input(void *opaque, const guint8 *data, guint n)
{
    sys_char_input(opaque, data, n);
}

static void self_writable(void *opaque)
{
    sys_char_writable(opaque);
}

static void self_event(void *opaque, SysCharEvent event)
{
    sys_char_event(opaque, event);
}

static const SysCharFront self = { self_room, self_input, self_writable, self_event };

/* Called first when somebody attaches. */
static void more_mux(SysChar *c)
{
    Mux *m = (Mux *)c;

    if (!m->own && c->front) {
        SysChar *port = sys_char_mux_add(c, NULL);
        m->own = (Port *)port;
        c->connected = port && port->connected;
        if (port) {
            sys_char_attach(port, &self, c, NULL);
        }
    } else if (m->own) {
        pass_on(m->own);
    }
}

/* --- life ------------------------------------------------------------------------------------ */
static gboolean open_mux(SysChar *c, GError **err)
{
    Mux *m = (Mux *)c;

    if (!m->inner) {
        obj_refuse(err, "chardev: must be set");
        return FALSE;
    }
    return sys_char_attach(inner(m), &front, m, err);
}

static void close_mux(SysChar *c)
{
    sys_char_detach(inner((Mux *)c));
}

static guint write_mux(SysChar *c, const guint8 *data, guint n)
{
    return sys_char_write(inner((Mux *)c), data, n);
}

static const ObjProp props[] = {
    OBJ_PROP_LINK("chardev", "The back end that is shared.", Mux, inner, &sys_char_type),
    { 0 },
};

const SysCharType sys_char_mux = {
    .obj = { .name = "chardev-mux", .text = OBJ_TEXT("Several front ends at one back end."), .parent = &sys_char_type,
             .size = sizeof(Mux), .props = props },
    .open = open_mux,
    .close = close_mux,
    .write = write_mux,
    .more = more_mux,
};

SysChar *sys_char_mux_new(Obj *dir, const char *name, SysChar *back, void (*quit)(void *opaque),
                          void *opaque, GError **err)
{
    g_autoptr(Obj) o = obj_new(&sys_char_mux.obj);
    Mux *m = (Mux *)o;

    m->shared = !name;
    if (!obj_add_child(dir, name ? name : "mux[*]", o, err)) {
        return NULL;
    }
    m->quit = quit;
    m->opaque = opaque;
    if (!obj_prop_set_link(o, "chardev", &back->obj, err) || !sys_char_open(&m->c, err)) {
        obj_unparent(o);
        return NULL;
    }
    return &m->c;
}
