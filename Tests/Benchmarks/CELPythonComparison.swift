import Foundation

/// The same five conditions in cel-python, in the same run, where this machine's Python has it.
enum CELPythonComparison {
    static func run() {
        let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "cel/celpy_benchmark.py")
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["python3", script.path(percentEncoded: false)]
        Report.line("cel-python (PyPI: cel-python), ns per evaluation")
        do {
            try process.run()
            process.waitUntilExit()
        } catch {
            Report.line("there is no Python here: \(error)")
        }
    }
}
