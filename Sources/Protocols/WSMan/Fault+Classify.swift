// By code first, for it is never translated; by subcode where there is no code or it is a general one; by English text
// last, and to tell apart what shares a code. Texts are compared by the parts that stayed the same over versions and
// services, in ASCII and without regard to case. A translated message often carries the English one inside.

extension Fault {
    /// What the fault means. `subject` decides between shell and command where neither code nor text does.
    public func classify(about subject: Subject = .shell) -> FaultClass {
        let texts = [message, provider?.text, reason].compactMap { $0 }.joined(separator: "\n")
        let byText = FaultClass.recognize(in: texts)
        if let code, let byCode = FaultTable.codes[code] {
            return byCode.refined(by: byText, detail: detail, subject: subject)
        }
        // An HRESULT of the WS-Management facility that is not in the table says nothing that its subcode does not.
        if let subcode, let bySubcode = FaultTable.subcodes[subcode] {
            return bySubcode.refined(by: byText, detail: detail, subject: subject)
        }
        return byText ?? .unknown(code: code, text: text)
    }
}

extension FaultClass {
    /// What a text from such a service means, or nil when none of the known ones is in it.
    ///
    /// For texts that do not come as faults: Exchange refuses inside the shell, and throttling is told in warnings.
    public static func recognize(in text: String) -> FaultClass? {
        let text = FaultText(text)
        for (part, meaning) in FaultTable.texts where text.contains(part) { return meaning(text) }
        return nil
    }

    /// The same fault, told more exactly by its text. A text never turns a fault into one of another kind.
    fileprivate func refined(by text: FaultClass?, detail: String?, subject: Fault.Subject) -> FaultClass {
        switch (self, text) {
        case (.quotaUser, let quota?) where quota.isShellQuota && quota != .quotaUnspecified: return quota
        case (.quotaEndpoint, .quotaTenant?), (.quotaEndpoint, .quotaExchange?): return text ?? self
        case (.quotaUnspecified, let quota?) where quota.isAnyQuota: return quota
        case (.shellGone, .commandGone?): return .commandGone
        case (.shellGone, .badSelectors?): return .badSelectors
        case (.shellGone, nil): return subject == .command ? .commandGone : .shellGone
        case (.badSelectors, .commandGone?), (.badSelectors, .shellGone?): return text ?? self
        case (.accessDenied, .logonFailed?), (.accessDenied, .notAnAdministrator?), (.accessDenied, .remotingDisabled?):
            return text ?? self
        case (.pluginFailure, let text?): return text
        case (.redirected, .redirected?): return text ?? self
        case (.malformedRequest, .envelopeTooLarge?): return .envelopeTooLarge
        default: return self
        }
    }

    private var isAnyQuota: Bool {
        switch self {
        case .operationsQuota, .commandsQuota, .throttled: true
        default: isShellQuota
        }
    }
}

/// A fault's text, ready to be searched.
struct FaultText {
    private let original: [UInt8]
    private let bytes: [UInt8]

    init(_ text: String) {
        original = Array(text.utf8)
        bytes = original.map(lowercased)
    }

    func contains(_ part: String) -> Bool { end(of: part) != nil }

    /// The number that stands directly before `part`.
    func number(before part: String) -> Int? {
        guard let end = end(of: part) else { return nil }
        let digits = bytes[..<(end - part.utf8.count)].reversed().prefix(while: isDigit).reversed()
        return Int(String(decoding: digits, as: UTF8.self))
    }

    /// The first number behind `part`, with nothing but blanks and colons between, and a second one behind a slash.
    func numbers(after part: String) -> (first: Int, second: Int?)? {
        guard let end = end(of: part) else { return nil }
        let rest = bytes[end...].drop { $0 == UInt8(ascii: ":") || $0 <= 0x20 }
        let first = rest.prefix(while: isDigit)
        guard let number = Int(String(decoding: first, as: UTF8.self)) else { return nil }
        let behind = rest.dropFirst(first.count)
        guard behind.first == UInt8(ascii: "/") else { return (number, nil) }
        return (number, Int(String(decoding: behind.dropFirst().prefix(while: isDigit), as: UTF8.self)))
    }

    /// The first word behind `part`, as it was written, up to a blank or quotation mark.
    func word(after part: String, bytesMax: Int = 2048) -> String? {
        guard let end = end(of: part) else { return nil }
        let quotes = Array("\"'<>".utf8)
        let rest = original[end...].drop { $0 == UInt8(ascii: ":") || $0 <= 0x20 || quotes.contains($0) }
        let word = rest.prefix { $0 > 0x20 && !quotes.contains($0) }
        guard (1...bytesMax).contains(word.count) else { return nil }
        return String(decoding: word, as: UTF8.self)
    }

    private func end(of part: String) -> Int? {
        let needle = part.utf8.map(lowercased)
        guard let first = needle.first, bytes.count >= needle.count else { return nil }
        for start in 0...(bytes.count - needle.count) where bytes[start] == first {
            if bytes[start..<(start + needle.count)].elementsEqual(needle) { return start + needle.count }
        }
        return nil
    }
}

private func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

private func lowercased(_ byte: UInt8) -> UInt8 {
    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
}
