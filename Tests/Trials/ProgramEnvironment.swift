package import Foundation

/// The environment of a program that a test starts: nothing of the machine's, so that it does not matter where the tests
/// run. What is told to a sanitizer that the tests run under is told to the program, too.
package func programEnvironment(home: URL, adding own: [String: String]) -> [String: String] {
    var variables = ["PATH": "/usr/bin:/bin", "HOME": home.path]
    let ours = ProcessInfo.processInfo.environment
    variables.merge(ours.filter { $0.key.hasSuffix("SAN_OPTIONS") }) { _, told in told }
    variables.merge(own) { _, own in own }
    let preload = "LD_PRELOAD"
    let libraries = [own[preload], ours[preload]].compactMap { $0 }.filter { !$0.isEmpty }
    if !libraries.isEmpty { variables[preload] = libraries.joined(separator: ":") }
    return variables
}
