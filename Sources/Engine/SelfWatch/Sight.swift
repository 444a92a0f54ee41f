import CEL
import Core

/// A source or a sink as it is at one moment, in the form in which rules look at resources.
package struct Sight: Sendable {
    /// One word for where it stands; empty where all is well with a sink.
    package var status: String
    /// The resource as JSON.
    package var body: [UInt8]
    /// Of the body what is worth a row in the store whatever the rules say.
    var essence: String

    init(status: String, members: [(String, CELValue)], essential: [String]) {
        let object = CELMap(members)
        self.status = status
        body = JSON.serializedBytes(.map(object))
        essence = Sight.essence(of: object, names: essential)
    }

    /// The essence of what is stored; nil where that is not readable.
    static func essence(of body: [UInt8], kind: ResourceKind) -> String? {
        guard case .map(let members)? = try? JSON.parse(body) else { return nil }
        return essence(of: members, names: kind == .source ? SourceState.essential : SinkState.essential)
    }

    private static func essence(of members: CELMap, names: [String]) -> String {
        JSON.serialize(.list(names.map { members[$0] ?? .null }))
    }
}

extension Timestamp? {
    var json: CELValue { map { .string($0.rfc3339) } ?? .null }
}

extension String? {
    var json: CELValue { map(CELValue.string) ?? .null }
}

extension Int? {
    var json: CELValue { map { .int(Int64($0)) } ?? .null }
}
