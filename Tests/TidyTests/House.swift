import Foundation

/// The project's own files.
enum House {
    /// The folder that holds `Package.swift`, seen from this file.
    static let root: URL = {
        var folder = URL(filePath: #filePath)
        for _ in 0..<3 { folder.deleteLastPathComponent() }
        return folder
    }()

    struct SourceFile: Sendable, CustomStringConvertible {
        /// From the root: `Sources/Core/Identity.swift`.
        var path: String
        var text: String

        var description: String { path }
        var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }
        /// The lines that are not comments, with their numbers from 1, without text literals and comments at the end.
        var code: [(number: Int, text: String)] {
            lines.enumerated().compactMap { index, line in
                let trimmed = line.drop { $0 == " " }
                guard !trimmed.hasPrefix("//") else { return nil }
                return (index + 1, SourceFile.withoutLiterals(line))
            }
        }
        /// The target: the folder below `Sources` or `Tests`.
        var target: String { String(path.split(separator: "/")[1]) }

        private static func withoutLiterals(_ line: Substring) -> String {
            var result = ""
            var isInside = false
            var isEscaped = false
            for character in line {
                if character == "\"", !isEscaped { isInside.toggle() }
                isEscaped = character == "\\" && !isEscaped
                if !isInside { result.append(character) }
            }
            return result.firstRange(of: "//").map { String(result[..<$0.lowerBound]) } ?? result
        }
    }

    /// The Swift files below a folder of the root.
    static func swiftFiles(_ folder: String) throws -> [SourceFile] {
        try files(folder) { $0.hasSuffix(".swift") }
    }

    static func files(_ folder: String, where isWanted: (String) -> Bool) throws -> [SourceFile] {
        let base = root.appending(path: folder).resolvingSymlinksInPath()
        let enumerator = FileManager.default.enumerator(atPath: base.path(percentEncoded: false))
        var found: [SourceFile] = []
        while let name = enumerator?.nextObject() as? String {
            guard isWanted(name), !name.split(separator: "/").contains(where: { $0.hasPrefix(".") }) else { continue }
            guard let text = try? String(contentsOf: base.appending(path: name), encoding: .utf8) else { continue }
            found.append(SourceFile(path: "\(folder)/\(name)", text: text))
        }
        return found.sorted { $0.path < $1.path }
    }

    static func text(_ path: String) -> String? {
        try? String(contentsOf: root.appending(path: path), encoding: .utf8)
    }
}
