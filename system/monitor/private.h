/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the files of this folder. */
#ifndef SYSTEM_MONITOR_PRIVATE_H
#define SYSTEM_MONITOR_PRIVATE_H

#include "monitor/monitor.h"

#include "back/block/job.h"

#include "obj/prop.h"

enum { SYS_MONITOR_INPUT_MOST = 4 << 20, SYS_MONITOR_OUTPUT_MOST = 16 << 20 };

struct SysMonitor {
    SysMonitorKind kind;
    SysChar *c;
    GString *out;               /* what c has not taken yet */
    /* QMP */
    GString *in;                /* the object that is arriving */
    guint depth;                /* of brackets */
    gboolean in_string, escaped, skipping;
    char quote;
    gboolean negotiated;
    /* for people */
    GString *line;
    GPtrArray *history;
    guint history_at;
    guint escape;               /* bytes of an escape sequence so far */
};

typedef struct SysMonitors {
    SysMachine *machine;
    SysBoard *board;
    const SysTarget *target;
    GPtrArray *all;             /* of SysMonitor */
    gboolean ran;               /* the machine was started once */
    gboolean is_off;            /* the guest switched it off */
    gboolean asked_quit;        /* a monitor ends the program */
    gboolean awaits, comes;     /* a machine is to come, when a monitor says from where; it has said so */
    gboolean starts;            /* it runs then */
    const char *moved;          /* NULL; "completed" or "failed": the last migration; then what failed */
    char *moved_error;
} SysMonitors;

extern SysMonitors sys_monitors;

/* What the machine does, in QMP's words: "running", "paused", "prelaunch", "shutdown", "postmigrate". */
const char *sys_monitor_status(void);

/* Output; kept as long as the other end does not take it. */
void sys_monitor_write(SysMonitor *m, const char *text);

/* --- qmp.c ----------------------------------------------------------------------------------- */
typedef struct QmpArg {
    const char *name;           /* NULL ends the rows */
    const char *type;           /* "str", "int", "bool", "any" */
    gboolean optional;
} QmpArg;

typedef struct QmpCommand {
    const char *name, *text;
    const QmpArg *args;         /* NULL: none */
    gboolean more;              /* other arguments are taken too: properties */
    /* The answer, the caller's; NULL without an error: {}. */
    JsonNode *(*fn)(SysMonitor *m, JsonObject *args, GError **err);
} QmpCommand;

extern const QmpCommand sys_qmp_control[], sys_qmp_query[], sys_qmp_object[], sys_qmp_device[], sys_qmp_machine[],
    sys_qmp_jobs[], sys_qmp_char[], sys_qmp_block[], sys_qmp_fd[];   /* ended by a row without name */
extern const QmpCommand *const sys_qmp_tables[];

/* An error of this class of QMP's: "DeviceNotFound", "DeviceNotActive". Others are GenericError. */
#define SYS_QMP_ERROR sys_qmp_error_quark()
GQuark sys_qmp_error_quark(void);
typedef enum SysQmpError { SYS_QMP_DEVICE_NOT_FOUND, SYS_QMP_DEVICE_NOT_ACTIVE } SysQmpError;

void sys_qmp_input(SysMonitor *m, const guint8 *data, guint n);
void sys_qmp_greet(SysMonitor *m);
/* Runs a command that there is, after a look at its arguments. The answer is the caller's. */
JsonNode *sys_qmp_call(SysMonitor *m, const char *name, JsonObject *args, GError **err);
/* Drops events that wait: the monitors end. */
void sys_qmp_forget_events(void);
/* Tells all clients. data may be NULL; it is taken. */
void sys_qmp_event(const char *name, JsonNode *data);
JsonNode *sys_qmp_schema(void);
/* Of greeting and query-version; the caller's. */
JsonObject *sys_qmp_version(void);
/* "size", "child<plic>": to be freed. */
char *sys_qmp_type(const ObjPropInfo *info);

/* A node of a JSON object; of an array. They take what they are given. */
JsonNode *sys_qmp_node(JsonObject *o);
JsonNode *sys_qmp_list(JsonArray *a);

/* Words of a command line from a client's members: ",name=value", the value quoted, and nothing if it is NULL; and
 * ",name=on" or "off", if o has the member. */
void sys_qmp_add_word(GString *s, const char *name, const char *value);
void sys_qmp_add_flag(GString *s, const char *name, JsonObject *o, const char *member);

/* --- qmp-block.c ----------------------------------------------------------------------------- */
/* A node by its name; the one that "device" names, the image of a disk, which may be another by now.  NULL with an
 * error.  Borrowed. */
SysBlock *sys_qmp_find_node(const char *name, GError **err);
SysBlock *sys_qmp_find_disk(const char *name, GError **err);

/* The device that uses a node takes another in its place, which keeps writes as the disk did: written through, if that
 * was.  Errors: none does, or it cannot. */
gboolean sys_qmp_swap(SysBlock *from, SysBlock *to, GError **err);

/* --- qmp-fd.c -------------------------------------------------------------------------------- */
/* A descriptor that a client has sent under a name, the caller's; -1: none. */
int sys_qmp_take_fd(const char *name);
/* The monitors end: closes the others. */
void sys_qmp_forget_fds(void);

/* --- hmp.c ----------------------------------------------------------------------------------- */
typedef struct HmpCommand {
    const char *name, *args, *text;
    /* words[0] is the command. What is said goes to out. */
    void (*fn)(GString *out, char **words, GError **err);
} HmpCommand;

extern const HmpCommand sys_hmp_control[], sys_hmp_info[];   /* ended by a row without name */

void sys_hmp_input(SysMonitor *m, const guint8 *data, guint n);
void sys_hmp_greet(SysMonitor *m);
/* Runs a line; the text that it says, to be freed. */
char *sys_hmp_run(const char *line);
/* Calls a QMP command, whose answer is dropped. */
void sys_hmp_qmp(const char *name, JsonObject *args, GError **err);

/* --- snapshots.c ----------------------------------------------------------------------------- */
typedef struct SysSnapDisks {       /* node names, NULL at the end; which of them keeps the machine's state */
    const char *const *names;
    const char *state;          /* NULL: nothing of the machine (sys_snap_delete) */
} SysSnapDisks;

/* The machine and its disks are kept in these, or are again what they were; it runs afterwards if it did before, but
 * stands if loading failed in the middle. which is NULL: all disks that can be written; an older snapshot of that name
 * is replaced. */
gboolean sys_snap_save(const char *name, const SysSnapDisks *which, GError **err);
gboolean sys_snap_load_from(const char *name, const SysSnapDisks *which, GError **err);
gboolean sys_snap_delete(const char *name, const SysSnapDisks *which, GError **err);
void sys_snap_list(GString *out, GError **err);

/* --- qmp-jobs.c ------------------------------------------------------------------------------ */
/* A copy's job, with the id and the wishes of args ("job-id" or, without one, "device"; "auto-dismiss"). type is a
 * constant: "mirror". It takes copy, which must have begun just now. */
void sys_qmp_job_begin(const char *type, JsonObject *args, SysBlockJob *copy);
/* Whether there can be one. Errors: there is, args has no name, a negative speed, or a wish that is not granted. */
gboolean sys_qmp_job_may(JsonObject *args, GError **err);
/* The monitors end: jobs that did not begin never will, and others are cancelled. */
void sys_qmp_forget_jobs(void);

/* --- dump.c ---------------------------------------------------------------------------------- */
/* RAM and registers into a core file; the machine stands meanwhile. */
gboolean sys_dump_write(const char *path, GError **err);

/* --- migrate.c ------------------------------------------------------------------------------- */
/* Stops the machine and writes it to a URI (file:, exec:, fd:, unix:, tcp:). FALSE: nothing was changed. */
gboolean sys_migrate_out(const char *uri, GError **err);
/* The disks of a machine that went are its own again.  Errors: another machine has them. */
gboolean sys_migrate_take_back(GError **err);
/* Takes one over from the main loop, when it comes; the program ends if that fails. Errors: the
 * URI's. */
gboolean sys_migrate_in_later(const char *uri, GError **err);

#endif
