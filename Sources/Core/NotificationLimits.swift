/// The named limits of the decisions. Those of the exchanges are in `Transport`, those of the language in `CEL`.
package enum NotificationLimits {
    /// How much of a sink's answer is kept, in bytes of UTF-8.
    package static let answerBytes = 4096
    /// How much of a rendered title is kept before a sink's own, smaller limit applies, in characters.
    package static let titleCharacters = 1000
    /// How much of a rendered text is kept before a sink's own limit applies, in characters.
    package static let textCharacters = 100_000
    /// How many changed field paths a notification names.
    package static let changedPaths = 200
}
