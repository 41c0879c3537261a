import VireoIR
import VireoTensor

func convert(_ operation: Convert, _ call: Call) throws -> [Tensor] {
    [try call.inputs[0].converted(to: operation.destination)]
}
