/// What a timestamp or duration consists of (language definition, section Date/Time Functions).
extension StandardLibrary {
    static let times: [LibraryFunction] =
        ["getFullYear", "getMonth", "getDate", "getDayOfMonth", "getDayOfWeek", "getDayOfYear"].map { accessor($0, []) }
        + ["getHours", "getMinutes", "getSeconds", "getMilliseconds"].map { accessor($0, [([.duration], .int)]) }

    private static func accessor(_ name: String, _ more: [([CELType], CELType)]) -> LibraryFunction {
        .member(
            name, [([.timestamp], .int), ([.timestamp, .string], .int)] + more,
            .variadic { (_, arguments) throws(EvaluationError) in
                switch arguments[0] {
                case .duration(let duration) where arguments.count == 1:
                    guard let part = part(name, of: duration) else {
                        throw EvaluationError.noOverload(name, arguments[0])
                    }
                    return .int(part)
                case .timestamp(let timestamp):
                    var offset: Int64 = 0
                    if arguments.count == 2 {
                        guard case .string(let zone) = arguments[1] else {
                            throw EvaluationError.noOverload(name, arguments[0], arguments[1])
                        }
                        guard let known = TimeZones.secondsFromUTC(zone, at: timestamp) else {
                            throw EvaluationError.invalid("unknown time zone \(zone.celQuoted)")
                        }
                        offset = known
                    }
                    return .int(part(name, of: timestamp, offset: offset))
                default: throw EvaluationError.noOverload(name, arguments[0])
                }
            })
    }

    /// Hours, minutes and seconds are totals; milliseconds are those below a second.
    private static func part(_ name: String, of duration: CELDuration) -> Int64? {
        switch name {
        case "getHours": duration.nanoseconds / 3_600_000_000_000
        case "getMinutes": duration.nanoseconds / 60_000_000_000
        case "getSeconds": duration.nanoseconds / 1_000_000_000
        case "getMilliseconds": duration.nanoseconds % 1_000_000_000 / 1_000_000
        default: nil
        }
    }

    private static func part(_ name: String, of timestamp: CELTimestamp, offset: Int64) -> Int64 {
        let civil = CivilTime(secondsSince1970: timestamp.seconds + offset)
        return switch name {
        case "getFullYear": civil.year
        case "getMonth": civil.month - 1
        case "getDate": civil.day
        case "getDayOfMonth": civil.day - 1
        case "getDayOfWeek": civil.weekday
        case "getDayOfYear": civil.dayOfYear
        case "getHours": civil.hour
        case "getMinutes": civil.minute
        case "getSeconds": civil.second
        default: Int64(timestamp.nanoseconds) / 1_000_000
        }
    }
}
