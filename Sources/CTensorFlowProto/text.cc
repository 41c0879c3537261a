#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/text_format.h>

#include <climits>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <new>
#include <string>

#include "Generated/vireo_saved_model.pb.h"
#include "include/vireo_tensorflow.h"

namespace vireo::tensorflow {
namespace {

/// As deep as the binary reader goes.
constexpr int kDeepestNesting = 64;

/// Keeps the first error; warnings, such as those of unknown fields, are nobody's concern.
class FirstError : public google::protobuf::io::ErrorCollector {
  public:
    void AddError(int line, int column, const std::string &message) override {
        if (!text_.empty()) return;
        text_ = line < 0 ? message
                         : "line " + std::to_string(line + 1) + ", column " + std::to_string(column + 1) + ": " + message;
    }
    void AddWarning(int, int, const std::string &) override {}

    const std::string &Text() const { return text_; }

  private:
    std::string text_;
};

std::unique_ptr<google::protobuf::Message> NewMessage(vireo_tf_message kind) {
    switch (kind) {
    case VIREO_TF_META_GRAPH: return std::make_unique<MetaGraphDef>();
    case VIREO_TF_SAVED_MODEL: return std::make_unique<SavedModel>();
    case VIREO_TF_CHECKPOINT_STATE: return std::make_unique<CheckpointState>();
    case VIREO_TF_GRAPH: break;
    }
    return std::make_unique<GraphDef>();
}

}  // namespace
}  // namespace vireo::tensorflow

using namespace vireo::tensorflow;

extern "C" vireo_tf_status vireo_tf_text_to_binary(
    vireo_tf_message kind, const void *text, size_t text_count, uint8_t **binary, size_t *count, char *problem,
    size_t capacity) {
    *binary = nullptr;
    *count = 0;
    const auto fail = [&](vireo_tf_status status, const char *sentence) {
        std::snprintf(problem, capacity, "%s", sentence);
        return status;
    };
    if (text_count > INT_MAX) return fail(VIREO_TF_TOO_LARGE, "a message has at most 2 GiB");
    try {
        const auto message = NewMessage(kind);
        google::protobuf::io::ArrayInputStream input(text, static_cast<int>(text_count));
        google::protobuf::TextFormat::Parser parser;
        FirstError error;
        parser.RecordErrorsTo(&error);
        parser.AllowUnknownField(true);
        parser.AllowUnknownExtension(true);
        parser.SetRecursionLimit(kDeepestNesting);
        if (!parser.Parse(&input, message.get())) return fail(VIREO_TF_MALFORMED, error.Text().c_str());
        const size_t size = message->ByteSizeLong();
        if (size > INT_MAX) return fail(VIREO_TF_TOO_LARGE, "a message has at most 2 GiB");
        auto *bytes = static_cast<uint8_t *>(std::malloc(size > 0 ? size : 1));
        if (!bytes) return fail(VIREO_TF_OUT_OF_MEMORY, "memory is exhausted");
        message->SerializeWithCachedSizesToArray(bytes);
        *binary = bytes;
        *count = size;
        return VIREO_TF_OK;
    } catch (const std::bad_alloc &) {
        return fail(VIREO_TF_OUT_OF_MEMORY, "memory is exhausted");
    } catch (const std::exception &exception) {
        return fail(VIREO_TF_MALFORMED, exception.what());
    }
}

extern "C" void vireo_tf_binary_free(uint8_t *binary) { std::free(binary); }
