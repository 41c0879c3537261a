/*
 * The Vireo plugin ABI, version 1.1: what a backend in a shared library and the Vireo runtime say to each other.
 *
 * A plugin is a shared library with one exported symbol, vireo_plugin_entry. docs/plugin-abi.md is the guide;
 * Tests/Plugins/example/example_plugin.c is a complete plugin in C.
 *
 * Rules
 *  - Integers have fixed widths. There are no enums, bit-fields, unions or variadic functions.
 *  - A struct that may grow begins with struct_size, the size its maker compiled with, and `extensions`. Before a member
 *    added after 1.0 is read, ask for it: struct_size >= offsetof(type, member) + sizeof(member) (VIREO_HAS).
 *  - Members are only ever appended (a minor version). Removing, retyping or reordering one is a major version.
 *  - Unless a function says otherwise, strings are UTF-8, end with a zero byte, and belong to whoever returned them.
 *  - Every function may be called from any thread. Calls on one vireo_context never overlap; all other handles are shared.
 *  - No exception, longjmp or Swift error crosses the boundary.
 */
#ifndef VIREO_PLUGIN_H
#define VIREO_PLUGIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define VIREO_ABI_MAJOR 1u
#define VIREO_ABI_MINOR 1u
#define VIREO_ENTRY_SYMBOL "vireo_plugin_entry"

/* Whether the struct that `pointer` names is long enough to hold `member`. */
#define VIREO_HAS(type, pointer, member) \
    ((pointer)->struct_size >= offsetof(type, member) + sizeof(((type *)0)->member))

/* ---- Codes --------------------------------------------------------------------------------------------------- */

/* Status codes. Success is a NULL status and has no code. */
#define VIREO_INVALID_ARGUMENT 1
#define VIREO_UNSUPPORTED 2
#define VIREO_UNAVAILABLE 3
#define VIREO_OUT_OF_MEMORY 4
#define VIREO_BUSY 5
#define VIREO_CANCELLED 6
#define VIREO_INTERNAL 7

/* Element types. */
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

/* Kinds of attribute values. A boolean is an I64 list of one element, 0 or 1; an element type is its name ("f32"). */
#define VIREO_ATTRIBUTE_I64_LIST 1
#define VIREO_ATTRIBUTE_F64_LIST 2
#define VIREO_ATTRIBUTE_STRING 3

/* Verdicts of query_support. */
#define VIREO_SUPPORT_NO 0
#define VIREO_SUPPORT_YES 1
#define VIREO_SUPPORT_PREFERRED 2

/* Kinds of device. */
#define VIREO_DEVICE_CPU 1
#define VIREO_DEVICE_GPU 2
#define VIREO_DEVICE_OTHER 3

/* Flags of a device (since 1.1). */
/* Imported memory that is borrowed or adopted and lies at a multiple of its element's size is never copied: execute reads what it
 * holds then, so that the host may write to it between two executes, and it must be valid only during execute and release. */
#define VIREO_DEVICE_USES_HOST_MEMORY 1u

/* Who owns the memory given to buffer_import. */
#define VIREO_OWNERSHIP_COPIED 1   /* the plugin copies during the call; the caller keeps its memory */
#define VIREO_OWNERSHIP_BORROWED 2 /* the caller keeps the memory valid and unchanged until buffer_destroy */
#define VIREO_OWNERSHIP_ADOPTED 3  /* as borrowed; at buffer_destroy the plugin calls `release` exactly once */

/* What became of a node in one run. */
#define VIREO_PROFILE_NOT_RUN 0
#define VIREO_PROFILE_OPTIMIZED_OUT 1
#define VIREO_PROFILE_EXECUTED 2

#define VIREO_LOG_ERROR 1
#define VIREO_LOG_WARNING 2
#define VIREO_LOG_INFO 3
#define VIREO_LOG_DEBUG 4

/* ---- Handles ------------------------------------------------------------------------------------------------- */

typedef struct vireo_status vireo_status;         /* made by the host's status_create, ended by whoever receives it */
typedef struct vireo_graph vireo_graph;           /* the host's; see compile for how long it lives */
typedef struct vireo_node vireo_node;             /* part of a graph, lives as long */
typedef struct vireo_backend vireo_backend;       /* the plugin's; from backend_create to backend_destroy */
typedef struct vireo_executable vireo_executable; /* the plugin's; from compile to executable_destroy */
typedef struct vireo_context vireo_context;       /* the plugin's; from context_create to context_destroy */
typedef struct vireo_buffer vireo_buffer;         /* the plugin's; from its making to buffer_destroy */

/* A value of a graph: an index from 0 to value_count-1. -1 stands for an input that is left out. */
typedef int32_t vireo_value;

/* A typed chain of additions to a struct. Unknown ids are skipped. The memory belongs to the struct's maker. */
typedef struct vireo_extension {
    size_t struct_size;
    const struct vireo_extension *next;
    uint64_t id;
} vireo_extension;

/* ---- Structs ------------------------------------------------------------------------------------------------- */

/* The type and shape of a tensor: dense, row-major, little-endian. `dims` belongs to the maker of the struct and lives as
 * long as the thing described. A dimension of -1 is not known; rank -1 means that not even the rank is. */
typedef struct vireo_tensor_info {
    size_t struct_size;
    const vireo_extension *extensions;
    int32_t element_type;
    int32_t rank;
    const int64_t *dims;
} vireo_tensor_info;

/* The value of one attribute. Pointers live as long as the graph. */
typedef struct vireo_attribute {
    size_t struct_size;
    const vireo_extension *extensions;
    const char *key;
    int32_t kind;
    size_t count;           /* elements of the list; 1 for a string */
    const int64_t *i64;     /* VIREO_ATTRIBUTE_I64_LIST */
    const double *f64;      /* VIREO_ATTRIBUTE_F64_LIST */
    const char *string;     /* VIREO_ATTRIBUTE_STRING */
} vireo_attribute;

/* One device of a plugin. Strings live as long as the library. */
typedef struct vireo_device_info {
    size_t struct_size;
    const vireo_extension *extensions;
    int32_t kind;
    const char *full_name;    /* "AMD EPYC 9354" */
    const char *architecture; /* "x86_64 avx512_core_bf16" */
    /* ---- end of 1.0 ---- */
    uint64_t flags; /* VIREO_DEVICE_USES_HOST_MEMORY */
} vireo_device_info;

/* One property of a backend. Strings are valid until the next property call on the same backend by any thread; the host
 * makes those calls one at a time. */
typedef struct vireo_property {
    size_t struct_size;
    const vireo_extension *extensions;
    const char *name;
    const char *value;
    bool is_mutable;
} vireo_property;

/* Whether a backend takes a node. `reason` says why not (or is NULL); it lives until the backend is destroyed. */
typedef struct vireo_verdict {
    int32_t support;
    const char *reason;
} vireo_verdict;

/* Settings for one compilation: properties that override the backend's. Valid during the call. */
typedef struct vireo_compile_options {
    size_t struct_size;
    const vireo_extension *extensions;
    size_t property_count;
    const char *const *names;
    const char *const *values;
} vireo_compile_options;

/* Called exactly once for an execute that was given one and returned NULL, from any thread, also before execute returns.
 * `status` belongs to the receiver. */
typedef struct vireo_completion {
    size_t struct_size;
    const vireo_extension *extensions;
    void (*done)(void *user, vireo_status *status);
    void *user;
} vireo_completion;

/* One row of a profile. Strings live until the executable is destroyed. */
typedef struct vireo_profile_row {
    const char *node_name;
    const char *op_type;
    const char *exec_type; /* which kernel ran: "brgconv_avx512_core", "sgemm", … */
    int32_t status;
    int64_t real_microseconds;
    int64_t cpu_microseconds;
} vireo_profile_row;

/* ---- What the host gives ------------------------------------------------------------------------------------- */

/* Given to vireo_plugin_entry; valid until the process ends. Functions that take `host` must be passed this very pointer:
 * it tells the host which plugin is calling. */
typedef struct vireo_host_api {
    size_t struct_size;
    const vireo_extension *extensions;
    uint32_t abi_major;
    uint32_t abi_minor;

    /* A new status with a copy of `message`. Never NULL: without memory it is a shared OUT_OF_MEMORY status. Returning it
     * from a plugin function hands it to the host; a status that is not returned must be released. The message is one sentence;
     * lines that begin "  in: " (places, outermost first) and one "  try: " (the remedy) may follow. */
    vireo_status *(*status_create)(const struct vireo_host_api *host, int32_t code, const char *message);
    void (*status_release)(const struct vireo_host_api *host, vireo_status *status);
    int32_t (*status_code)(const vireo_status *status);
    const char *(*status_message)(const vireo_status *status);

    /* Memory of at least `size` bytes, uninitialised, aligned to `alignment` (a power of two up to 4096). NULL on failure.
     * A plugin must survive that. Released with deallocate. */
    void *(*allocate)(const struct vireo_host_api *host, size_t size, size_t alignment);
    void (*deallocate)(const struct vireo_host_api *host, void *memory);

    void (*log)(const struct vireo_host_api *host, int32_t level, const char *message);

    /* Graph. Nodes are in topological order and exclude constants, inputs and outputs, which are values. Each output is computed
     * by a node of the graph and listed once. auto_pad is already resolved into pads_begin and pads_end, attributes that the
     * operation's specification gives a default are present, and shapes are static. An index out of range gives NULL or -1.
     * Since 1.1: only a backend whose OPTIMIZATION_CAPABILITIES name DYNAMIC_SHAPES sees nodes whose inputs or outputs have
     * unknown dimensions or rank; auto_pad of such a node may be unresolved. */
    size_t (*graph_node_count)(const vireo_graph *graph);
    const vireo_node *(*graph_node)(const vireo_graph *graph, size_t index);
    size_t (*graph_input_count)(const vireo_graph *graph);
    vireo_value (*graph_input)(const vireo_graph *graph, size_t index);
    size_t (*graph_output_count)(const vireo_graph *graph);
    vireo_value (*graph_output)(const vireo_graph *graph, size_t index);

    size_t (*value_count)(const vireo_graph *graph);
    /* Fills *info, whose struct_size the caller has set. info->dims lives as long as the graph. */
    void (*value_info)(const vireo_graph *graph, vireo_value value, vireo_tensor_info *info);
    /* The bytes of a constant, or NULL for a value that is computed. They are aligned to the element's size and may be a
     * file mapped into memory: valid until the executable is destroyed, and not to be written. */
    const void *(*value_constant)(const vireo_graph *graph, vireo_value value, size_t *byte_count);

    /* Node. The operation's name is the specification's ("Convolution"), its opset such as "opset1". */
    const char *(*node_op_type)(const vireo_node *node);
    const char *(*node_opset)(const vireo_node *node);
    const char *(*node_name)(const vireo_node *node);
    size_t (*node_input_count)(const vireo_node *node);
    vireo_value (*node_input)(const vireo_node *node, size_t index);
    size_t (*node_output_count)(const vireo_node *node);
    vireo_value (*node_output)(const vireo_node *node, size_t index);
    size_t (*node_attribute_count)(const vireo_node *node);
    /* Fills *attribute, whose struct_size the caller has set. */
    void (*node_attribute)(const vireo_node *node, size_t index, vireo_attribute *attribute);
    /* ---- end of 1.0 ---- */

    /* Writes sixteen bytes that are equal only for constants of equal bytes, in this process and in later ones, and says whether
     * there are any. A constant in a file is known by the file's identity and its place there, and is not read. False for a
     * value that is no constant, and for one in a file that changed within the last seconds. */
    bool (*value_fingerprint)(const vireo_graph *graph, vireo_value value, uint8_t fingerprint[16]);
    /* Tells the host that the plugin has what it needs of a constant: where it lies in a file, the host gives back the memory that
     * reading it took. The bytes stay valid. */
    void (*value_unload)(const vireo_graph *graph, vireo_value value);

    /* The graphs inside a node: one of TensorIterator and Loop, two of If (then, else), none of the others. A body lives as long
     * as its node and is handed over as the model has it. Its inputs are its parameters; its outputs are its results, which,
     * unlike those of other graphs, may be inputs or constants and may be listed several times; shapes may be unknown. How
     * body k is tied to its node is in the node's attributes, lists of integers:
     *  - body_inputs_k: rows of node input, body input, and slicing; body_outputs_k: of body output, node output, and slicing.
     *    A slicing is axis, start, end, stride, part size; a stride of 0 means that the tensor goes as a whole.
     *  - body_back_edges_k: rows of a body output and the body input that it becomes in the next iteration.
     *  - body_iteration_k: the body input that receives the number of the iteration; body_condition_k: the body output that says
     *    whether there is another; -1 for none. */
    size_t (*node_body_count)(const vireo_node *node);
    const vireo_graph *(*node_body)(const vireo_node *node, size_t index);
    /* ---- end of 1.1 ---- */
} vireo_host_api;

/* ---- Operations of the plugin's own (1.1) ------------------------------------------------------------------------- */

/* The highest rank of what infer_output describes. */
#define VIREO_MAX_RANK 16

/* An operation of a framework that the converter turns into one of the plugin's. Strings live as long as the library. */
typedef struct vireo_custom_operation {
    size_t struct_size;
    const vireo_extension *extensions;
    const char *framework_op; /* TensorFlow's name of the operation: "SoftShrink" */
    const char *op_type;      /* its name in the IR, which graphs show as node_op_type; its node_opset is "extension" */
    size_t output_count;      /* at least 1 */

    /* The type and shape of output number `output`: writes info->element_type and info->rank, and the dimensions to
     * dims[0] … dims[rank - 1]; `dims` has room for VIREO_MAX_RANK, and info->dims stays as it is. The attributes are those
     * of the framework's node, inputs those of its inputs, in the framework's layout; all are valid during the call. */
    vireo_status *(*infer_output)(const vireo_attribute *attributes, size_t attribute_count,
                                  const vireo_tensor_info *inputs, size_t input_count, size_t output,
                                  vireo_tensor_info *info, int64_t *dims);
} vireo_custom_operation;

/* ---- What the plugin gives ----------------------------------------------------------------------------------- */

/* Every slot of 1.0 is required. A function that returns a status writes its out-parameters only on success. */
typedef struct vireo_plugin_api {
    size_t struct_size;
    const vireo_extension *extensions;
    uint32_t abi_major;
    uint32_t abi_minor;
    const char *name;        /* the device name: upper case, "ONEDNN" */
    const char *version;     /* "1.0.0" */
    const char *description; /* one line: what it is and on which library it stands */

    /* How many devices there are now. UNAVAILABLE, or none, means that the plugin is left out and the reason is shown. It is
     * called before any other slot; device numbers are below the count that it gave last, others are INVALID_ARGUMENT. */
    vireo_status *(*probe)(size_t *device_count);
    /* Fills *info, whose struct_size the caller has set. */
    vireo_status *(*device_info)(size_t device, vireo_device_info *info);

    vireo_status *(*backend_create)(size_t device, vireo_backend **backend);
    void (*backend_destroy)(vireo_backend *backend); /* after everything that was made from it */

    vireo_status *(*property_count)(vireo_backend *backend, size_t *count);
    vireo_status *(*property_at)(vireo_backend *backend, size_t index, vireo_property *property);
    /* INVALID_ARGUMENT for an unknown name, a read-only property or a bad value; the message lists what is valid. */
    vireo_status *(*property_set)(vireo_backend *backend, const char *name, const char *value);

    /* Writes one verdict a node of the graph; `count` is the graph's node count. Each node is judged by itself. */
    vireo_status *(*query_support)(vireo_backend *backend, const vireo_graph *graph, vireo_verdict *verdicts, size_t count);

    /* Makes an executable of a graph whose nodes were all supported. The executable is immutable and shared. The graph's
     * accessors may be used during the call only; the bytes of constants stay until executable_destroy. */
    vireo_status *(*compile)(vireo_backend *backend, const vireo_graph *graph, const vireo_compile_options *options,
                             vireo_executable **executable);
    void (*executable_destroy)(vireo_executable *executable); /* after its contexts */

    /* The state of one run at a time: intermediate tensors and scratch memory. */
    vireo_status *(*context_create)(vireo_executable *executable, vireo_context **context);
    void (*context_destroy)(vireo_context *context);

    /* Buffers hold the inputs and outputs of execute, in the device's memory. */
    vireo_status *(*buffer_create)(vireo_backend *backend, const vireo_tensor_info *info, vireo_buffer **buffer);
    /* `byte_count` must be the size of `info`. `release` is called as `ownership` says, and may otherwise be NULL. When the
     * call fails nothing was taken and `release` is not called. */
    vireo_status *(*buffer_import)(vireo_backend *backend, const vireo_tensor_info *info, void *data, size_t byte_count,
                                   int32_t ownership, void (*release)(void *user), void *user, vireo_buffer **buffer);
    /* Fills *info, whose struct_size the caller has set. info->dims lives as long as the buffer. */
    vireo_status *(*buffer_info)(const vireo_buffer *buffer, vireo_tensor_info *info);
    /* Copies the whole buffer; `byte_count` must be its size. */
    vireo_status *(*buffer_read)(const vireo_buffer *buffer, void *destination, size_t byte_count);
    void (*buffer_destroy)(vireo_buffer *buffer);

    /* Runs the graph. inputs[i] belongs to graph_input(i), outputs[i] to graph_output(i); counts, element types and shapes must
     * agree, or the call is an INVALID_ARGUMENT. The buffers stay the host's.
     * Where outputs[i] is NULL the plugin makes a buffer of the right shape and gives it to the host. Outputs whose shapes the
     * graph does not know are always NULL (1.1).
     * Without a completion the call returns when the results are there. With one it may return earlier; a returned error means
     * that the completion will not be called. */
    vireo_status *(*execute)(vireo_context *context, vireo_buffer *const *inputs, size_t input_count, vireo_buffer **outputs,
                             size_t output_count, const vireo_completion *completion);

    /* Rows about the context's last execute, or none when PERF_COUNT is off. They live until the next call on the context. */
    vireo_status *(*profile)(vireo_context *context, const vireo_profile_row **rows, size_t *count);
    /* ---- end of 1.0 ---- */

    /* May be NULL. Called from another thread while execute runs on the context, or just before or after: an execute that is
     * under way may then end early with CANCELLED; its outputs are undefined. It has no effect on a later execute. */
    void (*context_cancel)(vireo_context *context);

    /* Operations of the plugin's own that the converter may write (vireo convert --extensions). NULL and 0 where there are
     * none. The list lives as long as the library. */
    const vireo_custom_operation *const *custom_operations;
    size_t custom_operation_count;

    /* May be NULL. Whether compile found in the folder CACHE_DIR everything that it would have stored there. */
    bool (*executable_is_from_cache)(const vireo_executable *executable);

    /* May be NULL. Called before an execute, on its thread: what context_cancel asked for until now is forgotten, and what it
     * asks for from now on is meant for that execute, even when it comes before the execute has begun. An execute without
     * it, from a host that does not know it, forgets when it begins. */
    void (*context_prepare)(vireo_context *context);
    /* ---- end of 1.1 ---- */
} vireo_plugin_api;

/* The one exported symbol. The table lives as long as the library, which is never unloaded. NULL means that the plugin refuses
 * this host; *why (never NULL itself) then holds the reason. Called again with the same host it returns the same table. */
typedef const vireo_plugin_api *(*vireo_plugin_entry_fn)(const vireo_host_api *host, vireo_status **why);

#ifdef __cplusplus
}
#endif

#endif /* VIREO_PLUGIN_H */
