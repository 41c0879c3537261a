/*
 * vireo.h: run trained networks from C, or from any language that calls C.
 *
 *     vireo_core *core;
 *     vireo_model *model;
 *     vireo_compiled_model *compiled;
 *     vireo_error *error = vireo_core_create(NULL, 0, &core);
 *     if (!error) error = vireo_model_read("mobilenet.xml", &model);
 *     if (!error) error = vireo_core_compile(core, model, "CPU", NULL, 0, &compiled);
 *
 * Errors. A function that can fail returns NULL on success and otherwise an error, which the caller releases with
 * vireo_error_release. Out-parameters are written only on success.
 *
 * Handles. What a function gives through an out-parameter belongs to the caller, who ends it with the type's release
 * function; releasing NULL does nothing. Handles keep alive what they were made from: a core may be released while its
 * compiled models run.
 *
 * Strings and arrays. They are UTF-8 and end with a zero byte. Those that functions return belong to the handle they were
 * asked of and live as long as it does.
 *
 * Threads. Handles may be used from any thread at the same time, except that a model or a tensor that one thread changes
 * must not be used by another meanwhile. A request runs once at a time: a second run while one is under way is an error.
 *
 * Structs that may grow begin with struct_size, the size that the caller compiled with; later versions append.
 */
#ifndef VIREO_H
#define VIREO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct vireo_error vireo_error;
typedef struct vireo_core vireo_core;
typedef struct vireo_properties vireo_properties;
typedef struct vireo_model vireo_model;
typedef struct vireo_compiled_model vireo_compiled_model;
typedef struct vireo_request vireo_request;
typedef struct vireo_pool vireo_pool;
typedef struct vireo_cancellation vireo_cancellation;
typedef struct vireo_tensor vireo_tensor;
typedef struct vireo_profile vireo_profile;
typedef struct vireo_trace vireo_trace;

/* Element types, the same numbers as in the plugin ABI. */
#define VIREO_TYPE_DYNAMIC 0
#define VIREO_TYPE_F64 1
#define VIREO_TYPE_F32 2
#define VIREO_TYPE_F16 3
#define VIREO_TYPE_BF16 4
#define VIREO_TYPE_I64 5
#define VIREO_TYPE_I32 6
#define VIREO_TYPE_I16 7
#define VIREO_TYPE_I8 8
#define VIREO_TYPE_I4 9
#define VIREO_TYPE_U64 10
#define VIREO_TYPE_U32 11
#define VIREO_TYPE_U16 12
#define VIREO_TYPE_U8 13
#define VIREO_TYPE_U4 14
#define VIREO_TYPE_U1 15
#define VIREO_TYPE_BOOLEAN 16
#define VIREO_TYPE_STRING 17
#define VIREO_TYPE_NF4 18

/* What vireo_error_code returns. */
#define VIREO_ERROR_INVALID_ARGUMENT 1
#define VIREO_ERROR_NOT_FOUND 2
#define VIREO_ERROR_MALFORMED_FILE 3
#define VIREO_ERROR_INPUT_OUTPUT 4
#define VIREO_ERROR_UNSUPPORTED 5
#define VIREO_ERROR_UNAVAILABLE 6
#define VIREO_ERROR_OUT_OF_MEMORY 7
#define VIREO_ERROR_BUSY 8
#define VIREO_ERROR_CANCELLED 9
#define VIREO_ERROR_INTERNAL 10

/* The version of the library, in the form of semantic versioning; lives until the process ends. */
const char *vireo_version(void);

/* -- Errors ------------------------------------------------------------------------------------------------------- */

/* One of VIREO_ERROR_*. */
int32_t vireo_error_code(const vireo_error *error);
/* What is wrong, in one sentence without a full stop. */
const char *vireo_error_message(const vireo_error *error);
/* What the reader can do about it; NULL when nothing is known. */
const char *vireo_error_remedy(const vireo_error *error);
/* All of it as text of several lines: the message, where it happened, the remedy. */
const char *vireo_error_description(const vireo_error *error);
void vireo_error_release(vireo_error *error);

/* -- Devices ------------------------------------------------------------------------------------------------------ */

/* A setting, as a caller gives it: {"INFERENCE_NUM_THREADS", "2"}. */
typedef struct vireo_setting {
    const char *name;
    const char *value;
} vireo_setting;

/*
 * Looks for plugins. search_paths are folders, in which files named libvireo_*.so are plugins, and library files; with
 * NULL they are those of the environment variable VIREO_PLUGIN_PATH (separated by colons), the folder of this library,
 * and lib/vireo beside that folder. A plugin that fails is left out, with the reason in vireo_core_plugin.
 */
vireo_error *vireo_core_create(const char *const *search_paths, size_t count, vireo_core **core);

#define VIREO_LOG_ERROR 1
#define VIREO_LOG_WARNING 2
#define VIREO_LOG_INFO 3
#define VIREO_LOG_DEBUG 4

/* What a plugin logs: one of VIREO_LOG_*, the library's path, a sentence. Called from any thread; the texts live until the
 * call returns. */
typedef void (*vireo_log_callback)(void *user, int32_t level, const char *plugin, const char *message);

/*
 * As vireo_core_create; what plugins log goes to the callback, everything unless the property LOG_LEVEL says otherwise.
 * (Without a callback, errors go to the standard error output.) user must stay valid until the process ends: plugins are never
 * unloaded.
 */
vireo_error *vireo_core_create_logging(
    const char *const *search_paths, size_t count, vireo_log_callback callback, void *user, vireo_core **core);
void vireo_core_release(vireo_core *core);

typedef struct vireo_device {
    size_t struct_size;       /* set by the caller */
    const char *name;         /* "ONEDNN", "OPENCL.0" */
    const char *full_name;    /* "AMD EPYC 9354" */
    const char *architecture; /* "x86_64 avx512_core_bf16" */
} vireo_device;

size_t vireo_core_device_count(const vireo_core *core);
/* INVALID_ARGUMENT when index is not below the count. */
vireo_error *vireo_core_device(const vireo_core *core, size_t index, vireo_device *device);

typedef struct vireo_plugin {
    size_t struct_size;  /* set by the caller */
    const char *path;    /* of the library that was tried */
    const char *outcome; /* what it brought, or why it is not used */
    bool is_loaded;
} vireo_plugin;

size_t vireo_core_plugin_count(const vireo_core *core);
vireo_error *vireo_core_plugin(const vireo_core *core, size_t index, vireo_plugin *plugin);

/* -- Properties: settings and facts, as text ---------------------------------------------------------------------- */

/* The properties of a device as they are now. NOT_FOUND for an unknown device. */
vireo_error *vireo_core_properties(const vireo_core *core, const char *device, vireo_properties **properties);
/* NOT_FOUND for an unknown device, INVALID_ARGUMENT for an unknown or read-only property or a bad value. */
vireo_error *vireo_core_set_property(vireo_core *core, const char *device, const char *name, const char *value);

typedef struct vireo_property_entry {
    size_t struct_size; /* set by the caller */
    const char *name;
    const char *value;
    bool is_mutable;
} vireo_property_entry;

/* The names of what vireo_core_compile can be told for a device; values are empty. NOT_FOUND for an unknown device. */
vireo_error *vireo_core_settable_properties(const vireo_core *core, const char *device, vireo_properties **properties);
/*
 * A JSON file of settings: {"NUM_STREAMS": 2, "PERF_COUNT": true}, those of one device in an object under its name, which is
 * read when device is that name. device may be NULL.
 */
vireo_error *vireo_settings_read(const char *path, const char *device, vireo_properties **settings);

size_t vireo_properties_count(const vireo_properties *properties);
vireo_error *vireo_properties_at(const vireo_properties *properties, size_t index, vireo_property_entry *entry);
/* As many settings as there are properties, for vireo_core_compile; they live as long as the properties. */
const vireo_setting *vireo_properties_settings(const vireo_properties *properties);
void vireo_properties_release(vireo_properties *properties);

/* -- Models ------------------------------------------------------------------------------------------------------- */

/* An input, an output or a variable. */
typedef struct vireo_port {
    size_t struct_size;   /* set by the caller */
    const char *name;     /* of the node, or of the variable */
    int32_t element_type; /* VIREO_TYPE_* */
    int32_t rank;         /* -1 when it is not known */
    const int64_t *dims;  /* rank numbers, -1 where a dimension is not known */
} vireo_port;

/*
 * Reads an OpenVINO IR (.xml with its .bin beside it), or a TensorFlow model, which is converted in memory: a frozen graph
 * (.pb, .pbtxt), a MetaGraph beside its checkpoint (.meta), the folder of a SavedModel.
 */
vireo_error *vireo_model_read(const char *path, vireo_model **model);
void vireo_model_release(vireo_model *model);
const char *vireo_model_name(const vireo_model *model);
size_t vireo_model_input_count(const vireo_model *model);
size_t vireo_model_output_count(const vireo_model *model);
vireo_error *vireo_model_input(const vireo_model *model, size_t index, vireo_port *port);
vireo_error *vireo_model_output(const vireo_model *model, size_t index, vireo_port *port);
/* Writes an OpenVINO IR; both files appear when both are complete. */
vireo_error *vireo_model_write(const vireo_model *model, const char *xml_path, const char *bin_path);

/*
 * Gives an input another shape; -1 leaves a dimension unknown, and a variant is then compiled for each shape when it is
 * first given. INVALID_ARGUMENT when something in the model does not follow; the model is then as it was.
 */
vireo_error *vireo_model_reshape(vireo_model *model, const char *input, const int64_t *dims, size_t rank);

#define VIREO_RESAMPLING_BILINEAR 0
#define VIREO_RESAMPLING_NEAREST 1
#define VIREO_RESAMPLING_BICUBIC 2

/* How tensors are given to an input, where that differs from what the model takes. Zero is "as the model takes it". */
typedef struct vireo_input_format {
    size_t struct_size;     /* set by the caller */
    const char *layout;     /* "NHWC", or NULL */
    const double *mean;     /* subtracted: one number, or one for each channel in the model's order */
    size_t mean_count;
    const double *scale;    /* divided by after that: one number, or one for each channel */
    size_t scale_count;
    int64_t height;         /* -1 for any */
    int64_t width;          /* -1 for any */
    int32_t element_type;   /* VIREO_TYPE_U8, ... */
    int32_t resampling;     /* VIREO_RESAMPLING_*, when height or width is given */
    bool reverses_channels; /* B,G,R for R,G,B */
} vireo_input_format;

/*
 * Makes an input take another format: operations in front of the model convert, transpose, reverse the channels, resize,
 * subtract the mean and divide by the scale, in this order. input may be NULL when there is one.
 */
vireo_error *vireo_model_set_input_format(vireo_model *model, const char *input, const vireo_input_format *format);

/*
 * Makes a model ready to run. device: a name of vireo_core_device, CPU (the best present), GPU, or a virtual device:
 * HETERO:A,B, MULTI:A,B, AUTO, BATCH:A(n).
 * settings hold for this compilation; unknown ones are INVALID_ARGUMENT.
 */
vireo_error *vireo_core_compile(
    vireo_core *core, const vireo_model *model, const char *device, const vireo_setting *settings,
    size_t setting_count, vireo_compiled_model **compiled);
void vireo_compiled_model_release(vireo_compiled_model *compiled);
size_t vireo_compiled_model_input_count(const vireo_compiled_model *compiled);
size_t vireo_compiled_model_output_count(const vireo_compiled_model *compiled);
vireo_error *vireo_compiled_model_input(const vireo_compiled_model *compiled, size_t index, vireo_port *port);
vireo_error *vireo_compiled_model_output(const vireo_compiled_model *compiled, size_t index, vireo_port *port);
/* One line that says which devices run how many nodes, as far as that is known now. */
const char *vireo_compiled_model_summary(const vireo_compiled_model *compiled);
const char *vireo_compiled_model_name(const vireo_compiled_model *compiled);
/* The place of the input that has this name, or whose tensor has it in the framework. INVALID_ARGUMENT for an unknown one. */
vireo_error *vireo_compiled_model_input_index(const vireo_compiled_model *compiled, const char *name, size_t *index);
/* Where each node runs, and which devices refused it: a line each. */
const char *vireo_compiled_model_placement(const vireo_compiled_model *compiled);
/* Facts such as EXECUTION_DEVICES and LOADED_FROM_CACHE, and the settings that it was compiled with. */
vireo_error *vireo_compiled_model_properties(const vireo_compiled_model *compiled, vireo_properties **properties);
/* The graph that runs as an IR without weights, for viewers: the rt_info of each layer holds its device and subgraph. */
vireo_error *vireo_compiled_model_write_execution_graph(
    const vireo_compiled_model *compiled, const char *xml_path, const char *bin_path);
/* How many requests at a time use the devices fully. */
size_t vireo_compiled_model_optimal_request_count(const vireo_compiled_model *compiled);

/* -- Tensors: dense, row-major ------------------------------------------------------------------------------------ */

/* Zeros. */
vireo_error *vireo_tensor_create(int32_t element_type, const int64_t *dims, size_t rank, vireo_tensor **tensor);
/*
 * The caller's memory, without a copy. It must stay valid and unchanged until release is called with user, once, when
 * nothing reads it any more; that may be after vireo_tensor_release, and on another thread. When this fails, release is
 * not called. release may be NULL for memory that outlives everything.
 */
vireo_error *vireo_tensor_wrap(
    int32_t element_type, const int64_t *dims, size_t rank, void *data, size_t byte_count,
    void (*release)(void *user), void *user, vireo_tensor **tensor);
vireo_error *vireo_tensor_read_npy(const char *path, vireo_tensor **tensor);
vireo_error *vireo_tensor_write_npy(const vireo_tensor *tensor, const char *path);
/*
 * Photographs (JPEG, PNG, BMP), resized, in the layout, element type and channel order of the model's single image
 * input; the last is repeated up to the model's batch.
 */
vireo_error *vireo_tensor_from_images(
    const vireo_model *model, const char *const *paths, size_t count, vireo_tensor **tensor);
void vireo_tensor_release(vireo_tensor *tensor);

int32_t vireo_tensor_element_type(const vireo_tensor *tensor);
size_t vireo_tensor_rank(const vireo_tensor *tensor);
const int64_t *vireo_tensor_dims(const vireo_tensor *tensor);
size_t vireo_tensor_byte_count(const vireo_tensor *tensor);
/* The elements, to read; valid until the tensor is changed or released. */
const void *vireo_tensor_data(const vireo_tensor *tensor);
/* The elements, to write; copied first when another tensor or a run under way shares them. Valid as long as above. */
void *vireo_tensor_mutable_data(vireo_tensor *tensor);

/* -- Inference ---------------------------------------------------------------------------------------------------- */

/*
 * Requests of one compiled model may run at the same time. trace is where the times of the request's runs are written, or
 * NULL.
 */
vireo_error *vireo_request_create(vireo_compiled_model *compiled, vireo_trace *trace, vireo_request **request);
/* A run that is under way goes on and still calls back. */
void vireo_request_release(vireo_request *request);

/*
 * Runs the model on the calling thread. inputs: one tensor for each of the model's inputs, in their order. outputs gets
 * one new tensor for each of the model's outputs, which the caller releases.
 */
vireo_error *vireo_request_run(
    vireo_request *request, const vireo_tensor *const *inputs, size_t input_count, vireo_tensor **outputs,
    size_t output_count);

/*
 * As vireo_request_run, but outputs holds the tensors of an earlier run, whose memory is used again, or NULL; so run after run
 * allocates none. A tensor that does not fit is released and another put in its place. cancellation calls the run off from
 * another thread; it may be NULL.
 */
vireo_error *vireo_request_run_into(
    vireo_request *request, const vireo_tensor *const *inputs, size_t input_count, vireo_tensor **outputs,
    size_t output_count, vireo_cancellation *cancellation);

/* Calls off the runs that it is given to: they end soon, with CANCELLED. */
vireo_error *vireo_cancellation_create(vireo_cancellation **cancellation);
/* May be called from any thread, and again. Runs that have ended stay as they are. */
void vireo_cancellation_cancel(vireo_cancellation *cancellation);
void vireo_cancellation_release(vireo_cancellation *cancellation);

/*
 * Called once, on another thread, when a run that was started has ended: with error NULL and one tensor for each
 * output, or with an error and no outputs. The error and the tensors belong to whoever is called, who releases them; the
 * array lives until the call returns. The request may be started again from here.
 */
typedef void (*vireo_completion_callback)(void *user, vireo_error *error, vireo_tensor **outputs, size_t count);

/* Starts a run and returns. The tensors may be released at once, but not changed before the run has ended. */
vireo_error *vireo_request_start(
    vireo_request *request, const vireo_tensor *const *inputs, size_t input_count, vireo_completion_callback callback,
    void *user);
/* Makes a run that was started end soon, with CANCELLED. */
void vireo_request_cancel(vireo_request *request);
/* Waits until a run that was started has ended and its callback has returned. Not to be called from a callback. */
void vireo_request_wait(vireo_request *request);

/* -- Variables (ReadValue, Assign): what a request keeps from run to run ------------------------------------------ */

/* How many variables the model has; each request has values of its own for them. */
size_t vireo_request_state_count(const vireo_request *request);
/* The name, the element type and what is known of the shape of a variable. INVALID_ARGUMENT when index is not below the count. */
vireo_error *vireo_request_state(const vireo_request *request, size_t index, vireo_port *state);
/*
 * What the next run reads, in a new tensor that later runs do not change. Before the first run that is the model's initial
 * value, or zeros where the model computes it from its inputs. BUSY while the request runs.
 */
vireo_error *vireo_request_state_value(vireo_request *request, size_t index, vireo_tensor **value);
/*
 * Gives the next run another value to read, which is copied. INVALID_ARGUMENT for a tensor of another element type or shape,
 * BUSY while the request runs.
 */
vireo_error *vireo_request_set_state(vireo_request *request, size_t index, const vireo_tensor *value);
/* Makes the next run begin with the initial value. BUSY while the request runs. */
vireo_error *vireo_request_reset_state(vireo_request *request, size_t index);
/* Makes the next run begin with the initial values of all variables. BUSY while the request runs. */
vireo_error *vireo_request_reset_states(vireo_request *request);

/* -- Pools: requests that any number of threads share ------------------------------------------------------------- */

/* request_count: how many runs there are at a time; 0 for as many as use the devices fully. trace may be NULL. */
vireo_error *vireo_pool_create(
    vireo_compiled_model *compiled, size_t request_count, vireo_trace *trace, vireo_pool **pool);
/* Runs that were started go on and still call back. */
void vireo_pool_release(vireo_pool *pool);
size_t vireo_pool_request_count(const vireo_pool *pool);
/* How many runs wait for a request. */
size_t vireo_pool_waiting_count(const vireo_pool *pool);
/* As vireo_request_run with the next request that is free, in the order of the calls; never BUSY. */
vireo_error *vireo_pool_run(
    vireo_pool *pool, const vireo_tensor *const *inputs, size_t input_count, vireo_tensor **outputs,
    size_t output_count);
/*
 * As vireo_request_start, as soon as a request is free; what is wrong with the inputs arrives in the callback, which may then
 * be called before this returns. cancellation may be NULL; a run that waits ends at once when it is called off.
 */
vireo_error *vireo_pool_start(
    vireo_pool *pool, const vireo_tensor *const *inputs, size_t input_count, vireo_cancellation *cancellation,
    vireo_completion_callback callback, void *user);

/* -- Profiling: of the last run, with the setting PERF_COUNT=YES -------------------------------------------------- */

typedef struct vireo_profile_entry {
    size_t struct_size;    /* set by the caller */
    const char *node_name;
    const char *op_type;   /* "Convolution" */
    const char *exec_type; /* which kernel ran */
    const char *status;    /* "EXECUTED", "OPTIMIZED_OUT" or "NOT_RUN" */
    int64_t real_microseconds;
    int64_t cpu_microseconds;
} vireo_profile_entry;

/* BUSY while the request runs. Without PERF_COUNT there are no entries. */
vireo_error *vireo_request_profile(vireo_request *request, vireo_profile **profile);
size_t vireo_profile_count(const vireo_profile *profile);
vireo_error *vireo_profile_at(const vireo_profile *profile, size_t index, vireo_profile_entry *entry);
void vireo_profile_release(vireo_profile *profile);
/*
 * The graph that runs as an IR without weights, for viewers: the rt_info of each layer holds its device, its
 * subgraph and, with PERF_COUNT=YES, the kernel and the microseconds of the last run.
 */
vireo_error *vireo_request_write_execution_graph(vireo_request *request, const char *xml_path, const char *bin_path);

/* Spans of time, one lane a request, in the format of chrome://tracing and Perfetto. */
vireo_error *vireo_trace_create(vireo_trace **trace);
vireo_error *vireo_trace_write(const vireo_trace *trace, const char *path);
void vireo_trace_release(vireo_trace *trace);

#ifdef __cplusplus
}
#endif

#endif /* VIREO_H */
