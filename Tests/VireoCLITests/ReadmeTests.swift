import Testing
import Vireo
import VireoTestSupport

@Suite("The README's program")
struct ReadmeTests {
    @Test("names the strongest colour of a photograph")
    func runs() throws {
        let folder = try TemporaryFolder()
        let network = try folder.file("small.pb", SmallNetwork.frozen)
        let photograph = try folder.file("blue.bmp", SmallNetwork.bitmap(red: 1, green: 2, blue: 5))

        let core = try Core()
        let model = try Model(modelFile: network)
        let compiled = try core.compile(model, device: "CPU")
        let input = try ImageInput(of: model).tensor([Image(contentsOf: photograph)])
        let scores = try compiled.makeRequest().run([input])[0]
        #expect(try Classification.batch(scores, top: 5)[0].entries.map(\.classID) == [2, 1, 0])
    }
}
