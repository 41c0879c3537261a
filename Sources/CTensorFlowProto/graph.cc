#include <algorithm>
#include <climits>
#include <cstdio>
#include <memory>
#include <new>

#include "Generated/vireo_graph.pb.h"
#include "include/vireo_tensorflow.h"
#include "mapped_message.h"

namespace vireo::tensorflow {
namespace {

using google::protobuf::Arena;
using google::protobuf::Map;
using google::protobuf::RepeatedField;
using google::protobuf::RepeatedPtrField;

vireo_tf_bytes Bytes(std::string_view text) {
    return {reinterpret_cast<const uint8_t *>(text.data()), text.size()};
}

/// Lays a message out as the structures of the C interface, which point into the message.
class Layout {
  public:
    Layout(Arena *arena, const uint8_t *mapped) : arena_(arena), mapped_(mapped) {}

    const vireo_tf_node *Nodes(const RepeatedPtrField<NodeDef> &nodes) {
        return Array<vireo_tf_node>(nodes, [this](const NodeDef &node) {
            vireo_tf_node out{};
            out.name = Bytes(node.name());
            out.operation = Bytes(node.op());
            out.device = Bytes(node.device());
            out.inputs = Strings(node.input());
            out.input_count = node.input_size();
            out.attributes = Attributes(node.attr());
            out.attribute_count = node.attr().size();
            return out;
        });
    }

    const vireo_tf_function *Functions(const RepeatedPtrField<FunctionDef> &functions) {
        return Array<vireo_tf_function>(functions, [this](const FunctionDef &function) {
            const OpDef &signature = function.signature();
            vireo_tf_function out{};
            out.name = Bytes(signature.name());
            out.arguments = Array<vireo_tf_bytes>(
                signature.input_arg(), [](const OpDef::ArgDef &argument) { return Bytes(argument.name()); });
            out.argument_count = signature.input_arg_size();
            out.results = Array<vireo_tf_bytes>(signature.output_arg(), [&](const OpDef::ArgDef &result) {
                const auto found = function.ret().find(result.name());
                return found == function.ret().end() ? vireo_tf_bytes{} : Bytes(found->second);
            });
            out.result_types = Array<int32_t>(
                signature.output_arg(), [](const OpDef::ArgDef &result) { return int32_t{result.type()}; });
            out.result_count = signature.output_arg_size();
            out.nodes = Nodes(function.node_def());
            out.node_count = function.node_def_size();
            return out;
        });
    }

  private:
    Arena *const arena_;
    const uint8_t *const mapped_;

    template <typename Out, typename Items, typename Convert>
    const Out *Array(const Items &items, Convert convert) {
        Out *array = Arena::CreateArray<Out>(arena_, items.size());
        std::transform(items.begin(), items.end(), array, convert);
        return array;
    }

    const vireo_tf_bytes *Strings(const RepeatedPtrField<std::string> &strings) {
        return Array<vireo_tf_bytes>(strings, [](const std::string &text) { return Bytes(text); });
    }

    const vireo_tf_attribute *Attributes(const Map<std::string, AttrValue> &attributes) {
        return Array<vireo_tf_attribute>(attributes, [this](const auto &entry) {
            return vireo_tf_attribute{Bytes(entry.first), Value(entry.second)};
        });
    }

    static vireo_tf_value Number(vireo_tf_kind kind, int64_t integer) {
        vireo_tf_value out{};
        out.kind = kind;
        out.integer = integer;
        return out;
    }

    static vireo_tf_value Real(float real) {
        vireo_tf_value out{};
        out.kind = VIREO_TF_FLOAT;
        out.real = real;
        return out;
    }

    static vireo_tf_value Text(vireo_tf_kind kind, std::string_view text) {
        vireo_tf_value out{};
        out.kind = kind;
        out.bytes = Bytes(text);
        return out;
    }

    vireo_tf_value Value(const TensorShapeProto &shape) {
        vireo_tf_value out{};
        out.kind = VIREO_TF_SHAPE;
        out.shape = Shape(shape);
        return out;
    }

    vireo_tf_value Value(const TensorProto &tensor) {
        vireo_tf_value out{};
        out.kind = VIREO_TF_TENSOR;
        out.tensor = Tensor(tensor);
        return out;
    }

    vireo_tf_value Value(const NameAttrList &function) {
        vireo_tf_value out = Text(VIREO_TF_FUNCTION, function.name());
        out.attributes = Attributes(function.attr());
        out.attribute_count = function.attr().size();
        return out;
    }

    vireo_tf_value Value(const AttrValue::ListValue &list) {
        vireo_tf_value out{};
        out.kind = VIREO_TF_LIST;
        out.item_count = size_t(list.s_size()) + list.i_size() + list.f_size() + list.b_size() + list.type_size()
                         + list.shape_size() + list.tensor_size() + list.func_size();
        vireo_tf_value *item = Arena::CreateArray<vireo_tf_value>(arena_, out.item_count);
        out.items = item;
        for (const std::string &text : list.s()) *item++ = Text(VIREO_TF_STRING, text);
        for (int64_t integer : list.i()) *item++ = Number(VIREO_TF_INT, integer);
        for (float real : list.f()) *item++ = Real(real);
        for (bool flag : list.b()) *item++ = Number(VIREO_TF_BOOL, flag);
        for (int type : list.type()) *item++ = Number(VIREO_TF_TYPE, type);
        for (const TensorShapeProto &shape : list.shape()) *item++ = Value(shape);
        for (const TensorProto &tensor : list.tensor()) *item++ = Value(tensor);
        for (const NameAttrList &function : list.func()) *item++ = Value(function);
        return out;
    }

    vireo_tf_value Value(const AttrValue &value) {
        switch (value.value_case()) {
        case AttrValue::kS: return Text(VIREO_TF_STRING, value.s());
        case AttrValue::kI: return Number(VIREO_TF_INT, value.i());
        case AttrValue::kF: return Real(value.f());
        case AttrValue::kB: return Number(VIREO_TF_BOOL, value.b());
        case AttrValue::kType: return Number(VIREO_TF_TYPE, value.type());
        case AttrValue::kShape: return Value(value.shape());
        case AttrValue::kTensor: return Value(value.tensor());
        case AttrValue::kFunc: return Value(value.func());
        case AttrValue::kPlaceholder: return Text(VIREO_TF_PLACEHOLDER, value.placeholder());
        case AttrValue::kList: return Value(value.list());
        case AttrValue::VALUE_NOT_SET: break;
        }
        return {};
    }

    vireo_tf_shape Shape(const TensorShapeProto &shape) {
        const auto *dimensions = Array<int64_t>(
            shape.dim(), [](const TensorShapeProto::Dim &dimension) { return dimension.size(); });
        return {shape.unknown_rank(), dimensions, static_cast<size_t>(shape.dim_size())};
    }

    const vireo_tf_tensor *Tensor(const TensorProto &tensor) {
        auto *out = Arena::Create<vireo_tf_tensor>(arena_);
        *out = {};
        out->type = tensor.dtype();
        out->shape = Shape(tensor.tensor_shape());
        out->content = Bytes(TensorContent(tensor, mapped_));
        out->halves = tensor.half_val().data();
        out->half_count = tensor.half_val_size();
        out->floats = tensor.float_val().data();
        out->float_count = tensor.float_val_size();
        out->doubles = tensor.double_val().data();
        out->double_count = tensor.double_val_size();
        out->ints = tensor.int_val().data();
        out->int_count = tensor.int_val_size();
        out->int64s = tensor.int64_val().data();
        out->int64_count = tensor.int64_val_size();
        out->uint32s = tensor.uint32_val().data();
        out->uint32_count = tensor.uint32_val_size();
        out->uint64s = tensor.uint64_val().data();
        out->uint64_count = tensor.uint64_val_size();
        out->bools = tensor.bool_val().data();
        out->bool_count = tensor.bool_val_size();
        out->strings = Strings(tensor.string_val());
        out->string_count = tensor.string_val_size();
        return out;
    }
};

/// A graph of the C interface and the memory that it stands on.
struct Graph : vireo_tf_graph {
    Arena arena;

    Graph() : vireo_tf_graph{} {}
};

}  // namespace
}  // namespace vireo::tensorflow

using namespace vireo::tensorflow;

extern "C" vireo_tf_status vireo_tf_graph_read(
    const void *bytes, size_t count, const vireo_tf_graph **graph, char *problem, size_t capacity) {
    *graph = nullptr;
    const auto fail = [&](vireo_tf_status status, const char *text) {
        std::snprintf(problem, capacity, "%s", text);
        return status;
    };
    if (count > INT_MAX) return fail(VIREO_TF_TOO_LARGE, "a message has at most 2 GiB");
    try {
        auto read = std::make_unique<Graph>();
        auto *message = Arena::CreateMessage<GraphDef>(&read->arena);
        const auto *mapped = static_cast<const uint8_t *>(bytes);
        std::string text;
        if (!ParseMapped(mapped, static_cast<int>(count), message, &text)) {
            return fail(VIREO_TF_MALFORMED, text.c_str());
        }
        Layout layout(&read->arena, mapped);
        read->nodes = layout.Nodes(message->node());
        read->node_count = message->node_size();
        read->functions = layout.Functions(message->library().function());
        read->function_count = message->library().function_size();
        read->producer = message->versions().producer();
        *graph = read.release();
        return VIREO_TF_OK;
    } catch (const std::bad_alloc &) {
        return fail(VIREO_TF_OUT_OF_MEMORY, "memory is exhausted");
    } catch (const std::exception &error) {
        return fail(VIREO_TF_MALFORMED, error.what());
    }
}

extern "C" void vireo_tf_graph_free(const vireo_tf_graph *graph) { delete static_cast<const Graph *>(graph); }
