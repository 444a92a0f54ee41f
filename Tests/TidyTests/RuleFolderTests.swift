import ConfigurationFiles
import Engine
import Foundation
import Testing

@Suite struct `The rules that we ship` {
    @Test func `read without a diagnostic`() throws {
        let folder = House.root.appending(path: "rules").resolvingSymlinksInPath().path(percentEncoded: false)
        let files = try #require(RuleFileFinder.files(at: folder))
        #expect(!files.isEmpty)
        let result = RuleFileReader.read(files: files, surroundings: .init(sinks: [], notify: nil))
        #expect(result.diagnostics.map(\.rendered) == [])
        #expect(result.rules.count >= 8)
    }

    @Test func `say in a comment at the top what they are for`() throws {
        for file in try House.files("rules", where: { $0.hasSuffix(".yaml") && !$0.hasSuffix(".test.yaml") }) {
            #expect(file.text.hasPrefix("#"), "\(file) wants a comment on top: for whom are these rules, and when?")
        }
    }
}
