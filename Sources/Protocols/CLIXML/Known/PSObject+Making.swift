// Objects of well-known types, made here: type names as Windows writes them.

extension PSObject {
    /// A PSCustomObject with these properties.
    public convenience init(custom properties: KeyValuePairs<String, PSValue>) {
        self.init(custom: properties.map { PSProperty($0.key, $0.value) })
    }

    /// A PSCustomObject with these properties.
    public convenience init(custom properties: [PSProperty]) {
        self.init(
            typeNames: ["System.Management.Automation.PSCustomObject", "System.Object"], extended: properties)
    }

    /// A value of an enumeration (MS-PSRP 2.2.5.2.7): the full name of its type, the name of the value and its number.
    public convenience init(enumeration type: String, name: String, number: Int32) {
        self.init(
            typeNames: [type, "System.Enum", "System.ValueType", "System.Object"], toString: name,
            content: .value(.int32(number)))
    }

    /// An array of objects.
    public convenience init(array values: [PSValue]) {
        self.init(typeNames: ["System.Object[]", "System.Array", "System.Object"], content: .list(values))
    }

    /// A Hashtable.
    public convenience init(hashtable entries: [PSEntry]) {
        self.init(typeNames: ["System.Collections.Hashtable", "System.Object"], content: .dictionary(entries))
    }

    /// A primitive dictionary (MS-PSRP 2.2.3.18): keys are strings, values are primitives, lists or dictionaries like it.
    public convenience init(primitiveDictionary entries: KeyValuePairs<String, PSValue>) {
        self.init(
            typeNames: [
                "System.Management.Automation.PSPrimitiveDictionary", "System.Collections.Hashtable", "System.Object",
            ],
            content: .dictionary(entries.map { PSEntry(.string($0.key), $0.value) }))
    }
}

extension PSValue {
    /// An array of strings.
    public static func strings(_ strings: [String]) -> PSValue {
        .object(
            PSObject(
                typeNames: ["System.String[]", "System.Array", "System.Object"],
                content: .list(strings.map(PSValue.string))))
    }
}
