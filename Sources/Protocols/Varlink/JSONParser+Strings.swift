// Strings, where nearly all bytes of a message are: runs of plain text go eight bytes at a time, and a string without
// escapes is made from the buffer it lies in.

extension JSONParser {
    mutating func string() throws(JSONError) -> String {
        position += 1
        let start = position
        let isASCII = try skipUnescaped()
        if current == UInt8(ascii: "\\") { return try stringWithEscapes(from: start, isASCII: isASCII) }
        let text = UnsafeBufferPointer(rebasing: bytes[start..<position])
        position += 1
        return try decode(text, writtenFrom: start, isASCII: isASCII)
    }

    /// Goes on to the next quote or backslash; true when all before it is ASCII.
    mutating func skipUnescaped() throws(JSONError) -> Bool {
        var isASCII = true
        while true {
            position = bytes.endOfPlainText(from: position)
            switch current {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): return isASCII
            case 0..<0x20: throw failure(position < bytes.count ? .controlCharacter : .endOfInput)
            default:
                isASCII = false
                repeat { position += 1 } while current >= 0x7F
            }
        }
    }

    /// Reads on at the first backslash of a string, piece by piece between the escapes.
    mutating func stringWithEscapes(from start: Int, isASCII: Bool) throws(JSONError) -> String {
        var isASCII = isASCII
        var decoded: [UInt8] = []
        var written = start
        while true {
            decoded.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[written..<position]))
            position += 1
            if bytes[position - 1] == UInt8(ascii: "\"") { break }
            try escape(into: &decoded)
            written = position
            isASCII = try skipUnescaped() && isASCII
        }
        return try decoded.withUnsafeBufferPointer { bytes in
            Result { () throws(JSONError) in try decode(bytes, writtenFrom: start, isASCII: isASCII) }
        }.get()
    }

    /// The bytes of a string as text. `isASCII` tells of the string as it was written, from `start` on.
    func decode(
        _ text: UnsafeBufferPointer<UInt8>, writtenFrom start: Int, isASCII: Bool
    ) throws(JSONError) -> String {
        // The initializer that validates is several times slower, and nearly all text is ASCII.
        if isASCII { return String(decoding: text, as: UTF8.self) }
        if let text = String(validating: text, as: UTF8.self) { return text }
        // Escapes are ASCII, so the text as written breaks the rules of UTF-8 in the same place.
        var offset = start
        var rest = bytes[start...].makeIterator()
        var decoder = UTF8.ForwardParser()
        while case .valid(let scalar) = decoder.parseScalar(from: &rest) { offset += scalar.count }
        throw JSONError(kind: .invalidUTF8, offset: offset)
    }

    /// Reads an escape behind its backslash.
    mutating func escape(into decoded: inout [UInt8]) throws(JSONError) {
        switch current {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): decoded.append(current)
        case UInt8(ascii: "b"): decoded.append(0x08)
        case UInt8(ascii: "f"): decoded.append(0x0C)
        case UInt8(ascii: "n"): decoded.append(0x0A)
        case UInt8(ascii: "r"): decoded.append(0x0D)
        case UInt8(ascii: "t"): decoded.append(0x09)
        case UInt8(ascii: "u"):
            decoded.append(contentsOf: UTF8.encode(try escapedScalar())!)
            return
        default: throw missing(.escape)
        }
        position += 1
    }

    /// Reads `uXXXX`, with the second half where the first is one half of a surrogate pair.
    mutating func escapedScalar() throws(JSONError) -> Unicode.Scalar {
        let start = position - 1
        let first = try fourHexDigits()
        if let scalar = Unicode.Scalar(first) { return scalar }
        // RFC 8259 section 8.2 leaves lone surrogates open; they have no UTF-8 form, so nothing could be done with one.
        let lone = JSONError(kind: .loneSurrogate, offset: start)
        guard first < 0xDC00, current == UInt8(ascii: "\\") else { throw lone }
        position += 1
        guard current == UInt8(ascii: "u") else { throw lone }
        let second = try fourHexDigits()
        guard 0xDC00...0xDFFF ~= second,
            let scalar = Unicode.Scalar(0x10000 + (UInt32(first - 0xD800) << 10) + UInt32(second - 0xDC00))
        else { throw lone }
        return scalar
    }

    /// Reads the digits behind the `u` that `position` stands at.
    mutating func fourHexDigits() throws(JSONError) -> UInt16 {
        var value: UInt16 = 0
        position += 1
        for _ in 0..<4 {
            guard let digit = Character(Unicode.Scalar(current)).hexDigitValue else { throw missing(.hexDigit) }
            value = value << 4 | UInt16(digit)
            position += 1
        }
        return value
    }
}

extension UnsafeBufferPointer<UInt8> {
    /// The end of the run of characters from `start` on that stand for themselves in a JSON string:
    /// printable ASCII without the quote and the backslash. Most strings are one such run.
    func endOfPlainText(from start: Int) -> Int {
        var index = start
        let raw = UnsafeRawBufferPointer(self)
        while index + 8 <= count {
            let word = raw.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            guard word.isPlainText else { break }
            index += 8
        }
        while index < count, self[index] >= 0x20, self[index] < 0x7F,
            self[index] != UInt8(ascii: "\""), self[index] != UInt8(ascii: "\\")
        { index += 1 }
        return index
    }

    /// Whether all of it are characters that stand for themselves. What is shorter than a word is put into one, twice where
    /// it has to; the last bytes of what is longer are looked at once more.
    @inline(__always)
    var isPlainText: Bool {
        let raw = UnsafeRawBufferPointer(self)
        switch count {
        case 0: return true
        case 1..<4:
            let (first, middle, last) = (UInt64(self[0]), UInt64(self[count / 2]), UInt64(self[count - 1]))
            return (0x2020_2020_2000_0000 | first << 16 | middle << 8 | last).isPlainText
        case 4..<8:
            let first = raw.loadUnaligned(as: UInt32.self)
            let last = raw.loadUnaligned(fromByteOffset: count - 4, as: UInt32.self)
            return (UInt64(first) << 32 | UInt64(last)).isPlainText
        default:
            for index in stride(from: 0, to: count - 8, by: 8) {
                guard raw.loadUnaligned(fromByteOffset: index, as: UInt64.self).isPlainText else { return false }
            }
            return raw.loadUnaligned(fromByteOffset: count - 8, as: UInt64.self).isPlainText
        }
    }
}

extension UInt64 {
    /// Whether all eight bytes are printable ASCII without the quote and the backslash.
    ///
    /// Each line below sets the top bit of the lowest byte it looks for; bits above that one may be wrong, which does
    /// not matter where only zero counts.
    fileprivate var isPlainText: Bool {
        let ones: UInt64 = 0x0101_0101_0101_0101
        func bytesBelow(_ bound: UInt64, in word: UInt64) -> UInt64 { (word &- ones &* bound) & ~word }
        let control = bytesBelow(0x20, in: self)
        let quote = bytesBelow(1, in: self ^ ones &* 0x22)
        let backslash = bytesBelow(1, in: self ^ ones &* 0x5C)
        let delete = bytesBelow(1, in: self ^ ones &* 0x7F)
        return (self | control | quote | backslash | delete) & (ones &* 0x80) == 0
    }
}
