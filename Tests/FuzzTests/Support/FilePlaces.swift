import ConfigurationFiles

/// Whether what is said of a file points into it: the first diagnostic that does not, or that says nothing.
func misplaced(_ diagnostics: [FileDiagnostic], in file: FileText) -> String? {
    // As YAML 1.1 ends lines, section 4.2.
    let lines = file.text.replacing("\r\n", with: "\n").unicodeScalars
        .split(omittingEmptySubsequences: false) { "\n\r\u{85}\u{2028}\u{2029}".unicodeScalars.contains($0) }
    for diagnostic in diagnostics {
        let place = diagnostic.position
        guard diagnostic.file == file.name else { return "\(diagnostic.file) is not \(file.name)" }
        guard place.line >= 1, place.line <= lines.count + 1, place.column >= 1 else {
            return "\(place.line):\(place.column) is not in the file: \(diagnostic.message)"
        }
        let columns = place.line <= lines.count ? lines[place.line - 1].count : 0
        guard place.column <= columns + 1 else {
            return "\(place.line):\(place.column) is behind the line's \(columns) columns: \(diagnostic.message)"
        }
        guard !diagnostic.message.isEmpty, diagnostic.rendered.contains(diagnostic.message) else {
            return "\(place.line):\(place.column) says nothing"
        }
    }
    return nil
}
