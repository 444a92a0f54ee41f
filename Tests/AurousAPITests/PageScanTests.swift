import AurousAPI
import Testing

private let good = #"{"id":"img_1","status":"succeeded","created_at":"2026-05-04T10:00:00Z"}"#

@Suite struct `A page` {
    @Test func `gives each row's id, status, time and own bytes in order`() throws {
        let second = #"{ "status" : "pending", "id" : "img_2" }"#
        let scan = try PageScan.list(page(good, second, more: #""has_more":true,"next_cursor":"img_2""#))
        #expect(scan.rows.map(\.id) == ["img_1", "img_2"])
        #expect(scan.rows.map(\.status) == ["succeeded", "pending"])
        #expect(scan.rows.map(\.createdAt) == ["2026-05-04T10:00:00Z", nil])
        #expect(scan.rows.map { String(decoding: $0.body, as: UTF8.self) } == [good, second])
        #expect(scan.rows.map(\.position) == [0, 1])
        #expect(scan.hasMore)
        #expect(scan.nextCursor == "img_2")
        #expect(scan.problems.isEmpty)
    }

    @Test func `finds rows by the hash of their id`() throws {
        let scan = try PageScan.list(page(good, #"{"id":"img_\u00e9\n","status":"x"}"#))
        #expect(scan.rows.map(\.idHash) == [PageScan.idHash(of: "img_1"), PageScan.idHash(of: "img_é\n")])
        #expect(PageScan.idHash(of: "") == 0x2d06_8005_38d3_94c2, "XXH3-64 of nothing, as its authors publish it")
    }

    @Test func `goes on past rows that cannot be understood`() throws {
        let long = String(repeating: "x", count: 257)
        let scan = try PageScan.list(
            page(
                "5", "null", "[1,[2]]", #""text""#, #"{"status":"x"}"#, #"{"id":7,"status":"x"}"#,
                #"{"id":null,"status":"x"}"#,
                #"{"id":"","status":"x"}"#, #"{"id":"\#(long)","status":"x"}"#, good, #"{"id":"a"}"#,
                #"{"id":"b","status":{}}"#, #"{"id":"c","status":""}"#, #"{"id":"d","status":"\#(long)"}"#))
        #expect(scan.rows.map(\.id) == ["img_1"])
        #expect(scan.rows.map(\.position) == [9])
        #expect(
            scan.problems.map(\.fault) == [
                .notAnObject, .notAnObject, .notAnObject, .notAnObject, .idMissing, .idNotAText, .idMissing, .idEmpty,
                .idTooLong, .statusMissing, .statusNotAText, .statusEmpty, .statusTooLong,
            ])
        #expect(scan.problems.map(\.position) == [0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13])
        #expect(scan.problems.compactMap(\.id) == ["a", "b", "c", "d"])
        #expect(scan.problems[9].description == "row 10 (a): 'status' is missing")
    }

    @Test func `of a hundred rows with a bad one has ninety-nine`() throws {
        let rows = (0..<100).map { $0 == 41 ? #"{"id":"bad"}"# : #"{"id":"i\#($0)","status":"x"}"# }
        let scan = try PageScan.list(Array(#"{"data":[\#(rows.joined(separator: ","))]}"#.utf8))
        #expect(scan.rows.count == 99)
        #expect(scan.problems.map(\.id) == ["bad"])
        var seen: [String] = []
        scan.forEachRow { seen.append($0.id) }
        #expect(seen.count == 99)
        #expect(!seen.contains("bad"))
    }

    @Test func `unescapes ids, keys and every kind of escape`() throws {
        let row = #"{"\u0069d":"a\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00","st\u0061tus":"\u0000x"}"#
        let scan = try PageScan.list(page(row))
        #expect(scan.rows.first?.id == "a\"\\/\u{8}\u{c}\n\r\té😀")
        #expect(scan.rows.first?.status == "\0x")
    }

    @Test func `takes a lone surrogate for a replacement character`() throws {
        #expect(try single(#"{"id":"a\ud83d","status":"\ude00b\ud800\u0041"}"#).id == "a\u{FFFD}")
        #expect(try single(#"{"id":"a\ud83d","status":"\ude00b\ud800\u0041"}"#).status == "\u{FFFD}b\u{FFFD}A")
    }

    @Test func `counts the last of members with the same key`() throws {
        #expect(try single(#"{"id":"a","status":"x","id":"b"}"#).id == "b")
        let scan = try PageScan.list(Array(#"{"data":[1,\#(good)],"data":[{"id":"z","status":"x"}]}"#.utf8))
        #expect(scan.rows.map(\.id) == ["z"])
        #expect(scan.problems.isEmpty)
        #expect(throws: PageScanError.notAList) { try PageScan.list(Array(#"{"data":[\#(good)],"data":null}"#.utf8)) }
    }

    @Test func `keeps an id that comes twice, twice`() throws {
        #expect(try PageScan.list(page(good, good)).rows.map(\.id) == ["img_1", "img_1"])
    }

    @Test(
        arguments: [
            (#""has_more":true"#, true, nil, false),
            (#""has_more":true,"next_cursor":null"#, true, nil, false),
            (#""has_more":false,"next_cursor":"char_1""#, false, "char_1", false),
            (#""has_more":"no","next_cursor":"img_1""#, true, "img_1", false),
            (#""has_more":null,"next_cursor":null"#, false, nil, false),
            (#""has_more":true,"next_cursor":"""#, true, nil, true),
            (#""has_more":true,"next_cursor":{}"#, true, nil, true),
            (#""has_more":true,"next_cursor":[["x"]]"#, true, nil, true),
            (#""next_cursor":"a\u0062c""#, true, "abc", false),
            (#""next_cursor":{}"#, false, nil, true),
        ] as [(String, Bool, String?, Bool)])
    func `reads what follows leniently`(_ row: (text: String, more: Bool, cursor: String?, isOdd: Bool)) throws {
        let scan = try PageScan.list(page(good, more: row.text))
        #expect(scan.hasMore == row.more)
        #expect(scan.nextCursor == row.cursor)
        #expect(scan.problems.map(\.fault) == (row.isOdd ? [.cursorUnusable] : []))
        #expect(scan.rows.count == 1)
    }

    @Test func `replaces bytes that are not UTF-8 and says so`() throws {
        var bytes = page(#"{"id":"img_1","status":"x","prompt":"a?b"}"#, good)
        let place = try #require(bytes.firstIndex(of: UInt8(ascii: "?")))
        bytes[place] = 0xFF
        let scan = try PageScan.list(bytes)
        #expect(scan.isRepaired)
        #expect(scan.rows.count == 2)
        #expect(String(decoding: try #require(scan.rows.first).body, as: UTF8.self).contains("a\u{FFFD}b"))
        #expect(try !PageScan.list(page(good)).isRepaired)
    }

    @Test func `may begin with a byte order mark and white space`() throws {
        let bytes = [0xEF, 0xBB, 0xBF] + Array(" \r\n\t".utf8) + page(good) + Array("\n\n".utf8)
        let row = try #require(try PageScan.list(bytes).rows.first)
        #expect(String(decoding: row.body, as: UTF8.self) == good)
        let one = try PageScan.single([0xEF, 0xBB, 0xBF] + Array(" \(good) \n".utf8))
        #expect(try String(decoding: #require(one.rows.first).body, as: UTF8.self) == good)
    }

    @Test func `is scanned beside others without mixing them up`() async {
        let ids = await withTaskGroup(of: [String].self) { group in
            for number in 0..<200 {
                group.addTask {
                    let pad = String(repeating: "y", count: number * 50)
                    let row = #"{"id":"\u0069\#(number)","status":"x","pad":"\#(pad)"}"#
                    return (try? PageScan.list(page(row, row)).rows.map(\.id)) ?? []
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(Set(ids) == Set((0..<200).map { ["i\($0)", "i\($0)"] }))
    }

    @Test func `bears a prompt of a megabyte and any Unicode`() throws {
        let prompt = String(repeating: "🌅 \\\" ünïcode \\u2028 ", count: 40_000)
        let scan = try PageScan.list(page(#"{"prompt":"\#(prompt)","id":"big","status":"x"}"#, good))
        #expect(scan.bytes.count > 1_000_000)
        #expect(scan.rows.map(\.id) == ["big", "img_1"])
    }

    @Test func `bears numbers of any size and spelling`() throws {
        let digits = String(repeating: "9", count: 100_000)
        for number in [
            digits, "-\(digits)", "1e999", "-1E+999999999", "1e-999999999", "0.\(digits)", "18446744073709551616",
        ] {
            #expect(try PageScan.list(page(#"{"id":"n","status":"x","seed":\#(number)}"#, good)).rows.count == 2)
        }
    }
}

@Suite struct `A page that is none` {
    @Test(arguments: [
        "", " ", "\u{FEFF}", "<html><body>502</body></html>", "{", "}", "[", "nul", "truex", #"{"data":[}"#,
        #"{"data":[]"#,
        #"{"data":[]}}"#, #"{"data":[]} x"#, #"{"data":[],}"#, #"{"data":[1,]}"#, #"{"data":[1 2]}"#, #"{"data" []}"#,
        #"{"data":[01]}"#, #"{"data":[+1]}"#, #"{"data":[1.]}"#, #"{"data":[.5]}"#, #"{"data":[1e]}"#, #"{"data":[-]}"#,
        #"{"data":[NaN]}"#, #"{"data":["\x"]}"#, #"{"data":["\u12g4"]}"#, #"{"data":["\ud83d\uzzzz"]}"#,
        #"{'data':[]}"#,
        #"{"data":["id":"a","status":"b"]}"#, #"{"data":[tru]}"#, "{\"data\":[\"a\nb\"]}", #"{"data":[{"id"}]}"#,
        #""a"b""#,
        "{\"data\":[]}\0", #"{data:[]}"#, #"[1,2"#, #"{"x":[1}],"data":[]}"#,
    ])
    func `is not JSON`(_ text: String) {
        #expect(throws: PageScanError.notJSON) { try PageScan.list(Array(text.utf8)) }
    }

    @Test(arguments: [
        "{}", "[]", "[{}]", "null", "5", "-1.5e3", #""data""#, #"{"data":{}}"#, #"{"data":null}"#, #"{"data":"[]"}"#,
        #"{"error":{"code":"x"}}"#, #"[[[{"data":[]}]]]"#,
    ])
    func `is JSON, but no list`(_ text: String) {
        #expect(throws: PageScanError.notAList) { try PageScan.list(Array(text.utf8)) }
    }

    @Test func `is never taken for one when it is cut, wherever the cut`() throws {
        let row = #"{"id":"img_\u00e9","status":"failed","n":[-1.5e3,{}],"t":true,"z":null,"s":"é😀"}"#
        let whole = page(row, "5", row, more: #""has_more":true,"next_cursor":"é""#)
        #expect(try PageScan.list(whole).rows.count == 2)
        for length in whole.indices {
            #expect(throws: PageScanError.notJSON, "cut after \(length) bytes") {
                try PageScan.list(Array(whole[..<length]))
            }
            #expect(throws: PageScanError.notJSON) { try PageScan.single(Array(whole[..<length])) }
        }
    }

    @Test func `survives every byte changed to any other kind of byte`() {
        let whole = page(#"{"id":"a\n","status":"x","n":[1.5,{"b":null}]}"#, "7")
        for place in whole.indices {
            for byte in Array("{}[]:,\"\\0e-.tn \n".utf8) + [0, 0x80, 0xC3, 0xFF] {
                var bytes = whole
                bytes[place] = byte
                guard let scan = try? PageScan.list(bytes) else { continue }
                for row in scan.rows {
                    #expect(row.body.first == UInt8(ascii: "{") && row.body.last == UInt8(ascii: "}"))
                }
            }
        }
    }

    @Test func `is refused beyond the named limits`() {
        let rows = Array(repeating: good, count: 1001).joined(separator: ",")
        #expect(throws: PageScanError.tooManyRows(limit: 1000)) {
            try PageScan.list(Array(#"{"data":[\#(rows)]}"#.utf8))
        }
        let blank = [UInt8](repeating: 0x20, count: 32 << 20)
        #expect(throws: PageScanError.tooLarge(limitBytes: 33_554_432)) { try PageScan.list(page() + blank) }
    }

    @Test func `when nested without end costs one row, or the page where it is no row`() throws {
        let deep = String(repeating: "[", count: 200_000) + String(repeating: "]", count: 200_000)
        let objects = String(repeating: #"{"a":"#, count: 100_000) + "1" + String(repeating: "}", count: 100_000)
        let scan = try PageScan.list(
            page(
                #"{"id":"deep","status":"x","d":\#(deep)}"#, #"{"id":"deeper","d":\#(objects),"status":"x"}"#, good,
                deep))
        #expect(scan.rows.map(\.id) == ["img_1"])
        #expect(scan.problems.map(\.fault) == [.tooDeep, .tooDeep, .notAnObject])
        #expect(scan.problems.map(\.id) == ["deep", "deeper", nil])
        #expect(throws: PageScanError.tooDeep(limit: 64)) { try PageScan.list(page(good, more: #""x":\#(deep)"#)) }
        #expect(throws: PageScanError.self) { try PageScan.list(Array(String(repeating: "[", count: 1_000_000).utf8)) }
    }

    @Test func `just within the limit of nesting is a row`() throws {
        let within = String(repeating: "[", count: 63) + String(repeating: "]", count: 63)
        #expect(try PageScan.list(page(#"{"id":"a","status":"x","d":\#(within)}"#)).rows.count == 1)
        #expect(try PageScan.list(page(#"{"id":"a","status":"x","d":[\#(within)]}"#)).rows.isEmpty)
    }
}

@Suite struct `A single resource` {
    @Test func `has the same fingerprint and hash as its row in a list`() throws {
        let row = #"{"id":"img_1","status":"x","n":[1,2.0],"o":{"b":1,"a":null}}"#
        let listed = try #require(try PageScan.list(page(row)).rows.first)
        let alone = try single(" \n" + row + "\n")
        #expect(alone.fingerprint == listed.fingerprint)
        #expect(alone.idHash == listed.idHash)
        #expect(Array(alone.body) == Array(row.utf8))
    }

    @Test func `without what it needs is one problem and no row`() throws {
        let scan = try PageScan.single(Array(#"{"id":"a","state":"x"}"#.utf8))
        #expect(scan.rows.isEmpty)
        #expect(scan.problems == (try PageScan.list(page(#"{"id":"a"}"#)).problems))
    }

    @Test(arguments: ["[]", "7", "null"]) func `is an object`(_ text: String) {
        #expect(throws: PageScanError.notAResource) { try PageScan.single(Array(text.utf8)) }
    }
}
