import Foundation

/// A strict reader of Prometheus' text format: what it takes, Prometheus takes.
struct ExpositionText {
    struct Sample: Equatable {
        var labels: [String: String]
        var value: String
    }

    struct Family {
        var name: String
        var samples: [Sample] = []
    }

    struct Wrong: Error, CustomStringConvertible {
        var line: Substring
        var why: String
        var description: String { "\(why): \(line)" }
    }

    private(set) var families: [Family] = []

    init(parsing text: String) throws {
        // By bytes: a carriage return before a line feed is part of the line, not of the line's end.
        var lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map(Substring.init)
        guard lines.popLast() == "" else { throw Wrong(line: "", why: "the last line does not end") }
        var position = 0
        while position < lines.count {
            let help = lines[position].split(separator: " ", maxSplits: 3)
            guard help.count == 4, help[0] == "#", help[1] == "HELP", position + 1 < lines.count else {
                throw Wrong(line: lines[position], why: "a family begins with HELP")
            }
            let type = lines[position + 1].split(separator: " ", omittingEmptySubsequences: false)
            guard type.count == 4, type[0] == "#", type[1] == "TYPE", type[2] == help[2],
                ["gauge", "counter"].contains(type[3])
            else {
                throw Wrong(line: lines[position + 1], why: "HELP is followed by TYPE")
            }
            var family = Family(name: String(help[2]))
            guard !families.contains(where: { $0.name == family.name }) else {
                throw Wrong(line: lines[position], why: "a name comes twice")
            }
            position += 2
            while position < lines.count, !lines[position].hasPrefix("#") {
                let sample = try Self.sample(lines[position], of: family.name)
                guard !family.samples.contains(where: { $0.labels == sample.labels }) else {
                    throw Wrong(line: lines[position], why: "a sample comes twice")
                }
                family.samples.append(sample)
                position += 1
            }
            families.append(family)
        }
    }

    private static func sample(_ line: Substring, of name: String) throws -> Sample {
        guard line.hasPrefix(name) else { throw Wrong(line: line, why: "another family's sample") }
        var rest = Array(line.dropFirst(name.count).unicodeScalars)[...]
        var labels: [String: String] = [:]
        if rest.first == "{" {
            repeat {
                rest = rest.dropFirst()
                let label = rest.prefix { ("a"..."z").contains($0) || $0 == "_" }
                rest = rest.dropFirst(label.count)
                guard !label.isEmpty, rest.starts(with: "=\"".unicodeScalars) else {
                    throw Wrong(line: line, why: "no label")
                }
                rest = rest.dropFirst(2)
                let key = String(String.UnicodeScalarView(label))
                guard labels.updateValue(try value(&rest, line), forKey: key) == nil else {
                    throw Wrong(line: line, why: "a label comes twice")
                }
            } while rest.first == ","
            guard rest.popFirst() == "}" else { throw Wrong(line: line, why: "the labels do not end") }
        }
        let number = String(String.UnicodeScalarView(rest.dropFirst()))
        guard rest.first == " ", ["NaN", "+Inf", "-Inf"].contains(number) || Double(number)?.isFinite == true else {
            throw Wrong(line: line, why: "no number")
        }
        return Sample(labels: labels, value: number)
    }

    private static func value(_ rest: inout ArraySlice<Unicode.Scalar>, _ line: Substring) throws -> String {
        var text = String.UnicodeScalarView()
        while let scalar = rest.popFirst() {
            switch scalar {
            case "\"": return String(text)
            case "\\":
                switch rest.popFirst() {
                case "\\": text.append("\\")
                case "n": text.append("\n")
                case "\"": text.append("\"")
                default: throw Wrong(line: line, why: "no such escape")
                }
            default: text.append(scalar)
            }
        }
        throw Wrong(line: line, why: "the value does not end")
    }
}

/// Prometheus' own check, where it is installed.
enum Promtool {
    private static let path = ["/usr/bin/promtool", "/usr/local/bin/promtool"].first(
        where: FileManager.default.isExecutableFile)

    static var isInstalled: Bool { path != nil }

    /// What `promtool check metrics` says; nothing if all is well.
    static func complaints(about text: String) throws -> String {
        let process = Process()
        let (input, output) = (Pipe(), Pipe())
        process.executableURL = URL(fileURLWithPath: path ?? "")
        process.arguments = ["check", "metrics"]
        (process.standardInput, process.standardOutput, process.standardError) = (input, output, output)
        try process.run()
        try input.fileHandleForWriting.write(contentsOf: Data(text.utf8))
        try input.fileHandleForWriting.close()
        let said = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        let status = process.terminationStatus
        return String(decoding: said, as: UTF8.self) + (status == 0 ? "" : "exit status \(status)")
    }
}
