// What is looked at before the parser sees a document: its encoding, its prolog, the length of its tags.
//
// A DOCTYPE can only stand before the outermost element, so only the prolog is searched for one; the same letters inside
// a text are nobody's business. The look at the tags is one search for `<` after another: between two of them lies at
// least the whole first tag, so only where they are far apart a tag has to be walked along its quotes.

/// The checks before parsing.
enum Preamble {
    typealias Bytes = UnsafeBufferPointer<UInt8>

    /// Returns the document without a byte order mark.
    static func check(_ bytes: Bytes, limits: XMLLimits) throws(XMLError) -> Bytes {
        var document = bytes
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { document = Bytes(rebasing: bytes[3...]) }
        try checkEncoding(document)
        let root = try rootElement(in: document)
        try checkTags(in: document, from: root, limits: limits)
        return document
    }

    private static func checkEncoding(_ bytes: Bytes) throws(XMLError) {
        guard let first = bytes.first else { throw XMLError(line: 1, fault: .empty) }
        let second = bytes.count > 1 ? bytes[1] : 0x20
        switch (first, second) {
        case (0xFE, 0xFF), (0xFF, 0xFE): throw XMLError(line: 1, fault: .encoding("UTF-16"))
        // A document begins with `<` or a blank, so a zero beside it is the other half of a wider code unit.
        case (0, 0): throw XMLError(line: 1, fault: .encoding("UTF-32"))
        case (0, _), (_, 0): throw XMLError(line: 1, fault: .encoding("UTF-16"))
        default: break
        }
        // libxml2 would take the first bytes of EBCDIC as a hint; no other character can begin a document anyway.
        guard first == ASCII.lessThan || ASCII.isBlank(first) else {
            throw XMLError(line: 1, fault: .notWellFormed("the document does not begin with <"))
        }
    }

    /// Where the outermost element begins. Refuses a DOCTYPE on the way there.
    private static func rootElement(in bytes: Bytes) throws(XMLError) -> Int {
        var index = 0
        while index < bytes.count {
            if ASCII.isBlank(bytes[index]) {
                index += 1
            } else if bytes.has("<?", at: index) {
                index = bytes.end(of: "?>", from: index + 2) ?? bytes.count
            } else if bytes.has("<!--", at: index) {
                index = bytes.end(of: "-->", from: index + 4) ?? bytes.count
            } else if bytes.has("<!", at: index) {
                throw XMLError(line: line(of: index, in: bytes), fault: .doctype)
            } else {
                return index
            }
        }
        throw XMLError(line: 1, fault: .empty)
    }

    private static func checkTags(in bytes: Bytes, from root: Int, limits: XMLLimits) throws(XMLError) {
        var index = root
        while index < bytes.count {
            if bytes.has("<!--", at: index) {
                index = bytes.end(of: "-->", from: index + 4) ?? bytes.count
            } else if bytes.has("<![CDATA[", at: index) {
                index = bytes.end(of: "]]>", from: index + 9) ?? bytes.count
            } else if bytes.has("<?", at: index) {
                index = bytes.end(of: "?>", from: index + 2) ?? bytes.count
            }
            // Nothing but a tag is left; or text, which is walked over.
            let next = index < bytes.count ? bytes.find(ASCII.lessThan, from: index + 1) : bytes.count
            if next - index > limits.tagBytesMax, tagLength(in: bytes[index..<next]) > limits.tagBytesMax {
                throw XMLError(line: line(of: index, in: bytes), fault: .tagTooLong(limit: limits.tagBytesMax))
            }
            index = next
        }
    }

    /// The length of the tag that `segment` begins with; 0 when it is no tag.
    private static func tagLength(in segment: Slice<Bytes>) -> Int {
        guard segment.first == ASCII.lessThan else { return 0 }
        var quote: UInt8?
        for index in segment.indices {
            let byte = segment[index]
            if let open = quote {
                if byte == open { quote = nil }
            } else if byte == ASCII.quote || byte == ASCII.apostrophe {
                quote = byte
            } else if byte == ASCII.greaterThan {
                return index - segment.startIndex + 1
            }
        }
        return segment.count
    }

    private static func line(of index: Int, in bytes: Bytes) -> Int {
        1 + bytes[..<index].count { $0 == ASCII.lineFeed }
    }
}

/// The characters that mean something here.
enum ASCII {
    static let lineFeed: UInt8 = 0x0A
    static let quote: UInt8 = 0x22
    static let apostrophe: UInt8 = 0x27
    static let lessThan: UInt8 = 0x3C
    static let greaterThan: UInt8 = 0x3E

    static func isBlank(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
    }
}

extension UnsafeBufferPointer<UInt8> {
    /// Whether `literal` stands at `index`.
    fileprivate func has(_ literal: StaticString, at index: Int) -> Bool {
        guard index + literal.utf8CodeUnitCount <= count else { return false }
        return literal.withUTF8Buffer { wanted in
            var offset = 0
            while offset < wanted.count {
                if self[index + offset] != wanted[offset] { return false }
                offset += 1
            }
            return true
        }
    }

    /// The index behind the next `literal`, nil when there is none.
    fileprivate func end(of literal: StaticString, from start: Int) -> Int? {
        var index = start
        while index + literal.utf8CodeUnitCount <= count {
            if has(literal, at: index) { return index + literal.utf8CodeUnitCount }
            index += 1
        }
        return nil
    }

    /// The index of the next `byte`, or the end. Eight bytes at a time, as payloads in base64 are long.
    fileprivate func find(_ byte: UInt8, from start: Int) -> Int {
        let raw = UnsafeRawBufferPointer(self)
        let pattern = UInt64(byte) &* 0x0101_0101_0101_0101
        var index = start
        // A byte that is wanted becomes zero; of the zeros the lowest gets its top bit set for certain.
        while index + 8 <= count {
            let word = raw.loadUnaligned(fromByteOffset: index, as: UInt64.self) ^ pattern
            guard (word &- 0x0101_0101_0101_0101) & ~word & 0x8080_8080_8080_8080 == 0 else { break }
            index += 8
        }
        while index < count, self[index] != byte { index += 1 }
        return index
    }
}
