import CEL
import Core
import TestSupport
import Testing

@Suite struct `What a notification says` {
    private func title(_ template: String?, _ fields: [(String, String)] = []) -> String? {
        var line = Timeline(Sample.rule("failed", when: #"self.status == "failed""#, title: template))
        _ = line.at(0, sees: "img_1", "failed", fields)
        return line.last.notifications.first?.notification.title.plain
    }

    @Test func `is the rule's title with the resource's values`() {
        #expect(title("Refused: ${self.prompt}", [("prompt", #""a cat""#)]) == "Refused: a cat")
    }

    @Test func `keeps what strangers wrote apart from what the author wrote`() {
        var line = Timeline(
            Sample.rule("failed", when: #"self.status == "failed""#, title: "*No:* ${self.prompt}"))
        _ = line.at(0, sees: "img_1", "failed", [("prompt", #""<!channel>""#)])
        #expect(line.last.notifications.first?.notification.title == [.markup("*No:* "), .literal("<!channel>")])
    }

    @Test func `says that its title could not be rendered, and goes out`() {
        let said = title("Refused: ${self.error_message.size()}")
        #expect(said?.hasPrefix("failed: generation img_1 is failed (the rule's title could not be rendered:") == true)
    }

    @Test func `says that its text could not be rendered, and goes out`() throws {
        var line = Timeline(
            Sample.rule("failed", when: #"self.status == "failed""#, title: "x", text: "${self.prompt.size()}"))
        #expect(line.at(0, sees: "img_1", "failed") == ["fired failed img_1"])
        let text = try #require(line.last.notifications.first?.notification.text.plain)
        #expect(text.contains("the rule's text could not be rendered"))
    }

    @Test func `names the rule and the resource where the rule has no title`() {
        #expect(title(nil) == "failed: generation img_1 is failed")
    }

    @Test func `is the error message where the rule has no text`() {
        var line = Timeline(Sample.rule("failed", when: #"self.status == "failed""#))
        _ = line.at(0, sees: "img_1", "failed", [("error_message", #""Content policy violation""#)])
        #expect(line.last.notifications.first?.notification.text == [.literal("Content policy violation")])
    }

    @Test func `carries the resource now and before, and the paths that changed`() throws {
        var line = Timeline(Sample.rule("failed", when: #"self.status == "failed""#))
        _ = line.at(0, sees: "img_1", "pending", [("cost", #"{"amount":1}"#), ("odd", "1")])
        _ = line.at(5, sees: "img_1", "failed", [("cost", #"{"amount":0}"#), ("odd", "1")])
        let view = try #require(line.last.notifications.first?.notification.alerts.first)
        #expect(view.changed == ["status", "cost.amount"])
        #expect(view.current["status"] == .string("failed"))
        #expect(view.current["odd"] == .int(1))
        #expect(view.previous["status"] == .string("pending"))
        #expect(view.state == "firing")
    }

    @Test func `has null for the state before where it is first seen`() throws {
        var line = Timeline(Sample.rule("failed", when: #"self.status == "failed""#))
        _ = line.at(0, sees: "img_1", "failed")
        let view = try #require(line.last.notifications.first?.notification.alerts.first)
        #expect(view.previous.isNull)
    }

    @Test func `may use old, changed, since, first_seen, now, source and raw`() {
        var line = Timeline(
            Sample.rule(
                "any",
                when: #"old != null && old.status != self.status && "status" in changed && source == "studio" "#
                    + #"&& since <= now && first_seen < now && raw.odd == 1"#))
        _ = line.at(0, sees: "img_1", "pending", [("odd", "1")])
        #expect(line.at(5, sees: "img_1", "failed", [("odd", "1")]) == ["fired any img_1"])
    }
}

extension CELValue {
    /// A member of a JSON object.
    subscript(name: String) -> CELValue? {
        if case .map(let members) = self { members[name] } else { nil }
    }
}
