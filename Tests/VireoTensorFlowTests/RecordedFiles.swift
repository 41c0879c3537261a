import Foundation

/// Files that TensorFlow 2.15 wrote, and a block that the snappy library compressed.
enum RecordedFiles {
    /// V2, two shards: `table` [7,3] in three parts, `bias`, `count`, `step`, `flag`, `half`.
    static let shardedIndex = bytes(
        """
        AAAGCAIaAggBAA4VAHRhYmxlAAEBAoCDgIMIARIIEgIIAxICCAMgECgkNTBR0CEKBBWDgoCDCAESCBICCAISAggDIDQoGDVm8JQQCgQVhYKA
        gwgBEggSAggCEgIIAyBMKBg1V2jm4wAED2JpYXMIAhIEEgIIAigQNezQ4r0ABRVjb3VudAgDEggSAggCEgIIAhgBKBA1SGLipQAEE2ZsYWcI
        ChIEEgIIAxgBIBAoAzV1WZEGAAQTaGFsZggTEgQSAggCGAEgEygENeQnjT8ABA9zdGVwCAkSABgBIBcoCDXNvdc1AAUudGFibGUIARIIEgII
        BxICCAM6CAoCEAMKAhADOgoKBAgDEAIKAhADOgoKBAgFEAIKAhADAAAAAAEAAAAAZ7JXqQAAAAABAAAAAMDyobAAAQN1AKICAAAAAAEAAAAA
        LOmO0qcCCLQCDwAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAABX+4CLJHVH2w==
        """)

    /// Its first shard.
    static let shardedData0 = bytes(
        """
        AAAAAAAA+D8AAAAAAAAAwAAAAAAAAIA/AAAAQAAAQEAAAIBAAACgQAAAwEAAAOBAAAAAQQAAyEIAAMpCAADMQgAAzkIAANBCAADSQgAASEMA
        AElDAABKQwAAS0MAAExDAABNQw==
        """)

    /// Its second shard.
    static let shardedData1 = bytes(
        """
        AQAAAP7///8DAAAA////fwEAAQA4ALz7/////////w==
        """)

    /// V1 in two shards: `a` [2] in the first, `b` [2,3] in the second.
    static let oldShards = [
        bytes(
            """
            AAAXChUKDwoBYRIEEgIIAhgBIgIKABICCAEACBUAYQABAQGAfxITCgFhEgIKABoKKggAAMA/AAAAwAAAAAABAAAAAM5A1l8AAAAAAQAAAADA8qGw
            AAECAQBCAAAAAAEAAAAA3G3WnkcIVA4AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAABX+4CLJHVH2w==
            """),
        bytes(
            """
            AAAdChsKFQoBYhIIEgIIAhICCAMYAyIECgAKABICCAEAChUAYgABAQKAf4B/EhMKAWISBAoACgAaCDoGAAECAwQFAAAAAAEAAAAA7nmIbAAAAAAB
            AAAAAMDyobAAAQIBAEoAAAAAAQAAAACJ+dHMTwhcDgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAFf7gIskdUfb
            """),
    ]

    /// V1, with the same variables as the V2 checkpoint.
    static let singleFile = bytes(
        """
        AACjAQqgAQoSCgRiaWFzEgQSAggCGAIiAgoAChkKBWNvdW50EggSAggCEgIIAhgDIgQKAAoAChIKBGZsYWcSBBICCAMYCiICCgAKEgoEaGFs
        ZhIEEgIIAhgTIgIKAAoMCgRzdGVwEgAYCSIACjUKBXRhYmxlEggSAggHEgIIAxgBIggKAhADCgIQAyIKCgQIAxACCgIQAyIKCgQIBRACCgIQ
        AxICCAEACyAAYmlhcwABAQGAfxIeCgRiaWFzEgIKABoSMhAAAAAAAAD4PwAAAAAAAADAAQ0kY291bnQAAQECgH+AfxIiCgVjb3VudBIECgAK
        ABoTOhEB/v//////////AQP/////BwEKE2ZsYWcAAQEBgH8SEQoEZmxhZxICCgAaBVoDAQABAQoVaGFsZgABAQGAfxITCgRoYWxmEgIKABoH
        agWAcID4AgEHGHN0ZXAAAQASFgoEc3RlcBIAGgxSCvv//////////wEBDTt0YWJsZQABAQKAg4CDEjkKBXRhYmxlEggKAhADCgIQAxomKiQA
        AAAAAACAPwAAAEAAAEBAAACAQAAAoEAAAMBAAADgQAAAAEEKBDGDgoCDEi8KBXRhYmxlEgoKBAgDEAIKAhADGhoqGAAAyEIAAMpCAADMQgAA
        zkIAANBCAADSQgoEMYWCgIMSLwoFdGFibGUSCgoECAUQAgoCEAMaGioYAABIQwAASUMAAEpDAABLQwAATEMAAE1DAAAAAAEAAAAAWbibHwAA
        AAABAAAAAMDyobAAAQMBALAEAAAAAAEAAAAAQtKAmbUECMIEDwAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAABX+4CLJHVH2w==
        """)

    /// V2, the table alone: `wide` [20000,1,130] in three parts and `big` [3000000] in two, for keys of large numbers.
    static let wideIndex = bytes(
        """
        AAAGCAEaAggBAA0UAGJpZwABAQGA8BbjYAgBEgYSBAjgxlsogJvuAjWHAAChCAgZ8BbjYPAW42AIARIGEgQI4MZbIICb7gIogJvuAjWHAACh
        ARAhd2lkZQABAQOA2guAgYDAgggBEg4SAwiLNBICCAESAwiCASCAttwFKNjM0wE1UzSDYwkJIdoL2guAgYDAgggBEg4SAwiLNBICCAESAwiC
        ASDYgrAHKNjM0wE1UzSDYwkKIeA0FtoKgIGAwIIIARIOEgMIijQSAggBEgMIggEgsM+DCSjQyNMBNdcGlrgAAx9iaWcIARIHEgUIwI23AToG
        CgQQ4MZbOgoKCAjgxlsQ4MZbAARJd2lkZQgBEg8SBAignAESAggBEgMIggE6DgoDEIs0CgIQAQoDEIIBOhEKBgiLNBCLNAoCEAEKAxCCAToR
        CgYIlmgQijQKAhABCgMQggEAAAAAAQAAAABhB4LgAAAAAAEAAAAAwPKhsAABA3gA3QIAAAAAAQAAAADyozm14gII7wIPAAAAAAAAAAAAAAAA
        AAAAAAAAAAAAAAAAAAAAAAAAAAAAAFf7gIskdUfb
        """)

    /// `snappyText`, compressed.
    static let snappyBlock = bytes(
        """
        sBpcdGhlIHdlaWdodHMgb2YgbGF5ZXIgMCwgARgQYmlhc2UuFwAAOwUXQi8AADFWLwAAMVovAAAyVi8AADJaLwAAM1YvAAAzWi8AADRWLwAA
        NFovAAA1Vi8AXusAADZWLwBe6wBaSQFe6wBaSQFe6wBaSQFe6wBaSQFe6wBaSQFe6wBaSQFe6wBaSQFe6wBaSQFe6wBaSQFe6wBaSQFe6wBa
        SQFe6wBaSQFe6wBaSQFe6wBaSQFe6wBaSQFe6wBaSQFe6wBaSQFe6wBaSQFe6wBaSQFe6wBaSQFe6wBaSQFe6wBaSQFe6wBaSQFe6wBaSQFe
        6wBaSQFe6wBaSQFe6wBaSQFe6wBaSQFe6wBaSQFe6wBaSQFe6wBaSQFe6wBaSQFe6wBaSQFe6wBaSQFe6wBaSQFe6wBaSQFe6wBaSQFe6wBa
        SQFe6wBaSQFe6wBaSQFe6wBaSQFe6wBaSQFe6wBaSQFe6wBaSQFe6wBaSQFe6wBaSQFe6wBaSQFe6wBaSQFe6wBaSQFe6wBaSQFe6wBaSQFe
        6wBaSQFe6wBaSQH0DgE0OyAAAQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyAhIiMkJSYnKCkqKywtLi8wMTIzNDU2Nzg5Ojs8PT4/
        QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl9gYWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXp7fH1+f4CBgoOEhYaHiImKi4yNjo+Q
        kZKTlJWWl5iZmpucnZ6foKGio6SlpqeoqaqrrK2ur7CxsrO0tba3uLm6u7y9vr/AwcLDxMXGx8jJysvMzc7P0NHS09TV1tfY2drb3N3e3+Dh
        4uPk5ebn6Onq6+zt7u/w8fLz9PX29/j5+vv8/f7/YWFhYWFhYWFhYWFh/gkA/gkA/gkA/gkAfgkA
        """)

    static let snappyText: [UInt8] =
        (0..<60).flatMap { Array("the weights of layer \($0 % 7), the biases of layer \($0 % 5); ".utf8) }
        + Array(0...255) + [UInt8](repeating: UInt8(ascii: "a"), count: 300)

    private static func bytes(_ text: String) -> [UInt8] {
        [UInt8](Data(base64Encoded: text, options: .ignoreUnknownCharacters) ?? Data())
    }
}
