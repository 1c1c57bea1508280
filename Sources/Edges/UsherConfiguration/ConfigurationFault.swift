/// One thing that is wrong in the configuration, and where.
public struct ConfigurationFault: Error, Hashable, Sendable, CustomStringConvertible {
    public var file: String
    /// Counted from 1. A fault of the file as a whole stands at 1.
    public var line: Int
    /// The setting, with the sections it is in: `tenants.litware.idle_timeout`. Empty for the file as a whole.
    public var key: String
    /// What is wrong, and where it helps what to do.
    public var message: String

    public init(file: String, line: Int, key: String, message: String) {
        self.file = file
        self.line = line
        self.key = key
        self.message = message
    }

    public var description: String {
        let place = "\(escaped(file)):\(line): "
        return place + (key.isEmpty ? message : "\(escaped(key)): \(message)")
    }
}

/// Everything that is wrong in a configuration, in the order of files and lines. Never empty.
public struct ConfigurationFaults: Error, Hashable, Sendable, CustomStringConvertible {
    public var faults: [ConfigurationFault]
    /// Further faults that are not listed: a file that is no configuration at all has one a line.
    public var omitted: Int

    public var description: String {
        let lines = faults.map(\.description) + (omitted > 0 ? ["and \(omitted) more"] : [])
        return lines.joined(separator: "\n")
    }
}

/// Text of a file as it may be shown: what could move a cursor or reorder a line is spelled out, and a long text
/// is cut, since nobody reads a megabyte of it.
func escaped(_ text: some StringProtocol) -> String {
    var result = ""
    for (position, scalar) in text.unicodeScalars.prefix(201).enumerated() {
        guard position < 200 else { return result + "..." }
        // A quote or a backslash does no harm, and paths are to be copied.
        if scalar == "\"" || scalar == "'" || scalar == "\\" {
            result.unicodeScalars.append(scalar)
        } else {
            result += scalar.escaped(asASCII: true)
        }
    }
    return result
}

/// A value of the file, as faults quote it.
func quoted(_ text: some StringProtocol) -> String { "\"\(escaped(text))\"" }
