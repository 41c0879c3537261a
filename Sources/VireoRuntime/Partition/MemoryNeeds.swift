import Glibc
import VireoIR
import VireoTensor

extension Model {
    /// Refuses what no plan could make room for: a value that is larger than the machine's memory.
    /// - Throws: `outOfMemory` naming the node that makes it.
    func checkFitsInMemory() throws(VireoError) {
        let (pages, pageSize) = (sysconf(Int32(_SC_PHYS_PAGES)), sysconf(Int32(_SC_PAGESIZE)))
        guard pages > 0, pageSize > 0 else { return }
        let memory = pages.multipliedReportingOverflow(by: pageSize).partialValue
        for node in nodes {
            for output in node.outputs {
                guard let shape = output.type.shape.shape else { continue }
                let size = output.type.elementType.byteCount(of: shape.elementCount) ?? .max
                guard size > memory else { continue }
                throw VireoError(
                    .outOfMemory,
                    "its output of \(output.type) takes \(size >> 30) GiB, and the machine has \(memory >> 30)",
                    in: ["node \(node.label)"], remedy: "check the model's input shapes and constants")
            }
        }
    }
}
