// Decoding CLIXML (MS-PSRP 2.2.5): a text in, a value out.
//
// The XML reader calls a builder, which keeps a stack of what is open and makes each value when its element ends. No
// tree of the XML is ever there. The order of an object's children is free (2.2.5.2), and so it is here.
//
// A decoder is worth keeping: the parser and the names of properties live on from one text to the next, and the tenth
// thousand of objects has the names of the first. That memory is shared, so a lock guards it; a decoder may be used
// from anywhere, one text at a time.

import Synchronization
internal import XML

/// Decodes CLIXML texts, one at a time.
public final class CLIXMLDecoder: Sendable {
    /// What no text may exceed.
    public let limits: CLIXMLLimits

    private let workshop: Mutex<Workshop>

    fileprivate struct Workshop {
        let reader: XMLReader
        let builder: ValueBuilder
    }

    /// A decoder for texts within `limits`.
    public init(limits: CLIXMLLimits) {
        self.limits = limits
        let ofXML = XMLLimits(bytesMax: limits.bytesMax, depthMax: limits.depthMax, attributesMax: 16)
        workshop = Mutex(
            Workshop(reader: XMLReader(limits: ofXML), builder: ValueBuilder(limits: limits)))
    }

    /// The one value in a text. A wrapper `Objs` around it does not count.
    public func decode(_ text: ArraySlice<UInt8>) throws(CLIXMLError) -> PSValue {
        let values = try decodeAll(text)
        guard let value = values.first else { throw CLIXMLError(line: 1, fault: .noValue) }
        guard values.count == 1 else { throw CLIXMLError(line: 1, fault: .severalValues) }
        return value
    }

    /// The one value in a text.
    public func decode(_ text: [UInt8]) throws(CLIXMLError) -> PSValue {
        try decode(text[...])
    }

    /// The values in the wrapper `Objs`, or the one value when there is no wrapper.
    public func decodeAll(_ text: ArraySlice<UInt8>) throws(CLIXMLError) -> [PSValue] {
        try workshop.withLock { workshop throws(CLIXMLError) in
            do throws(CLIXMLError) {
                return try workshop.values(in: text)
            } catch {
                // Windows writes U+FFFE and U+FFFF as they are, though XML cannot hold them (XML 1.0, 2.2).
                guard case .xml = error.fault, let repaired = Escaping.escapingNoncharacters(text) else { throw error }
                return try workshop.values(in: repaired[...])
            }
        }
    }
}

extension CLIXMLDecoder.Workshop {
    fileprivate func values(in text: ArraySlice<UInt8>) throws(CLIXMLError) -> [PSValue] {
        defer { builder.reset() }
        do {
            try reader.read(text, into: builder)
        } catch let error as XMLError {
            throw CLIXMLError(error)
        } catch let error as BuilderFault {
            throw CLIXMLError(line: reader.line, fault: error.fault)
        } catch {
            preconditionFailure("neither the reader nor the builder throws anything else")
        }
        return builder.values
    }
}
