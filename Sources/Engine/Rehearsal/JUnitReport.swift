import ConfigurationFiles

/// The outcome of tests in the XML that JUnit made common, for a CI to show.
package enum JUnitReport {
    package static func text(_ outcomes: [TestOutcome]) -> String {
        var files: [String] = []
        for outcome in outcomes where !files.contains(outcome.file) { files.append(outcome.file) }
        let suites = files.map { file in suite(file, outcomes.filter { $0.file == file }) }
        return """
            <?xml version="1.0" encoding="UTF-8"?>
            <testsuites \(counts(outcomes))>
            \(suites.joined(separator: "\n"))
            </testsuites>

            """
    }

    private static func suite(_ file: String, _ outcomes: [TestOutcome]) -> String {
        let cases = outcomes.map { outcome -> String in
            let name = outcome.name + (outcome.isRestarted ? ", with restarts" : "")
            let head =
                #"    <testcase classname="\#(escaped(file))" name="\#(escaped(name))""#
                + #" file="\#(escaped(file))" line="\#(outcome.position.line)" time="\#(seconds(outcome.duration))""#
            guard !outcome.hasPassed else { return head + "/>" }
            let first = outcome.lines.first { $0.mark != .same }?.text ?? ""
            return head + ">\n"
                + #"      <failure message="\#(escaped(first))">\#(escaped(outcome.diff))</failure>"#
                + "\n    </testcase>"
        }
        return #"  <testsuite name="\#(escaped(file))" \#(counts(outcomes))>"# + "\n" + cases.joined(separator: "\n")
            + "\n  </testsuite>"
    }

    private static func counts(_ outcomes: [TestOutcome]) -> String {
        let time = outcomes.map(\.duration).reduce(.zero, +)
        return #"tests="\#(outcomes.count)" failures="\#(outcomes.count { !$0.hasPassed })" errors="0""#
            + #" time="\#(seconds(time))""#
    }

    private static func seconds(_ duration: Duration) -> String {
        let milliseconds = Int(duration / .milliseconds(1))
        let rest = String(milliseconds % 1000)
        return "\(milliseconds / 1000)." + String(repeating: "0", count: 3 - rest.count) + rest
    }

    /// XML 1.0, sections 2.2 and 2.4: characters that may not stand there at all become spaces.
    private static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "\n": result += "&#10;"
            case _ where scalar.value < 0x20 || scalar.value == 0xFFFE || scalar.value == 0xFFFF: result += " "
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
