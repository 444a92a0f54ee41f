/// Numbers with their nouns.
enum Counted {
    /// `1 rule`, `2 rules`.
    static func text(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }
}
