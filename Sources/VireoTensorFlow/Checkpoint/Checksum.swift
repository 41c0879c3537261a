import CTensorFlowProto

/// The checksum of checkpoints: CRC-32C, rotated and shifted so that data that hold checksums can have one too.
enum Checksum {
    static func masked(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        let checksum = vireo_tf_crc32c(bytes.baseAddress, bytes.count)
        return (checksum >> 15 | checksum << 17) &+ 0xA282_EAD8
    }
}
