/// Prometheus' text format, version 0.0.4.
/// https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
enum Exposition {
    /// Families of the same name become one; a second sample with the same labels is left out, as the format demands.
    static func text(_ families: [MetricFamily]) -> String {
        var order: [String] = []
        var merged: [String: MetricFamily] = [:]
        for family in families {
            if merged[family.name] == nil { order.append(family.name) }
            merged[family.name, default: MetricFamily(family.name, family.kind, help: family.help, samples: [])]
                .samples += family.samples
        }
        var text = ""
        for name in order { merged[name].map { write($0, to: &text) } }
        return text
    }

    private static func write(_ family: MetricFamily, to text: inout String) {
        guard !family.samples.isEmpty else { return }
        text += "# HELP \(family.name) \(escaped(family.help, quotes: false))\n"
        text += "# TYPE \(family.name) \(family.kind.rawValue)\n"
        var seen: Set<String> = []
        for sample in family.samples {
            let labels = labels(sample.labels)
            guard seen.insert(labels).inserted else { continue }
            text += "\(family.name)\(labels) \(number(sample.value))\n"
        }
    }

    private static func labels(_ labels: [(name: String, value: String)]) -> String {
        guard !labels.isEmpty else { return "" }
        let pairs = labels.sorted { $0.name < $1.name }.map { "\($0.name)=\"\(escaped($0.value, quotes: true))\"" }
        return "{\(pairs.joined(separator: ","))}"
    }

    /// Scalar by scalar: a carriage return and a line feed are one `Character`, and must not hide the line feed.
    private static func escaped(_ text: String, quotes: Bool) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result.append(contentsOf: "\\\\".unicodeScalars)
            case "\n": result.append(contentsOf: "\\n".unicodeScalars)
            case "\"" where quotes: result.append(contentsOf: "\\\"".unicodeScalars)
            default: result.append(scalar)
            }
        }
        return String(result)
    }

    private static func number(_ value: Double) -> String {
        if let whole = Int64(exactly: value) { return String(whole) }
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        return value.description
    }
}
