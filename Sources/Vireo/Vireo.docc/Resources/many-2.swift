import Vireo

let core = try Core()
let model = try Model(modelFile: "mobilenet.xml")
let compiled = try core.compile(model, device: "CPU", properties: ["PERFORMANCE_HINT": "THROUGHPUT"])
let input = try ImageInput(of: model)

try await withThrowingTaskGroup(of: (String, Int).self) { tasks in
    for path in try ImageFiles.list(paths: ["photographs"]) {
        tasks.addTask {
            let tensor = try input.tensor([Image(contentsOf: path)])
            let scores = try await compiled.run([tensor])[0]
            return (path, try Classification.batch(scores, top: 1)[0].entries[0].classID)
        }
    }
    for try await (path, classID) in tasks { print(path, classID) }
}
