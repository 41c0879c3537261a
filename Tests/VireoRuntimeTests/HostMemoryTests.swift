import CVireoPlugin
import Testing
import VireoRuntime
import VireoTensor

/// The host's side of memory and statuses, called as a plugin calls it.
@Suite struct HostMemoryTests {
    private let host = PluginHost()
    private var table: UnsafePointer<vireo_host_api> { host.table }
    private var api: vireo_host_api { host.table.pointee }

    @Test(arguments: [1, 8, 64, 4096])
    func `memory is aligned as asked`(alignment: Int) throws {
        let memory = try #require(api.allocate(table, 100, alignment))
        #expect(UInt(bitPattern: memory) % UInt(alignment) == 0)
        #expect(host.liveAllocationCount == 1)
        api.deallocate(table, memory)
        #expect(host.liveAllocationCount == 0)
    }

    @Test func `an alignment that is no power of two up to 4096 gives no memory`() {
        for alignment in [0, 3, 8192, -8] { #expect(api.allocate(table, 16, alignment) == nil) }
        #expect(host.liveAllocationCount == 0)
    }

    @Test func `more than there is gives no memory, and nothing can be released`() {
        #expect(api.allocate(table, Int.max - 4096, 64) == nil)
        #expect(api.allocate(table, -1, 64) == nil)
        api.deallocate(table, nil)
        #expect(host.liveAllocationCount == 0)
    }

    @Test func `a status carries its code and a copy of its message until it is released`() throws {
        let status = "out of paper".withCString { api.status_create(table, VIREO_BUSY, $0) }
        #expect(api.status_code(status) == VIREO_BUSY)
        #expect(String(cString: try #require(api.status_message(status))) == "out of paper")
        #expect(host.liveStatusCount == 1)
        api.status_release(table, status)
        #expect(host.liveStatusCount == 0)
    }

    @Test func `without memory every status is the same, says so, and survives being released`() {
        host.setAllocationPolicy(.failFrom(0))
        let first = api.status_create(table, VIREO_BUSY, "a")
        let second = api.status_create(table, VIREO_INTERNAL, "b")
        #expect(first == second && first != nil)
        api.status_release(table, first)
        #expect(api.status_code(second) == VIREO_OUT_OF_MEMORY)
        let error = #expect(throws: VireoError.self) { try host.check(second) }
        #expect(error?.code == .outOfMemory)
        #expect(host.liveStatusCount == 0)
    }

    @Test func `a returned status becomes an error with its places and remedy, and is gone`() {
        let text = VireoError(.busy, "the queue is full", in: ["queue 3", "slot 1"], remedy: "wait").description
        let error = #expect(throws: VireoError.self) {
            try host.check(api.status_create(table, VIREO_BUSY, text))
        }
        #expect(error == VireoError(.busy, "the queue is full", in: ["queue 3", "slot 1"], remedy: "wait"))
        #expect(host.liveStatusCount == 0)
    }

    @Test(arguments: [
        (VIREO_INVALID_ARGUMENT, VireoError.Code.invalidArgument), (VIREO_UNSUPPORTED, .unsupported),
        (VIREO_UNAVAILABLE, .unavailable), (VIREO_OUT_OF_MEMORY, .outOfMemory), (VIREO_BUSY, .busy),
        (VIREO_CANCELLED, .cancelled), (VIREO_INTERNAL, .internalError), (99, .internalError),
    ])
    func `each status code is an error code`(status: Int32, code: VireoError.Code) {
        let error = #expect(throws: VireoError.self) { try host.check(api.status_create(table, status, "x")) }
        #expect(error?.code == code)
    }
}
