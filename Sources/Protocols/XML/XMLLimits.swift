/// What a document from a peer may not exceed. Every bound is checked before the memory it guards is taken.
public struct XMLLimits: Hashable, Sendable {
    /// The whole document.
    public var bytesMax: Int
    /// Elements inside each other; the outermost is at depth 1.
    public var depthMax: Int
    /// One text without an element in between.
    public var textBytesMax: Int
    /// Attributes of one element.
    public var attributesMax: Int
    /// One tag from `<` to `>`.
    public var tagBytesMax: Int
    /// Different names a reader remembers before it starts afresh. Not a bound on a document.
    public var namesKeptMax: Int

    /// Limits; those that are left out suit an envelope of WS-Management.
    public init(
        bytesMax: Int, depthMax: Int = 64, textBytesMax: Int? = nil, attributesMax: Int = 64, tagBytesMax: Int = 32768,
        namesKeptMax: Int = 4096
    ) {
        self.bytesMax = bytesMax
        self.depthMax = depthMax
        self.textBytesMax = textBytesMax ?? bytesMax
        self.attributesMax = attributesMax
        self.tagBytesMax = tagBytesMax
        self.namesKeptMax = namesKeptMax
    }
}

/// Why a document was not read, and where.
public struct XMLError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The line, from 1.
    public let line: Int
    /// What is wrong.
    public let fault: Fault

    /// What can be wrong.
    public enum Fault: Hashable, Sendable {
        /// There is nothing, or nothing but blanks.
        case empty
        /// The bytes are not UTF-8 but this.
        case encoding(String)
        /// The document has a DOCTYPE.
        case doctype
        /// `XMLLimits.bytesMax` is passed.
        case documentTooLong(limit: Int)
        /// `XMLLimits.depthMax` is passed.
        case tooDeep(limit: Int)
        /// `XMLLimits.textBytesMax` is passed.
        case textTooLong(limit: Int)
        /// `XMLLimits.attributesMax` is passed.
        case tooManyAttributes(limit: Int)
        /// `XMLLimits.tagBytesMax` is passed.
        case tagTooLong(limit: Int)
        /// A prefix stands for no namespace.
        case undeclaredPrefix(String)
        /// It is not XML, in the parser's words, which may quote the document.
        case notWellFormed(String)
        /// There is no memory for a parser.
        case noMemory
    }

    /// An error at a line.
    public init(line: Int, fault: Fault) {
        self.line = line
        self.fault = fault
    }

    /// One sentence without a full stop, after the line.
    public var description: String {
        "XML line \(line): \(words)"
    }

    private var words: String {
        switch fault {
        case .empty: "there is no document"
        case .encoding(let name): "the bytes are \(name), only UTF-8 is read"
        case .doctype: "a DOCTYPE is not allowed"
        case .documentTooLong(let limit): "the document is longer than \(limit) bytes"
        case .tooDeep(let limit): "elements are nested deeper than \(limit)"
        case .textTooLong(let limit): "a text is longer than \(limit) bytes"
        case .tooManyAttributes(let limit): "an element has more than \(limit) attributes"
        case .tagTooLong(let limit): "a tag is longer than \(limit) bytes"
        case .undeclaredPrefix(let prefix): "the prefix \(prefix) stands for no namespace"
        case .notWellFormed(let reason): reason
        case .noMemory: "there is no memory for a parser"
        }
    }
}
