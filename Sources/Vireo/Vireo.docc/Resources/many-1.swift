import Vireo

let core = try Core()
let model = try Model(modelFile: "mobilenet.xml")
let compiled = try core.compile(model, device: "CPU", properties: ["PERFORMANCE_HINT": "THROUGHPUT"])
