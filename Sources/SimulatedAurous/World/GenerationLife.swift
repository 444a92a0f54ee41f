/// What is still to happen to a generation. All is decided at birth; only the hand of a test can change it.
struct GenerationLife: Sendable {
    struct Step: Sendable {
        /// Simulated milliseconds after the step before.
        var after: Int64
        var status: GenerationStatus
        var errorMessage: String?
    }

    var createdAt: WorldTime
    var steps: [Step]
    var heldHundredths: Int64
    var imageCount: Int
    var isVideo: Bool
}

extension SimulatedWorld {
    /// A new generation, `pending` now.
    @discardableResult
    mutating func bearGeneration() -> String {
        var draft = GenerationDraft(using: &chance)
        let id = mint.next(draft.isVideo ? "vid_" : "img_", at: now, using: &chance)
        draft.characterID = chance.happens(percent: 15) ? characters.visible.first { _ in true }?.id : nil
        let requestID = mint.next("req_", at: now, using: &chance)
        put(generation: draft.fields(id: id, createdAt: now, requestID: requestID, using: &chance))
        let life = GenerationLife(
            createdAt: now, steps: fate(isVideo: draft.isVideo), heldHundredths: draft.amountHundredths,
            imageCount: draft.imageCount, isVideo: draft.isVideo)
        balance.heldHundredths += life.heldHundredths
        generationLives[id] = life
        planStep(of: id)
        if generations.count > Self.generationsKept, let oldest = generations.oldestID { remove(oldest) }
        return id
    }

    private mutating func planStep(of id: String) {
        guard let step = generationLives[id]?.steps.first else { return }
        schedule.plan(.generation(id), at: now.adding(milliseconds: real(step.after)))
    }

    /// Most images take 10 to 30 s, videos minutes; one in fifty takes ten times as long.
    private mutating func fate(isVideo: Bool) -> [GenerationLife.Step] {
        let waits = chance.pick(500...4_000)
        let slowness: Int64 = chance.happens(percent: 2) ? 10 : 1
        let usual: ClosedRange<Int64> = isVideo ? 60_000...240_000 : 9_000...26_000
        let works = chance.pick(usual) * slowness
        let processing = GenerationLife.Step(after: waits, status: .processing)
        let ends: [(weight: Int64, outcome: GenerationStatus)] = [
            (80, .succeeded), (10, .failed), (4, .moderationRejected), (4, .cancelled), (2, .expired),
        ]
        let end = chance.weighted(ends)
        switch end {
        case .succeeded:
            return [processing, .init(after: works, status: .succeeded)]
        case .failed where chance.happens(percent: 50):
            // Refused at the door, before any work: no poll sees it processing.
            let refusal = chance.pick(Casting.refusals)
            return [.init(after: chance.pick(150...1_500), status: .failed, errorMessage: refusal)]
        case .failed:
            let broken: Int64 = works * chance.pick(30...130) / 100
            return [processing, .init(after: broken, status: .failed, errorMessage: chance.pick(Casting.failures))]
        case .moderationRejected:
            let text = chance.pick(Casting.refusals)
            return [processing, .init(after: works, status: .moderationRejected, errorMessage: text)]
        case .cancelled:
            let isEarly = chance.happens(percent: 50)
            let step = GenerationLife.Step(after: chance.pick(1_000...8_000), status: .cancelled)
            return isEarly ? [step] : [processing, step]
        case .expired, .pending, .processing:
            return [.init(after: chance.pick(300_000...900_000), status: .expired)]
        }
    }

    mutating func stepGeneration(_ id: String) {
        guard var life = generationLives[id], !life.steps.isEmpty else { return }
        let step = life.steps.removeFirst()
        let instant = now
        _ = edit(id) { fields in
            fields["status"] = .string(step.status.rawValue)
            guard step.status.isTerminal else { return }
            fields["completed_at"] = .string(instant.description)
            fields["duration_ms"] = .int(instant.milliseconds - life.createdAt.milliseconds)
            if let text = step.errorMessage { fields["error_message"] = .string(text) }
            if step.status == .succeeded { life.deliver(id, into: &fields) } else { fields["cost"]?["amount"] = 0 }
        }
        guard step.status.isTerminal else {
            generationLives[id] = life
            return planStep(of: id)
        }
        generationLives[id] = nil
        balance.heldHundredths -= life.heldHundredths
        guard step.status == .succeeded else { return }
        balance.creditHundredths -= life.heldHundredths
        // Someone buys credits before the studio stands still.
        if balance.availableHundredths < 2_000 { balance.creditHundredths += 100_000 }
    }
}

extension GenerationLife {
    fileprivate func deliver(_ id: String, into fields: inout SimulatedJSON) {
        let api = "https://api.aurous-labs.com/v1"
        if isVideo {
            fields["output_urls"] = []
            fields["output_video_url"] = "\(api)/videos/\(id)/output?token="
        } else {
            fields["output_urls"] = .array(
                (0..<imageCount).map { .string("\(api)/images/\(id)/output/\($0)?token=") })
        }
    }
}
