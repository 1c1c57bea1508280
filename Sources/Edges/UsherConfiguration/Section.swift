import UsherCore

/// A section of the configuration, read key by key. Each reading checks kind and bounds, notes what is wrong, and
/// then gives the default, so that reading goes on and finds the next fault.
struct Section {
    let place: Place
    let entries: [Setting.Entry]
    let findings: Findings

    /// The section in `setting`; an empty one when it is no section, after noting that.
    init(_ setting: Setting, _ findings: Findings) {
        place = setting.place
        self.findings = findings
        switch setting.content {
        case .section(let entries): self.entries = entries
        case .empty: entries = []
        case .text, .list:
            entries = []
            findings.add(place, "should be a section: lines of `key: value`, set in below it")
        }
    }

    subscript(key: String) -> Setting? { entries.first { $0.name == key }?.value }

    /// Where a key was written, or else the section.
    func place(of key: String) -> Place { self[key]?.place ?? place }

    /// Notes each key that is not among `keys`. `elsewhere` tells of those that are right in another section.
    func expect(_ keys: [String], elsewhere: (String) -> String? = { _ in nil }) {
        for entry in entries where !keys.contains(entry.name) {
            findings.add(
                entry.value.place,
                "unknown key" + (elsewhere(entry.name) ?? NearMiss.hint(for: entry.name, among: keys)))
        }
    }

    /// The word at `key`, and where it stands. Nil when there is none, after noting anything but a word.
    func text(_ key: String) -> Text? { self[key].flatMap(text) }

    /// The words of the list at `key`. Nil when it was not written.
    func list(_ key: String) -> [Text]? {
        guard let setting = self[key] else { return nil }
        switch setting.content {
        case .list(let elements): return elements.compactMap(text)
        case .section, .text, .empty:
            findings.add(setting.place, "should be a list, as in [one, two]")
            return []
        }
    }

    private func text(_ setting: Setting) -> Text? {
        switch setting.content {
        case .text(let text): return Text(place: setting.place, value: text)
        case .empty: findings.add(setting.place, "has no value: give one, or leave the line out")
        case .list, .section: findings.add(setting.place, "should be a single value")
        }
        return nil
    }
}

/// A word and where it stands.
struct Text {
    let place: Place
    let value: String
}

extension Section {
    /// The duration at `key`, or `standard`.
    func duration(_ key: String, in bounds: ClosedRange<Duration>, else standard: Duration) -> Duration {
        text(key).flatMap { duration($0, bounds) } ?? standard
    }

    /// The duration at `key`: nil where it says `none`, `standard` where it says nothing.
    func durationOrNone(_ key: String, in bounds: ClosedRange<Duration>, else standard: Duration?) -> Duration? {
        guard let text = text(key) else { return standard }
        return text.value == "none" ? nil : duration(text, bounds) ?? standard
    }

    /// The number at `key`, or `standard`.
    func number(_ key: String, in bounds: ClosedRange<Int>, else standard: Int) -> Int {
        text(key).flatMap { number($0, bounds) } ?? standard
    }

    /// The number at `key`: nil where it says `none`, `standard` where it says nothing.
    func numberOrNone(_ key: String, in bounds: ClosedRange<Int>, else standard: Int?) -> Int? {
        guard let text = text(key) else { return standard }
        return text.value == "none" ? nil : number(text, bounds) ?? standard
    }

    /// The word at `key`, one of a closed set. Nil when it was not written, or is none of them.
    func choice<Choice: RawRepresentable & CaseIterable>(_ key: String, of _: Choice.Type) -> Choice?
    where Choice.RawValue == String {
        guard let text = text(key) else { return nil }
        if let choice = Choice(rawValue: text.value) { return choice }
        let words = Choice.allCases.map(\.rawValue)
        let all = words.joined(separator: ", ")
        findings.add(
            text.place, "is \(quoted(text.value)): it can be \(all)\(NearMiss.hint(for: text.value, among: words))")
        return nil
    }

    /// The absolute path at `key`, or `standard`.
    func path(_ key: String, bytesMax: Int = 4095, else standard: String) -> String {
        guard let text = text(key) else { return standard }
        guard text.value.hasPrefix("/"), text.value.utf8.allSatisfy({ (0x20...0x7e).contains($0) }) else {
            findings.add(text.place, "is \(quoted(text.value)): it should be a path from the root, in plain ASCII")
            return standard
        }
        guard text.value.utf8.count <= bytesMax else {
            findings.add(text.place, "is \(text.value.utf8.count) bytes long: \(bytesMax) are possible")
            return standard
        }
        return text.value
    }

    private func duration(_ text: Text, _ bounds: ClosedRange<Duration>) -> Duration? {
        guard let duration = DurationText.duration(text.value) else {
            let hint = Int(text.value) == nil ? "" : ", as \(text.value)s or \(text.value)m"
            findings.add(
                text.place,
                "is \(quoted(text.value)): a duration is a whole number and a unit of ms, s, m, h or d\(hint)")
            return nil
        }
        guard bounds.contains(duration) else {
            let (low, high) = (bounds.lowerBound.spelledOut, bounds.upperBound.spelledOut)
            findings.add(text.place, "is \(escaped(text.value)): it can be from \(low) to \(high)")
            return nil
        }
        return duration
    }

    private func number(_ text: Text, _ bounds: ClosedRange<Int>) -> Int? {
        // Nothing but digits: a sign, an exponent or a base would be a slip.
        let digits = text.value.utf8
        guard (1...18).contains(digits.count), digits.allSatisfy({ (0x30...0x39).contains($0) }),
            let number = Int(text.value)
        else {
            findings.add(text.place, "is \(quoted(text.value)): it should be a whole number")
            return nil
        }
        guard bounds.contains(number) else {
            findings.add(text.place, "is \(number): it can be from \(bounds.lowerBound) to \(bounds.upperBound)")
            return nil
        }
        return number
    }
}
