import ArgumentParser
import Foundation
import Vireo

/// `vireo cache`: what earlier runs have kept to start faster.
struct Cache: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List and delete what earlier runs have kept to start faster.",
        discussion: """
            Example:
              vireo cache ls
              vireo cache prune --keep 256

            Everything in the cache can be deleted at any time; what is missing is made again.
            """,
        subcommands: [List.self, Prune.self, Clear.self])

    struct FolderFlags: ParsableArguments {
        @Option(
            name: .customLong("cache-dir"),
            help: ArgumentHelp(
                "The cache (default: VIREO_CACHE_DIR, or vireo in the user's cache folder).", valueName: "folder"))
        var path: String?

        func folder() throws -> CacheFolder {
            if let path { return CacheFolder(path: path) }
            guard let folder = CacheFolder.ofUser else {
                throw VireoError(
                    .notFound, "this user has no cache folder", remedy: "name one with --cache-dir or VIREO_CACHE_DIR")
            }
            return folder
        }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "ls", abstract: "List the cache's files, the one used last first.",
            discussion: """
                Example:
                  vireo cache ls --json
                """)

        @OptionGroup var flags: FolderFlags

        @Flag(help: "Print JSON.")
        var json = false

        private struct Report: Encodable {
            struct File: Encodable {
                let name: String
                let bytes: Int
                /// Seconds since 1970.
                let lastUse: Int
                let kind: String
                let device: String
                let label: String
            }

            let folder: String
            let bytes: Int
            let files: [File]
        }

        func run() throws {
            let folder = try flags.folder()
            let entries = folder.entries
            let total = entries.reduce(0) { $0 + $1.byteCount }
            if json {
                let files = entries.map {
                    Report.File(
                        name: $0.name, bytes: $0.byteCount, lastUse: $0.lastUse, kind: $0.kind, device: $0.device,
                        label: $0.label)
                }
                try Console.json(Report(folder: folder.path, bytes: total, files: files))
                return
            }
            Console.print("\(folder.path): \(Cache.count(entries.count)), \(Cache.size(total))")
            if entries.isEmpty { return }
            Console.print()
            var table = TextTable(columns: [
                .init(title: "size", isNumeric: true), .init(title: "last used"), .init(title: "kind"),
                .init(title: "device"), .init(title: "for", isFlexible: true), .init(title: "file", isFlexible: true),
            ])
            let format = ISO8601DateFormatter()
            format.timeZone = .current
            format.formatOptions = [.withFullDate, .withSpaceBetweenDateAndTime, .withTime, .withColonSeparatorInTime]
            for entry in entries {
                table.rows.append([
                    Cache.size(entry.byteCount),
                    format.string(from: Date(timeIntervalSince1970: Double(entry.lastUse))),
                    entry.kind.isEmpty ? "damaged" : entry.kind, entry.device, entry.label, entry.name,
                ])
            }
            for line in table.lines() { Console.print(line) }
        }
    }

    struct Prune: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Delete the files that were not used for longest.",
            discussion: """
                Example:
                  vireo cache prune --keep 256
                """)

        @OptionGroup var flags: FolderFlags

        @Option(help: ArgumentHelp("How much may stay.", valueName: "MiB"))
        var keep: Int

        func validate() throws {
            guard (0...1 << 30).contains(keep) else { throw ValidationError("--keep must be from 0 to 1073741824") }
        }

        func run() throws { try Cache.prune(flags.folder(), to: keep << 20) }
    }

    struct Clear: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Delete every file of the cache. Other files in its folder stay.",
            discussion: """
                Example:
                  vireo cache clear
                """)

        @OptionGroup var flags: FolderFlags

        func run() throws { try Cache.prune(flags.folder(), to: 0) }
    }

    private static func prune(_ folder: CacheFolder, to byteLimit: Int) throws {
        let gone = folder.prune(to: byteLimit)
        let left = folder.entries
        Console.print(
            "\(folder.path): \(count(gone.files)), \(size(gone.bytes)) deleted; \(count(left.count)), "
                + "\(size(left.reduce(0) { $0 + $1.byteCount })) left")
    }

    private static func count(_ files: Int) -> String { "\(files) file\(files == 1 ? "" : "s")" }

    /// "3.2 MiB"
    private static func size(_ bytes: Int) -> String {
        bytes < 1 << 20
            ? "\((Double(bytes) / 1024).text(decimals: 1)) KiB" : "\((Double(bytes) / 1048576).text(decimals: 1)) MiB"
    }
}
