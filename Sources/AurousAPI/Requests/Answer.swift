/// What the API answered, and what came with it.
package struct Answer<Value: Sendable>: Sendable {
    package let value: Value
    /// Nil where the answer says nothing usable about the bucket.
    package let limits: RateLimitReading?
    /// To be quoted in logs.
    package let requestID: String?
    /// The version of the contract that was applied, as echoed.
    package let appliedVersion: String?
    /// From the start of the exchange to the last byte.
    package let received: Duration
}

extension Answer<[UInt8]> {
    func map<Page: Sendable>(_ scan: ([UInt8]) throws(PageScanError) -> Page) throws(AurousError) -> Answer<Page> {
        do throws(PageScanError) {
            return Answer<Page>(
                value: try scan(value), limits: limits, requestID: requestID, appliedVersion: appliedVersion,
                received: received)
        } catch {
            switch error {
            case .notJSON, .outOfMemory:
                throw AurousError(.unavailable, message: "\(error)", requestID: requestID, limits: limits)
            case .tooLarge(let limit):
                throw AurousError(.bodyTooLarge(limitBytes: limit), requestID: requestID, limits: limits)
            case .notAList, .notAResource, .tooManyRows, .tooDeep, .notUTF8:
                throw notUnderstood("\(error)")
            }
        }
    }

    func notUnderstood(_ reason: String) -> AurousError {
        AurousError(.notUnderstood, message: reason, requestID: requestID, limits: limits)
    }
}
