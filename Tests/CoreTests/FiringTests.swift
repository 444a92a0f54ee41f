import CEL
import Core
import TestSupport
import Testing

@Suite struct `A rule without a hold time` {
    private let failed = Sample.rule("failed", when: #"self.status == "failed""#)

    @Test func `fires when a generation comes to fail`() {
        var line = Timeline(failed)
        #expect(line.at(0, sees: "img_1", "pending") == [])
        #expect(line.at(5, sees: "img_1", "processing") == [])
        #expect(line.at(20, sees: "img_1", "failed") == ["fired failed img_1"])
    }

    @Test func `fires when the states between were missed`() {
        var line = Timeline(failed)
        #expect(line.at(0, sees: "img_1", "pending") == [])
        #expect(line.at(2, sees: "img_1", "failed") == ["fired failed img_1"])
    }

    @Test func `fires for what is first seen already failed`() {
        var line = Timeline(failed)
        #expect(line.at(0, sees: "img_1", "failed") == ["fired failed img_1"])
    }

    @Test func `says nothing of what had failed when the source was first seen`() {
        var line = Timeline(failed)
        #expect(line.at(0, sees: "img_1", "failed", isBaseline: true) == [])
        #expect(line.at(5, sees: "img_1", "failed", [("prompt", #""changed""#)]) == [])
        #expect(line.alert("failed", "img_1") == nil)
    }

    @Test func `fires for what was in flight when the source was first seen and fails later`() {
        var line = Timeline(failed)
        #expect(line.at(0, sees: "img_1", "processing", isBaseline: true) == [])
        #expect(line.at(5, sees: "img_1", "failed") == ["fired failed img_1"])
    }

    @Test(arguments: [(-3600, ["fired failed img_1"]), (-3601, [])])
    func `reaches back as far as its backfill`(completed: Int, expected: [String]) {
        var line = Timeline(
            Sample.rule("failed", when: #"self.status == "failed""#, backfill: .seconds(3600)))
        let fields = [("created_at", Sample.time(-9000)), ("completed_at", Sample.time(completed))]
        #expect(line.at(0, sees: "img_1", "failed", fields, isBaseline: true) == expected)
    }

    @Test func `fires once for one failure, whatever else changes`() {
        var line = Timeline(failed)
        _ = line.at(0, sees: "img_1", "failed")
        #expect(line.at(5, sees: "img_1", "failed", [("error_message", #""late""#)]) == [])
        #expect(line.at(9, sees: "img_1", "failed", [("error_message", #""later""#)]) == [])
    }

    @Test func `does not say that it ended unless asked to`() {
        var line = Timeline(Sample.rule("busy", watch: .character, when: #"self.status == "synthesizing""#))
        #expect(line.at(0, sees: "char_1", "synthesizing", kind: .character) == ["fired busy char_1"])
        #expect(line.at(9, sees: "char_1", "ready", kind: .character) == [])
        #expect(line.alert("busy", "char_1", kind: .character)?.phase == .resolved)
    }

    @Test func `fires anew each time, with a number of its own`() {
        var line = Timeline(
            Sample.rule("failed", watch: .character, when: #"self.status == "failed""#, sendsResolved: true))
        var story: [String] = []
        for (second, status) in ["failed", "synthesizing", "failed", "ready", "failed"].enumerated() {
            story += line.at(second, sees: "char_1", status, kind: .character)
        }
        #expect(
            story == [
                "fired failed char_1", "resolved failed char_1", "fired failed char_1 #2", "resolved failed char_1 #2",
                "fired failed char_1 #3",
            ])
        #expect(Set(line.said.keys).count == 5)
    }

    @Test func `tells each sink that it names, and only once`() {
        var line = Timeline(Sample.rule("failed", when: #"self.status == "failed""#, notify: ["team", "ops"]))
        _ = line.at(0, sees: "img_1", "failed")
        #expect(line.last.notifications.map(\.sinks) == [["team", "ops"]])
    }

    @Test func `keeps apart the same id in two sources`() {
        let other = AlertID(rule: "failed", resource: Sample.key("img_1", source: "other"), activation: 1)
        var line = Timeline(failed)
        _ = line.at(0, sees: "img_1", "failed")
        #expect(line.alert("failed", "img_1")?.id != other)
    }
}

@Suite struct `A rule that cannot be evaluated` {
    private let refused = Sample.rule("refused", when: #"self.error_message.contains("policy")"#)

    @Test func `starts nothing and says why it is unknown`() {
        var line = Timeline(refused)
        #expect(line.at(0, sees: "img_1", "failed") == [])
        #expect(line.last.unknowns.map(\.rule) == ["refused"])
        #expect(line.last.unknowns.first?.reason.isEmpty == false)
    }

    @Test func `fires when it becomes true`() {
        var line = Timeline(refused)
        _ = line.at(0, sees: "img_1", "processing")
        #expect(line.at(5, sees: "img_1", "failed", [("error_message", #""policy""#)]) == ["fired refused img_1"])
    }

    @Test func `fires when it becomes true after an unknown baseline`() {
        var line = Timeline(refused)
        _ = line.at(0, sees: "img_1", "processing", isBaseline: true)
        #expect(line.at(5, sees: "img_1", "failed", [("error_message", #""policy""#)]) == ["fired refused img_1"])
    }

    @Test func `resolves nothing`() {
        var line = Timeline(
            Sample.rule(
                "long", watch: .character, when: #"self.error_message.size() > 3"#, sendsResolved: true))
        _ = line.at(0, sees: "char_1", "failed", [("error_message", #""too bad""#)], kind: .character)
        #expect(line.at(5, sees: "char_1", "synthesizing", kind: .character) == [])
        #expect(line.alert("long", "char_1", kind: .character)?.phase == .firing)
        #expect(
            line.at(9, sees: "char_1", "failed", [("error_message", #""no""#)], kind: .character)
                == ["resolved long char_1"])
    }

    @Test func `keeps a pending alert and its timer`() {
        var line = Timeline(Sample.rule("slow", when: #"self.prompt.size() > 2"#, for: .seconds(60)))
        _ = line.at(0, sees: "img_1", "processing", [("prompt", #""a cat""#)])
        #expect(line.alert("slow", "img_1")?.phase == .pending)
        _ = line.at(10, sees: "img_1", "processing", [("prompt", "7")])
        #expect(line.alert("slow", "img_1")?.phase == .pending)
        #expect(line.at(70, looksAt: "img_1") == [])
        #expect(line.at(80, sees: "img_1", "processing", [("prompt", #""a dog""#)]) == ["fired slow img_1"])
    }

    @Test func `stops no other rule`() {
        var line = Timeline(refused, Sample.rule("failed", when: #"self.status == "failed""#))
        #expect(line.at(0, sees: "img_1", "failed") == ["fired failed img_1"])
    }

    @Test func `treats a documented field of another type as unknown and names it`() {
        var line = Timeline(Sample.rule("wide", when: "self.width > 100"))
        #expect(line.at(0, sees: "img_1", "failed", [("width", #"{"px":200}"#)]) == [])
        #expect(line.last.unknowns.count == 1)
        #expect(line.last.misfits.map(\.paths) == [["width"]])
    }
}
