/// One metric with all its samples, as Prometheus knows it.
package struct MetricFamily: Sendable {
    package enum Kind: String, Sendable {
        /// Only grows while the process lives; the name ends in `_total`.
        case counter
        case gauge
    }

    package struct Sample: Sendable {
        var value: Double
        var labels: [(name: String, value: String)]

        /// - Parameter labels: their values must come from the configuration, never from strangers, who would otherwise
        ///   decide how many series there are.
        package init(_ value: Double, _ labels: KeyValuePairs<String, String> = [:]) {
            self.init(value, labels: labels.map { ($0.key, $0.value) })
        }

        /// The same, for labels that are computed.
        package init(_ value: Double, labels: [(name: String, value: String)]) {
            precondition(labels.allSatisfy { MetricFamily.isName($0.name) }, "a label's name is a word")
            self.value = value
            self.labels = labels
        }
    }

    var name: String
    var help: String
    var kind: Kind
    var samples: [Sample]

    /// - Parameters:
    ///   - name: in base units, such as `auspex_poll_duration_seconds`.
    ///   - help: one sentence for whoever builds a dashboard.
    package init(_ name: String, _ kind: Kind, help: String, samples: [Sample]) {
        precondition(Self.isName(name), "a metric's name is a word")
        precondition((kind == .counter) == name.hasSuffix("_total"), "counters, and nothing else, end in _total")
        self.name = name
        self.kind = kind
        self.help = help
        self.samples = samples
    }

    private static func isName(_ text: String) -> Bool {
        guard let first = text.utf8.first, first < UInt8(ascii: "0") || first > UInt8(ascii: "9") else { return false }
        return text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"): true
            default: false
            }
        }
    }
}
