import CEL
import Core
import Transport

/// An address as a form writes it. Scheme, host and port come from the form and the settings alone.
///
/// A first part that is a setting is a whole address of the operator's: what the form adds goes to its path, in front
/// of its query. Further settings are encoded for a segment of the path, everything else for any part of an address.
enum FormAddress {
    /// Why a form may not have such an address, or nil.
    static func problem(_ parts: [FormPart]) -> (message: String, hint: String?)? {
        var written = ""
        for (position, part) in parts.enumerated() {
            switch part {
            case .markup(let text): written += text
            case .insert(let insert):
                if position == 0, insert.isOwn { return nil }
                if hasCompleteHost(written) { return nil }
                if !insert.isOwn {
                    return (
                        "only the author and the settings choose where a request goes",
                        "write scheme, host and a slash before anything from outside"
                    )
                }
                written += "x"
            }
        }
        guard parts.isEmpty || (try? URLParts(written)) == nil else { return nil }
        return ("this is no address", "such as https://chat.example.com/api/messages, or \"${settings.url}\"")
    }

    /// - Parameter values: the inserts' values, in order.
    static func text(_ parts: [FormPart], values: [String], query: [(name: String, value: String)]) -> String {
        var base = ""
        var tail: String?
        var inserted = values.makeIterator()
        for (position, part) in parts.enumerated() {
            switch part {
            case .markup(let text):
                if tail != nil, base.hasSuffix("/"), text.hasPrefix("/") { base.removeLast() }
                base += text
            case .insert(let insert):
                let value = inserted.next() ?? ""
                if insert.isConstant {
                    if tail != nil, base.hasSuffix("/"), value.hasPrefix("/") { base.removeLast() }
                    base += value
                } else if position == 0, insert.isOwn {
                    let address = value.prefix { $0 != "#" }
                    base = String(address.prefix { $0 != "?" })
                    tail = String(address.dropFirst(base.count).dropFirst())
                } else if insert.isSetting {
                    base += hasCompleteHost(base) ? PercentEncoding.encodeSegment(value) : value
                } else {
                    base += PercentEncoding.encode(value)
                }
            }
        }
        let own = query.map { "\(PercentEncoding.encode($0.name))=\(PercentEncoding.encode($0.value))" }
        let all = (tail.map { $0.isEmpty ? [] : [$0] } ?? []) + own
        guard !all.isEmpty else { return base }
        return base + (base.contains("?") ? "&" : "?") + all.joined(separator: "&")
    }

    private static func hasCompleteHost(_ text: String) -> Bool {
        guard let scheme = ["https://", "http://"].first(where: { text.hasPrefix($0) }) else { return false }
        let rest = text.dropFirst(scheme.count)
        guard let end = rest.firstIndex(where: { "/?#".contains($0) }) else { return false }
        return end > rest.startIndex
    }
}

extension FormInsert {
    /// Whether nothing in it is anybody else's than the form's and the operator's.
    var isOwn: Bool {
        switch self {
        case .text: false
        case .conditional(_, let first, let second): first.isOwn && second.isOwn
        case .optional(let content, _): content.isOwn
        case .value(let program, let origin):
            switch origin {
            case .foreign: false
            case .setting: true
            // What a service answered may not choose where the next request goes.
            case .own: !program.references("kept")
            }
        }
    }

    /// Whether it is words of the form's author, or a choice among them: nothing to be encoded.
    var isConstant: Bool {
        switch self {
        case .text, .optional: false
        case .conditional(_, let first, let second): first.isConstant && second.isConstant
        case .value(let program, _): program.constant != nil
        }
    }

    /// The setting that it is, or that it chooses; nil for anything else.
    func settingName(_ activation: Activation) -> String? {
        switch self {
        case .value(_, .setting(let name)): return name
        case .conditional(let condition, let first, let second):
            guard let holds = try? condition.evaluateBool(activation) else { return nil }
            return (holds ? first : second).settingName(activation)
        default: return nil
        }
    }

    /// Whether it is a setting or a choice among settings.
    var isSetting: Bool {
        switch self {
        case .text, .optional: false
        case .conditional(_, let first, let second): first.isSetting && second.isSetting
        case .value(let program, let origin):
            switch origin {
            case .setting: true
            case .own: program.references("settings") && !program.references("kept") || program.constant != nil
            case .foreign: false
            }
        }
    }
}
