/// Reads mrkdwn as Slack's documentation describes it, and names whatever in it is not plain text.
///
/// It is greedy: where Slack might leave something alone, this finds it.
enum MrkdwnReader {
    static func findings(in text: String) -> [String] {
        var findings: [String] = []
        if text.contains("<") { findings.append("a raw <") }
        if text.contains(">") { findings.append("a raw >") }
        if hasBadAmpersand(text) { findings.append("a raw &") }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        if lines.contains(where: { $0.hasPrefix("&gt;") }) { findings.append("a quotation") }
        for line in lines { findings += inLine(Array(decoded(String(line)))) }
        return findings
    }

    /// The text that people read.
    static func decoded(_ text: String) -> String {
        text.replacing("&lt;", with: "<").replacing("&gt;", with: ">").replacing("&amp;", with: "&")
    }

    private static func hasBadAmpersand(_ text: String) -> Bool {
        text.split(separator: "&", omittingEmptySubsequences: false).dropFirst()
            .contains { rest in !["amp;", "lt;", "gt;"].contains { rest.hasPrefix($0) } }
    }

    private static func inLine(_ line: [Character]) -> [String] {
        var findings: [String] = []
        for marker in "*_~`" {
            let places = line.indices.filter { line[$0] == marker }
            for (position, start) in places.enumerated() where start == 0 || !isWord(line[start - 1]) {
                for end in places[(position + 1)...]
                where end > start + 1 && !line[start + 1].isWhitespace
                    && (end + 1 == line.count || !isWord(line[end + 1]))
                {
                    findings.append("\(marker) \(String(line[start...end]))")
                }
            }
        }
        let text = String(line)
        for pattern in [
            #/:[a-z0-9_+'\-]*[a-z_+][a-z0-9_+'\-]*:/#, #/[a-z]+://\S/#, #/\b[A-Za-z0-9\-]+\.[A-Za-z]{2,}\b/#, #/@\w/#,
        ] {
            for match in text.matches(of: pattern) { findings.append("link, emoji or mention: \(match.output)") }
        }
        return findings
    }

    private static func isWord(_ character: Character) -> Bool {
        character.isLetter || character.isNumber || character == "_"
    }
}
