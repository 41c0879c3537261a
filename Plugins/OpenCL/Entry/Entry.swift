import CVireoPlugin
import OpenCLBackend
import VireoPluginKit

@c(vireo_plugin_entry)
public func pluginEntry(
    _ host: UnsafePointer<vireo_host_api>?, _ why: UnsafeMutablePointer<OpaquePointer?>?
) -> UnsafePointer<vireo_plugin_api>? {
    PluginTable.install(OpenCLBackend.self, host: host, why: why)
}
