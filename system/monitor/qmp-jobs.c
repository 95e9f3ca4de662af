/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Jobs over QMP: snapshots of the machine, copies of disks.  A snapshot's begins when its command was answered, is
 * carried out in one piece, and stays as "concluded", with its error if it has one, until job-dismiss.  A copy's goes
 * on while the machine runs, and is dismissed by itself unless its user asked for something else.  Of each step tells
 * JOB_STATUS_CHANGE, of copies BLOCK_JOB_READY, _COMPLETED and _CANCELLED, too.
 */
#include "monitor/private.h"

#include "dev/lock.h"

#include <string.h>

typedef struct Job {
    char *id;
    const char *type;           /* "snapshot-save" */
    const char *status;
    char *tag, *state, **names;
    char *error;
    guint source;               /* of the main loop; 0: it has begun */
    SysBlockJob *copy;          /* NULL: of the machine, or it is over */
    gboolean is_copy, stays;    /* stays: until job-dismiss */
    guint64 offset, len, speed; /* of a copy that is over */
} Job;

static GPtrArray *jobs;         /* of Job; NULL: none was ever made */

static void free_job(gpointer data)
{
    Job *j = data;

    g_clear_handle_id(&j->source, g_source_remove);
    sys_block_job_free(j->copy);
    g_free(j->id);
    g_free(j->tag);
    g_free(j->state);
    g_strfreev(j->names);
    g_free(j->error);
    g_free(j);
}

static void enter(Job *j, const char *status)
{
    JsonObject *o = json_object_new();

    j->status = status;
    json_object_set_string_member(o, "id", j->id);
    json_object_set_string_member(o, "status", status);
    sys_qmp_event("JOB_STATUS_CHANGE", sys_qmp_node(o));
}

static gboolean work(Job *j, GError **err)
{
    const SysSnapDisks disks = { (const char *const *)j->names, j->state };

    return !strcmp(j->type, "snapshot-save") ? sys_snap_save(j->tag, &disks, err)
        : !strcmp(j->type, "snapshot-load") ? sys_snap_load_from(j->tag, &disks, err)
                                            : sys_snap_delete(j->tag, &disks, err);
}

static gboolean begin(gpointer data)
{
    Job *j = data;
    g_autoptr(GError) err = NULL;

    dev_lock_take();
    j->source = 0;
    enter(j, "running");
    if (!work(j, &err)) {
        j->error = g_strdup(err->message);
        enter(j, "aborting");
    } else {
        enter(j, "waiting");
        enter(j, "pending");
    }
    enter(j, "concluded");
    dev_lock_drop();
    return G_SOURCE_REMOVE;
}

static Job *find(const char *id)
{
    for (guint i = 0; jobs && i < jobs->len; i++) {
        Job *j = g_ptr_array_index(jobs, i);
        if (!strcmp(j->id, id)) {
            return j;
        }
    }
    return NULL;
}

static gboolean is_free(const char *id, GError **err)
{
    if (find(id)) {
        g_set_error(err, OBJ_ERROR, OBJ_ERROR_IN_USE, "Job ID '%s' already in use", id);
        return FALSE;
    }
    return TRUE;
}

/* A new one, which is nowhere told of yet. */
static Job *add(const char *id, const char *type)
{
    Job *j = g_new0(Job, 1);

    j->id = g_strdup(id);
    j->type = type;
    if (!jobs) {
        jobs = g_ptr_array_new_with_free_func(free_job);
    }
    g_ptr_array_add(jobs, j);
    return j;
}

static gboolean refuse_verb(const Job *j, const char *verb, GError **err)
{
    return obj_refuse(err, "Job '%s' in state '%s' cannot accept command verb '%s'", j->id, j->status, verb);
}

/* The strings of a list, to be freed; NULL: it is no such list. */
static char **strings(JsonObject *args, const char *name)
{
    JsonNode *n = json_object_get_member(args, name);
    JsonArray *a = n && JSON_NODE_HOLDS_ARRAY(n) ? json_node_get_array(n) : NULL;
    g_auto(GStrv) all = g_new0(char *, a ? json_array_get_length(a) + 1 : 1);

    for (guint i = 0; a && i < json_array_get_length(a); i++) {
        JsonNode *e = json_array_get_element(a, i);
        if (!JSON_NODE_HOLDS_VALUE(e) || json_node_get_value_type(e) != G_TYPE_STRING) {
            return NULL;
        }
        all[i] = g_strdup(json_node_get_string(e));
    }
    return a ? g_steal_pointer(&all) : NULL;
}

static JsonNode *start(const char *type, JsonObject *args, GError **err)
{
    const char *id = json_object_get_string_member(args, "job-id");
    g_auto(GStrv) names = strings(args, "devices");

    if (!is_free(id, err)) {
        return NULL;
    }
    if (!names) {
        obj_refuse(err, "Parameter 'devices' expects a list of node names");
        return NULL;
    }
    Job *j = add(id, type);
    j->tag = g_strdup(json_object_get_string_member(args, "tag"));
    j->state = g_strdup(obj_json_str(args, "vmstate"));
    j->names = g_steal_pointer(&names);
    enter(j, "created");
    j->source = g_idle_add(begin, j);
    return NULL;
}

static JsonNode *do_save(SysMonitor *m, JsonObject *args, GError **err)
{
    return start("snapshot-save", args, err);
}

static JsonNode *do_load(SysMonitor *m, JsonObject *args, GError **err)
{
    return start("snapshot-load", args, err);
}

static JsonNode *do_delete(SysMonitor *m, JsonObject *args, GError **err)
{
    return start("snapshot-delete", args, err);
}

/* --- copies of disks ------------------------------------------------------------------------- */
static void measure(Job *j)
{
    if (j->copy) {
        j->len = sys_block_job_bytes(j->copy);
        j->offset = j->len - j->copy->left * SYS_BLOCK_CHUNK;
        j->speed = j->copy->speed;
    }
}

static JsonObject *describe(Job *j)
{
    JsonObject *o = json_object_new();

    measure(j);
    json_object_set_string_member(o, "type", j->type);
    json_object_set_string_member(o, "device", j->id);
    json_object_set_int_member(o, "len", (gint64)j->len);
    json_object_set_int_member(o, "offset", (gint64)j->offset);
    json_object_set_int_member(o, "speed", (gint64)j->speed);
    return o;
}

static void tell(Job *j, const char *event)
{
    JsonObject *o = describe(j);

    if (j->error) {
        json_object_set_string_member(o, "error", j->error);
    }
    sys_qmp_event(event, sys_qmp_node(o));
}

/* It is over, with j->error or without; the job is gone afterwards unless it stays. */
static void conclude(Job *j, const char *event)
{
    const gboolean cancelled = !strcmp(event, "BLOCK_JOB_CANCELLED");

    measure(j);
    if (j->copy && j->copy->kind == SYS_BLOCK_COMMIT) {         /* no device has taken it */
        sys_block_reopen(j->copy->to, TRUE, NULL);
    }
    sys_block_job_free(g_steal_pointer(&j->copy));
    if (j->error || cancelled) {
        enter(j, "aborting");
    } else {
        enter(j, "waiting");
        enter(j, "pending");
    }
    tell(j, event);
    enter(j, "concluded");
    if (!j->stays) {
        enter(j, "null");
        g_ptr_array_remove(jobs, j);
    }
}

static void on_copy(SysBlockJob *copy, void *opaque)
{
    Job *j = opaque;
    g_autoptr(GError) err = NULL;

    if (!copy->over) {
        enter(j, "ready");
        tell(j, "BLOCK_JOB_READY");
        return;
    }
    const SysBlockChain *chain = ((const SysBlockType *)copy->from->obj.type)->chain;
    if (copy->error) {
        j->error = g_strdup(g_strerror(-copy->error));
    } else if (copy->kind == SYS_BLOCK_STREAM) {
        sys_block_drain(copy->from);
        if (!chain->forget(copy->from, &err)) {
            j->error = g_strdup(err->message);
        }
    }
    conclude(j, "BLOCK_JOB_COMPLETED");
}

static const char *id_of(JsonObject *args)
{
    const char *id = obj_json_str(args, "job-id");

    return id ? id : json_object_get_string_member_with_default(args, "device", "");
}

static gboolean is_speed(gint64 speed, GError **err)
{
    return speed >= 0 || obj_refuse(err, "Parameter 'speed' expects a non-negative value");
}

gboolean sys_qmp_job_may(JsonObject *args, GError **err)
{
    static const struct {
        const char *name, *value;
    } fixed[] = { { "on-error", "report" }, { "on-source-error", "report" }, { "on-target-error", "report" },
                  { "copy-mode", "background" } };
    const char *id = id_of(args);

    if (!obj_json_bool(args, "auto-finalize", TRUE)) {
        return obj_refuse(err, "not implemented: auto-finalize=false");
    }
    for (guint i = 0; i < G_N_ELEMENTS(fixed); i++) {
        const char *value = json_object_get_string_member_with_default(args, fixed[i].name, fixed[i].value);
        if (strcmp(value, fixed[i].value)) {
            return obj_refuse(err, "%s '%s': not implemented; %s is", fixed[i].name, value, fixed[i].value);
        }
    }
    if (!is_speed(obj_json_int(args, "speed", 0), err)) {
        return FALSE;
    }
    return is_free(id, err) && (*id || obj_refuse(err, "An explicit job ID is required for this node"));
}

void sys_qmp_job_begin(const char *type, JsonObject *args, SysBlockJob *copy)
{
    Job *j = add(id_of(args), type);

    j->copy = copy;
    j->is_copy = TRUE;
    j->stays = !obj_json_bool(args, "auto-dismiss", TRUE);
    copy->fn = on_copy;
    copy->opaque = j;
    enter(j, "created");
    enter(j, "running");
}

/* A copy's job by "id" or, for the older names of verbs, "device". NULL with an error. */
static Job *find_copy(JsonObject *args, GError **err)
{
    const char *id = obj_json_str(args, "id");
    const char *device = json_object_get_string_member_with_default(args, "device", "");
    Job *j = find(id ? id : device);

    if (!j && id) {
        obj_refuse(err, "Job not found");
        return NULL;
    }
    if (!j || !j->is_copy) {
        g_set_error(err, SYS_QMP_ERROR, SYS_QMP_DEVICE_NOT_ACTIVE, "Block job '%s' not found", id ? id : device);
        return NULL;
    }
    return j;
}

static JsonNode *do_cancel(SysMonitor *m, JsonObject *args, GError **err)
{
    Job *j = find_copy(args, err);
    const gboolean force = json_object_has_member(args, "id") ||
        obj_json_bool(args, "force", FALSE);

    if (!j || !j->copy) {
        if (j) {
            refuse_verb(j, "cancel", err);
        }
    } else if (j->copy->ready && !force) {      /* the target is a copy of this moment */
        int r = sys_block_job_finish(j->copy);
        j->error = r < 0 ? g_strdup(g_strerror(-r)) : NULL;
        conclude(j, "BLOCK_JOB_COMPLETED");
    } else {
        conclude(j, "BLOCK_JOB_CANCELLED");
    }
    return NULL;
}

/* The device uses the target from now on. */
static JsonNode *do_complete(SysMonitor *m, JsonObject *args, GError **err)
{
    Job *j = find_copy(args, err);
    g_autoptr(GError) why = NULL;

    if (!j || !j->copy || !j->copy->ready) {
        if (j) {
            refuse_verb(j, "complete", err);
        }
        return NULL;
    }
    int r = sys_block_job_finish(j->copy);
    SysBlock *from = (SysBlock *)obj_ref(&j->copy->from->obj), *to = (SysBlock *)obj_ref(&j->copy->to->obj);
    measure(j);
    sys_block_job_free(g_steal_pointer(&j->copy));
    if (r < 0) {
        j->error = g_strdup(g_strerror(-r));
    } else if (!sys_qmp_swap(from, to, &why)) {
        j->error = g_strdup(why->message);
    }
    if (!strcmp(j->type, "commit")) {   /* of the two only the disk's image is written */
        sys_block_reopen(j->error ? to : from, TRUE, NULL);
    }
    obj_unref(&from->obj);
    obj_unref(&to->obj);
    conclude(j, "BLOCK_JOB_COMPLETED");
    return NULL;
}

static JsonNode *set_paused(JsonObject *args, gboolean paused, GError **err)
{
    Job *j = find_copy(args, err);

    if (j && (!j->copy || j->copy->paused == paused)) {
        refuse_verb(j, paused ? "pause" : "resume", err);
    } else if (j) {
        j->copy->paused = paused;
        enter(j, paused ? (j->copy->ready ? "standby" : "paused") : j->copy->ready ? "ready" : "running");
        sys_block_job_go(j->copy);
    }
    return NULL;
}

static JsonNode *do_pause(SysMonitor *m, JsonObject *args, GError **err)
{
    return set_paused(args, TRUE, err);
}

static JsonNode *do_resume(SysMonitor *m, JsonObject *args, GError **err)
{
    return set_paused(args, FALSE, err);
}

static JsonNode *do_set_speed(SysMonitor *m, JsonObject *args, GError **err)
{
    Job *j = find_copy(args, err);
    const gint64 speed = json_object_get_int_member(args, "speed");

    if (j && !j->copy) {
        refuse_verb(j, "set-speed", err);
    } else if (j && is_speed(speed, err)) {
        j->copy->speed = (guint64)speed;
        sys_block_job_go(j->copy);
    }
    return NULL;
}

static JsonNode *do_query_block_jobs(SysMonitor *m, JsonObject *args, GError **err)
{
    JsonArray *a = json_array_new();

    for (guint i = 0; jobs && i < jobs->len; i++) {
        Job *j = g_ptr_array_index(jobs, i);
        if (j->is_copy) {
            JsonObject *o = describe(j);
            json_object_set_string_member(o, "status", j->status);
            json_object_set_boolean_member(o, "busy", j->copy && j->copy->source);
            json_object_set_boolean_member(o, "paused", j->copy && j->copy->paused);
            json_object_set_boolean_member(o, "ready", j->copy && j->copy->ready);
            json_object_set_string_member(o, "io-status", "ok");
            json_object_set_boolean_member(o, "auto-finalize", TRUE);
            json_object_set_boolean_member(o, "auto-dismiss", !j->stays);
            if (j->error) {
                json_object_set_string_member(o, "error", j->error);
            }
            json_array_add_object_element(a, o);
        }
    }
    return sys_qmp_list(a);
}

/* --- all jobs -------------------------------------------------------------------------------- */
static JsonNode *do_dismiss(SysMonitor *m, JsonObject *args, GError **err)
{
    Job *j = find(json_object_get_string_member(args, "id"));

    if (!j) {
        obj_refuse(err, "Job not found");
    } else if (strcmp(j->status, "concluded")) {
        refuse_verb(j, "dismiss", err);
    } else {
        enter(j, "null");
        g_ptr_array_remove(jobs, j);
    }
    return NULL;
}

static JsonNode *do_query(SysMonitor *m, JsonObject *args, GError **err)
{
    JsonArray *a = json_array_new();

    for (guint i = 0; jobs && i < jobs->len; i++) {
        Job *j = g_ptr_array_index(jobs, i);
        const gboolean done = !strcmp(j->status, "concluded");
        measure(j);
        JsonObject *o = json_object_new();
        json_object_set_string_member(o, "id", j->id);
        json_object_set_string_member(o, "type", j->type);
        json_object_set_string_member(o, "status", j->status);
        json_object_set_int_member(o, "current-progress", j->is_copy ? (gint64)j->offset : done);
        json_object_set_int_member(o, "total-progress", j->is_copy ? (gint64)j->len : 1);
        if (j->error) {
            json_object_set_string_member(o, "error", j->error);
        }
        json_array_add_object_element(a, o);
    }
    return sys_qmp_list(a);
}

void sys_qmp_forget_jobs(void)
{
    g_clear_pointer(&jobs, g_ptr_array_unref);
}

static const QmpArg keep[] = { { "job-id", "str", FALSE }, { "tag", "str", FALSE }, { "vmstate", "str", FALSE },
                               { "devices", "any", FALSE }, { 0 } };
static const QmpArg drop[] = { { "job-id", "str", FALSE }, { "tag", "str", FALSE }, { "devices", "any", FALSE },
                               { 0 } };
static const QmpArg id[] = { { "id", "str", FALSE }, { 0 } };
static const QmpArg device[] = { { "device", "str", FALSE }, { 0 } };
static const QmpArg cancel[] = { { "device", "str", FALSE }, { "force", "bool", TRUE }, { 0 } };
static const QmpArg speed[] = { { "device", "str", FALSE }, { "speed", "int", FALSE }, { 0 } };

const QmpCommand sys_qmp_jobs[] = {
    { "snapshot-save", "a job: the machine and these disks are kept", keep, FALSE, do_save },
    { "snapshot-load", "a job: they are again what they were", keep, FALSE, do_load },
    { "snapshot-delete", "a job: what was kept is dropped", drop, FALSE, do_delete },
    { "query-jobs", "jobs", NULL, FALSE, do_query },
    { "job-dismiss", "forgets one that has concluded", id, FALSE, do_dismiss },
    { "job-cancel", "ends a copy: what it has written stays", id, FALSE, do_cancel },
    { "job-complete", "the device uses the copy", id, FALSE, do_complete },
    { "job-pause", "a copy waits", id, FALSE, do_pause },
    { "job-resume", "and goes on", id, FALSE, do_resume },
    { "query-block-jobs", "copies of disks", NULL, FALSE, do_query_block_jobs },
    { "block-job-dismiss", "as job-dismiss", id, FALSE, do_dismiss },
    { "block-job-cancel", "ends a copy; one that is ready is a copy of this moment", cancel, FALSE, do_cancel },
    { "block-job-complete", "as job-complete", device, FALSE, do_complete },
    { "block-job-pause", "as job-pause", device, FALSE, do_pause },
    { "block-job-resume", "as job-resume", device, FALSE, do_resume },
    { "block-job-set-speed", "bytes in a second; 0: no limit", speed, FALSE, do_set_speed },
    { 0 },
};
