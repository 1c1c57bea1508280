extension PSValue {
    /// The value with every secure string in it, at whatever depth, as `replacement` makes it.
    public func replacingSecureStrings(_ replacement: (PSSecureString) -> PSSecureString) -> PSValue {
        switch self {
        case .secureString(let string): .secureString(replacement(string))
        case .object(let object): .object(object.replacingSecureStrings(replacement))
        default: self
        }
    }
}

extension PSObject {
    fileprivate func replacingSecureStrings(_ replacement: (PSSecureString) -> PSSecureString) -> PSObject {
        func replaced(_ values: [PSValue]) -> [PSValue] { values.map { $0.replacingSecureStrings(replacement) } }
        func replaced(_ properties: [PSProperty]) -> [PSProperty] {
            properties.map { PSProperty($0.name, $0.value.replacingSecureStrings(replacement)) }
        }
        let content: Content =
            switch self.content {
            case .none: .none
            case .value(let value): .value(value.replacingSecureStrings(replacement))
            case .list(let values): .list(replaced(values))
            case .enumerable(let values): .enumerable(replaced(values))
            case .stack(let values): .stack(replaced(values))
            case .queue(let values): .queue(replaced(values))
            case .dictionary(let entries):
                .dictionary(
                    entries.map {
                        PSEntry(
                            $0.key.replacingSecureStrings(replacement), $0.value.replacingSecureStrings(replacement))
                    })
            }
        return PSObject(
            typeNames: typeNames, toString: toString, content: content, adapted: replaced(adapted),
            extended: replaced(extended))
    }
}
