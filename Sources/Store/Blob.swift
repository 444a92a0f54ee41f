import Foundation
import GRDB

/// Bytes in and out of a row; GRDB speaks of them as Foundation's `Data`.
enum Blob {
    static func value(_ bytes: [UInt8]) -> DatabaseValue { Data(bytes).databaseValue }
    static func bytes(_ value: DatabaseValue) -> [UInt8] { Data.fromDatabaseValue(value).map(Array.init) ?? [] }
}
