import CVireoPlugin
import Testing

/// What `abi_layout.c` asserts for C, as Swift sees it.
@Suite struct LayoutTests {
    @Test func `tables have the sizes of ABI 1.1`() {
        #expect(MemoryLayout<vireo_host_api>.size == 256)
        #expect(MemoryLayout<vireo_plugin_api>.size == 240)
        #expect(VIREO_ABI_MAJOR == 1 && VIREO_ABI_MINOR == 1)
    }

    @Test func `the version lies where every version can find it`() {
        #expect(MemoryLayout<vireo_plugin_api>.offset(of: \.struct_size) == 0)
        #expect(MemoryLayout<vireo_plugin_api>.offset(of: \.abi_major) == 16)
        #expect(MemoryLayout<vireo_host_api>.offset(of: \.struct_size) == 0)
        #expect(MemoryLayout<vireo_host_api>.offset(of: \.abi_major) == 16)
    }

    @Test func `the first and last slots lie where C puts them`() {
        #expect(MemoryLayout<vireo_plugin_api>.offset(of: \.probe) == 48)
        #expect(MemoryLayout<vireo_plugin_api>.offset(of: \.profile) == 192)
        #expect(MemoryLayout<vireo_plugin_api>.offset(of: \.context_cancel) == 200)
        #expect(MemoryLayout<vireo_host_api>.offset(of: \.status_create) == 24)
        #expect(MemoryLayout<vireo_host_api>.offset(of: \.node_attribute) == 216)
        #expect(MemoryLayout<vireo_host_api>.offset(of: \.value_fingerprint) == 224)
    }

    @Test func `structs that cross have the sizes of ABI 1.0`() {
        #expect(MemoryLayout<vireo_tensor_info>.size == 32)
        #expect(MemoryLayout<vireo_attribute>.size == 64)
        #expect(MemoryLayout<vireo_verdict>.stride == 16)
        #expect(MemoryLayout<vireo_profile_row>.stride == 48)
        #expect(MemoryLayout<vireo_completion>.size == 32)
    }
}
