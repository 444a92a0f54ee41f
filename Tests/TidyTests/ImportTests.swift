import Foundation
import Testing

/// What a target may import: its siblings and the libraries. Whatever is not in the table is forbidden.
private struct Room: CustomTestStringConvertible, Sendable {
    var name: String
    var siblings: Set<String> = []
    var libraries: Set<String> = []
    /// The only files that may import Foundation; nil where all may.
    var foundationFiles: Set<String>? = []

    var testDescription: String { name }
}

@Suite struct `The arrows between the rooms` {
    /// DESIGN.md, "Rooms and arrows".
    private static let rooms = [
        Room(
            name: "CEL", siblings: ["CRE2", "CSimdJSON"], libraries: ["Synchronization"],
            foundationFiles: ["Sources/CEL/Functions/TimeZones.swift"]),
        Room(name: "Core", siblings: ["CEL"]),
        Room(
            name: "Transport", siblings: ["CCurl", "CMosquitto"], libraries: ["Glibc", "Synchronization", "Dispatch"]),
        Room(
            name: "AurousAPI", siblings: ["Core", "CEL", "Transport", "CSimdJSON"], libraries: ["Crypto"]),
        Room(name: "ConfigurationFiles", siblings: ["CEL"], libraries: ["Yams"]),
        Room(
            name: "Sinks", siblings: ["CEL", "ConfigurationFiles", "Core", "CProcess", "Transport"],
            libraries: ["Crypto", "Dispatch", "Logging", "Glibc", "Synchronization"]),
        Room(
            name: "Store", siblings: ["Core", "CEL"], libraries: ["GRDB", "Glibc", "Synchronization"],
            foundationFiles: ["Sources/Store/Blob.swift"]),
        Room(
            name: "Engine",
            siblings: ["ConfigurationFiles", "Core", "CEL", "Transport", "AurousAPI", "Sinks", "Store"],
            libraries: ["Logging", "Synchronization", "Glibc"]),
        Room(
            name: "HTTPServing",
            libraries: ["Hummingbird", "Logging", "NIOCore", "ServiceLifecycle", "Synchronization"]),
        Room(
            name: "AdminServer", siblings: ["Core", "CEL", "HTTPServing"],
            libraries: [
                "Crypto", "HTTPTypes", "Hummingbird", "HummingbirdCore", "Logging", "NIOCore", "Synchronization",
            ],
            foundationFiles: nil),
        Room(
            name: "SimulatedAurous", siblings: ["HTTPServing"],
            libraries: [
                "Crypto", "HTTPTypes", "Hummingbird", "HummingbirdCore", "Logging", "NIOCore", "NIOPosix",
                "Synchronization", "Glibc",
            ],
            foundationFiles: nil),
        Room(
            name: "auspex",
            siblings: [
                "CEL", "ConfigurationFiles", "Core", "Transport", "AurousAPI", "Sinks", "Store", "Engine",
                "AdminServer", "SimulatedAurous",
            ],
            libraries: ["ArgumentParser", "Logging", "Glibc", "UnixSignals", "ServiceLifecycle", "Synchronization"]),
    ]

    @Test(arguments: rooms)
    fileprivate func `are those of the table`(room: Room) throws {
        let files = try House.swiftFiles("Sources/\(room.name)")
        #expect(!files.isEmpty, "Sources/\(room.name) has no Swift file: does the table name a target that is gone?")
        for file in files {
            for module in imports(of: file) {
                if module == "Foundation" || module == "FoundationEssentials" {
                    let allowed = room.foundationFiles.map { $0.contains(file.path) } ?? true
                    #expect(allowed, "\(file) imports Foundation; do without, or move it to a room that may")
                    continue
                }
                let isAllowed = room.siblings.contains(module) || room.libraries.contains(module)
                #expect(
                    isAllowed, "\(file) imports \(module), which DESIGN.md forbids \(room.name); turn the arrow around")
            }
        }
    }

    @Test func `are given for every room`() throws {
        let base = House.root.appending(path: "Sources").resolvingSymlinksInPath()
        let names = try FileManager.default.contentsOfDirectory(atPath: base.path(percentEncoded: false))
        let known = Set(Self.rooms.map(\.name)).union(["CCurl", "CMosquitto", "CProcess", "CRE2", "CSimdJSON"])
        let strangers = names.filter { !$0.hasPrefix(".") && !known.contains($0) }
        #expect(strangers == [], "give each of them a row in the table: what may it import?")
    }

    @Test func `lead from the libraries in C and C++ nowhere`() throws {
        for room in ["CCurl", "CMosquitto", "CProcess", "CRE2", "CSimdJSON"] {
            #expect(try House.swiftFiles("Sources/\(room)").isEmpty, "\(room) is a shim: no Swift in it")
        }
    }

    /// Modules named by `import`, whatever stands before it.
    private func imports(of file: House.SourceFile) -> Set<String> {
        var modules: Set<String> = []
        for line in file.code {
            var words = line.text.split(separator: " ")[...]
            while let first = words.first,
                ["package", "internal", "private", "public", "fileprivate"].contains(first) || first.hasPrefix("@")
            {
                words = words.dropFirst()
            }
            guard words.first == "import", let module = words.last else { continue }
            modules.insert(String(module.prefix { $0 != "." }))
        }
        return modules
    }
}
