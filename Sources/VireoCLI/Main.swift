import ArgumentParser
import Vireo

/// The command `vireo`.
@main
struct VireoCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "vireo",
        abstract: "Convert trained TensorFlow networks and run them on this machine.",
        discussion: """
            Example:
              vireo convert --input_model frozen.pb --mean_values [127.5,127.5,127.5] --scale 127.5
              vireo classify -m frozen.xml -i cat.jpg --labels labels.txt

            Exit status: 0 on success, 1 when something failed, 64 for a command line that cannot be read.
            """,
        version: vireoVersion,
        subcommands: [
            Convert.self, Freeze.self, Summarize.self, Devices.self, Classify.self, Detect.self, Infer.self,
            Bench.self, Compare.self, Explain.self, Graph.self, Quantize.self, Cache.self,
        ])

    static func main() {
        do {
            var command = try parseAsRoot(FlagSpelling.normalized(Array(CommandLine.arguments.dropFirst())))
            try command.run()
        } catch let error as VireoError {
            Console.error(error)
            exit(withError: ExitCode.failure)
        } catch {
            exit(withError: error)
        }
    }
}
