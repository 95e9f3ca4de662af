/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Character back ends: where the bytes of a UART, a console or a monitor go and come from.
 *
 * A back end (SysChar) is an object, usually below /chardevs; a front end is a device's half.  One front end
 * uses a back end at a time, and may change to another while the machine runs.  Bytes that nobody uses wait in
 * the host; a front end is given at most what it has room for.
 *
 * Threads: the device lock.  The sources that watch descriptors run in the default main context and take it.
 */
#ifndef SYSTEM_BACK_CHAR_H
#define SYSTEM_BACK_CHAR_H

#include "dev/dev.h"

#include "obj/prop.h"

#include <json-glib/json-glib.h>

typedef struct SysChar SysChar;

typedef enum SysCharEvent {
    SYS_CHAR_OPENED,            /* somebody is at the other end */
    SYS_CHAR_CLOSED,
    SYS_CHAR_BREAK,             /* the line is held low for longer than a byte */
} SysCharEvent;

typedef struct SysCharFront {
    guint (*room)(void *opaque);                            /* how many bytes it takes now */
    void (*input)(void *opaque, const guint8 *data, guint n);    /* at most that many */
    void (*writable)(void *opaque);     /* after a short write: there is room again; may be NULL */
    void (*event)(void *opaque, SysCharEvent event);        /* may be NULL */
} SysCharFront;

typedef struct SysCharType {
    ObjType obj;
    gboolean (*open)(SysChar *c, GError **err); /* host resources; names object and path */
    void (*close)(SysChar *c);                  /* gives them back; also after no open */
    guint (*write)(SysChar *c, const guint8 *data, guint n); /* never blocks; how many it took */
    void (*more)(SysChar *c); /* the front end has room again; may be NULL */
} SysCharType;

struct SysChar {
    Obj obj;
    gboolean is_open;           /* sys_char_open succeeded */
    gboolean connected;         /* somebody is at the other end */
    const SysCharFront *front;  /* NULL if nobody uses it */
    void *opaque;
    char *log_path;             /* a file that gets a copy of what is written; NULL: none */
    gboolean log_append;        /* after what it has */
    int log;                    /* its descriptor; -1: none */
};

extern const ObjType sys_char_type;     /* abstract: "chardev" */
extern const SysCharType sys_char_null, sys_char_ringbuf, sys_char_file, sys_char_pipe, sys_char_stdio,
    sys_char_pty, sys_char_socket;
extern const SysCharType *const sys_chars[];    /* all that users can have, ended by NULL */

/*
 * Creates a back end from words, as -chardev has them ("file,id=x,path=y"), below dir, and opens it.  Borrowed.
 * Errors: any; then nothing is left.
 */
SysChar *sys_char_new(Obj *dir, const char *text, GError **err);

/* The same from words that were taken apart; text is for messages. */
SysChar *sys_char_new_words(Obj *dir, const char *text, JsonObject *words, GError **err);

/* Opens one that was made by obj_new.  Closing is part of obj_unparent. */
gboolean sys_char_open(SysChar *c, GError **err);

/* Joins a front end. Errors: OBJ_ERROR_IN_USE if there is another. */
gboolean sys_char_attach(SysChar *c, const SysCharFront *front, void *opaque, GError **err);
void sys_char_detach(SysChar *c);       /* c may be NULL or have none */
/* Joins a front end to another back end than it had; either may be NULL: none.  Errors: as sys_char_attach; then it
 * stays where it was. */
gboolean sys_char_swap(SysChar *from, SysChar *to, const SysCharFront *front, void *opaque, GError **err);

/* For a device's realize: joins it, which is the front end's opaque, to the back end that its link names, if it names
 * one; undone with the rest, from that which the link names then.  Errors: as sys_char_attach. */
gboolean sys_char_realize(Dev *d, Obj *const *link, const SysCharFront *front, GError **err);

/* Writes; returns how many bytes were taken.  0 to n: front->writable tells when to go on. */
guint sys_char_write(SysChar *c, const guint8 *data, guint n);

/* The front end has room again. */
void sys_char_more(SysChar *c);

/* The ring buffer's other end: reads and removes up to n bytes; what was written since the last read. */
guint sys_char_ringbuf_read(SysChar *c, guint8 *data, guint n);

/* A descriptor that the other end has sent (a Unix socket's), the caller's; -1: none. */
int sys_char_take_fd(SysChar *c);

/* --- for back ends --------------------------------------------------------------------------- */
guint sys_char_room(SysChar *c); /* of the front end; 0 if there is none */
void sys_char_input(SysChar *c, const guint8 *data, guint n);
void sys_char_writable(SysChar *c);
void sys_char_event(SysChar *c, SysCharEvent event);

/*
 * A pair of descriptors watched by the main loop: the base of all back ends of files, pipes and sockets.
 * Output that the host does not take waits here, up to SYS_CHAR_QUEUE bytes.
 */
#define SYS_CHAR_QUEUE 65536
#define SYS_CHAR_FDS 16

typedef struct SysCharFd {
    SysChar c;
    int in, out;                /* -1: none; may be the same */
    gboolean keep;              /* they are not ours to close */
    GSource *in_source, *out_source;
    GByteArray *queue;
    GArray *sent;               /* int: descriptors that came with the input and wait; at most SYS_CHAR_FDS */
    gboolean was_short;         /* the front end waits for writable */
    void (*gone)(struct SysCharFd *f);  /* the other end has gone, after the drop; may be NULL */
    guint (*filter)(struct SysCharFd *f, guint8 *data, guint n);    /* takes away what is no input; may be NULL */
} SysCharFd;

extern const ObjType sys_char_fd_type;  /* abstract */

/* Gives the descriptors to f, which makes them non-blocking and watches them; they are its own, unless keep. */
void sys_char_fd_use(SysCharFd *f, int in, int out, gboolean keep);
/* Stops watching, closes. What waits to be written is written if the host takes it at once. */
void sys_char_fd_drop(SysCharFd *f);
guint sys_char_fd_write(SysChar *c, const guint8 *data, guint n);
void sys_char_fd_more(SysChar *c);

#endif
