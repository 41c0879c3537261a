#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "Generated/vireo_tensor.pb.h"

namespace vireo::tensorflow {

/// Parses `size` bytes as `message` and leaves the contents of its tensors, at any depth, where they are: each
/// `tensor_content` becomes a note of its place, which `TensorContent` turns into the bytes.
///
/// Stricter than libprotobuf: a known field of the wrong wire type is an error and not an unknown field. Returns false
/// with a sentence in `problem`.
bool ParseMapped(const uint8_t *bytes, int size, google::protobuf::Message *message, std::string *problem);

/// The content of a tensor inside a message that `ParseMapped` read from `bytes`.
std::string_view TensorContent(const TensorProto &tensor, const uint8_t *bytes);

}  // namespace vireo::tensorflow
