private import CEL
package import Core

/// What one of the API's own webhooks is about. Only a hint where to look: nothing in it is believed.
package struct AurousHint: Sendable, Equatable {
    /// The listings concerned; all that there are where the event is not known.
    package var kinds: Set<ResourceKind>
    /// The resource that it names, where it does.
    package var id: String?

    private static let longestID = 256

    /// Reads the body of a webhook, liberally: the event's name in `type` or `event`, the resource's id in `data` or in
    /// an object inside it. What cannot be read concerns everything and names nothing.
    package init(body: [UInt8]) {
        kinds = [.generation, .character, .balance]
        guard case .map(let members)? = try? JSON.parse(body) else { return }
        let event = ["type", "event", "event_type"].lazy.compactMap { members[$0]?.text }.first ?? ""
        switch event.prefix(while: { $0 != "." }) {
        case "image", "video", "generation": kinds = [.generation]
        case "character": kinds = [.character]
        case "usage", "balance": kinds = [.balance]
        case "webhook": kinds = []
        default: break
        }
        guard kinds.count == 1, kinds != [.balance] else { return }
        id = AurousHint.resourceID(in: members, isCharacter: kinds == [.character])
    }

    private static func resourceID(in members: CELMap, isCharacter: Bool) -> String? {
        let own = isCharacter ? ["character_id"] : ["generation_id", "image_id", "video_id"]
        let inner =
            isCharacter ? ["object", "character", "resource"] : ["object", "generation", "image", "video", "resource"]
        // The event itself has an `id` of its own at the top, which is not what it is about.
        guard case .map(let data)? = members["data"] else {
            return id(in: members, names: own + ["resource_id"]) ?? members["data"]?.text.flatMap(bounded)
        }
        if let found = id(in: data, names: ["id", "resource_id"] + own) { return found }
        for name in inner {
            if case .map(let object)? = data[name], let found = id(in: object, names: ["id"]) { return found }
        }
        return nil
    }

    private static func id(in members: CELMap, names: [String]) -> String? {
        names.lazy.compactMap { members[$0]?.text.flatMap(bounded) }.first
    }

    private static func bounded(_ text: String) -> String? {
        text.isEmpty || text.utf8.count > longestID ? nil : text
    }
}

extension CELValue {
    fileprivate var text: String? { if case .string(let text) = self { text } else { nil } }
}
