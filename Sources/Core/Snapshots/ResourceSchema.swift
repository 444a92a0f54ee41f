package import CEL

/// The type that a documented field has in rules, whatever JSON spells.
package indirect enum FieldKind: Sendable {
    case text
    /// RFC 3339 text, seen as a timestamp.
    case time
    /// A whole number; `14820.0` and `"14820"` are whole.
    case integer
    /// Amounts and credits; `2` is 2.0.
    case decimal
    case boolean
    /// Whatever the API sends: the documentation gives no type.
    case open
    case list(FieldKind)
    case object(ResourceSchema)
    /// Free names to values of one kind, such as `cost.breakdown`.
    case dictionary(FieldKind)

    /// The type in conditions and texts.
    package var type: CELType {
        switch self {
        case .text: .string
        case .time: .timestamp
        case .integer: .int
        case .decimal: .double
        case .boolean: .bool
        case .open: .dyn
        case .list(let element): .list(element.type)
        case .object(let schema): .object(schema.objectType)
        case .dictionary(let element): .map(.string, element.type)
        }
    }
}

/// One documented field of a resource.
package struct SchemaField: Sendable {
    package var name: String
    package var kind: FieldKind
    /// Values that the API's pages name; the enumeration is open, so others only earn a warning.
    package var knownValues: [String]
    package var summary: String

    init(_ name: String, _ kind: FieldKind, _ summary: String, knownValues: [String] = []) {
        self.name = name
        self.kind = kind
        self.knownValues = knownValues
        self.summary = summary
    }
}

/// The documented fields of a resource (or of an object inside one), as rules see them.
///
/// Source: the API's pages `GET /v1/images`, `GET /v1/characters`, `GET /v1/balance`. `gone` is Auspex' own, as is all
/// of a source and a sink.
package final class ResourceSchema: Sendable {
    /// The type's name in messages: `Generation`, `Cost`.
    package let name: String
    package let fields: [SchemaField]
    /// The type by which conditions are checked; records of its shape are read by position.
    package let objectType: ObjectType

    init(_ name: String, _ fields: [SchemaField]) {
        self.name = name
        self.fields = fields
        objectType = ObjectType(
            name: name,
            fields: fields.map { field in
                FieldDeclaration(
                    field.name, field.kind.type, nullable: field.name != "gone", knownValues: field.knownValues,
                    documentation: field.summary)
            })
    }

    package static func of(_ kind: ResourceKind) -> ResourceSchema {
        switch kind {
        case .generation: generation
        case .character: character
        case .balance: balance
        case .source: source
        case .sink: sink
        }
    }

    package static let generationStatuses = [
        "pending", "queued", "processing", "succeeded", "failed", "cancelled", "expired", "moderation_rejected",
    ]
    /// States of a generation that the API documents as final.
    package static let settledStatuses: Set<String> = [
        "succeeded", "failed", "cancelled", "expired", "moderation_rejected",
    ]
    package static let characterStatuses = ["synthesizing", "reviewing", "ready", "failed"]

    private static let gone = SchemaField(
        "gone", .boolean, "true in the last evaluation of a resource that disappeared")

    package static let generation = ResourceSchema(
        "Generation",
        [
            SchemaField("id", .text, "the opaque id, `img_…` or `vid_…`"),
            SchemaField("status", .text, "where its life stands", knownValues: generationStatuses),
            SchemaField("prompt", .text, "what was asked for; written by strangers"),
            SchemaField("created_at", .time, "when it was asked for"),
            SchemaField("media_type", .text, "what is made", knownValues: ["image", "video"]),
            SchemaField("negative_prompt", .text, "what was to be avoided"),
            SchemaField("output_urls", .list(.text), "signed addresses of the results; they expire"),
            SchemaField("output_video_url", .text, "signed address of the video; it expires"),
            SchemaField("reference_image_urls", .list(.text), "the images that were given along"),
            SchemaField("error_message", .text, "why it failed, in free text"),
            SchemaField("duration_ms", .integer, "how long it took, in milliseconds"),
            SchemaField("cost", .object(cost), "what it costs"),
            SchemaField("width", .integer, "in pixels"),
            SchemaField("height", .integer, "in pixels"),
            SchemaField("image_count", .integer, "how many images were asked for"),
            SchemaField("size_preset", .text, "such as `square`"),
            SchemaField("inference_type", .text, "such as `t2i`, `i2i`, `t2v`, `i2v`"),
            SchemaField("seed", .integer, "the random seed"),
            SchemaField("cfg_rescale", .decimal, "guidance rescale"),
            SchemaField("denoise_strength", .decimal, "0 to 1"),
            SchemaField("video_duration", .integer, "in seconds"),
            SchemaField("video_resolution", .text, "such as `480p`"),
            SchemaField("video_ratio", .text, "such as `16:9`"),
            SchemaField("video_camera_fixed", .open, "untyped: seen as an empty object and as a bool"),
            SchemaField("character_id", .text, "the character it shows, `char_…`"),
            SchemaField("bundle_name", .text, "the style bundle"),
            SchemaField("loras", .list(.object(lora)), "the styles applied"),
            SchemaField("aurous_version", .text, "the version of the API's contract"),
            SchemaField("creation_request_id", .text, "the request that made it, `req_…`"),
            SchemaField("completed_at", .time, "when it reached its final state"),
            gone,
        ])

    private static let cost = ResourceSchema(
        "Cost",
        [
            SchemaField("amount", .decimal, "held while it runs, charged when it is done"),
            SchemaField("currency", .text, "such as `credit`"),
            SchemaField("breakdown", .dictionary(.decimal), "the amount by reason"),
        ])

    private static let lora = ResourceSchema(
        "Lora", [SchemaField("id", .text, "`lora_…`"), SchemaField("name", .text, "the style's name")])

    package static let character = ResourceSchema(
        "Character",
        [
            SchemaField("id", .text, "the opaque id, `char_…`"),
            SchemaField("object", .text, "always `character`"),
            SchemaField("name", .text, "the character's name; written by strangers"),
            SchemaField("status", .text, "where it stands; no state is final", knownValues: characterStatuses),
            SchemaField("refs", .list(.object(reference)), "reference images"),
            SchemaField("created_at", .time, "when it was made"),
            SchemaField("updated_at", .time, "when it last changed"),
            SchemaField("attributes", .object(attributes), "how it looks"),
            SchemaField("error_message", .text, "why it failed, in free text"),
            SchemaField("aurous_version", .text, "the version of the API's contract"),
            SchemaField("client_reference_id", .text, "the team's own id for it"),
            gone,
        ])

    private static let reference = ResourceSchema(
        "Reference", [SchemaField("pose", .text, "such as `front`"), SchemaField("url", .text, "signed; it expires")])

    private static let attributes = ResourceSchema(
        "Attributes",
        [
            SchemaField("gender", .text, "in words"), SchemaField("age", .integer, "in years"),
            SchemaField("ethnicity", .text, "in words"), SchemaField("hair_color", .text, "in words"),
            SchemaField("hair_style", .text, "in words"), SchemaField("eye_color", .text, "in words"),
            SchemaField("body_type", .text, "in words"),
            SchemaField("additional_details", .text, "free text; written by strangers"),
        ])

    package static let balance = ResourceSchema(
        "Balance",
        [
            SchemaField("credits", .decimal, "all credits of the team"),
            SchemaField("held_credits", .decimal, "held by what is in flight"),
            SchemaField("available_credits", .decimal, "credits less those held"),
            SchemaField("currency", .text, "such as `credit`"),
            SchemaField("billing_mode", .text, "such as `metered`; `exempt` is never blocked"),
            gone,
        ])
}
