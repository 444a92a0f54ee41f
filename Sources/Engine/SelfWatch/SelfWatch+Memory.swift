import Core
import Sinks
import Store

extension SelfWatch {
    /// Reads what earlier processes have left, once.
    mutating func load() async throws {
        guard !isLoaded else { return }
        let generation = rules.read().generation
        try await rename()
        let healths = try await facts("source/")
        let saved = try await facts(OwnUnknowns.factName(""))
        for key in keys {
            unknowns[key.listing] = OwnUnknowns(saved: saved[OwnUnknowns.factName(key.listing)])
        }
        for source in settings.sources {
            let key = ResourceKey.source(source.name)
            let stored = try await known(key)
            var memory = SourceState.Memory(stored?.snapshot)
            for kind in source.watch {
                if try await store.progress(source: source.name, kind: kind).isBaselined {
                    signals.caughtUp(source.name, kind)
                }
                guard let health = healths[SourceHealth.factName(source.name, kind)],
                    let success = SourceHealth.State(document: health).lastSuccessAt
                else { continue }
                memory.lastSuccessAt = max(memory.lastSuccessAt ?? success, success)
            }
            memories[source.name] = memory
            resources[key] = OwnResource(key: key, stored: stored)
        }
        for sink in settings.sinks {
            let key = ResourceKey.sink(sink.configuration.name)
            let stored = try await known(key)
            signals.restore(AttemptTally(stored?.snapshot), of: key.id)
            resources[key] = OwnResource(key: key, stored: stored)
        }
        rulesLookedAt = generation
        isLoaded = true
    }

    /// Lets alerts go on under their rules' new names. Returns the kinds of which there are such rules.
    @discardableResult
    func rename() async throws -> Set<ResourceKind> {
        let engine = rules.read().engine
        var kinds: Set<ResourceKind> = []
        for key in keys {
            let renames = engine.renames(of: key.kind)
            guard !renames.isEmpty else { continue }
            kinds.insert(key.kind)
            try await store.rename(renames, source: key.source, kind: key.kind)
        }
        return kinds
    }

    func known(_ key: ResourceKey) async throws -> KnownResource? {
        try await store.known(source: key.source, kind: key.kind, ids: [key.id])[key.id]
    }

    private func facts(_ prefix: String) async throws -> [String: String] {
        Dictionary(try await store.facts(prefix: prefix).map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
    }

    mutating func saveUnknowns() async throws {
        let now = dependencies.now()
        for (listing, var unknown) in unknowns {
            guard let document = unknown.toSave(at: now) else { continue }
            try await store.setFact(OwnUnknowns.factName(listing), document, at: now)
            unknown.saved(document, at: now)
            unknowns[listing] = unknown
        }
    }
}
