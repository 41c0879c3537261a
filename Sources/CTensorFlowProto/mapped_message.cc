#include "mapped_message.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format.h>

#include <cstring>

namespace vireo::tensorflow {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::internal::WireFormat;
using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;
using google::protobuf::io::CodedOutputStream;

/// libprotobuf's own parser stops at 100.
constexpr int kDeepestNesting = 64;
constexpr int kLongestLabel = 120;

/// The place of a tensor's content, stored in `tensor_content` in its stead.
struct Place {
    uint32_t offset;
    uint32_t count;
};

void AppendVarint(uint32_t value, std::string *out) {
    uint8_t buffer[5];
    const uint8_t *end = CodedOutputStream::WriteVarint32ToArray(value, buffer);
    out->append(reinterpret_cast<const char *>(buffer), end - buffer);
}

void AppendBytes(uint32_t tag, std::string_view bytes, std::string *out) {
    AppendVarint(tag, out);
    AppendVarint(static_cast<uint32_t>(bytes.size()), out);
    out->append(bytes);
}

std::string Printable(std::string_view text) {
    std::string printable(text.substr(0, kLongestLabel));
    for (char &character : printable) {
        if (static_cast<unsigned char>(character) < 0x20 || character == 0x7f) character = '?';
    }
    return printable + (text.size() > kLongestLabel ? "..." : "");
}

/// Walks a message by its descriptor and copies everything but unknown fields and the contents of tensors.
class Skimmer {
  public:
    Skimmer(const uint8_t *bytes, int size) : bytes_(bytes), size_(size), input_(bytes, size) {}

    bool Skim(const Descriptor &type, std::string *skimmed) { return Message(type, size_, 0, skimmed); }

    /// "the file ends early, in node "conv1", attr "value", value, tensor (byte 1024)".
    std::string Problem() const {
        return problem_ + (path_.empty() ? "" : ", in " + path_) + " (byte " + std::to_string(offset_) + ")";
    }

  private:
    const uint8_t *const bytes_;
    const int size_;
    CodedInputStream input_;
    std::string problem_, path_;
    int offset_ = 0;

    bool Fail(std::string problem) {
        problem_ = std::move(problem);
        offset_ = input_.CurrentPosition();
        return false;
    }

    /// Names one enclosing field of the failure.
    bool FailIn(const FieldDescriptor &field) {
        path_ = field.name() + (path_.empty() || path_[0] == ' ' ? "" : ", ") + path_;
        return false;
    }

    bool Message(const Descriptor &type, int length, int depth, std::string *skimmed) {
        if (depth > kDeepestNesting) return Fail("messages are nested too deeply");
        const auto limit = input_.PushLimit(length);
        std::string label;
        while (input_.BytesUntilLimit() > 0) {
            if (!Field(type, depth, skimmed, &label)) {
                if (!label.empty()) path_ = " \"" + Printable(label) + "\"" + (path_.empty() ? "" : ", ") + path_;
                return false;
            }
        }
        input_.PopLimit(limit);
        return true;
    }

    bool Field(const Descriptor &type, int depth, std::string *skimmed, std::string *label) {
        const int start = input_.CurrentPosition();
        const uint32_t tag = input_.ReadTagNoLastTag();
        if (WireFormatLite::GetTagFieldNumber(tag) == 0) return Fail("a field without a number");
        const FieldDescriptor *field = type.FindFieldByNumber(WireFormatLite::GetTagFieldNumber(tag));
        const auto wireType = WireFormatLite::GetTagWireType(tag);
        const bool isPacked = field && field->is_packable() && wireType == WireFormatLite::WIRETYPE_LENGTH_DELIMITED;
        if (field && !isPacked) {
            const auto fieldType = static_cast<WireFormatLite::FieldType>(field->type());
            if (wireType != WireFormatLite::WireTypeForFieldType(fieldType)) {
                Fail("a value of the wrong wire type");
                return FailIn(*field);
            }
        }
        int length = 0;
        if (!Scalar(wireType, &length)) return field ? FailIn(*field) : false;
        if (wireType != WireFormatLite::WIRETYPE_LENGTH_DELIMITED) {
            if (field) CopySince(start, skimmed);
            return true;
        }
        if (length > input_.BytesUntilLimit()) {
            Fail("the data ends early: " + std::to_string(length) + " bytes should follow, "
                 + std::to_string(input_.BytesUntilLimit()) + " do");
            return field ? FailIn(*field) : false;
        }
        if (!field) return input_.Skip(length);
        if (!Delimited(*field, isPacked, tag, start, length, depth, skimmed, label)) return FailIn(*field);
        return true;
    }

    /// Passes over a number, or over the length of what follows.
    bool Scalar(WireFormatLite::WireType wireType, int *length) {
        uint64_t ignored64;
        uint32_t ignored32;
        switch (wireType) {
        case WireFormatLite::WIRETYPE_VARINT:
            return input_.ReadVarint64(&ignored64) || Fail("a number that does not end");
        case WireFormatLite::WIRETYPE_FIXED64:
            return input_.ReadLittleEndian64(&ignored64) || Fail("the data ends inside a number");
        case WireFormatLite::WIRETYPE_FIXED32:
            return input_.ReadLittleEndian32(&ignored32) || Fail("the data ends inside a number");
        case WireFormatLite::WIRETYPE_LENGTH_DELIMITED:
            return input_.ReadVarintSizeAsInt(length) || Fail("a length that is no number below 2 GiB");
        default:
            return Fail("an unknown wire type");
        }
    }

    bool Delimited(const FieldDescriptor &field, bool isPacked, uint32_t tag, int start, int length, int depth,
                   std::string *skimmed, std::string *label) {
        const int position = input_.CurrentPosition();
        const std::string_view payload(reinterpret_cast<const char *>(bytes_) + position, length);
        if (const Descriptor *nested = field.message_type()) {
            std::string inner;
            if (!Message(*nested, length, depth + 1, &inner)) return false;
            AppendBytes(tag, inner, skimmed);
            return true;
        }
        if (isPacked && !Packed(field, length)) return false;
        if (!isPacked && !input_.Skip(length)) return Fail("the data ends early");
        if (field.type() == FieldDescriptor::TYPE_STRING) {
            if (!google::protobuf::internal::IsStructurallyValidUTF8(payload.data(), length)) {
                return Fail("text that is not UTF-8");
            }
            if (field.name() == "name" || field.name() == "key") *label = payload;
        }
        if (field.containing_type() == TensorProto::descriptor()
            && field.number() == TensorProto::kTensorContentFieldNumber) {
            const Place place{static_cast<uint32_t>(position), static_cast<uint32_t>(length)};
            AppendBytes(tag, std::string_view(reinterpret_cast<const char *>(&place), sizeof place), skimmed);
        } else {
            CopySince(start, skimmed);
        }
        return true;
    }

    bool Packed(const FieldDescriptor &field, int length) {
        const auto limit = input_.PushLimit(length);
        const auto wireType = WireFormatLite::WireTypeForFieldType(
            static_cast<WireFormatLite::FieldType>(field.type()));
        int ignored;
        while (input_.BytesUntilLimit() > 0) {
            if (!Scalar(wireType, &ignored)) return false;
        }
        input_.PopLimit(limit);
        return true;
    }

    void CopySince(int start, std::string *skimmed) {
        skimmed->append(reinterpret_cast<const char *>(bytes_) + start, input_.CurrentPosition() - start);
    }
};

}  // namespace

bool ParseMapped(const uint8_t *bytes, int size, google::protobuf::Message *message, std::string *problem) {
    std::string skimmed;
    Skimmer skimmer(bytes, size);
    if (!skimmer.Skim(*message->GetDescriptor(), &skimmed)) {
        *problem = skimmer.Problem();
        return false;
    }
    if (!message->ParsePartialFromString(skimmed)) {
        *problem = "libprotobuf cannot read the data";
        return false;
    }
    return true;
}

std::string_view TensorContent(const TensorProto &tensor, const uint8_t *bytes) {
    Place place;
    if (tensor.tensor_content().size() != sizeof place) return {};
    std::memcpy(&place, tensor.tensor_content().data(), sizeof place);
    return {reinterpret_cast<const char *>(bytes) + place.offset, place.count};
}

}  // namespace vireo::tensorflow
