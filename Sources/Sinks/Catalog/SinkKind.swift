/// A kind of sink: what its settings are and how a sink is made of them.
package struct SinkKind: Sendable {
    /// What stands behind `kind:`.
    package var name: String
    /// One line for `auspex sink list`.
    package var summary: String
    /// Its own settings and those of its transport. ``SinkCatalog/commonSettings`` come on top.
    package var settings: [SettingDeclaration]
    /// Makes a sink. Looks whether the files that its settings name can be read; sends nothing.
    package var make: Make
    /// What its lane keeps to where the sink has no `rate`.
    package var rate: SinkRate?
    /// Whether rules can notify it; otherwise it works by itself.
    package var takesNotifications = true

    package typealias Make =
        @Sendable (SinkConfiguration, SinkServices) throws(SinkConfigurationError) -> any Sink
}
