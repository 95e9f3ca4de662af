/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Jobs over QMP: snapshots of the machine.  A job begins when its command was answered, is carried out in one piece,
 * and stays as "concluded", with its error if it has one, until job-dismiss.  JOB_STATUS_CHANGE tells of each step.
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
} Job;

static GPtrArray *jobs;         /* of Job; NULL: none was ever made */

static void free_job(gpointer data)
{
    Job *j = data;

    g_clear_handle_id(&j->source, g_source_remove);
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

    if (find(id)) {
        g_set_error(err, OBJ_ERROR, OBJ_ERROR_IN_USE, "Job ID '%s' already in use", id);
        return NULL;
    }
    if (!names) {
        obj_refuse(err, "Parameter 'devices' expects a list of node names");
        return NULL;
    }
    Job *j = g_new0(Job, 1);
    j->id = g_strdup(id);
    j->type = type;
    j->tag = g_strdup(json_object_get_string_member(args, "tag"));
    j->state = g_strdup(json_object_get_string_member_with_default(args, "vmstate", NULL));
    j->names = g_steal_pointer(&names);
    if (!jobs) {
        jobs = g_ptr_array_new_with_free_func(free_job);
    }
    g_ptr_array_add(jobs, j);
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

static JsonNode *do_dismiss(SysMonitor *m, JsonObject *args, GError **err)
{
    Job *j = find(json_object_get_string_member(args, "id"));

    if (!j) {
        obj_refuse(err, "Job not found");
    } else if (strcmp(j->status, "concluded")) {
        obj_refuse(err, "Job '%s' in state '%s' cannot accept command verb 'dismiss'",
                   j->id, j->status);
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
        const Job *j = g_ptr_array_index(jobs, i);
        const gboolean done = !strcmp(j->status, "concluded");
        JsonObject *o = json_object_new();
        json_object_set_string_member(o, "id", j->id);
        json_object_set_string_member(o, "type", j->type);
        json_object_set_string_member(o, "status", j->status);
        json_object_set_int_member(o, "current-progress", done);
        json_object_set_int_member(o, "total-progress", 1);
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

const QmpCommand sys_qmp_jobs[] = {
    { "snapshot-save", "a job: the machine and these disks are kept", keep, FALSE, do_save },
    { "snapshot-load", "a job: they are again what they were", keep, FALSE, do_load },
    { "snapshot-delete", "a job: what was kept is dropped", drop, FALSE, do_delete },
    { "query-jobs", "jobs", NULL, FALSE, do_query },
    { "job-dismiss", "forgets one that has concluded", id, FALSE, do_dismiss },
    { 0 },
};
