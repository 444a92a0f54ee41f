import CCurl
import Glibc

/// The only file that turns libcurl's pointers back into an `Exchange`.
///
/// The pointer is not retained: `CurlThread` keeps each exchange until its handle has left the multi handle.
extension EasyHandle {
    func installCallbacks(for exchange: Exchange) {
        let pointer = Unmanaged.passUnretained(exchange).toOpaque()
        func require(_ code: CURLcode) { precondition(code == CURLE_OK, "libcurl refused a callback") }

        require(ccurl_setopt_pointer(raw, CURLOPT_PRIVATE, pointer))
        require(ccurl_setopt_pointer(raw, CURLOPT_HEADERDATA, pointer))
        require(ccurl_setopt_data_function(raw, CURLOPT_HEADERFUNCTION, receiveHeaderLine))
        require(ccurl_setopt_pointer(raw, CURLOPT_WRITEDATA, pointer))
        require(ccurl_setopt_data_function(raw, CURLOPT_WRITEFUNCTION, receiveBody))
        require(ccurl_setopt_pointer(raw, CURLOPT_OPENSOCKETDATA, pointer))
        require(ccurl_setopt_opensocket(raw, openSocket))
        require(ccurl_setopt_pointer(raw, CURLOPT_PREREQDATA, pointer))
        require(ccurl_setopt_prereq(raw, allowRequest))
    }

    /// Adds the callbacks that only an upload to a mail server needs.
    func installMailCallbacks(for exchange: Exchange) {
        let pointer = Unmanaged.passUnretained(exchange).toOpaque()
        func require(_ code: CURLcode) { precondition(code == CURLE_OK, "libcurl refused a callback") }

        require(ccurl_setopt_pointer(raw, CURLOPT_READDATA, pointer))
        require(ccurl_setopt_data_function(raw, CURLOPT_READFUNCTION, fillUpload))
        require(ccurl_setopt_pointer(raw, CURLOPT_XFERINFODATA, pointer))
        require(ccurl_setopt_progress(raw, checkProgress))
        require(ccurl_setopt_pointer(raw, CURLOPT_DEBUGDATA, pointer))
        require(ccurl_setopt_debug(raw, hearCommand))
        set(.noProgress, to: 0)
        set(.verbose, to: 1)
    }
}

private func exchange(_ pointer: UnsafeMutableRawPointer) -> Exchange {
    Unmanaged<Exchange>.fromOpaque(pointer).takeUnretainedValue()
}

/// What a data callback returns to end the transfer: any number but the one it was given (`CURL_WRITEFUNC_ERROR`).
private let refusesData = Int(UInt32.max)

private let receiveHeaderLine: curl_write_callback = { bytes, size, count, data in
    guard let data else { return refusesData }
    return exchange(data).receive(headerLine: UnsafeRawBufferPointer(start: bytes, count: size * count))
        ? size * count : refusesData
}

private let receiveBody: curl_write_callback = { bytes, size, count, data in
    guard let data else { return refusesData }
    return exchange(data).receive(body: UnsafeRawBufferPointer(start: bytes, count: size * count))
        ? size * count : refusesData
}

private let fillUpload: curl_read_callback = { bytes, size, count, data in
    guard let data else { return 0 }
    return exchange(data).fill(UnsafeMutableRawBufferPointer(start: bytes, count: size * count))
}

private let openSocket: curl_opensocket_callback = { data, purpose, address in
    guard let data, let address else { return CURL_SOCKET_BAD }
    let target = withUnsafePointer(to: &address.pointee.addr) { IPAddress($0, length: Int(address.pointee.addrlen)) }
    guard exchange(data).allowsSocket(to: target) else { return CURL_SOCKET_BAD }
    return socket(
        address.pointee.family, address.pointee.socktype | Int32(SOCK_CLOEXEC.rawValue), address.pointee.protocol)
}

private let allowRequest: curl_prereq_callback = { data, address, _, _, _ in
    guard let data, let address else { return CURL_PREREQFUNC_ABORT }
    return exchange(data).allowsRequest(to: String(cString: address)) ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT
}

private let checkProgress: curl_xferinfo_callback = { data, _, _, _, _ in
    guard let data else { return 1 }
    return exchange(data).shouldAbort ? 1 : 0
}

private let hearCommand: curl_debug_callback = { _, kind, bytes, count, data in
    if let data, kind == CURLINFO_HEADER_OUT {
        exchange(data).willSend(command: UnsafeRawBufferPointer(start: bytes, count: count))
    }
    return 0
}
