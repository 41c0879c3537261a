/*
 * A complete Vireo plugin in plain C: the device EXAMPLE, which computes ReLU, Add and SoftShrink on f32 tensors.
 *
 * SoftShrink is an operation of the plugin's own, with one attribute, "lambda":
 *     y = x - lambda where x > lambda, x + lambda where x < -lambda, 0 elsewhere.
 *
 * The file reads from top to bottom as a plugin is used: entry, probe, backend, query_support, compile, context, buffers,
 * execute, profile. All memory comes from the host, and every function survives the host having none.
 * docs/adding-a-backend.md walks through it.
 */
#define _POSIX_C_SOURCE 199309L
#include "vireo_plugin.h"

#include <stdatomic.h>
#include <string.h>
#include <time.h>

/* Set once, at entry. The host passes one table for the life of the process. */
static const vireo_host_api *host;

/* ---- Memory and errors --------------------------------------------------------------------------------------- */

static vireo_status *failure(int32_t code, const char *message) { return host->status_create(host, code, message); }

/* Zeroed memory for `count` elements, never NULL for an empty list; NULL when there is no memory. */
static void *allocate(size_t count, size_t size) {
    if (size != 0 && count > SIZE_MAX / size) return NULL;
    size_t bytes = count * size > 0 ? count * size : 1;
    void *memory = host->allocate(host, bytes, 64);
    if (memory != NULL) memset(memory, 0, bytes);
    return memory;
}

static void release(void *memory) { host->deallocate(host, memory); }

static vireo_status *out_of_memory(const char *what) { return failure(VIREO_OUT_OF_MEMORY, what); }

/* ---- SoftShrink for the converter ---------------------------------------------------------------------------- */

/* The output has the type and shape of the input. */
static vireo_status *infer_soft_shrink(const vireo_attribute *attributes, size_t attribute_count,
                                       const vireo_tensor_info *inputs, size_t input_count, size_t output,
                                       vireo_tensor_info *info, int64_t *dims) {
    (void)attributes, (void)attribute_count, (void)output;
    if (input_count != 1) return failure(VIREO_INVALID_ARGUMENT, "SoftShrink has one input");
    if (inputs[0].rank > VIREO_MAX_RANK) return failure(VIREO_UNSUPPORTED, "SoftShrink of so many axes");
    info->element_type = inputs[0].element_type;
    info->rank = inputs[0].rank;
    for (int32_t axis = 0; axis < info->rank; axis++) dims[axis] = inputs[0].dims[axis];
    return NULL;
}

static const vireo_custom_operation soft_shrink = {
    .struct_size = sizeof(vireo_custom_operation),
    .framework_op = "SoftShrink",
    .op_type = "SoftShrink",
    .output_count = 1,
    .infer_output = infer_soft_shrink,
};

static const vireo_custom_operation *const custom_operations[] = {&soft_shrink};

/* ---- The device ---------------------------------------------------------------------------------------------- */

static vireo_status *probe(size_t *device_count) {
    *device_count = 1;
    return NULL;
}

static vireo_status *device_info(size_t device, vireo_device_info *info) {
    if (device != 0) return failure(VIREO_INVALID_ARGUMENT, "EXAMPLE has one device, number 0");
    info->kind = VIREO_DEVICE_CPU;
    info->full_name = "Example device";
    info->architecture = "portable C";
    return NULL;
}

struct vireo_backend {
    atomic_bool counts_time; /* the property PERF_COUNT */
};

static vireo_status *backend_create(size_t device, vireo_backend **backend) {
    if (device != 0) return failure(VIREO_INVALID_ARGUMENT, "EXAMPLE has one device, number 0");
    vireo_backend *made = allocate(1, sizeof *made);
    if (made == NULL) return out_of_memory("no memory for a backend");
    atomic_init(&made->counts_time, false);
    *backend = made;
    return NULL;
}

static void backend_destroy(vireo_backend *backend) { release(backend); }

/* ---- Properties ---------------------------------------------------------------------------------------------- */

static vireo_status *parse_counts_time(const char *name, const char *value, bool *counts_time) {
    if (strcmp(name, "PERF_COUNT") != 0)
        return failure(VIREO_INVALID_ARGUMENT, "the one property of EXAMPLE that can be set is PERF_COUNT");
    if (strcmp(value, "YES") != 0 && strcmp(value, "NO") != 0)
        return failure(VIREO_INVALID_ARGUMENT, "PERF_COUNT is YES or NO");
    *counts_time = strcmp(value, "YES") == 0;
    return NULL;
}

static vireo_status *property_count(vireo_backend *backend, size_t *count) {
    (void)backend;
    *count = 2;
    return NULL;
}

static vireo_status *property_at(vireo_backend *backend, size_t index, vireo_property *property) {
    switch (index) {
    case 0:
        property->name = "FULL_DEVICE_NAME";
        property->value = "Example device";
        property->is_mutable = false;
        return NULL;
    case 1:
        property->name = "PERF_COUNT";
        property->value = atomic_load(&backend->counts_time) ? "YES" : "NO";
        property->is_mutable = true;
        return NULL;
    default: return failure(VIREO_INVALID_ARGUMENT, "EXAMPLE has two properties, numbers 0 and 1");
    }
}

static vireo_status *property_set(vireo_backend *backend, const char *name, const char *value) {
    bool counts_time = false;
    vireo_status *status = parse_counts_time(name, value, &counts_time);
    if (status != NULL) return status;
    atomic_store(&backend->counts_time, counts_time);
    return NULL;
}

/* ---- Which nodes --------------------------------------------------------------------------------------------- */

typedef enum { RELU, ADD, SOFT_SHRINK, UNKNOWN } operation;

static operation operation_of(const vireo_node *node) {
    const char *type = host->node_op_type(node);
    if (strcmp(type, "ReLU") == 0) return RELU;
    if (strcmp(type, "Add") == 0) return ADD;
    if (strcmp(type, "SoftShrink") == 0) return SOFT_SHRINK;
    return UNKNOWN;
}

static vireo_tensor_info info_of(const vireo_graph *graph, vireo_value value) {
    vireo_tensor_info info = {.struct_size = sizeof info};
    host->value_info(graph, value, &info);
    return info;
}

static bool same_shape(vireo_tensor_info left, vireo_tensor_info right) {
    if (left.rank != right.rank) return false;
    for (int32_t axis = 0; axis < left.rank; axis++)
        if (left.dims[axis] != right.dims[axis]) return false;
    return true;
}

/* The number of elements; false when a dimension is unknown or the product does not fit. */
static bool element_count(vireo_tensor_info info, size_t *count) {
    *count = 1;
    if (info.rank < 0) return false;
    for (int32_t axis = 0; axis < info.rank; axis++) {
        if (info.dims[axis] < 0) return false;
        if (__builtin_mul_overflow(*count, (size_t)info.dims[axis], count)) return false;
    }
    return *count <= PTRDIFF_MAX / sizeof(float);
}

static bool find_lambda(const vireo_node *node, double *lambda) {
    for (size_t index = 0; index < host->node_attribute_count(node); index++) {
        vireo_attribute attribute = {.struct_size = sizeof attribute};
        host->node_attribute(node, index, &attribute);
        if (strcmp(attribute.key, "lambda") != 0 || attribute.count != 1) continue;
        if (attribute.kind == VIREO_ATTRIBUTE_F64_LIST) *lambda = attribute.f64[0];
        else if (attribute.kind == VIREO_ATTRIBUTE_I64_LIST) *lambda = (double)attribute.i64[0];
        else continue;
        return true;
    }
    return false;
}

/* Why EXAMPLE does not take a node; NULL when it does. */
static const char *refusal(const vireo_graph *graph, const vireo_node *node) {
    operation kind = operation_of(node);
    if (kind == UNKNOWN) return "EXAMPLE knows ReLU, Add and SoftShrink only";
    if (host->node_input_count(node) != (kind == ADD ? 2 : 1)) return "the number of inputs is not the operation's";
    vireo_tensor_info output = info_of(graph, host->node_output(node, 0));
    for (size_t index = 0; index < host->node_input_count(node); index++) {
        vireo_tensor_info input = info_of(graph, host->node_input(node, index));
        size_t count;
        if (input.element_type != VIREO_TYPE_F32) return "EXAMPLE computes f32 only";
        if (!element_count(input, &count)) return "EXAMPLE needs static shapes";
        if (!same_shape(input, output)) return "EXAMPLE does not broadcast";
    }
    double lambda;
    if (kind == SOFT_SHRINK && !find_lambda(node, &lambda)) return "SoftShrink needs the number \"lambda\"";
    return NULL;
}

static vireo_status *query_support(vireo_backend *backend, const vireo_graph *graph, vireo_verdict *verdicts,
                                   size_t count) {
    (void)backend;
    if (count != host->graph_node_count(graph))
        return failure(VIREO_INVALID_ARGUMENT, "the number of verdicts is not the graph's number of nodes");
    for (size_t index = 0; index < count; index++) {
        verdicts[index].reason = refusal(graph, host->graph_node(graph, index));
        verdicts[index].support = verdicts[index].reason == NULL ? VIREO_SUPPORT_YES : VIREO_SUPPORT_NO;
    }
    return NULL;
}

/* ---- Compiling ----------------------------------------------------------------------------------------------- */

/* One node. The graph may not be read after compile, so everything is copied. */
typedef struct {
    operation kind;
    float lambda;
    vireo_value inputs[2];
    size_t input_count;
    vireo_value output;
    char *name;
    char *op_type;
} step;

/* One value, and where it is found when the graph runs. */
typedef struct {
    size_t element_count;
    int32_t rank;
    int64_t *dims;
    const float *constant; /* the host's, until executable_destroy */
    size_t offset;         /* in the context's memory, in elements */
} value;

struct vireo_executable {
    bool counts_time;
    size_t step_count, value_count, input_count, output_count;
    step *steps;
    value *values;
    vireo_value *inputs, *outputs;
    size_t arena_size; /* elements of a context's memory */
};

static void executable_destroy(vireo_executable *executable) {
    if (executable == NULL) return;
    for (size_t index = 0; executable->steps != NULL && index < executable->step_count; index++) {
        release(executable->steps[index].name);
        release(executable->steps[index].op_type);
    }
    for (size_t index = 0; executable->values != NULL && index < executable->value_count; index++)
        release(executable->values[index].dims);
    release(executable->steps);
    release(executable->values);
    release(executable->inputs);
    release(executable->outputs);
    release(executable);
}

static char *copy_string(const char *text) {
    char *copy = allocate(strlen(text) + 1, 1);
    if (copy != NULL) memcpy(copy, text, strlen(text) + 1);
    return copy;
}

static vireo_status *copy_value(const vireo_graph *graph, vireo_value index, vireo_executable *executable) {
    vireo_tensor_info info = info_of(graph, index);
    value *made = &executable->values[index];
    if (!element_count(info, &made->element_count))
        return failure(VIREO_UNSUPPORTED, "EXAMPLE needs static shapes");
    made->dims = allocate((size_t)info.rank, sizeof *made->dims);
    if (made->dims == NULL) return out_of_memory("no memory for a shape");
    if (info.rank > 0) memcpy(made->dims, info.dims, (size_t)info.rank * sizeof *made->dims);
    made->rank = info.rank;
    size_t byte_count;
    made->constant = host->value_constant(graph, index, &byte_count);
    made->offset = executable->arena_size;
    if (__builtin_add_overflow(executable->arena_size, made->element_count, &executable->arena_size))
        return out_of_memory("the tensors do not fit into memory");
    return NULL;
}

static vireo_status *copy_step(const vireo_graph *graph, size_t index, vireo_executable *executable) {
    const vireo_node *node = host->graph_node(graph, index);
    const char *reason = refusal(graph, node);
    if (reason != NULL) return failure(VIREO_UNSUPPORTED, reason);
    step *made = &executable->steps[index];
    double lambda = 0;
    if (find_lambda(node, &lambda)) made->lambda = (float)lambda;
    made->kind = operation_of(node);
    made->input_count = host->node_input_count(node);
    for (size_t input = 0; input < made->input_count; input++) made->inputs[input] = host->node_input(node, input);
    made->output = host->node_output(node, 0);
    made->name = copy_string(host->node_name(node));
    made->op_type = copy_string(host->node_op_type(node));
    return made->name == NULL || made->op_type == NULL ? out_of_memory("no memory for a node") : NULL;
}

static vireo_status *fill(const vireo_graph *graph, vireo_executable *executable) {
    executable->step_count = host->graph_node_count(graph);
    executable->value_count = host->value_count(graph);
    executable->input_count = host->graph_input_count(graph);
    executable->output_count = host->graph_output_count(graph);
    executable->steps = allocate(executable->step_count, sizeof *executable->steps);
    executable->values = allocate(executable->value_count, sizeof *executable->values);
    executable->inputs = allocate(executable->input_count, sizeof *executable->inputs);
    executable->outputs = allocate(executable->output_count, sizeof *executable->outputs);
    if (executable->steps == NULL || executable->values == NULL || executable->inputs == NULL ||
        executable->outputs == NULL)
        return out_of_memory("no memory for an executable");
    vireo_status *status = NULL;
    for (size_t index = 0; index < executable->value_count && status == NULL; index++)
        status = copy_value(graph, (vireo_value)index, executable);
    for (size_t index = 0; index < executable->step_count && status == NULL; index++)
        status = copy_step(graph, index, executable);
    for (size_t index = 0; index < executable->input_count; index++)
        executable->inputs[index] = host->graph_input(graph, index);
    for (size_t index = 0; index < executable->output_count; index++)
        executable->outputs[index] = host->graph_output(graph, index);
    return status;
}

static vireo_status *compile(vireo_backend *backend, const vireo_graph *graph, const vireo_compile_options *options,
                             vireo_executable **executable) {
    bool counts_time = atomic_load(&backend->counts_time);
    for (size_t index = 0; options != NULL && index < options->property_count; index++) {
        vireo_status *status = parse_counts_time(options->names[index], options->values[index], &counts_time);
        if (status != NULL) return status;
    }
    vireo_executable *made = allocate(1, sizeof *made);
    if (made == NULL) return out_of_memory("no memory for an executable");
    made->counts_time = counts_time;
    vireo_status *status = fill(graph, made);
    if (status != NULL) {
        executable_destroy(made);
        return status;
    }
    *executable = made;
    return NULL;
}

/* ---- Contexts ------------------------------------------------------------------------------------------------ */

struct vireo_context {
    const vireo_executable *executable;
    float *arena;            /* a place for every value */
    float **places;          /* of each value in the run under way */
    vireo_profile_row *rows; /* one a step */
    size_t row_count;
};

static void context_destroy(vireo_context *context) {
    if (context == NULL) return;
    release(context->arena);
    release(context->places);
    release(context->rows);
    release(context);
}

static vireo_status *context_create(vireo_executable *executable, vireo_context **context) {
    vireo_context *made = allocate(1, sizeof *made);
    if (made == NULL) return out_of_memory("no memory for a context");
    made->executable = executable;
    made->arena = allocate(executable->arena_size, sizeof *made->arena);
    made->places = allocate(executable->value_count, sizeof *made->places);
    made->rows = allocate(executable->step_count, sizeof *made->rows);
    if (made->arena == NULL || made->places == NULL || made->rows == NULL) {
        context_destroy(made);
        return out_of_memory("no memory for a context");
    }
    *context = made;
    return NULL;
}

/* ---- Buffers ------------------------------------------------------------------------------------------------- */

struct vireo_buffer {
    size_t byte_count;
    int32_t rank;
    float *data;
    bool owns_data;
    void (*release)(void *user);
    void *user;
    int64_t dims[];
};

/* A buffer without data. */
static vireo_status *describe(const vireo_tensor_info *info, vireo_buffer **buffer) {
    size_t count;
    if (info->element_type != VIREO_TYPE_F32) return failure(VIREO_UNSUPPORTED, "EXAMPLE has buffers of f32 only");
    if (!element_count(*info, &count)) return failure(VIREO_INVALID_ARGUMENT, "a buffer needs a static shape");
    vireo_buffer *made = allocate(1, sizeof *made + (size_t)info->rank * sizeof *made->dims);
    if (made == NULL) return out_of_memory("no memory for a buffer");
    made->byte_count = count * sizeof(float);
    made->rank = info->rank;
    if (info->rank > 0) memcpy(made->dims, info->dims, (size_t)info->rank * sizeof *made->dims);
    *buffer = made;
    return NULL;
}

static void buffer_destroy(vireo_buffer *buffer) {
    if (buffer == NULL) return;
    if (buffer->owns_data) release(buffer->data);
    if (buffer->release != NULL) buffer->release(buffer->user);
    release(buffer);
}

static vireo_status *buffer_create(vireo_backend *backend, const vireo_tensor_info *info, vireo_buffer **buffer) {
    (void)backend;
    vireo_buffer *made;
    vireo_status *status = describe(info, &made);
    if (status != NULL) return status;
    made->owns_data = true;
    made->data = allocate(made->byte_count, 1);
    if (made->data == NULL) {
        buffer_destroy(made);
        return out_of_memory("no memory for a tensor");
    }
    *buffer = made;
    return NULL;
}

static vireo_status *buffer_import(vireo_backend *backend, const vireo_tensor_info *info, void *data,
                                   size_t byte_count, int32_t ownership, void (*release_data)(void *user), void *user,
                                   vireo_buffer **buffer) {
    (void)backend;
    if (ownership < VIREO_OWNERSHIP_COPIED || ownership > VIREO_OWNERSHIP_ADOPTED)
        return failure(VIREO_INVALID_ARGUMENT, "this is no kind of ownership");
    vireo_buffer *made;
    vireo_status *status = describe(info, &made);
    if (status != NULL) return status;
    if (made->byte_count != byte_count) {
        buffer_destroy(made);
        return failure(VIREO_INVALID_ARGUMENT, "the number of bytes is not the tensor's");
    }
    /* Elements are read where they lie, so memory that is not aligned is copied whatever the ownership. */
    if (ownership == VIREO_OWNERSHIP_COPIED || (uintptr_t)data % sizeof(float) != 0) {
        made->owns_data = true;
        made->data = allocate(byte_count, 1);
        if (made->data == NULL) {
            buffer_destroy(made);
            return out_of_memory("no memory for a tensor");
        }
        if (byte_count > 0) memcpy(made->data, data, byte_count);
    } else {
        made->data = data;
    }
    if (ownership == VIREO_OWNERSHIP_ADOPTED) {
        made->release = release_data;
        made->user = user;
    }
    *buffer = made;
    return NULL;
}

static vireo_status *buffer_info(const vireo_buffer *buffer, vireo_tensor_info *info) {
    info->element_type = VIREO_TYPE_F32;
    info->rank = buffer->rank;
    info->dims = buffer->dims;
    return NULL;
}

static vireo_status *buffer_read(const vireo_buffer *buffer, void *destination, size_t byte_count) {
    if (byte_count != buffer->byte_count)
        return failure(VIREO_INVALID_ARGUMENT, "the number of bytes is not the buffer's");
    if (byte_count > 0) memcpy(destination, buffer->data, byte_count);
    return NULL;
}

/* ---- Running ------------------------------------------------------------------------------------------------- */

static int64_t microseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void compute(const step *step, float *const *places, size_t count) {
    const float *x = places[step->inputs[0]];
    float *y = places[step->output];
    switch (step->kind) {
    case RELU:
        for (size_t index = 0; index < count; index++) y[index] = x[index] > 0 ? x[index] : 0;
        break;
    case ADD: {
        const float *z = places[step->inputs[1]];
        for (size_t index = 0; index < count; index++) y[index] = x[index] + z[index];
        break;
    }
    case SOFT_SHRINK:
        for (size_t index = 0; index < count; index++)
            y[index] = x[index] > step->lambda    ? x[index] - step->lambda
                       : x[index] < -step->lambda ? x[index] + step->lambda
                                                  : 0;
        break;
    case UNKNOWN: break; /* compile refuses it */
    }
}

static bool fits(const vireo_buffer *buffer, const value *value) {
    if (buffer->rank != value->rank) return false;
    for (int32_t axis = 0; axis < value->rank; axis++)
        if (buffer->dims[axis] != value->dims[axis]) return false;
    return true;
}

/* Makes the buffers that the host left out. On failure none of them is left. */
static vireo_status *make_outputs(const vireo_executable *executable, vireo_buffer **outputs, bool *made) {
    for (size_t index = 0; index < executable->output_count; index++) {
        if (outputs[index] != NULL) continue;
        const value *value = &executable->values[executable->outputs[index]];
        vireo_tensor_info info = {.struct_size = sizeof info,
                                  .element_type = VIREO_TYPE_F32,
                                  .rank = value->rank,
                                  .dims = value->dims};
        vireo_buffer *buffer;
        vireo_status *status = buffer_create(NULL, &info, &buffer);
        if (status != NULL) {
            for (size_t earlier = 0; earlier < index; earlier++) {
                if (!made[earlier]) continue;
                buffer_destroy(outputs[earlier]);
                outputs[earlier] = NULL;
            }
            return status;
        }
        outputs[index] = buffer;
        made[index] = true;
    }
    return NULL;
}

static vireo_status *execute(vireo_context *context, vireo_buffer *const *inputs, size_t input_count,
                             vireo_buffer **outputs, size_t output_count, const vireo_completion *completion) {
    const vireo_executable *executable = context->executable;
    if (input_count != executable->input_count || output_count != executable->output_count)
        return failure(VIREO_INVALID_ARGUMENT, "the number of buffers is not the graph's");
    for (size_t index = 0; index < input_count; index++)
        if (inputs[index] == NULL || !fits(inputs[index], &executable->values[executable->inputs[index]]))
            return failure(VIREO_INVALID_ARGUMENT, "an input buffer is not of the graph's shape");
    for (size_t index = 0; index < output_count; index++)
        if (outputs[index] != NULL && !fits(outputs[index], &executable->values[executable->outputs[index]]))
            return failure(VIREO_INVALID_ARGUMENT, "an output buffer is not of the graph's shape");
    bool *made = allocate(output_count, sizeof *made);
    if (made == NULL) return out_of_memory("no memory for a run");
    vireo_status *status = make_outputs(executable, outputs, made);
    release(made);
    if (status != NULL) return status;

    for (size_t index = 0; index < executable->value_count; index++) {
        const value *value = &executable->values[index];
        context->places[index] = value->constant != NULL ? (float *)value->constant : context->arena + value->offset;
    }
    for (size_t index = 0; index < input_count; index++)
        context->places[executable->inputs[index]] = inputs[index]->data;
    for (size_t index = 0; index < output_count; index++)
        context->places[executable->outputs[index]] = outputs[index]->data;

    context->row_count = 0;
    for (size_t index = 0; index < executable->step_count; index++) {
        const step *step = &executable->steps[index];
        int64_t start = executable->counts_time ? microseconds() : 0;
        compute(step, context->places, executable->values[step->output].element_count);
        if (!executable->counts_time) continue;
        int64_t duration = microseconds() - start;
        context->rows[context->row_count++] = (vireo_profile_row){.node_name = step->name,
                                                                  .op_type = step->op_type,
                                                                  .exec_type = "c_loop_f32",
                                                                  .status = VIREO_PROFILE_EXECUTED,
                                                                  .real_microseconds = duration,
                                                                  .cpu_microseconds = duration};
    }
    if (completion != NULL) completion->done(completion->user, NULL);
    return NULL;
}

static vireo_status *profile(vireo_context *context, const vireo_profile_row **rows, size_t *count) {
    *rows = context->rows;
    *count = context->row_count;
    return NULL;
}

/* ---- Entry --------------------------------------------------------------------------------------------------- */

static const vireo_plugin_api plugin = {
    .struct_size = sizeof(vireo_plugin_api),
    .abi_major = VIREO_ABI_MAJOR,
    .abi_minor = VIREO_ABI_MINOR,
    .name = "EXAMPLE",
    .version = "1.0.0",
    .description = "ReLU, Add and SoftShrink in plain C",
    .probe = probe,
    .device_info = device_info,
    .backend_create = backend_create,
    .backend_destroy = backend_destroy,
    .property_count = property_count,
    .property_at = property_at,
    .property_set = property_set,
    .query_support = query_support,
    .compile = compile,
    .executable_destroy = executable_destroy,
    .context_create = context_create,
    .context_destroy = context_destroy,
    .buffer_create = buffer_create,
    .buffer_import = buffer_import,
    .buffer_info = buffer_info,
    .buffer_read = buffer_read,
    .buffer_destroy = buffer_destroy,
    .execute = execute,
    .profile = profile,
    .custom_operations = custom_operations,
    .custom_operation_count = 1,
};

const vireo_plugin_api *vireo_plugin_entry(const vireo_host_api *given, vireo_status **why) {
    if (given->abi_major != VIREO_ABI_MAJOR) {
        *why = given->status_create(given, VIREO_UNAVAILABLE, "EXAMPLE is made for another version of the plugin ABI");
        return NULL;
    }
    host = given;
    return &plugin;
}
