/// Pages as the API answers them: all fields, signed URLs, some prompts with escapes.
enum SamplePage {
    /// The number is the part of an id that tells rows apart: the rows of a page are `first`, `first + 1`, ….
    /// - Parameter token: differs from answer to answer, as that of the API's signed URLs does.
    static func json(rows: Int, first: Int = 0, token: Int = 0, nextCursor: String? = "img_cursor") -> String {
        let data = (first..<first + rows).map { row($0, token: token) }.joined(separator: ",")
        let next = nextCursor.map { "\"\($0)\"" } ?? "null"
        return #"{"object":"list","data":[\#(data)],"has_more":\#(nextCursor != nil),"next_cursor":\#(next)}"#
    }

    private static func row(_ number: Int, token: Int) -> String {
        row(id: "img_01HXMQ7Z3K8Y2ABCDEF\(1000 + number)", number, token: token)
    }

    static func row(id: String, _ number: Int, token: Int = 0) -> String {
        let token = String(repeating: "eyJhbGciOiJIUzI1NiJ9", count: 12) + String(10_000 + token)
        return #"""
            {"id":"\#(id)","status":"succeeded",
            "prompt":"A golden sunset over mountains, \"cinematic\" lighting, number \#(number)",
            "created_at":"2026-05-04T10:00:00Z","media_type":"image","negative_prompt":"blurry, low quality",
            "output_urls":["https://api.aurous-labs.com/v1/images/\#(id)/output/0?token=\#(token)"],
            "output_video_url":null,"reference_image_urls":["https://example.com/ref1.jpg"],"error_message":null,
            "duration_ms":14820,"cost":{"amount":2,"currency":"credit","breakdown":{"base":1,"enhance":1}},
            "width":1024,"height":1024,"image_count":1,"size_preset":"square","inference_type":"t2i","seed":\#(number),
            "cfg_rescale":0.7,"denoise_strength":null,"video_duration":null,"video_resolution":null,"video_ratio":null,
            "video_camera_fixed":{},"character_id":"char_01HXMQ7Z3K8Y2ABCDEFGHJKM","bundle_name":"Cinematic Trio",
            "loras":[{"id":"lora_01HXMQ7Z3K8Y2ABCDEFGHJKM","name":"Sunset Style"}],"aurous_version":"2026-05-15",
            "creation_request_id":"req_01HXMQ7Z3K8Y2ABCDEFGHJKM","completed_at":"2026-05-04T10:00:14Z"}
            """#
    }
}
