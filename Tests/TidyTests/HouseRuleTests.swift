import Testing

/// Something that is not written in this house, and what is written instead.
private struct Ban: CustomTestStringConvertible, Sendable {
    var text: String
    var remedy: String
    /// Files, or folders with a slash at their end, where it may be.
    var allowed: [String] = []
    /// Lines that have this as well are fine.
    var unless: [String] = []

    var testDescription: String { text }

    func forbids(_ path: String) -> Bool {
        !allowed.contains { $0.hasSuffix("/") ? path.hasPrefix($0) : path == $0 }
    }
}

@Suite struct `The rules of the house` {
    private static let bans = [
        Ban(text: "Date()", remedy: "take the time as an argument"),
        Ban(text: "Date.now", remedy: "take the time as an argument"),
        Ban(text: "Clock.now", remedy: "take the time as an argument"),
        Ban(text: "Clock().now", remedy: "take the time as an argument"),
        Ban(text: "DispatchTime.now", remedy: "take the time as an argument"),
        Ban(
            text: ".random(", remedy: "take the generator, or the number, as an argument",
            allowed: ["Sources/auspex/Composition.swift"], unless: ["using:", "dependencies.random()"]),
        Ban(
            text: "Task {", remedy: "use a child task of a group, which its owner waits for",
            allowed: [
                "Sources/HTTPServing/Serving.swift", "Sources/SimulatedAurous/Server/LocalHTTPServer.swift",
                "Sources/auspex/",
            ]),
        Ban(text: "Task.detached", remedy: "use a child task of a group, which its owner waits for"),
        Ban(text: "try!", remedy: "throw, or make the mistake impossible"),
        Ban(text: "fatalError(", remedy: "use a precondition with a sentence, or throw"),
        Ban(text: "print(", remedy: "log it, or write it through the Console", allowed: ["Sources/auspex/"]),
        Ban(text: "URLSession", remedy: "use Transport"),
        Ban(text: "public ", remedy: "use package, or nothing"),
        Ban(text: "@testable", remedy: "test through the package's interface"),
    ]

    @Test(arguments: bans)
    fileprivate func `are kept in the sources`(ban: Ban) throws {
        for file in try House.swiftFiles("Sources") where ban.forbids(file.path) {
            for line in file.code where has(ban.text, in: line.text) {
                if ban.unless.contains(where: line.text.contains) { continue }
                Issue.record("\(file):\(line.number) has `\(ban.text)`; \(ban.remedy)")
            }
        }
    }

    /// Not as the end of a longer name: `prettyprint(` is no `print(`.
    private func has(_ word: String, in line: String) -> Bool {
        line.ranges(of: word).contains { range in
            guard let first = word.first, first.isLetter, range.lowerBound > line.startIndex else {
                guard let last = word.last, last.isLetter, range.upperBound < line.endIndex else { return true }
                let next = line[range.upperBound]
                return !(next.isLetter || next.isNumber || next == "_")
            }
            let before = line[line.index(before: range.lowerBound)]
            return !(before.isLetter || before.isNumber || before == "_" || before == ".")
        }
    }

    @Test func `want a reason above each @unchecked Sendable`() throws {
        for file in try House.swiftFiles("Sources") {
            let lines = file.lines
            for (index, line) in lines.enumerated() where line.contains("@unchecked Sendable") {
                let trimmed = line.drop { $0 == " " }
                if trimmed.hasPrefix("//") { continue }
                let above = index > 0 ? lines[index - 1].drop { $0 == " " } : ""
                #expect(
                    above.hasPrefix("//") && above.count > 20,
                    "\(file):\(index + 1): say in the line above what makes it safe: which thread, which lock")
            }
        }
    }

    private static let longestFile = 450
    private static let longestLine = 140

    @Test func `keep files short`() throws {
        for file in try House.swiftFiles("Sources") {
            let count = file.lines.count
            #expect(count <= Self.longestFile, "\(file) has \(count) lines; part it by what it is about")
        }
    }

    @Test func `keep lines readable`() throws {
        for file in try House.swiftFiles("Sources") + House.swiftFiles("Tests") {
            for (index, line) in file.lines.enumerated() where line.count > Self.longestLine {
                // A text that a test or a message shows as it is.
                if line.contains("\"") { continue }
                Issue.record("\(file):\(index + 1) has \(line.count) columns; 120 is plenty")
            }
        }
    }

    @Test func `leave nothing unfinished or of one machine behind`() throws {
        let marks = [
            "TO" + "DO", "FIX" + "ME", "XX" + "X:", "/wo" + "rk/", "/fa" + "rm/", "/ho" + "me/", "/ro" + "ot/",
        ]
        let written = [".swift", ".md", ".yaml", ".yml", ".sh", ".h", ".cpp", ".hpp"]
        for folder in ["Sources", "Tests", "rules", "deploy"] {
            let files = try House.files(folder) { name in written.contains { name.hasSuffix($0) } }
            for file in files {
                for (index, line) in file.lines.enumerated() {
                    for mark in marks where line.contains(mark) {
                        Issue.record("\(file):\(index + 1) has `\(mark)`; finish it, or leave it out")
                    }
                }
            }
        }
    }

    @Test func `want every golden used`() throws {
        let goldens = try House.files("Tests") { $0.contains("Goldens/") && !$0.hasSuffix(".swift") }
        let tests = try House.swiftFiles("Tests")
        for golden in goldens {
            let name = golden.path.split(separator: "/").last.map(String.init) ?? ""
            let stem = name.split(separator: ".").first.map(String.init) ?? name
            let isUsed = tests.contains { $0.target == golden.target && $0.text.contains(stem) }
            #expect(isUsed, "\(golden) is compared with nothing; remove it")
        }
    }

    @Test func `want what is unreleased told in the changelog`() {
        guard let changelog = House.text("CHANGELOG.md") else { return }
        #expect(
            changelog.contains("## Unreleased") || changelog.contains("## [Unreleased]"),
            "CHANGELOG.md wants a heading `## Unreleased` on top")
    }
}
