/// The values of the variables in one evaluation. A copy shares them, so that one activation can serve many programs.
package struct Activation: Sendable {
    let scope: Scope
    private(set) var values: [CELValue?]

    init(scope: Scope) {
        self.scope = scope
        values = Array(repeating: nil, count: scope.names.count)
    }

    init(scope: Scope, inOrder values: [CELValue?]) {
        self.scope = scope
        let missing = scope.names.count - values.count
        self.values = missing > 0 ? values + Array(repeating: nil, count: missing) : values
    }

    /// A variable without a value is an error where it is read. Names that are not declared are ignored.
    package subscript(name: String) -> CELValue? {
        get { scope.slot(of: name).flatMap { values[$0] } }
        set {
            guard let slot = scope.slot(of: name) else { return }
            values[slot] = newValue
        }
    }
}
