/// A team's credits, in hundredths so that sums stay exact.
package struct SimulatedBalance: Hashable, Sendable {
    /// Charged for what succeeds, topped up by someone when it runs low.
    package var creditHundredths: Int64 = 102_349
    /// Kept for work under way.
    package var heldHundredths: Int64 = 0
    /// An open enum: `metered`, `exempt`, or whatever a test wants to see.
    package var billingMode = "metered"

    package init() {}

    /// What can still be spent.
    package var availableHundredths: Int64 { creditHundredths &- heldHundredths }

    /// The body of `GET /v1/balance`.
    package var json: SimulatedJSON {
        [
            "credits": .double(Double(creditHundredths) / 100),
            "held_credits": .double(Double(heldHundredths) / 100),
            "available_credits": .double(Double(availableHundredths) / 100),
            "currency": "credit",
            "billing_mode": .string(billingMode),
        ]
    }
}
