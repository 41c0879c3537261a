import Vireo

let core = try Core()
print(core.devices.map(\.name))

let model = try Model(modelFile: "mobilenet.xml")
let compiled = try core.compile(model, device: "CPU")

let input = try ImageInput(of: model)
let photograph = try Image(contentsOf: "cat.jpg")
let tensor = try input.tensor([photograph])
