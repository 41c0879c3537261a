import Vireo

let core = try Core()
print(core.devices.map(\.name))
