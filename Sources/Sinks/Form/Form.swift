import CEL
import ConfigurationFiles
import Core

/// A service as data: what is sent to it, how texts are written for it, and what its answers mean.
///
/// Read by ``FormReader`` from a preset's file or from a sink of the kind `http` in the configuration. Every expression
/// in it was checked.
struct Form: Sendable {
    var heading: FormHeading
    /// How a stranger's text is escaped where nothing else is said.
    var grammar: Grammar
    var unit: TextUnit
    var texts: [FormText]
    var request: FormRequest
    /// What is sent instead when an alert resolves, or is still firing: the first that fits.
    var resolved: [FormFollowUp]
    var reminder: [FormFollowUp]
    /// What settings must not be, besides what their declarations say.
    var checks: [FormCheck]
    var keep: [FormKept]
    /// What of the kept is dropped when the condition holds; the next attempt does without.
    var forget: [FormForget]
    /// In the order of the file; the first that holds decides.
    var outcomes: [FormOutcome]
    /// The greatest length of a body in bytes; a longer one is shrunk.
    var bodyLimit: Int?
    /// Places and names by which requests are evaluated.
    var scope: FormScope
    /// Whether anything in it names one of ``FormSituation/recordNames``.
    var needsRecords: Bool

    /// Every request that it may lead to.
    var requests: [FormRequest] { [request] + (resolved + reminder).map(\.request) }
}

/// What a preset says about itself.
struct FormHeading: Sendable {
    var name: String
    var summary: String
    var documentation: String?
    /// What it was tried against; nil for nothing real.
    var tried: String?
    var settings: [SettingDeclaration]
    var rate: SinkRate?
}

/// At most `count` attempts in every `period`.
package struct SinkRate: Sendable, Hashable {
    package var count: Int
    package var period: Duration
}

/// A named text: rendered, normalised, cut to its limit, escaped.
struct FormText: Sendable {
    var name: String
    var parts: [FormPart]
    var grammar: Grammar
    /// In the form's unit; nil for a text that is not cut.
    var limit: Int?
    /// Whether line ends become spaces.
    var isOneLine: Bool
}

/// A part of a template.
enum FormPart: Sendable {
    case markup(String)
    case insert(FormInsert)
}

/// What an expression inserts, with where it comes from.
indirect enum FormInsert: Sendable {
    /// A declared text, or the notification's own title or text, with the rule's markup.
    case text(String)
    case conditional(Program, FormInsert, FormInsert)
    /// `optional.of(x)`, or `optional.ofNonZeroValue(x)`.
    case optional(FormInsert, leavesOutEmpty: Bool)
    case value(Program, FormOrigin)
}

/// Whose value it is.
enum FormOrigin: Sendable {
    /// The form's, the operator's, or of a few known words: goes in as it is.
    case own
    /// A setting and nothing else.
    case setting(String)
    /// Anybody's: is normalised and escaped.
    case foreign
}

/// A place in a request that takes a value.
struct FormLeaf: Sendable {
    var parts: [FormPart]
    /// What a text that cannot be rendered is called in its own place.
    var place: String

    /// The only insert of a leaf that is one `${…}`: it keeps the value's type.
    var lone: FormInsert? {
        if parts.count == 1, case .insert(let insert) = parts[0] { insert } else { nil }
    }
}

/// A tree of values as it goes into JSON.
indirect enum FormTree: Sendable {
    case constant(CELValue)
    case leaf(FormLeaf)
    case mapping([(name: String, value: FormTree)])
    case list([FormTree])
    /// There while the condition holds; one that cannot be evaluated does not.
    case conditional(Program, FormTree)
    /// In a list: once for each alert, as if the notification were about that one alone.
    case eachAlert(FormTree)
}

enum FormBody: Sendable {
    case none
    case json(FormTree)
    case form([(name: String, value: FormLeaf)])
    case text(FormLeaf)
    case document(FormDocument)
    /// The name of a document, which the settings choose.
    case chosen(FormLeaf)
}

/// A body that has a name.
enum FormDocument: String, Sendable, CaseIterable {
    /// The callback, as the `webhook` kind sends it.
    case callback
    /// A CloudEvents 1.0 event, structured or binary.
    case cloudEvent = "cloudevents"
    case binaryCloudEvent = "cloudevents-binary"
    case none
}

struct FormRequest: Sendable {
    var method: String
    var url: FormLeaf
    var query: [(name: String, value: FormLeaf)]
    var headers: [(name: String, value: FormLeaf)]
    var basic: (user: FormLeaf, password: FormLeaf)?
    var signing: FormSigning?
    var body: FormBody
}

/// What is sent about an alert that was told before.
struct FormFollowUp: Sendable {
    var says: Manner
    /// When it is the one; always where there is no condition.
    var condition: Program?
    /// What must have been kept; where it was not, the ordinary request is sent. It is not kept anew.
    var needs: [String]
    var request: FormRequest

    /// How it is said: by changing the message, by answering it, by closing the incident, or in a message of its own.
    enum Manner: String, Sendable, CaseIterable {
        case update, thread, close, message
    }
}

/// A value of the answer for the next deliveries about the same alert.
struct FormKept: Sendable {
    var name: String
    var template: Template
}

struct FormForget: Sendable {
    var name: String
    var condition: Program
}

/// An answer, and what it means.
struct FormOutcome: Sendable {
    enum Meaning: String, Sendable, CaseIterable {
        case delivered, refused, throttled, failed, unknown
    }

    var meaning: Meaning
    var condition: Program
    /// How long to wait: seconds, a duration, or a time.
    var after: Template?
    var reason: Template?
    /// Whether every message would meet the same, so that the sink pauses; nil where the status decides.
    var pauses: Bool?
}

/// Settings that do not go together.
struct FormCheck: Sendable {
    /// Over the settings; where it holds, they are refused.
    var condition: Program
    /// The setting that is to be changed.
    var setting: String
    var reason: String
}
