import CEL
import Core
import Foundation
import Sinks
import Testing
import Transport

private func exec(
    _ command: [String], adding values: [String: SettingValue] = [:], environment: [String: String] = [:]
) throws -> any Sink {
    let kind = try #require(SinkCatalog.kind(named: "exec"))
    let own: [String: SettingValue] = ["command": .stringList(command)]
    var services = services()
    services.environment = environment
    return try kind.make(configuration(own.merging(values) { $1 }), services)
}

/// A program that is one line of shell, with `$1`, `$2`, … as its arguments.
private func shell(
    _ script: String, _ arguments: [String] = [], adding values: [String: SettingValue] = [:]
) throws -> any Sink {
    try exec(["/bin/sh", "-c", script, "sh"] + arguments, adding: values)
}

private func lines(_ path: String) throws -> [String] {
    try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map(String.init)
}

/// Waits until `condition` holds, for as long as a loaded machine may need.
private func becomes(_ condition: () throws -> Bool) async rethrows -> Bool {
    let deadline = ContinuousClock.now + .seconds(60)
    while ContinuousClock.now < deadline {
        if try condition() { return true }
        // Whatever is awaited happens in other processes, which want the processor.
        _ = poll(nil, 0, 5)
        await Task.yield()
    }
    return false
}

private func isAlive(_ process: String) -> Bool {
    let state = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)
    return state.map { !$0.contains(") Z ") } ?? false
}

@Suite struct `A program` {
    @Test func `gets the callback as one line on its standard input`() async throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/got"
        let result = try await shell("cat > \"$1\"", [path]).attempt(Sample.delivery(), at: Sample.now)
        #expect(result.outcome == .delivered)
        let lines = try lines(path)
        #expect(lines.count == 1)
        let event = try JSON.parse(Array(try #require(lines.first).utf8))
        #expect(event.text("type") == "alert.fired")
        #expect(event.text("data.id") == Sample.notification().id.rawValue)
    }

    @Test(.enabled(if: Programs.hasPython, "python3 is not installed"))
    func `gets every hostile text unharmed`() async throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/got"
        let program = try shell("cat >> \"$1\"", [path])
        for hostile in HostileText.all {
            #expect(await program.attempt(Sample.delivery(saying: hostile.text), at: Sample.now).outcome == .delivered)
        }
        let script = """
            import json, sys
            for line in open(sys.argv[1], encoding="utf-8", errors="strict", newline="\\n"):
                print(json.loads(line)["data"]["alerts"][0]["resource_id"])
            """
        let read = try Programs.python(script, [path]).split(separator: "\n")
        #expect(read.count == HostileText.all.count && read.allSatisfy { $0 == "img_01k" })
    }

    @Test func `gets ids as arguments, and nothing of them is a command or an option`() async throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/got"
        let template = ["${alert.resource_id}", "--id=${alert.resource_id}", "${notification.type}", "$(id) `id` ;"]
        let sink = try shell("out=$1; shift; printf '%s\\n' \"$@\" > \"$out\"", [path] + template)
        var alert = Sample.alert()
        alert.resource.id = "-rf $(id)\n/x"
        let result = await sink.attempt(Sample.delivery(Sample.notification(alerts: [alert])), at: Sample.now)
        #expect(result.outcome == .delivered)
        #expect(
            try lines(path) == [
                "%2Drf%20%24%28id%29%0A%2Fx", "--id=-rf%20%24%28id%29%0A%2Fx", "alert.fired", "$(id) `id` ;",
            ])
    }

    @Test func `gets free text as arguments only where that is allowed`() async throws {
        for text in ["${notification.title}", "${self.prompt}", "x ${notification.text}"] {
            let problems = try problems("exec", ["command": .stringList(["/bin/true", text])])
            #expect(problems.count == 1 && problems[0].hasSuffix("allow_text: true allows that"), "\(problems)")
        }
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/got"
        let sink = try shell(
            "out=$1; shift; printf '%s|' \"$#\" \"$@\" > \"$out\"",
            [path, "${notification.title}", "a ${self.prompt}"],
            adding: ["allow_text": .boolean(true)])
        for hostile in HostileText.all {
            let result = await sink.attempt(Sample.delivery(saying: hostile.text), at: Sample.now)
            #expect(result.outcome == .delivered, "\(hostile.name)")
            // Byte by byte: a mark without a base would join the character before it.
            let got = try String(contentsOfFile: path, encoding: .utf8).utf8
            #expect(got.starts(with: "2|".utf8) && got.reversed().starts(with: "|tac a a|".utf8), "\(hostile.name)")
            #expect(!got.contains(UInt8(ascii: "\n")) && !got.starts(with: "2|-".utf8), "\(hostile.name)")
        }
    }

    @Test func `gets a clean environment and the configuration's additions`() async throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/got"
        let sink = try exec(
            ["/bin/sh", "-c", "env > \"$0\"; pwd >> \"$0\"", path],
            adding: [
                "env": .stringMap([
                    NamedText(name: "LANG", value: .plain("C")),
                    NamedText(name: "TOKEN", value: .secret(Secret("t0k-s3cret"))),
                ]), "directory": .string("/usr"),
            ], environment: ["HOME": "/srv/x", "AUSPEX_TOKEN": "no", "LANG": "de_DE", "LD_PRELOAD": "/evil.so"])
        _ = await sink.attempt(Sample.delivery(attempt: 3), at: Sample.now)
        let own = Set(["PWD", "SHLVL", "_", "OLDPWD"])
        let got = try lines(path).filter { line in !own.contains(String(line.prefix { $0 != "=" })) }
        #expect(
            Set(got) == [
                "PATH=/usr/local/bin:/usr/bin:/bin", "HOME=/srv/x", "LANG=C", "TOKEN=t0k-s3cret", "AUSPEX_SINK=team",
                "AUSPEX_ATTEMPT=3", "AUSPEX_DELIVERY_ID=\(Sample.delivery().id.rawValue)", "/usr",
            ])
    }

    @Test(arguments: [
        (0, "delivered"), (1, "failed"), (2, "failed"), (64, "refused"), (65, "refused"), (66, "refused"),
        (67, "refused"), (68, "refused"), (69, "failed"), (70, "failed"), (71, "failed"), (72, "failed"),
        (73, "failed"), (74, "failed"), (75, "failed"), (76, "refused"), (77, "refused"), (78, "refused"),
        (79, "throttled"), (80, "failed"), (126, "failed"), (127, "failed"), (255, "failed"),
    ])
    func `says by its exit code what became of it`(_ row: (code: Int, expected: String)) async throws {
        let result = try await shell("echo why; exit \(row.code)").attempt(Sample.delivery(), at: Sample.now)
        #expect(result.outcome.name == row.expected)
        #expect(result.answer == "exit code \(row.code)\nwhy\n")
        if row.code != 0 { #expect(result.outcome.reason?.hasSuffix(": why") == true) }
    }

    @Test func `says how long to wait`() async throws {
        let throttled = try await shell("echo 'Retry-After: 120'; exit 79").attempt(Sample.delivery(), at: Sample.now)
        guard case .throttled(.seconds(120), _) = throttled.outcome else { throw Failure() }
        let silent = try await shell("exit 79").attempt(Sample.delivery(), at: Sample.now)
        guard case .throttled(.seconds(60), _) = silent.outcome else { throw Failure() }
        let failed = try await shell("echo 'retry-after: 7' >&2; exit 75").attempt(Sample.delivery(), at: Sample.now)
        guard case .failed(_, after: .seconds(7)) = failed.outcome else { throw Failure() }
    }

    @Test func `that a signal ends may have done its work`() async throws {
        let result = try await shell("kill -SEGV $$").attempt(Sample.delivery(), at: Sample.now)
        #expect(result.outcome.name == "unknown")
        #expect(result.outcome.reason?.contains("signal 11") == true)
    }

    @Test func `that takes too long is asked to end, and what it started ends with it`() async throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/ids"
        let sink = try shell(
            "trap 'exit 0' TERM; sleep 1000 & echo $! > \"$1\"; wait", [path],
            adding: ["timeout": .duration(.milliseconds(500))])
        let result = await sink.attempt(Sample.delivery(), at: Sample.now)
        #expect(result.outcome.name == "unknown")
        #expect(result.outcome.reason?.contains("took longer than 0.5 s") == true)
        let child = try #require(try lines(path).first)
        #expect(await becomes { !isAlive(child) })
    }

    @Test func `that does not listen is killed`() async throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/ids"
        let sink = try shell(
            "trap '' TERM; sh -c 'echo $$; exec sleep 1000' > \"$1\"; sleep 1000", [path],
            adding: ["timeout": .duration(.milliseconds(300))])
        #expect(await sink.attempt(Sample.delivery(), at: Sample.now).outcome.name == "unknown")
        let child = try #require(try lines(path).first)
        #expect(await becomes { !isAlive(child) })
    }

    @Test func `that leaves another behind with its output open is not waited for`() async throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/ids"
        let result = try await shell("sleep 1000 & echo $! > \"$1\"; echo done", [path]).attempt(
            Sample.delivery(), at: Sample.now)
        #expect(result.outcome == .delivered)
        #expect(result.answer == "exit code 0\ndone\n")
        let child = try #require(try lines(path).first)
        #expect(await becomes { !isAlive(child) })
    }

    @Test func `that leaves another session behind is not waited for either`() async throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/ids"
        let result = try await shell(
            "setsid sh -c 'echo $$ > \"$1\"; exec sleep 1000' sh \"$1\" & until [ -s \"$1\" ]; do :; done", [path]
        )
        .attempt(Sample.delivery(), at: Sample.now)
        #expect(result.outcome == .delivered)
        let child = try #require(try lines(path).first.flatMap { pid_t($0) })
        kill(child, SIGKILL)
    }

    @Test func `that closes its output goes on all the same`() async throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/late"
        let result = try await shell("exec >&- 2>&-; sleep 0.2; echo x > \"$1\"; exit 65", [path]).attempt(
            Sample.delivery(), at: Sample.now)
        #expect(result.outcome.name == "refused")
        #expect(try lines(path) == ["x"])
    }

    @Test func `that does not read is not waited for`() async throws {
        let text = String(repeating: "a cat & ", count: 200_000)
        for script in ["exec <&-; exit 0", "true", "head -c 1 > /dev/null"] {
            let result = try await shell(script).attempt(Sample.delivery(saying: text), at: Sample.now)
            #expect(result.outcome == .delivered)
        }
    }

    @Test func `that floods is heard to the end, and quoted from the beginning`() async throws {
        let result = try await shell("echo first; head -c 30000000 /dev/zero | tr '\\0' x; echo; exit 1").attempt(
            Sample.delivery(), at: Sample.now)
        #expect(result.outcome.name == "failed")
        #expect(result.answer.hasPrefix("exit code 1\nfirst\nxxx"))
        #expect(result.answer.utf8.count == NotificationLimits.answerBytes)
    }

    @Test func `shows no secret, not even a part of one`() async throws {
        let secret = String(repeating: "s3cret", count: 20)
        let values: [String: SettingValue] = [
            "env": .stringMap([NamedText(name: "TOKEN", value: .secret(Secret(secret)))])
        ]
        for padding in [0, 4000, 4080, 16_300] {
            let script = "head -c \(padding) /dev/zero | tr '\\0' '\\7'; echo \"$TOKEN $TOKEN\"; exit 1"
            let sink = try shell(script, adding: values)
            let result = await sink.attempt(Sample.delivery(), at: Sample.now)
            #expect(!"\(result)".contains("s3cret"))
            #expect(!sink.preview(Sample.delivery(), at: Sample.now).contains("s3cret"))
        }
    }

    @Test func `writes no colours and controls into the answer`() async throws {
        let result = try await shell("printf '\\033[31mred\\033[0m\\a\\377\\n'; exit 1").attempt(
            Sample.delivery(), at: Sample.now)
        #expect(result.answer == "exit code 1\n[31mred[0m\u{fffd}\n")
    }

    @Test func `is ended when its task is cancelled`() async throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/ids"
        let sink = try shell("echo $$ > \"$1\"; exec sleep 1000", [path])
        let task = Task { await sink.attempt(Sample.delivery(), at: Sample.now) }
        #expect(await becomes { (try? lines(path))?.isEmpty == false })
        task.cancel()
        #expect(await task.value.outcome.name == "unknown")
        let process = try #require(try lines(path).first)
        #expect(!isAlive(process))
    }

    @Test func `that vanished is tried again later`() async throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/program"
        try FileManager.default.copyItem(atPath: "/bin/true", toPath: path)
        let sink = try exec([path])
        #expect(await sink.attempt(Sample.delivery(), at: Sample.now).outcome == .delivered)
        try FileManager.default.removeItem(atPath: path)
        let result = await sink.attempt(Sample.delivery(), at: Sample.now)
        #expect(
            result.outcome
                == .failed(reason: "\(path) cannot be started: No such file or directory", after: nil))
    }

    @Test func `runs a thousand times and leaves nothing behind`() async throws {
        let sink = try exec(["/bin/true"])
        let before = try openDescriptors()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    for _ in 0..<250 {
                        #expect(await sink.attempt(Sample.delivery(), at: Sample.now).outcome == .delivered)
                    }
                }
            }
        }
        // Other tests run programs meanwhile, but not hundreds at once.
        #expect(try openDescriptors() < before + 300)
        #expect(try zombies() < 100)
    }

    @Test func `previews what it runs`() async throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/got"
        let sink = try exec(["/bin/sh", "-c", "cat > \"$0\"", path], adding: ["directory": .string("/usr")])
        for hostile in HostileText.all where hostile.text.utf8.count < 100_000 {
            let delivery = Sample.delivery(saying: hostile.text)
            _ = await sink.attempt(delivery, at: Sample.now)
            let sent = try String(contentsOfFile: path, encoding: .utf8)
            try Programs.run(["/bin/sh", "-c", sink.preview(delivery, at: Sample.now)])
            #expect(try String(contentsOfFile: path, encoding: .utf8) == sent, "\(hostile.name)")
        }
    }

    @Test func `has settings that are checked when they are read`() throws {
        func problem(_ values: [String: SettingValue]) throws -> String? {
            try problems("exec", ["command": .stringList(["/bin/true"])].merging(values) { $1 }).first
        }
        #expect(try problem([:]) == nil)
        #expect(try problem(["command": .stringList([])])?.hasPrefix("command: is required") == true)
        #expect(try problem(["command": .stringList(["true"])])?.contains("whole path") == true)
        #expect(
            try problem(["command": .stringList(["/nonexistent/x"])])
                == "command: /nonexistent/x cannot be run: No such file or directory")
        #expect(try problem(["command": .stringList(["/usr"])]) == "command: /usr is not a program")
        #expect(try problem(["command": .stringList(["/bin/true", "${alert.resource}"])]) != nil)
        #expect(try problem(["command": .stringList(["/bin/true", "${"])])?.hasPrefix("command: '${' is not") == true)
        #expect(
            try problem(["command": .secret(Secret("/bin/true"))])?.contains("must hold no secrets") == true)
        #expect(try problem(["directory": .string("/bin/true")]) == "directory: /bin/true is not a folder")
        for name in ["", "A=B", "1A", "a b", "AUSPEX_ATTEMPT"] {
            let values: [String: SettingValue] = ["env": .stringMap([NamedText(name: name, value: .plain("x"))])]
            #expect(try problem(values)?.hasPrefix("env: ") == true)
        }
    }

    /// Those that a run has: its input, its output and its watch.
    private func openDescriptors() throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count { name in
            let target = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(name)")
            guard let target else { return false }
            return target.contains("memfd:auspex") || target.hasPrefix("pipe:") || target.contains("[pidfd]")
        }
    }

    private func zombies() throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: "/proc").count { name in
            guard Int(name) != nil, let stat = try? String(contentsOfFile: "/proc/\(name)/stat", encoding: .utf8) else {
                return false
            }
            return stat.contains(") Z \(getpid()) ")
        }
    }

    private struct Failure: Error {}
}
