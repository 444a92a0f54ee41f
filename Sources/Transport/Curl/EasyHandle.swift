import CCurl

/// A libcurl easy handle with what it points to: its error buffer and its list.
// @unchecked Sendable: it has one owner at a time, which hands it on: pool, calling task, curl thread, task, pool.
final class EasyHandle: @unchecked Sendable {
    let raw: UnsafeMutableRawPointer
    private let errorBuffer = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
    private var list: CurlList?

    /// Nil when libcurl is out of memory.
    init?() {
        guard let raw = curl_easy_init() else { return nil }
        self.raw = raw
        errorBuffer.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    }

    deinit {
        curl_easy_cleanup(raw)
        errorBuffer.deallocate()
    }

    /// Forgets every option, and with them each secret among them.
    func reset() {
        curl_easy_reset(raw)
        list = nil
        errorBuffer[0] = 0
    }

    func set(_ option: CurlOption<Int>, to value: Int) {
        require(ccurl_setopt_long(raw, option.raw, value), option.name)
    }

    func set(_ option: CurlOption<Int64>, to value: Int64) {
        require(ccurl_setopt_offset(raw, option.raw, curl_off_t(value)), option.name)
    }

    /// Sets a text that libcurl copies; the caller has made sure that it holds no NUL.
    func set(_ option: CurlOption<String>, to value: String) {
        require(ccurl_setopt_text(raw, option.raw, value), option.name)
    }

    func set(_ option: CurlOption<[UInt8]>, to bytes: [UInt8]) {
        let code = bytes.withUnsafeBytes { buffer in
            buffer.baseAddress.map { ccurl_setopt_blob(raw, option.raw, $0, buffer.count) } ?? CURLE_OK
        }
        require(code, option.name)
    }

    /// Sets the one list that an exchange needs and keeps it until the next reset.
    func set(_ option: CurlOption<CurlList>, to list: CurlList) {
        self.list = list
        require(ccurl_setopt_list(raw, option.raw, list.head), option.name)
    }

    /// Takes no authority but those that were set: without this, the system's folder of them is still believed.
    func forgetSystemAuthorities() {
        require(ccurl_setopt_text(raw, CURLOPT_CAPATH, nil), "CAPATH")
    }

    /// Copies the body into the handle, as the request may be gone before the transfer is.
    func setPostFields(_ body: [UInt8]) {
        set(.post, to: 1)
        set(.postFieldSize, to: Int64(body.count))
        let code = body.withUnsafeBytes { buffer in
            // An empty array may have no address, which libcurl would take for "ask the read callback".
            withUnsafePointer(to: UInt8(0)) { empty in
                let bytes = buffer.baseAddress ?? UnsafeRawPointer(empty)
                return ccurl_setopt_text(raw, CURLOPT_COPYPOSTFIELDS, bytes.assumingMemoryBound(to: CChar.self))
            }
        }
        require(code, "COPYPOSTFIELDS")
    }

    /// Collects libcurl's words about a failure, for `failureText`.
    func collectFailureText() {
        require(ccurl_setopt_text(raw, CURLOPT_ERRORBUFFER, errorBuffer), "ERRORBUFFER")
    }

    /// Why the transfer failed, in libcurl's words; empty when it had none.
    var failureText: String { String(cString: errorBuffer) }

    func integer(_ info: CURLINFO) -> Int {
        var value = 0
        return ccurl_getinfo_long(raw, info, &value) == CURLE_OK ? value : 0
    }

    func offset(_ info: CURLINFO) -> Int64 {
        var value: curl_off_t = 0
        return ccurl_getinfo_offset(raw, info, &value) == CURLE_OK ? Int64(value) : 0
    }

    func text(_ info: CURLINFO) -> String {
        var value: UnsafePointer<CChar>?
        guard ccurl_getinfo_text(raw, info, &value) == CURLE_OK, let value else { return "" }
        return String(cString: value)
    }

    /// A fixed option that libcurl does not take means another libcurl than we were built for, or no memory.
    private func require(_ code: CURLcode, _ name: StaticString) {
        precondition(code == CURLE_OK, "libcurl refused CURLOPT_\(name): \(String(cString: curl_easy_strerror(code)))")
    }
}

@available(*, unavailable)
extension CurlList: Sendable {}

/// A libcurl list of texts, freed with its last owner.
final class CurlList {
    private(set) var head: UnsafeMutablePointer<curl_slist>?

    deinit { curl_slist_free_all(head) }

    /// Appends a text without NUL, which is copied.
    func append(_ text: String) {
        guard let longer = curl_slist_append(head, text) else { preconditionFailure("libcurl is out of memory") }
        head = longer
    }
}
