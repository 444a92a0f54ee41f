import CEL
import Core

/// The web page: one document, nothing loaded, no script.
enum Page {
    /// What stands around the content.
    struct Frame: Sendable {
        var version: String
        var canSignOut: Bool
        var refreshes: Bool
        var now: Timestamp
    }

    static let refreshSeconds = 10

    /// Only what the page brings along: its one style sheet and its icon.
    static let contentSecurityPolicy =
        "default-src 'none'; style-src '\(StyleSheet.hash)'; img-src data:; form-action 'self'; base-uri 'none'; "
        + "frame-ancestors 'none'"

    static func overview(_ overview: Overview, readiness: Readiness, in frame: Frame) -> Markup {
        let troubles = Trouble.all(in: overview, readiness: readiness, now: frame.now)
        let title: Markup = troubles.isEmpty ? "Auspex" : "(\(troubles.count)) Auspex"
        return document(
            title: title, refreshes: frame.refreshes,
            body: """
                <a class="skip" href="#main">Skip to the content</a>
                \(header(frame))
                <main id="main">
                \(verdict(troubles, overview))
                \(tiles(overview))
                \(alerts(overview, now: frame.now))
                \(silences(overview, now: frame.now))
                \(sources(overview, now: frame.now))
                \(sinks(overview, now: frame.now))
                \(deliveries(overview, now: frame.now))
                </main>
                \(footer(frame))
                """)
    }

    /// In place of the overview when it cannot be had; the next refresh may bring it.
    static func failure(_ detail: String, in frame: Frame) -> Markup {
        document(
            title: "(!) Auspex", refreshes: true,
            body: """
                \(header(frame))
                <main>
                <section class="verdict bad" role="status"><h2>Nothing can be shown</h2><p>\(detail)</p></section>
                </main>
                \(footer(frame))
                """)
    }

    static func login(isRetry: Bool, version: String) -> Markup {
        let hint: Markup =
            isRetry
            ? "<p class=\"wrong\" id=\"hint\" role=\"alert\">That is not the token.</p>"
            : "<p id=\"hint\">The page wants the token from <code>server.token</code>.</p>"
        return document(
            title: "Sign in to Auspex", refreshes: false,
            body: """
                <main class="login">
                <h1>\(mark)Auspex</h1>
                \(hint)
                <form method="post" action="/login">
                <label for="token">Token</label>
                <input id="token" name="token" type="password" autocomplete="current-password" required autofocus
                  aria-describedby="hint">
                <button type="submit">Sign in</button>
                </form>
                </main>
                """)
    }

    private static func document(title: Markup, refreshes: Bool, body: Markup) -> Markup {
        let refresh: Markup = refreshes ? "<meta http-equiv=\"refresh\" content=\"\(refreshSeconds)\">\n" : ""
        return """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="robots" content="noindex">
            \(refresh)<title>\(title)</title>
            <link rel="icon" href="\(icon)">
            \(StyleSheet.element)
            </head>
            <body>
            \(body)
            </body>
            </html>

            """
    }

    private static func header(_ frame: Frame) -> Markup {
        // Who reads slowly, or with a screen reader, must be able to stop the page from changing.
        let pause: Markup =
            frame.refreshes
            ? "<span class=\"soft\">Refreshes every \(refreshSeconds) s</span><a href=\"/?refresh=off\">Pause</a>"
            : "<span class=\"soft\">Paused</span><a href=\"/\">Refresh</a>"
        let signOut: Markup =
            frame.canSignOut
            ? "<form method=\"post\" action=\"/logout\"><button type=\"submit\">Sign out</button></form>" : ""
        return """
            <header>
            <h1>\(mark)Auspex</h1>
            <nav aria-label="Page">\(pause)<a href="/metrics">Metrics</a>\(signOut)</nav>
            </header>
            """
    }

    private static func footer(_ frame: Frame) -> Markup {
        let time = frame.now.rfc3339
        return """
            <footer>Auspex \(frame.version) · as of <time datetime="\(time)">\(time)</time></footer>
            """
    }

    /// A bird above the horizon, as an augur sees it.
    private static let mark: Markup = """
        <svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" \
        stroke-linejoin="round" aria-hidden="true"><path d="M2 9c4-3 7-2 10 3 3-5 6-6 10-3"/><path d="M5 19h14"/></svg>
        """

    private static let icon = """
        data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 24 24' fill='none' \
        stroke='%231d5fd1' stroke-width='2.5' stroke-linecap='round'%3E%3Cpath d='M2 9c4-3 7-2 10 3 3-5 6-6 10-3M5 19h14'/%3E%3C/svg%3E
        """
}
