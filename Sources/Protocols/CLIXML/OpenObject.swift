/// An object whose element has not ended.
struct OpenObject {
    /// What there was before it.
    let before: Size
    var typeNames: [String] = []
    var toString: String?
    var content: PSObject.Content = .none
    var adapted: [PSProperty] = []
    var extended: [PSProperty] = []
    /// What the open container holds so far.
    private(set) var values: [PSValue] = []
    private(set) var entries: [PSEntry] = []
    private var key: PSValue?
    private var value: PSValue?

    /// How much there is, all references followed.
    struct Size {
        var values = 0
        var bytes = 0
    }

    init(before: Size) {
        self.before = before
    }

    mutating func add(_ value: PSValue) {
        values.append(value)
    }

    /// MS-PSRP 2.2.5.2.6.4: key and value are told apart by name. Without one, the key comes first.
    mutating func addToEntry(_ value: PSValue, name: String?) {
        if name == "Key" || (name != "Value" && key == nil) { key = value } else { self.value = value }
    }

    mutating func endEntry() {
        entries.append(PSEntry(key ?? .null, value ?? .null))
        key = nil
        value = nil
    }

    mutating func takeValues() -> [PSValue] {
        defer { values = [] }
        return values
    }

    mutating func takeEntries() -> [PSEntry] {
        defer { entries = [] }
        return entries
    }
}

/// An unknown element that has not ended.
struct OpenUnknown {
    let tag: String
    let name: String?
    var text: [UInt8] = []
    var children: [PSUnknown] = []
}
