import GRDB

/// Queries whose values are interpolated, and bound by GRDB; never spliced into the text. Each is prepared once.
extension Database {
    func rows(_ sql: SQL) throws -> [Row] { try Row.fetchAll(self, SQLRequest<Row>(literal: sql, cached: true)) }
    func row(_ sql: SQL) throws -> Row? { try Row.fetchOne(self, SQLRequest<Row>(literal: sql, cached: true)) }

    func value<Value: DatabaseValueConvertible>(_ type: Value.Type, _ sql: SQL) throws -> Value? {
        try Value.fetchOne(self, SQLRequest<Value>(literal: sql, cached: true))
    }

    func values<Value: DatabaseValueConvertible>(_ type: Value.Type, _ sql: SQL) throws -> [Value] {
        try Value.fetchAll(self, SQLRequest<Value>(literal: sql, cached: true))
    }
}
