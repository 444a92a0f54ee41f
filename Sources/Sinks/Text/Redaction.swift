import CEL
import Core

/// Leaves fields out of everything a sink sends: the setting `redact:`.
///
/// `self.prompt` and `prompt` both name the field of the resource; it goes from `self`, from `old` and from `changed`.
/// Where a field is within a list of objects, it goes from each of them. In title and text, what a template inserted
/// goes too if it is recognisably the field's value: all of it, its beginning cut by `truncate`, a long piece of it,
/// or a longer text with it inside. A template that transforms the value beyond that must not insert it.
struct Redaction: Sendable {
    static let placeholder = "[redacted]"

    private let paths: [[String]]

    /// Cut or excerpted values shorter than this are taken for coincidence.
    private static let shortestExcerpt = 12
    private static let shortestPart = 4

    init(_ reader: inout SettingReader) {
        var paths: [[String]] = []
        for text in reader.texts("redact") {
            let names = text.reveal().trimmingWhitespace.split(separator: ".", omittingEmptySubsequences: false)
                .map(String.init)
            let path = ["self", "old", "raw"].contains(names[0]) ? Array(names.dropFirst()) : names
            if path.isEmpty || path.contains("") {
                reader.reject("redact", "names a field, such as self.prompt")
            } else {
                paths.append(path)
            }
        }
        self.paths = paths
    }

    func apply(to notification: AlertNotification) -> AlertNotification {
        guard !paths.isEmpty else { return notification }
        var result = notification
        var hidden: [String] = []
        for index in result.alerts.indices {
            for path in paths {
                collect(result.alerts[index].current, path[...], into: &hidden)
                collect(result.alerts[index].previous, path[...], into: &hidden)
                result.alerts[index].current = removing(path[...], from: result.alerts[index].current)
                result.alerts[index].previous = removing(path[...], from: result.alerts[index].previous)
            }
            result.alerts[index].changed.removeAll(where: isHidden)
        }
        result.title = redacted(result.title, hidden)
        result.text = redacted(result.text, hidden)
        return result
    }

    private func isHidden(_ changed: String) -> Bool {
        let names = changed.split(separator: ".").map(String.init)
        return paths.contains { names.starts(with: $0) }
    }

    private func removing(_ path: ArraySlice<String>, from value: CELValue) -> CELValue {
        guard let name = path.first else { return value }
        switch value {
        case .map(let map):
            let isLeaf = path.count == 1
            return .map(
                CELMap(
                    map.members.compactMap { member in
                        guard member.0 == name else { return member }
                        return isLeaf ? nil : (name, removing(path.dropFirst(), from: member.1))
                    }))
        case .record(let record): return removing(path, from: .map(record.map))
        case .list(let elements): return .list(elements.map { removing(path, from: $0) })
        default: return value
        }
    }

    private func collect(_ value: CELValue, _ path: ArraySlice<String>, into hidden: inout [String]) {
        switch value {
        case .map(let map):
            if let name = path.first {
                if let member = map[name] { collect(member, path.dropFirst(), into: &hidden) }
            } else {
                for member in map.members { collect(member.1, [], into: &hidden) }
            }
        case .record(let record): collect(.map(record.map), path, into: &hidden)
        case .list(let elements):
            for element in elements { collect(element, path, into: &hidden) }
        case .string(let text) where path.isEmpty && !text.isEmpty: hidden.append(text)
        case .int, .uint, .double:
            if path.isEmpty { hidden.append(JSON.serialize(value)) }
        default: break
        }
    }

    private func redacted(_ pieces: [TemplatePiece], _ hidden: [String]) -> [TemplatePiece] {
        pieces.map { piece in
            guard case .literal(let text) = piece, hidden.contains(where: { reveals(text, $0) }) else { return piece }
            return .literal(Redaction.placeholder)
        }
    }

    /// Compared byte by byte: a combining mark behind a value would hide it from a comparison of characters.
    private func reveals(_ text: String, _ value: String) -> Bool {
        let bytes = Array(text.utf8)
        let hidden = Array(value.utf8)
        if bytes == hidden { return true }
        if hidden.count >= Redaction.shortestPart, bytes.contains(hidden) { return true }
        let isCut = text.hasSuffix("…")
        let excerpt = Array((isCut ? String(text.dropLast()) : text).trimmingWhitespace.utf8)
        if isCut, !excerpt.isEmpty, hidden.starts(with: excerpt) { return true }
        return excerpt.count >= Redaction.shortestExcerpt && hidden.contains(excerpt)
    }
}

extension CELMap {
    /// The members whose keys are texts, in order; JSON has no others.
    var members: [(String, CELValue)] {
        entries.compactMap { entry in
            if case .string(let name) = entry.key { (name, entry.value) } else { nil }
        }
    }
}
