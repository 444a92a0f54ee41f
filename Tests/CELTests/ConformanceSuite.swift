import CEL
import Foundation

/// The vectors of cel-spec's simple conformance suite that need no protobuf, read from a folder beside the repository.
struct ConformanceVector: CustomStringConvertible, Sendable {
    let suite: String
    let section: String
    let position: Int
    let fields: CELMap

    /// Names are not unique, so a vector is addressed by its place.
    var address: String { "\(suite)/\(section)/\(position)" }
    var description: String { "\(address) \(expression)" }
    var expression: String { fields["expr"]?.text ?? "" }
    var needsProtobuf: Bool { fields["needs"]?.elements.contains(.string("proto")) ?? false }

    static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../../shared/cel-conformance").standardizedFileURL

    static var suites: [String] {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return files.filter { $0.hasSuffix(".json") }.map { String($0.dropLast(5)) }.sorted()
    }

    static func all(of suite: String) throws -> [ConformanceVector] {
        let bytes = [UInt8](try Data(contentsOf: folder.appending(path: suite + ".json")))
        return try JSON.parse(bytes).elements.flatMap { section in
            let name = section["name"]?.text ?? ""
            return (section["tests"]?.elements ?? []).enumerated().map { position, test in
                ConformanceVector(suite: suite, section: name, position: position, fields: test.mapContent)
            }
        }.filter { !$0.needsProtobuf }
    }
}

extension ConformanceVector {
    /// Nil if the vector passes, otherwise what went differently.
    func failure() -> String? {
        var declarations = Declarations(container: fields["container"]?.text ?? "")
        for (name, _) in bindings { declarations.declare(name, .dyn) }
        for variable in fields["typeEnv"]?["variables"]?.elements ?? [] {
            declarations.declare(variable["name"]?.text ?? "", CELType(conformance: variable["type"] ?? .null))
        }
        declarations.functions = (fields["typeEnv"]?["functions"]?.elements ?? []).map(
            FunctionDeclaration.init(conformance:))
        let environment = Environment(declarations)
        let checked = fields["disableCheck"] == nil
        let compilation = environment.compile(expression, checked: checked)
        guard let program = compilation.program else {
            return fields["evalError"] == nil ? "does not compile: \(compilation.diagnostics.map(\.message))" : nil
        }
        if let expected = fields["typedResult"]?["deducedType"] {
            let type = CELType(conformance: expected)
            if program.resultType != type { return "is of type \(program.resultType), not \(type)" }
            if fields["checkOnly"] != nil { return nil }
        }
        let activation = environment.activation(Dictionary(uniqueKeysWithValues: bindings))
        return compare(Result { () throws(EvaluationError) in try program.evaluate(activation) })
    }

    private func compare(_ result: Result<CELValue, EvaluationError>) -> String? {
        let expected = fields["value"] ?? fields["typedResult"]?["result"]
        switch (result, expected) {
        case (.failure, nil): return fields["evalError"] == nil ? "fails, and nothing is expected" : nil
        case (.failure(let error), .some): return "fails: \(error)"
        case (.success(let value), nil): return "gives \(value.literal) instead of an error"
        case (.success(let value), let expected?):
            let wanted = CELValue(conformance: expected)
            return value == wanted ? nil : "gives \(value.literal) instead of \(wanted.literal)"
        }
    }

    private var bindings: [(String, CELValue)] {
        (fields["bindings"]?.mapContent.entries ?? []).map { ($0.key.text, CELValue(conformance: $0.value)) }
    }
}

extension CELValue {
    var text: String {
        if case .string(let text) = self { text } else { "" }
    }

    var elements: [CELValue] {
        if case .list(let list) = self { list } else { [] }
    }

    var mapContent: CELMap {
        if case .map(let map) = self { map } else { CELMap.empty }
    }

    subscript(key: String) -> CELValue? { mapContent[key] }

    /// A value as the suite writes it: tagged by its kind, numbers as text.
    init(conformance tagged: CELValue) {
        guard let (tag, value) = tagged.mapContent.entries.first else {
            self = .null
            return
        }
        switch tag.text {
        case "bool": self = value
        case "int": self = .int(Int64(value.text) ?? 0)
        case "uint": self = .uint(UInt64(value.text) ?? 0)
        case "double": self = .double(Double(value.text) ?? .nan)
        case "string": self = value
        case "bytes": self = .bytes([UInt8](Data(base64Encoded: value.text) ?? Data()))
        case "list": self = .list(value.elements.map(CELValue.init(conformance:)))
        case "map":
            let entries = value.elements.map { pair in
                (key: CELValue(conformance: pair.elements[0]), value: CELValue(conformance: pair.elements[1]))
            }
            self = CELMap(unique: entries).map(CELValue.map) ?? .null
        case "timestamp": self = CELTimestamp(rfc3339: value.text).map(CELValue.timestamp) ?? .null
        case "duration": self = CELDuration(value.text).map(CELValue.duration) ?? .null
        case "type": self = .type(CELType(conformance: value).runtimeForm)
        default: self = .null
        }
    }
}

extension CELType {
    /// The type of a value, which knows nothing of what it holds.
    fileprivate var runtimeForm: CELType {
        switch self {
        case .list: .list(.dyn)
        case .map: .map(.dyn, .dyn)
        case .type: .type(.dyn)
        default: self
        }
    }

    init(conformance type: CELValue) {
        if case .string(let name) = type {
            self = Self.simple[name] ?? .opaque(name, [])
            return
        }
        guard let (tag, value) = type.mapContent.entries.first else {
            self = .dyn
            return
        }
        switch tag.text {
        case "list": self = .list(CELType(conformance: value))
        case "map": self = .map(CELType(conformance: value.elements[0]), CELType(conformance: value.elements[1]))
        case "typeParam": self = .parameter(value.text)
        case "type": self = .type(CELType(conformance: value))
        case "abstract":
            let parameters = (value["params"]?.elements ?? []).map(CELType.init(conformance:))
            let name = value["name"]?.text ?? ""
            self = name == "optional_type" ? .optional(parameters.first ?? .dyn) : .opaque(name, parameters)
        default: self = .dyn
        }
    }

    private static let simple: [String: CELType] = [
        "int": .int, "uint": .uint, "double": .double, "bool": .bool, "string": .string, "bytes": .bytes, "null": .null,
        "null_type": .null, "dyn": .dyn, "timestamp": .timestamp, "duration": .duration, "list": .list(.dyn),
        "map": .map(.dyn, .dyn), "type": .type(.dyn), "google.protobuf.Timestamp": .timestamp,
        "google.protobuf.Duration": .duration,
    ]
}

extension FunctionDeclaration {
    init(conformance function: CELValue) {
        self.init(
            name: function["name"]?.text ?? "",
            overloads: (function["overloads"]?.elements ?? []).map { overload in
                Overload(
                    isMember: overload["member"] == .bool(true),
                    parameters: (overload["params"]?.elements ?? []).map(CELType.init(conformance:)),
                    result: CELType(conformance: overload["result"] ?? .null))
            })
    }
}
