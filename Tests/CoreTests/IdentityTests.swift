import CEL
import Core
import TestSupport
import Testing

@Suite struct `A derived id` {
    @Test func `is the same for the same parts`() {
        #expect(DerivedID.text(of: ["a", "b"]) == DerivedID.text(of: ["a", "b"]))
        #expect(DerivedID.text(of: ["a"]).count == 26)
    }

    /// Stored and sent; receivers compare them over versions of Auspex.
    @Test func `never changes between versions`() {
        let alert = AlertID(rule: "failed", resource: Sample.key("img_1"), activation: 1)
        #expect(alert.rawValue == "alt_2SG3PC48ZY19YMPQWJJJZ9MPP9")
        #expect(DerivedID.text(of: []) == "3CC8KJW1XV05165E11ENH9BHCD")
    }

    @Test func `is another where the same letters are parted elsewhere`() {
        let lists = [
            ["ab", ""], ["a", "b"], ["", "ab"], ["ab"], ["a", "b", ""], ["", "a", "b"], ["1:a"], ["a1:b"], [], [""],
            ["", ""], ["1", "a"],
        ]
        #expect(Set(lists.map(DerivedID.text)).count == lists.count)
    }

    @Test func `does not collide over many similar parts`() {
        var seen: Set<String> = []
        for source in ["studio", "studio2"] {
            for number in 0..<3000 { seen.insert(DerivedID.text(of: [source, "rule", "\(number)"])) }
        }
        #expect(seen.count == 6000)
    }

    @Test func `of an alert tells apart source, rule, kind, resource and activation`() {
        var ids: Set<AlertID> = []
        for source in ["a", "b"] {
            for rule in ["r", "s"] {
                for kind in [ResourceKind.generation, .character] {
                    for resource in ["x", "y"] {
                        for activation in 1...2 {
                            let key = ResourceKey(source: source, kind: kind, id: resource)
                            ids.insert(AlertID(rule: rule, resource: key, activation: activation))
                        }
                    }
                }
            }
        }
        #expect(ids.count == 32)
    }
}

@Suite struct `A secret` {
    private struct Settings { var key = Secret("hunter2"); var keys = [Secret("hunter2")] }

    @Test func `is not seen however it is printed`() {
        let secret = Secret("hunter2")
        var dumped = ""
        dump(Settings(), to: &dumped)
        dump(Optional(secret), to: &dumped)
        let texts = [
            "\(secret)", String(describing: secret), String(reflecting: secret), "\([secret])", "\(["k": secret])",
            "\(Settings())", String(reflecting: Settings()), "\(Optional(secret) as Any)", dumped,
            "\(Mirror(reflecting: secret).children.map { "\($0.value)" })",
        ]
        for text in texts { #expect(!text.contains("hunter2"), "\(text)") }
        #expect("\(secret)" == "***")
    }

    @Test func `is given to the one who asks for it`() { #expect(Secret("hunter2").reveal() == "hunter2") }
}

@Suite struct `A stored notification` {
    @Test(arguments: 1...200) func `is read back as it was`(seed: UInt64) throws {
        var chance = SeededRandom(seed: seed)
        let notification = try random(using: &chance)
        #expect(NotificationCodec.decode(NotificationCodec.encode(notification)) == notification)
    }

    @Test func `with a resource as deep as a page may be is read back`() throws {
        let deep = String(repeating: #"{"a":["#, count: 32) + String(repeating: "]}", count: 32)
        var notification = Sample.notification(Sample.alert("img_1"))
        notification.alerts[0].current = try JSON.parse(deep)
        #expect(NotificationCodec.decode(NotificationCodec.encode(notification)) == notification)
    }

    @Test(arguments: ["", "{}", "null", #"{"id":"ntf_1"}"#, "{", #"{"id":1,"reason":"alert.fired"}"#])
    func `that is none is not read`(document: String) {
        #expect(NotificationCodec.decode(Array(document.utf8)) == nil)
    }

    private func random(using chance: inout SeededRandom) throws -> AlertNotification {
        let texts = ["", "a cat", "\u{0}\u{1F}\u{7F}", "</script>", "\u{2028}\u{202E}", "😀é", "\"\\", "*_~`<!channel>"]
        func instant() -> Timestamp {
            Timestamp(
                clampedSeconds: Int64.random(in: -62_135_596_800...253_402_300_799, using: &chance),
                nanoseconds: Int64.random(in: 0..<1_000_000_000, using: &chance))
        }
        func pieces() -> [TemplatePiece] {
            (0..<Int.random(in: 0...3, using: &chance)).map { _ in
                chance.oneIn(2) ? .markup(chance.pick(texts)) : .literal(chance.pick(texts))
            }
        }
        func resource() throws -> CELValue {
            let json = RandomJSON.resource(using: &chance)
            return try JSON.parse(RandomJSON.spell(json, using: &chance))
        }
        let alert = Sample.alert(chance.pick(texts), rule: chance.pick(texts))
        var notification = Sample.notification(alert, sequence: Int.random(in: 1...9, using: &chance))
        notification.reason = chance.pick([.fired, .resolved, .reminder])
        notification.severity = chance.pick(Severity.allCases)
        notification.timestamp = instant()
        notification.labels = [Label(name: chance.pick(texts), value: chance.pick(texts))]
        notification.title = pieces()
        notification.text = pieces()
        notification.alerts[0].since = instant()
        notification.alerts[0].resolvedAt = chance.oneIn(2) ? instant() : nil
        notification.alerts[0].changed = ["status", chance.pick(texts)]
        notification.alerts[0].current = try resource()
        notification.alerts[0].previous = chance.oneIn(2) ? .null : try resource()
        return notification
    }
}

@Suite struct `An instant` {
    @Test(arguments: [
        (Duration.seconds(1), "2026-05-04T12:00:01Z"), (.seconds(-1), "2026-05-04T11:59:59Z"),
        (.milliseconds(1500), "2026-05-04T12:00:01.500Z"), (.milliseconds(-1), "2026-05-04T11:59:59.999Z"),
    ])
    func `moves by a duration`(duration: Duration, expected: String) {
        #expect(Sample.noon.advanced(by: duration) == Timestamp(rfc3339: expected))
    }

    @Test func `stays within the years that can be written`() {
        #expect(Sample.noon.advanced(by: .seconds(Int64.max)).rfc3339.hasPrefix("9999-"))
        #expect(Sample.noon.advanced(by: .seconds(Int64.min)).rfc3339.hasPrefix("0001-"))
    }

    @Test(arguments: [0, 1, -1, 1_777_896_000_123_456, -62_135_596_800_000_000, -1_500_000])
    func `is stored as microseconds and read back`(microseconds: Int64) {
        #expect(Timestamp(microseconds: microseconds).microseconds == microseconds)
    }

    @Test func `knows how long after another it is`() {
        let later = Sample.noon.advanced(by: .milliseconds(2500))
        #expect(later.duration(since: Sample.noon) == .milliseconds(2500))
        #expect(Sample.noon.duration(since: later) == .milliseconds(-2500))
    }
}
