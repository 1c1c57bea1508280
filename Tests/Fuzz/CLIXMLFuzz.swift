// Values, for libFuzzer (`scripts/fuzz clixml`): whatever can be read is written, and read back as it was.

import CLIXML

let decoder = CLIXMLDecoder(
    limits: CLIXMLLimits(bytesMax: 1 << 16, depthMax: 64, valuesMax: 20_000))

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    do {
        let value = try decoder.decode(bytes[...])
        _ = value.text
        _ = ErrorRecord(value).message
        _ = ProgressRecord(value).activity
        _ = InformationRecord(value).message
        _ = CommandMetadata(value)
        let written = CLIXMLEncoder.encode(value)
        let again: PSValue
        do {
            again = try CLIXMLDecoder(limits: CLIXMLLimits(bytesMax: 1 << 24, depthMax: 256)).decode(written[...])
        } catch {
            fatalError("what was written cannot be read: \(error)")
        }
        promise(CLIXMLEncoder.encode(again) == written, "what was written reads differently")
    } catch {
        promise(!error.description.isEmpty, "an error without words")
    }
    return 0
}
