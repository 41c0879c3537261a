import Vireo

let core = try Core()
print(core.devices.map(\.name))

let model = try Model(modelFile: "mobilenet.xml")
let compiled = try core.compile(model, device: "CPU")

let input = try ImageInput(of: model)
let photograph = try Image(contentsOf: "cat.jpg")
let tensor = try input.tensor([photograph])

let scores = try compiled.makeRequest().run([tensor])[0]
let labels = try Labels(contentsOf: "labels.txt")
for entry in try Classification.batch(scores, top: 5)[0].entries {
    print(entry.probability, labels[entry.classID] ?? "class \(entry.classID)")
}
