import Vireo

let core = try Core()
print(core.devices.map(\.name))

let model = try Model(modelFile: "mobilenet.xml")
