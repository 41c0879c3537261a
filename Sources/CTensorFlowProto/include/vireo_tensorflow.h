/// TensorFlow's files in plain C: what `VireoTensorFlow` sees of libprotobuf, and the checksum of checkpoints.
///
/// A graph is read once into the structures below and never changes after that, so any thread may look at it. Every
/// pointer in it, names and numbers included, lives until `vireo_tf_graph_free`; the contents of tensors point into the
/// bytes that were given to `vireo_tf_graph_read`, which must stay in place just as long.
#ifndef VIREO_TENSORFLOW_H
#define VIREO_TENSORFLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Bytes without a terminator. Names are valid UTF-8.
typedef struct vireo_tf_bytes {
    const uint8_t *data;
    size_t count;
} vireo_tf_bytes;

typedef struct vireo_tf_shape {
    bool has_unknown_rank;
    /// -1 for a dimension that is not known; nothing else is checked.
    const int64_t *dimensions;
    size_t rank;
} vireo_tf_shape;

/// A TensorProto. `content` has the elements as little-endian bytes and any alignment, or one of the lists has them.
typedef struct vireo_tf_tensor {
    /// TensorFlow's code of the element type.
    int32_t type;
    vireo_tf_shape shape;
    vireo_tf_bytes content;
    const int32_t *halves;
    size_t half_count;
    const float *floats;
    size_t float_count;
    const double *doubles;
    size_t double_count;
    const int32_t *ints;
    size_t int_count;
    const int64_t *int64s;
    size_t int64_count;
    const uint32_t *uint32s;
    size_t uint32_count;
    const uint64_t *uint64s;
    size_t uint64_count;
    const bool *bools;
    size_t bool_count;
    const vireo_tf_bytes *strings;
    size_t string_count;
} vireo_tf_tensor;

typedef enum vireo_tf_kind {
    VIREO_TF_NOTHING,
    VIREO_TF_STRING,
    VIREO_TF_INT,
    VIREO_TF_FLOAT,
    VIREO_TF_BOOL,
    VIREO_TF_TYPE,
    VIREO_TF_SHAPE,
    VIREO_TF_TENSOR,
    VIREO_TF_FUNCTION,
    VIREO_TF_PLACEHOLDER,
    VIREO_TF_LIST,
} vireo_tf_kind;

struct vireo_tf_attribute;

/// An AttrValue: `kind` tells which members have a meaning.
typedef struct vireo_tf_value {
    vireo_tf_kind kind;
    /// INT, BOOL and TYPE.
    int64_t integer;
    /// FLOAT.
    float real;
    /// STRING; the name in FUNCTION and PLACEHOLDER.
    vireo_tf_bytes bytes;
    /// SHAPE.
    vireo_tf_shape shape;
    /// TENSOR.
    const vireo_tf_tensor *tensor;
    /// FUNCTION: the attributes that it is called with.
    const struct vireo_tf_attribute *attributes;
    size_t attribute_count;
    /// LIST.
    const struct vireo_tf_value *items;
    size_t item_count;
} vireo_tf_value;

typedef struct vireo_tf_attribute {
    vireo_tf_bytes name;
    vireo_tf_value value;
} vireo_tf_attribute;

typedef struct vireo_tf_node {
    vireo_tf_bytes name;
    vireo_tf_bytes operation;
    vireo_tf_bytes device;
    /// As written: "node", "node:port", "^node".
    const vireo_tf_bytes *inputs;
    size_t input_count;
    const vireo_tf_attribute *attributes;
    size_t attribute_count;
} vireo_tf_node;

/// A function of a graph's library. Inside it, inputs are named "argument", "node:output:index" and "^node".
typedef struct vireo_tf_function {
    vireo_tf_bytes name;
    const vireo_tf_bytes *arguments;
    size_t argument_count;
    /// What each result is, in the names that inputs have; empty where the file does not say.
    const vireo_tf_bytes *results;
    /// TensorFlow's codes of the results' types; 0 where an attribute of the call decides.
    const int32_t *result_types;
    size_t result_count;
    const vireo_tf_node *nodes;
    size_t node_count;
} vireo_tf_function;

typedef struct vireo_tf_graph {
    const vireo_tf_node *nodes;
    size_t node_count;
    const vireo_tf_function *functions;
    size_t function_count;
    /// The version of TensorFlow's graph format that the writer followed.
    int32_t producer;
} vireo_tf_graph;

typedef enum vireo_tf_status {
    VIREO_TF_OK,
    /// The bytes are no GraphDef, or a damaged one.
    VIREO_TF_MALFORMED,
    /// More bytes than a protobuf message can have: 2 GiB.
    VIREO_TF_TOO_LARGE,
    VIREO_TF_OUT_OF_MEMORY,
} vireo_tf_status;

/// Reads a binary GraphDef. On failure `*graph` is NULL and `problem` holds a sentence of less than `capacity` bytes,
/// terminated by zero.
vireo_tf_status vireo_tf_graph_read(
    const void *bytes, size_t count, const vireo_tf_graph **graph, char *problem, size_t capacity);

/// NULL is allowed.
void vireo_tf_graph_free(const vireo_tf_graph *graph);

typedef enum vireo_tf_message {
    VIREO_TF_GRAPH,
    VIREO_TF_META_GRAPH,
    VIREO_TF_SAVED_MODEL,
    VIREO_TF_CHECKPOINT_STATE,
} vireo_tf_message;

/// Translates a message from protobuf's text form into its binary form. Unknown fields are left out. `*binary` is for
/// `vireo_tf_binary_free`; on failure it is NULL and `problem` holds a sentence of less than `capacity` bytes,
/// terminated by zero.
vireo_tf_status vireo_tf_text_to_binary(
    vireo_tf_message kind, const void *text, size_t text_count, uint8_t **binary, size_t *count, char *problem,
    size_t capacity);

/// NULL is allowed.
void vireo_tf_binary_free(uint8_t *binary);

/// The CRC-32C (Castagnoli) of the bytes.
uint32_t vireo_tf_crc32c(const void *bytes, size_t count);

#ifdef __cplusplus
}
#endif

#endif
