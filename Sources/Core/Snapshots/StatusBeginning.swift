package import CEL

/// Tells when a resource's present status began.
///
/// The resource's own times come first, so that neither a late start nor a restart shifts a `for`; where they do not
/// tell, it is the time of the poll that saw it. Never later than now: an API whose clock runs ahead must not delay.
///
/// | resource | first seen | status changed while watched |
/// |---|---|---|
/// | character | `updated_at`, else `created_at` | `updated_at` if it moved with the change, else now |
/// | generation in a final state | `completed_at`, else `created_at` | `completed_at`, else now |
/// | generation in flight | `created_at` | now |
/// | source | `unreachable_since`, else now | `unreachable_since`, else now |
/// | sink | `open_since`, else now | `open_since`, else now |
/// | balance | now | now, at every change: it has no status |
package enum StatusBeginning {
    package static func time(
        of record: CELRecord, kind: ResourceKind, isSettled: Bool, previous: (record: CELRecord, since: Timestamp)?,
        now: Timestamp
    ) -> Timestamp {
        let told = ownTime(of: record, kind: kind, isSettled: isSettled, previous: previous?.record)
        guard let told else { return now }
        if let previous, told < previous.since { return now }
        return min(told, now)
    }

    private static func ownTime(
        of record: CELRecord, kind: ResourceKind, isSettled: Bool, previous: CELRecord?
    ) -> Timestamp? {
        switch kind {
        case .character:
            let updated = time("updated_at", of: record)
            guard let previous else { return updated ?? time("created_at", of: record) }
            return updated == time("updated_at", of: previous) ? nil : updated
        case .generation:
            if isSettled, let completed = time("completed_at", of: record) { return completed }
            return previous == nil ? time("created_at", of: record) : nil
        case .source: return time("unreachable_since", of: record)
        case .sink: return time("open_since", of: record)
        case .balance: return nil
        }
    }

    static func time(_ field: String, of record: CELRecord) -> Timestamp? {
        if case .timestamp(let time)? = record[field] { return time }
        return nil
    }
}
