import ArgumentParser
import CEL
import ConfigurationFiles
import Core
import Engine
import Glibc
import Store

/// `auspex backup`: a copy of the store while it is in use.
struct BackupCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup", abstract: "Copies the store to a file, while auspex runs.",
        discussion: """
            Example: auspex backup /var/backups/auspex-monday.db

            The copy is the store as of one moment, in one file that only you can read. It appears under its name when it
            is complete and was checked; a file that is there already is never overwritten. `auspex restore` puts it back.
            """)

    @OptionGroup var configurationOption: ConfigurationOption
    @Argument(help: "The file to make.")
    var file: String

    func run() throws {
        let store = try Composition.visitStore(configuration: configurationOption.config)
        defer { store.close() }
        do {
            let copy = try store.backup(to: file, at: Composition.now())
            Console.output("\(file): \(ByteCount.text(copy.bytes)), checked, \(Counted.pending(copy.pending))")
        } catch StoreError.exists {
            throw Failure(.input, StoreError.exists(path: file).description)
        } catch {
            throw Failure(.outside, error.description)
        }
    }
}

/// `auspex restore`: a copy takes the store's place.
struct RestoreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore", abstract: "Puts a copy that `auspex backup` made in the store's place.",
        discussion: """
            Example: auspex restore /var/backups/auspex-monday.db

            Stop auspex first. The copy is checked before anything changes, and the store that was there is kept beside it
            under another name. What was told since the copy was made is not known to it, so some of it may be told again,
            with the same webhook-id; deploy/README.md says what exactly.
            """)

    @OptionGroup var configurationOption: ConfigurationOption
    @Argument(help: "The copy.")
    var file: String
    @Flag(name: .long, help: "Move what was on its way to the dead letters, to be looked at before it is replayed.")
    var hold = false

    func run() throws {
        let path = try Composition.settings(configurationOption.config).storePath
        do {
            let outcome = try StoreRestore.run(
                from: file, to: path, inDoubt: hold ? .hold : .send, at: Composition.now())
            let age = outcome.copy.madeAt.map { ", made at \($0.rfc3339)" } ?? ""
            Console.output("\(path): restored from \(file)\(age)")
            if let before = outcome.before { Console.output("the store that was there is now \(before)") }
            let fate = hold ? "dead letters until you replay them" : "they go out with the next `auspex run`"
            if outcome.copy.pending > 0 {
                Console.output("\(Counted.pending(outcome.copy.pending)), which may have arrived since: \(fate)")
            }
        } catch StoreError.missing {
            throw Failure(.input, "there is no file \(file)")
        } catch {
            switch error {
            case .corrupt, .notAStore, .newerVersion:
                throw Failure(.input, "\(error.description); the store \(path) is as it was")
            default: throw Failure(.outside, error.description)
            }
        }
    }
}

extension Counted {
    /// `1 delivery on its way`, `2 deliveries on their way`.
    static func pending(_ count: Int) -> String {
        count == 1 ? "1 delivery on its way" : "\(count) deliveries on their way"
    }
}

/// Sizes for people.
enum ByteCount {
    /// `640 kB`, `12 MB`, `1.5 GB`; of 1,024 each.
    static func text(_ bytes: Int) -> String {
        if bytes < 10 << 20 { return "\((bytes + 1023) >> 10) kB" }
        if bytes < 10 << 30 { return "\(bytes >> 20) MB" }
        return "\(bytes >> 30) GB"
    }
}
