/// The public API of Vireo: one import for models, devices, tensors and images.
@_exported import VireoIR
@_exported import VireoImaging
@_exported import VireoInspection
@_exported import VireoPasses
@_exported import VireoQuantization
@_exported import VireoRuntime
@_exported import VireoSerialization
@_exported import VireoTensor
@_exported import VireoTensorFlow

/// The version of Vireo, in the form of semantic versioning.
public let vireoVersion = "0.1.0"
