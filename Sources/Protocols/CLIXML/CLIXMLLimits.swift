internal import XML

/// What one CLIXML text from a peer may not exceed.
public struct CLIXMLLimits: Hashable, Sendable {
    /// The whole text.
    public var bytesMax: Int
    /// XML elements inside each other. A property inside a property takes two, a value in a dictionary three.
    public var depthMax: Int
    /// Values, counting what a reference points to again: so whoever walks what was decoded meets no more than these.
    public var valuesMax: Int
    /// Bytes of texts and names, counting again what a reference points to again: a long string in a small object that is
    /// referred to from all over would be short on the wire and fill the memory of whoever renders it.
    public var expandedBytesMax: Int

    /// Limits. A server of Windows nests a few dozen elements at most, and seldom refers to anything twice.
    public init(bytesMax: Int, depthMax: Int = 256, valuesMax: Int = 2_000_000, expandedBytesMax: Int? = nil) {
        self.bytesMax = bytesMax
        self.depthMax = depthMax
        self.valuesMax = valuesMax
        self.expandedBytesMax = expandedBytesMax ?? bytesMax * 4
    }
}

/// Why a CLIXML text was not decoded, and where.
public struct CLIXMLError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The line, from 1.
    public let line: Int
    /// What is wrong.
    public let fault: Fault

    /// What can be wrong.
    public enum Fault: Hashable, Sendable {
        /// The text is not XML, or passes `bytesMax` or `depthMax`; in words.
        case xml(String)
        /// `CLIXMLLimits.valuesMax` is passed.
        case tooManyValues(limit: Int)
        /// `CLIXMLLimits.expandedBytesMax` is passed.
        case tooManyBytes(limit: Int)
        /// There is no value.
        case noValue
        /// There is more than one value where one was wanted.
        case severalValues
        /// An element stands where there can be none, inside a text for instance.
        case misplaced(String)
        /// An object holds two things.
        case secondContent(String)
    }

    init(line: Int, fault: Fault) {
        self.line = line
        self.fault = fault
    }

    init(_ error: XMLError) {
        self.init(line: error.line, fault: .xml(error.description))
    }

    /// One sentence without a full stop.
    public var description: String {
        switch fault {
        case .xml(let words): words
        case .tooManyValues(let limit): "CLIXML line \(line): there are more than \(limit) values"
        case .tooManyBytes(let limit): "CLIXML line \(line): with all references followed there are over \(limit) bytes"
        case .noValue: "CLIXML line \(line): there is no value"
        case .severalValues: "CLIXML line \(line): there is more than one value"
        case .misplaced(let tag): "CLIXML line \(line): \(tag.prefix(40)) stands where no element can"
        case .secondContent(let tag): "CLIXML line \(line): an object that holds something already has \(tag) too"
        }
    }
}
