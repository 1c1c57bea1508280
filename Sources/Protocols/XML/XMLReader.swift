// Reading XML that a peer sent: a whole byte array in, calls of a consumer out.
//
// libxml2's SAX2 parser does the reading. Nothing is taken over from it on trust: what its defaults would allow is
// either switched off or refused before it sees the bytes.
//
//  - Only UTF-8. A byte order mark is skipped; UTF-16 and anything else is refused by name. What the document itself
//    says of its encoding is not believed: bytes that are not UTF-8 are an error whatever it says.
//  - No DOCTYPE (SOAP 1.2 part 1, section 5, forbids it), so there are no entities but the five of XML, nothing to expand
//    and nothing to fetch.
//  - Every size is bounded by `XMLLimits`. libxml2 compares each attribute of an element with all the others, so a tag
//    that is too long has to be found before the parser meets it.
//
// Names, namespaces and text are lent for the duration of the call as `XMLText`, a view of the parser's memory; who
// wants to keep them makes a `String`. A reader keeps its parser between documents, because a PSRP message is often one
// small document and making a parser costs about as much as reading it.

internal import CXML

/// Takes what a reader finds, in the order of the document.
///
/// Comments and processing instructions are left out. What a method throws ends the reading and comes out of
/// `XMLReader.read`.
public protocol XMLConsumer: AnyObject {
    /// An element begins. `element` and everything in it is only there during this call.
    func started(_ element: XMLStart) throws
    /// Text of the innermost element; one text may come in several pieces, cut between characters.
    func found(_ text: XMLText) throws
    /// The innermost element ends.
    func ended() throws
}

/// Reads documents, one after the other. Not to be used by two threads at once.
public final class XMLReader {
    /// What no document may exceed.
    public let limits: XMLLimits

    private var context: xmlParserCtxtPtr?
    private var consumer: (any XMLConsumer)?
    private var fault: (any Error)?
    private var depth = 0
    private var textBytes = 0

    /// A reader for documents within `limits`.
    public init(limits: XMLLimits) {
        self.limits = limits
    }

    deinit {
        if let context { xmlFreeParserCtxt(context) }
    }

    /// Reads a whole document into `consumer`.
    ///
    /// Throws `XMLError`, or what the consumer threw. The consumer may have had many calls by then.
    public func read(_ bytes: [UInt8], into consumer: some XMLConsumer) throws {
        try bytes.withUnsafeBufferPointer { try read($0, into: consumer) }
    }

    /// Reads a whole document that is part of something larger.
    public func read(_ bytes: ArraySlice<UInt8>, into consumer: some XMLConsumer) throws {
        try bytes.withUnsafeBufferPointer { try read($0, into: consumer) }
    }

    private func read(_ bytes: UnsafeBufferPointer<UInt8>, into consumer: some XMLConsumer) throws {
        precondition(self.consumer == nil, "a consumer does not read with the reader that feeds it")
        guard bytes.count <= min(limits.bytesMax, Int(Int32.max)) else {
            throw XMLError(line: 1, fault: .documentTooLong(limit: limits.bytesMax))
        }
        let document = try Preamble.check(bytes, limits: limits)
        let context = try readyContext()
        self.consumer = consumer
        fault = nil
        depth = 0
        textBytes = 0
        defer { self.consumer = nil }

        _ = document.withMemoryRebound(to: CChar.self) { chars in
            xmlCtxtReadMemory(context, chars.baseAddress, Int32(chars.count), nil, nil, Self.options)
        }
        if let fault { throw fault }
        guard context.pointee.wellFormed != 0, context.pointee.nsWellFormed != 0 else {
            throw XMLError(of: context)
        }
        // Without a tree there is nothing else that tells a document that was cut off at its very beginning.
        guard depth == 0 else { throw XMLError(line: 1, fault: .notWellFormed("the document ends early")) }
    }

    /// The limits are ours, so libxml2's own (HUGE) are off. Without NOENT an ampersand in an attribute would come as
    /// `&#38;`; it is safe because without a DOCTYPE there are no entities.
    private static let options = Int32(
        XML_PARSE_NONET.rawValue | XML_PARSE_NOERROR.rawValue | XML_PARSE_NOWARNING.rawValue | XML_PARSE_HUGE.rawValue
            | XML_PARSE_IGNORE_ENC.rawValue | XML_PARSE_NOENT.rawValue)

    /// libxml2 wants to be set up once, before the first parser is made.
    private static let libraryIsReady: Void = xmlInitParser()

    private func readyContext() throws -> xmlParserCtxtPtr {
        // The parser's dictionary of names grows with every name a peer makes up, and only goes away with the parser.
        if let context {
            if xmlDictSize(context.pointee.dict) <= limits.namesKeptMax { return context }
            xmlFreeParserCtxt(context)
            self.context = nil
        }
        Self.libraryIsReady
        // Only without memory there is no parser; then nothing in this process goes on for long.
        guard let context = xmlNewParserCtxt() else { throw XMLError(line: 0, fault: .noMemory) }
        self.context = context
        context.pointee.sax.pointee = saxHandler()
        context.pointee.userData = Unmanaged.passUnretained(self).toOpaque()
        return context
    }
}

// The parser's calls. Each bound is looked at here, so that a consumer never sees what is beyond it.
extension XMLReader {
    fileprivate func started(_ element: XMLStart) {
        guard fault == nil, let consumer else { return }
        depth += 1
        textBytes = 0
        guard depth <= limits.depthMax else { return stop(.tooDeep(limit: limits.depthMax)) }
        guard element.attributeCount <= limits.attributesMax else {
            return stop(.tooManyAttributes(limit: limits.attributesMax))
        }
        if let prefix = element.undeclaredPrefix { return stop(.undeclaredPrefix(prefix)) }
        do { try consumer.started(element) } catch { stop(error) }
    }

    fileprivate func found(_ text: XMLText) {
        // libxml2 only finds out afterwards that text stands outside of everything.
        guard fault == nil, depth > 0, let consumer else { return }
        textBytes += text.count
        guard textBytes <= limits.textBytesMax else { return stop(.textTooLong(limit: limits.textBytesMax)) }
        do { try consumer.found(text) } catch { stop(error) }
    }

    fileprivate func ended() {
        guard fault == nil, let consumer else { return }
        depth -= 1
        textBytes = 0
        do { try consumer.ended() } catch { stop(error) }
    }

    private func stop(_ fault: XMLError.Fault) {
        stop(XMLError(line: line, fault: fault))
    }

    private func stop(_ error: any Error) {
        fault = error
        xmlStopParser(context)
    }

    /// The line the parser has come to; for consumers that refuse something.
    public var line: Int { context.map { Int(xmlSAX2GetLineNumber($0)) } ?? 1 }
}

/// What libxml2 calls. It finds the reader in its user data, which the reader outlives.
private func saxHandler() -> xmlSAXHandler {
    var handler = xmlSAXHandler()
    handler.initialized = UInt32(XML_SAX2_MAGIC)
    handler.startElementNs = { user, local, prefix, namespace, _, _, count, _, attributes in
        guard let user, let local else { return }
        let element = XMLStart(
            local: local, prefix: prefix, namespace: namespace, attributeCount: Int(count), attributes: attributes)
        Unmanaged<XMLReader>.fromOpaque(user).takeUnretainedValue().started(element)
    }
    handler.endElementNs = { user, _, _, _ in
        guard let user else { return }
        Unmanaged<XMLReader>.fromOpaque(user).takeUnretainedValue().ended()
    }
    handler.characters = { user, text, count in
        guard let user, let text else { return }
        let piece = XMLText(bytes: UnsafeBufferPointer(start: text, count: Int(count)))
        Unmanaged<XMLReader>.fromOpaque(user).takeUnretainedValue().found(piece)
    }
    handler.cdataBlock = handler.characters
    handler.ignorableWhitespace = handler.characters
    return handler
}

extension XMLError {
    /// What libxml2 has to say about the document it gave up.
    fileprivate init(of context: xmlParserCtxtPtr) {
        let error = context.pointee.lastError
        var words = error.message.map { String(cString: $0) } ?? "no reason given"
        while words.last?.isWhitespace == true { words.removeLast() }
        // libxml2 quotes names out of the document, which may be as long as the document.
        self.init(line: Int(error.line), fault: .notWellFormed(String(words.prefix(200))))
    }
}
