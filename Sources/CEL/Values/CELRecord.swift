/// The ordered field names of a kind of object, made once per kind: a record is then an array, and a program knows at
/// load where in it a field is.
package final class RecordShape: Sendable {
    package let name: String
    package let fields: [String]
    private let indices: [UTF8Key: Int]

    /// Where a name comes twice, the first counts.
    package init(name: String, fields: [String]) {
        self.name = name
        self.fields = fields
        indices = Dictionary(
            fields.enumerated().map { (UTF8Key($0.element), $0.offset) }, uniquingKeysWith: { first, _ in first })
    }

    package func index(of field: String) -> Int? { indices[UTF8Key(field)] }
}

/// An object of a known kind. A field is a value, null, or absent: then reading it is an evaluation error and `has()`
/// false.
package final class CELRecord: Sendable {
    package let shape: RecordShape
    package let values: [CELValue?]

    /// - Parameter values: in the order of the shape's fields; missing ones at the end are absent, surplus ones
    ///   ignored.
    package init(shape: RecordShape, values: [CELValue?]) {
        self.shape = shape
        let missing = shape.fields.count - values.count
        self.values = missing > 0 ? values + Array(repeating: nil, count: missing) : values
    }

    package subscript(field: String) -> CELValue? {
        shape.index(of: field).flatMap { values[$0] }
    }

    /// How many fields are there.
    package var count: Int {
        var count = 0
        for value in values.prefix(shape.fields.count) where value != nil { count += 1 }
        return count
    }

    /// The fields that are there, as a map.
    package var map: CELMap {
        CELMap(zip(shape.fields, values).compactMap { name, value in value.map { (name, $0) } })
    }
}
