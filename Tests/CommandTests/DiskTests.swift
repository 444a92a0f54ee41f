import FaultyDisk
import Foundation
import SimulatedAurous
import Testing

private let failed = "rules: [{ name: failed, watch: generation, when: self.status == \"failed\" }]"

@Suite(.serialized, .timeLimit(.minutes(30))) struct `A disk` {
    struct Trouble: CustomTestStringConvertible {
        var mode: faulty_disk_mode
        var said: String
        var testDescription: String { said }
    }

    @Test(arguments: [
        Trouble(mode: faulty_disk_full, said: "auspex.db is full; make room"),
        Trouble(mode: faulty_disk_read_only, said: "a write failed; is it mounted read-only"),
        Trouble(mode: faulty_disk_forgetful, said: "what was written could not be made durable"),
        Trouble(mode: faulty_disk_broken, said: "a write failed;"),
    ])
    func `that fails is said, nothing is sent that is not stored, and all comes when it is well again`(
        trouble: Trouble
    ) async throws {
        try await World.with(rules: failed) { world, program async throws in
            #expect(try await program.run("run", "--once").status == 0)
            let disk = try FaultyDiskControl(in: world.folder)
            let running = try disk.program(program).start(["run"])
            world.fail("before", count: 20)
            _ = await world.receiver.received(atLeast: 20)

            disk.become(trouble.mode)
            world.fail("during", count: 100)
            try await waitUntil {
                running.errorText.contains(trouble.said)
            } otherwise: {
                running.errorText
            }
            // The watch goes on: it looks again and again, and says it once.
            let polls = world.api.requests.count
            _ = await world.api.requests(atLeast: polls + 2)
            #expect(running.errorText.components(separatedBy: trouble.said).count == 2, "\(running.errorText)")
            let stored = try await program.run("deliveries", "--json").output
            #expect(world.notifications.allSatisfy { stored.contains($0) }, "told, and not stored before")

            disk.become(faulty_disk_well)
            try await waitUntil {
                Set(world.told).count == 120
            } otherwise: {
                running.errorText
            }
            try await waitUntil {
                running.errorText.contains("store works again")
            } otherwise: {
                running.errorText
            }
            running.send(SIGTERM)
            #expect(try await running.end().status == 0)
            #expect(try await program.run("run", "--once").status == 0)
            #expect(Set(world.notifications).count == 120)
            #expect(Set(world.told).count == 120)
            let status = try await program.run("status", "--json")
            #expect(status.output.contains(#""pending":0,"delivered":120,"dead":0"#), "\(status.output)")
        }
    }

    @Test func `that is full at the start is said, and harms nothing`() async throws {
        try await World.with(rules: failed) { world, program async throws in
            let disk = try FaultyDiskControl(in: world.folder)
            disk.become(faulty_disk_full)
            let first = try await disk.program(program).run("run", "--once")
            #expect(first.status == 3)
            #expect(first.errors.contains("is full"), "\(first.errors)")
            disk.become(faulty_disk_well)
            #expect(try await disk.program(program).run("run", "--once").status == 0)
            world.fail("img", count: 3)
            disk.become(faulty_disk_full)
            #expect(try await disk.program(program).run("run", "--once").status == 3)
            #expect(world.told.isEmpty)
            disk.become(faulty_disk_well)
            #expect(try await disk.program(program).run("run", "--once").status == 0)
            #expect(world.told.count == 3)
        }
    }

    @Test func `that is slow delays and loses nothing`() async throws {
        try await World.with(rules: failed) { world, program async throws in
            #expect(try await program.run("run", "--once").status == 0)
            let disk = try FaultyDiskControl(in: world.folder)
            disk.become(faulty_disk_slow, milliseconds: 200)
            let running = try disk.program(program).start(["run"])
            world.fail("img", count: 200)
            _ = await world.receiver.received(atLeast: 200)
            running.send(SIGTERM)
            #expect(try await running.end().status == 0)
            #expect(Set(world.told).count == 200)
            #expect(world.notifications.count == 200)
        }
    }
}

/// How the disk is at the moment, for the program into which the faulty one is loaded.
struct FaultyDiskControl {
    private let control: URL
    private let folder: URL

    init(in folder: URL) throws {
        self.folder = folder
        control = folder.appendingPathComponent("disk")
        try Data(count: 8).write(to: control)
        become(faulty_disk_well)
    }

    func become(_ mode: faulty_disk_mode, milliseconds: Int32 = 0) {
        guard let file = try? FileHandle(forUpdating: control) else { return }
        var bytes = Data([UInt8(mode.rawValue), 0, 0, 0])
        withUnsafeBytes(of: milliseconds) { bytes.append(contentsOf: $0) }
        try? file.write(contentsOf: bytes)
        try? file.close()
    }

    /// The same program, with its store on this disk.
    func program(_ program: Program) -> Program {
        let library = Program.url.deletingLastPathComponent().appendingPathComponent("libFaultyDisk.so")
        var spoilt = program
        spoilt.environment["LD_PRELOAD"] = library.path
        spoilt.environment["FAULTY_DISK"] = control.path
        spoilt.environment["FAULTY_DISK_FILES"] = folder.appendingPathComponent("auspex.db").path
        return spoilt
    }
}

extension World {
    /// So many generations fail.
    fileprivate func fail(_ name: String, count: Int) {
        for number in 0..<count {
            put("\(name)_\(number)", "failed", ["prompt": .string(String(repeating: "a lighthouse ", count: 20))])
        }
    }

    /// The resources that the receiver was told of, once for each callback.
    fileprivate var told: [String] {
        receiver.received.compactMap { $0.json?["data"]?["alerts"]?.elements?.first?["resource_id"]?.text }
    }
}
