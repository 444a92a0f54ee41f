package import CEL

/// Turns a resource as the API sent it into the typed record that rules read.
///
/// - A documented field that is missing or null is null.
/// - A documented field of another type than documented is left out of the record: reading it is an evaluation
///   error, so a condition over it is unknown, neither true nor false.
/// - Fields that are not documented are in `raw` only.
package enum RecordBuilder {
    /// The record, and the paths of documented fields whose value could not be understood.
    package static func record(
        of raw: CELValue, schema: ResourceSchema, isGone: Bool = false
    ) -> (record: CELRecord, misfits: [String]) {
        // Nothing is known of a body that cannot be read, not even that its fields are null.
        guard let members = mapValue(raw) else {
            return (CELRecord(shape: schema.objectType.shape, values: []), ["(all)"])
        }
        var misfits: [String] = []
        let values = fieldValues(members, schema: schema, path: "", isGone: isGone, misfits: &misfits)
        return (CELRecord(shape: schema.objectType.shape, values: values), misfits)
    }

    /// The record of a resource that differs from another state of it in these members only, from the other's record.
    static func record(
        of raw: CELValue, near other: CELRecord, differingIn members: CELMap, schema: ResourceSchema
    ) -> CELRecord {
        guard members.count > 0, let all = mapValue(raw) else { return other }
        var values = other.values
        var misfits: [String] = []
        for (name, _) in members.stringEntries {
            guard let position = schema.objectType.shape.index(of: name), name != "gone" else { continue }
            values[position] = convert(
                all[name] ?? .null, to: schema.fields[position].kind, path: name, misfits: &misfits)
        }
        return CELRecord(shape: other.shape, values: values)
    }

    /// The record of the same resource once it has disappeared.
    static func gone(_ record: CELRecord, schema: ResourceSchema) -> CELRecord {
        guard let position = schema.objectType.shape.index(of: "gone"), record.values[position] != nil else {
            return record
        }
        var values = record.values
        values[position] = .bool(true)
        return CELRecord(shape: record.shape, values: values)
    }

    private static func fieldValues(
        _ members: CELMap, schema: ResourceSchema, path: String, isGone: Bool, misfits: inout [String]
    ) -> [CELValue?] {
        schema.fields.map { field in
            if field.name == "gone", path.isEmpty { return .bool(isGone) }
            guard let raw = members[field.name] else { return .null }
            let fieldPath = path.isEmpty ? field.name : "\(path).\(field.name)"
            let value = convert(raw, to: field.kind, path: fieldPath, misfits: &misfits)
            if value == nil { misfits.append(fieldPath) }
            return value
        }
    }

    /// The value in the documented type, null for null, nil where it is of another.
    private static func convert(
        _ raw: CELValue, to kind: FieldKind, path: String, misfits: inout [String]
    ) -> CELValue? {
        if case .null = raw { return .null }
        switch kind {
        case .open: return raw
        case .text:
            if case .string = raw { return raw }
            return nil
        case .boolean:
            if case .bool = raw { return raw }
            return nil
        case .time:
            guard case .string(let text) = raw, let time = Timestamp(rfc3339: text) else { return nil }
            return .timestamp(time)
        case .integer: return integer(raw).map(CELValue.int)
        case .decimal: return decimal(raw).map(CELValue.double)
        case .list(let element):
            guard case .list(let items) = raw else { return nil }
            var converted: [CELValue] = []
            for item in items {
                guard let value = convert(item, to: element, path: path, misfits: &misfits) else { return nil }
                converted.append(value)
            }
            return .list(converted)
        case .object(let schema):
            guard let members = mapValue(raw) else { return nil }
            let values = fieldValues(members, schema: schema, path: path, isGone: false, misfits: &misfits)
            return .record(CELRecord(shape: schema.objectType.shape, values: values))
        case .dictionary(let element):
            guard let members = mapValue(raw) else { return nil }
            var converted: [(String, CELValue)] = []
            for (name, item) in members.stringEntries {
                guard let value = convert(item, to: element, path: path, misfits: &misfits) else { return nil }
                converted.append((name, value))
            }
            return .map(CELMap(converted))
        }
    }

    private static func integer(_ raw: CELValue) -> Int64? {
        switch raw {
        case .int(let number): number
        case .uint(let number): Int64(exactly: number)
        case .double(let number): Int64(exactly: number)
        case .string(let text): Int64(text) ?? Double(text).flatMap(Int64.init(exactly:))
        default: nil
        }
    }

    private static func decimal(_ raw: CELValue) -> Double? {
        switch raw {
        case .int(let number): Double(number)
        case .uint(let number): Double(number)
        case .double(let number): number
        case .string(let text): Double(text).flatMap { $0.isFinite ? $0 : nil }
        default: nil
        }
    }

    private static func mapValue(_ value: CELValue) -> CELMap? {
        if case .map(let members) = value { return members }
        return nil
    }
}
