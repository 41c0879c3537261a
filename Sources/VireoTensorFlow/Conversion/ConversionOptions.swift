import VireoPasses
import VireoTensor

/// What `vireo convert` is asked to do, with the flags' values parsed.
public struct ConversionOptions: Sendable {
    /// `--input`: empty means every Placeholder.
    public var inputs: [InputSpecification] = []
    /// `--input_shape`, in TensorFlow's order of axes.
    public var inputShapes: [PartialShape] = []
    /// `--batch`
    public var batch: Int?
    /// `--output`: empty means what nobody reads.
    public var outputs: [PortSpecification] = []
    /// `--mean_values`, in the model's channel order.
    public var meanValues: ChannelValues?
    /// `--scale_values`, in the model's channel order.
    public var scaleValues: ChannelValues?
    /// `--scale`: every input is divided by it.
    public var scale: Double?
    /// `--reverse_input_channels`
    public var reverseInputChannels = false

    /// `--freeze_placeholder_with_value`: the numbers that replace Placeholders, by name.
    public var frozenPlaceholders: [String: [Double]] = [:]
    /// `--layout`, `--source_layout`, `--target_layout`
    public var layouts: [LayoutSpecification] = []
    /// `--disable_nhwc_to_nchw`: inputs, outputs and the inside keep TensorFlow's layout.
    public var keepsLayout = false
    /// Unless `--disable_fusing`: Multiply and Add move into convolutions and matrix products.
    public var fusesLinearOperations = true
    /// `--finegrain_fusing`: operations of these names keep their Multiply and Add.
    public var unfused = NamePatterns()
    /// `--extensions`: operations of plugins, by TensorFlow's names; they come before Vireo's own.
    public var customConversions: [String: CustomConversion] = [:]
    /// `--transformations_config`: parts of the graph that become something else.
    public var transformations: TransformationsConfig?
    /// `--tensorflow_object_detection_api_pipeline_config`: what transformations need to know of the model.
    public var pipeline: PipelineConfig?
    /// `--stop_after`: the last pass to run.
    public var lastPass: String?

    public init() {}
}

/// A node, perhaps with one of its ports: `name`, `name:OUT` or `IN:name`.
public struct PortSpecification: Sendable, Equatable {
    public enum Port: Sendable, Equatable {
        case whole
        case input(Int)
        case output(Int)
    }

    public let node: String
    public let port: Port

    public init(_ node: String, _ port: Port = .whole) {
        self.node = node
        self.port = port
    }

    /// - Throws: `invalidArgument` for an empty name.
    public init(parsing text: String) throws(VireoError) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        if parts.count == 2, let port = Int(parts[0]), port >= 0, !parts[1].isEmpty {
            self.init(parts[1], .input(port))
        } else if parts.count == 2, let port = Int(parts[1]), port >= 0, !parts[0].isEmpty {
            self.init(parts[0], .output(port))
        } else if parts.count == 1, !text.isEmpty {
            self.init(text)
        } else {
            throw VireoError(
                .invalidArgument, "\"\(text)\" names no node",
                remedy: "write NAME, NAME:OUTPUT_PORT or INPUT_PORT:NAME", faq: 29)
        }
    }
}

/// One item of `--input`: a node, and perhaps the shape, element type or value that it is given.
public struct InputSpecification: Sendable {
    public let place: PortSpecification
    public var shape: PartialShape?
    public var elementType: ElementType?
    /// Numbers that replace the input by a constant.
    public var value: [Double]?

    public init(
        _ place: PortSpecification, shape: PartialShape? = nil, elementType: ElementType? = nil, value: [Double]? = nil
    ) {
        self.place = place
        self.shape = shape
        self.elementType = elementType
        self.value = value
    }
}

/// What the axes of an input or output mean in the graph, and in which order the IR has them.
public struct LayoutSpecification: Sendable, Equatable {
    /// The input's or output's name; nil for the input at the same place.
    public let name: String?
    public var source: Layout?
    public var target: Layout?

    public init(_ name: String?, source: Layout?, target: Layout?) {
        self.name = name
        self.source = source
        self.target = target
    }
}

/// Numbers for the channels of the inputs: `data(1,2,3),info[4]` or, by position, `(1,2,3),[4]`.
public enum ChannelValues: Sendable, Equatable {
    case named([Named])
    case positional([[Double]])

    public struct Named: Sendable, Equatable {
        public let input: String
        public let values: [Double]
    }
}
