import CVireoPlugin
import Testing
import VireoRuntime
import VireoTensor

@Suite struct ContractBufferTests {
    @Test(arguments: ContractPlugin.all)
    func `a copied buffer does not follow its source`(plugin: ContractPlugin) throws {
        let device = try plugin.device()
        var values: [Float] = [1, 2, 3]
        let buffer = try values.withUnsafeMutableBytes { try device.importing($0, [3], VIREO_OWNERSHIP_COPIED) }
        values = [7, 8, 9]
        #expect(try buffer.floats(3) == [1, 2, 3])
    }

    @Test(arguments: ContractPlugin.all)
    func `borrowed memory is read and left to its owner`(plugin: ContractPlugin) throws {
        let device = try plugin.device()
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 12, alignment: 64)
        defer { memory.deallocate() }
        memory.copyBytes(from: [1, 2, 3] as [Float])
        try {
            let buffer = try device.importing(memory, [3], VIREO_OWNERSHIP_BORROWED)
            #expect(try buffer.floats(3) == [1, 2, 3])
        }()
        #expect(Array(memory.bindMemory(to: Float.self)) == [1, 2, 3])
    }

    @Test(arguments: ContractPlugin.all)
    func `adopted memory is released exactly once, when the buffer is destroyed`(plugin: ContractPlugin) throws {
        let device = try plugin.device()
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 8, alignment: 64)
        let releases = UnsafeMutablePointer<Int>.allocate(capacity: 1)
        defer {
            memory.deallocate()
            releases.deallocate()
        }
        memory.copyBytes(from: [1, 2] as [Float])
        for (ownership, expected) in [
            (VIREO_OWNERSHIP_ADOPTED, 1), (VIREO_OWNERSHIP_BORROWED, 0), (VIREO_OWNERSHIP_COPIED, 0),
        ] {
            releases.pointee = 0
            try {
                let buffer = try device.importing(memory, [2], ownership, release: countRelease, user: releases)
                #expect(try buffer.floats(2) == [1, 2])
                #expect(releases.pointee == 0)
            }()
            #expect(releases.pointee == expected)
        }
    }

    @Test(arguments: ContractPlugin.all)
    func `memory of a wrong size is refused and not taken`(plugin: ContractPlugin) throws {
        let device = try plugin.device()
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 64, alignment: 64)
        let releases = UnsafeMutablePointer<Int>.allocate(capacity: 1)
        defer {
            memory.deallocate()
            releases.deallocate()
        }
        releases.pointee = 0
        for byteCount in [0, 4, 11, 13, 64] {
            let error = #expect(throws: VireoError.self) {
                try device.importing(
                    UnsafeMutableRawBufferPointer(rebasing: memory[..<byteCount]), [3], VIREO_OWNERSHIP_ADOPTED,
                    release: countRelease, user: releases)
            }
            #expect(error?.code == .invalidArgument)
        }
        #expect(releases.pointee == 0)
    }

    @Test(arguments: ContractPlugin.all, [0, 4, -1])
    func `an unknown kind of ownership is refused`(plugin: ContractPlugin, ownership: Int) throws {
        let device = try plugin.device()
        let error = #expect(throws: VireoError.self) { try device.importing([1], [1], Int32(ownership)) }
        #expect(error?.code == .invalidArgument)
    }

    @Test(arguments: ContractPlugin.all)
    func `a buffer says what it is`(plugin: ContractPlugin) throws {
        let device = try plugin.device()
        for dimensions in [[], [5], [2, 3, 4]] as [[Int64]] {
            var handle: OpaquePointer?
            try device.check(
                device.withInfo(VIREO_TYPE_F32, dimensions) { device.api.buffer_create(device.backend, $0, &handle) })
            let buffer = ContractBuffer(try #require(handle), on: device)
            var info = vireo_tensor_info()
            info.struct_size = MemoryLayout<vireo_tensor_info>.size
            try device.check(device.api.buffer_info(buffer.handle, &info))
            #expect(info.element_type == VIREO_TYPE_F32)
            #expect(Array(UnsafeBufferPointer(start: info.dims, count: Int(info.rank))) == dimensions)
        }
    }

    @Test(arguments: ContractPlugin.all)
    func `a buffer of an unknown extent or element type is refused`(plugin: ContractPlugin) throws {
        let device = try plugin.device()
        for (elementType, dimensions) in [(VIREO_TYPE_F32, [2, -1]), (999, [2]), (VIREO_TYPE_DYNAMIC, [2])]
            as [(Int32, [Int64])]
        {
            var handle: OpaquePointer?
            let code = device.withInfo(elementType, dimensions) {
                device.code(device.api.buffer_create(device.backend, $0, &handle))
            }
            #expect(code == .invalidArgument || code == .unsupported)
            #expect(handle == nil)
        }
    }

    @Test(arguments: ContractPlugin.all)
    func `reading another number of bytes than there are is refused`(plugin: ContractPlugin) throws {
        let device = try plugin.device()
        let buffer = try device.importing([1, 2, 3])
        for count in [0, 2, 4] {
            let error = #expect(throws: VireoError.self) { try buffer.floats(count) }
            #expect(error?.code == .invalidArgument)
        }
    }

    @Test(arguments: ContractPlugin.all)
    func `a device that uses the host's memory sees what is written between two runs`(plugin: ContractPlugin) throws {
        let device = try plugin.device()
        var info = vireo_device_info()
        info.struct_size = MemoryLayout<vireo_device_info>.size
        try device.check(device.api.device_info(0, &info))
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 16, alignment: 64)
        defer { memory.deallocate() }
        let context = try device.compile(reluGraph()).makeContext()
        memory.copyBytes(from: [-1, 2, -3, 4] as [Float])
        let input = try device.importing(memory, [4], VIREO_OWNERSHIP_BORROWED)
        #expect(try context.run([input]).floats(4) == [0, 2, 0, 4])
        guard info.flags & UInt64(VIREO_DEVICE_USES_HOST_MEMORY) != 0 else { return }
        memory.copyBytes(from: [5, -6, 7, -8] as [Float])
        #expect(try context.run([input]).floats(4) == [5, 0, 7, 0])
    }

    @Test(arguments: ContractPlugin.all)
    func `a cancellation has no effect on a later run`(plugin: ContractPlugin) throws {
        let device = try plugin.device()
        let context = try device.compile(reluGraph()).makeContext()
        for _ in 0..<3 {
            device.api.context_cancel?(context.handle)
            #expect(try context.run([device.importing([-1, 2, -3, 4])]).floats(4) == [0, 2, 0, 4])
        }
    }
}

private func countRelease(_ user: UnsafeMutableRawPointer?) {
    user!.assumingMemoryBound(to: Int.self).pointee += 1
}

extension UnsafeMutableRawBufferPointer {
    fileprivate func copyBytes(from values: [Float]) { values.withUnsafeBytes { copyMemory(from: $0) } }
}
