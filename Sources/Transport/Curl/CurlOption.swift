import CCurl

/// A libcurl option with the type of its value, so that a wrong one does not compile.
struct CurlOption<Value> {
    let raw: CURLoption
    let name: StaticString

    fileprivate init(_ raw: CURLoption, _ name: StaticString) {
        self.raw = raw
        self.name = name
    }
}

/// Options that libcurl reads as `long`.
extension CurlOption<Int> {
    static let bufferSize = CurlOption(CURLOPT_BUFFERSIZE, "BUFFERSIZE")
    static let connectOnly = CurlOption(CURLOPT_CONNECT_ONLY, "CONNECT_ONLY")
    static let connectTimeoutMilliseconds = CurlOption(CURLOPT_CONNECTTIMEOUT_MS, "CONNECTTIMEOUT_MS")
    static let exchangeTimeoutMilliseconds = CurlOption(CURLOPT_TIMEOUT_MS, "TIMEOUT_MS")
    static let followLocation = CurlOption(CURLOPT_FOLLOWLOCATION, "FOLLOWLOCATION")
    static let forbidReuse = CurlOption(CURLOPT_FORBID_REUSE, "FORBID_REUSE")
    static let freshConnect = CurlOption(CURLOPT_FRESH_CONNECT, "FRESH_CONNECT")
    static let httpGet = CurlOption(CURLOPT_HTTPGET, "HTTPGET")
    static let httpVersion = CurlOption(CURLOPT_HTTP_VERSION, "HTTP_VERSION")
    static let netrc = CurlOption(CURLOPT_NETRC, "NETRC")
    static let noBody = CurlOption(CURLOPT_NOBODY, "NOBODY")
    static let noProgress = CurlOption(CURLOPT_NOPROGRESS, "NOPROGRESS")
    static let noSignal = CurlOption(CURLOPT_NOSIGNAL, "NOSIGNAL")
    static let post = CurlOption(CURLOPT_POST, "POST")
    static let proxyTLSVersion = CurlOption(CURLOPT_PROXY_SSLVERSION, "PROXY_SSLVERSION")
    static let quickExit = CurlOption(CURLOPT_QUICK_EXIT, "QUICK_EXIT")
    static let serverResponseTimeoutSeconds = CurlOption(CURLOPT_SERVER_RESPONSE_TIMEOUT, "SERVER_RESPONSE_TIMEOUT")
    static let suppressConnectHeaders = CurlOption(CURLOPT_SUPPRESS_CONNECT_HEADERS, "SUPPRESS_CONNECT_HEADERS")
    static let tlsVersion = CurlOption(CURLOPT_SSLVERSION, "SSLVERSION")
    static let upload = CurlOption(CURLOPT_UPLOAD, "UPLOAD")
    static let useTLS = CurlOption(CURLOPT_USE_SSL, "USE_SSL")
    static let verbose = CurlOption(CURLOPT_VERBOSE, "VERBOSE")
    static let verifyHost = CurlOption(CURLOPT_SSL_VERIFYHOST, "SSL_VERIFYHOST")
    static let verifyPeer = CurlOption(CURLOPT_SSL_VERIFYPEER, "SSL_VERIFYPEER")
}

/// Options that libcurl reads as `curl_off_t`.
extension CurlOption<Int64> {
    static let maximumFileSize = CurlOption(CURLOPT_MAXFILESIZE_LARGE, "MAXFILESIZE_LARGE")
    static let postFieldSize = CurlOption(CURLOPT_POSTFIELDSIZE_LARGE, "POSTFIELDSIZE_LARGE")
    static let uploadSize = CurlOption(CURLOPT_INFILESIZE_LARGE, "INFILESIZE_LARGE")
}

/// Options that libcurl reads as text and copies.
extension CurlOption<String> {
    static let awsSigV4 = CurlOption(CURLOPT_AWS_SIGV4, "AWS_SIGV4")
    static let caFile = CurlOption(CURLOPT_CAINFO, "CAINFO")
    static let clientCertificate = CurlOption(CURLOPT_SSLCERT, "SSLCERT")
    static let clientKey = CurlOption(CURLOPT_SSLKEY, "SSLKEY")
    static let customRequest = CurlOption(CURLOPT_CUSTOMREQUEST, "CUSTOMREQUEST")
    static let loginOptions = CurlOption(CURLOPT_LOGIN_OPTIONS, "LOGIN_OPTIONS")
    static let mailFrom = CurlOption(CURLOPT_MAIL_FROM, "MAIL_FROM")
    static let noProxy = CurlOption(CURLOPT_NOPROXY, "NOPROXY")
    static let password = CurlOption(CURLOPT_PASSWORD, "PASSWORD")
    static let protocols = CurlOption(CURLOPT_PROTOCOLS_STR, "PROTOCOLS_STR")
    static let proxy = CurlOption(CURLOPT_PROXY, "PROXY")
    static let redirectProtocols = CurlOption(CURLOPT_REDIR_PROTOCOLS_STR, "REDIR_PROTOCOLS_STR")
    static let url = CurlOption(CURLOPT_URL, "URL")
    static let username = CurlOption(CURLOPT_USERNAME, "USERNAME")
}

/// Options that libcurl reads as bytes and copies.
extension CurlOption<[UInt8]> {
    static let caBlob = CurlOption(CURLOPT_CAINFO_BLOB, "CAINFO_BLOB")
}

/// Options that libcurl reads as a list, which the handle keeps.
extension CurlOption<CurlList> {
    static let httpHeader = CurlOption(CURLOPT_HTTPHEADER, "HTTPHEADER")
    static let mailRecipients = CurlOption(CURLOPT_MAIL_RCPT, "MAIL_RCPT")
}
