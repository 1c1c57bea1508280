// What people type, for libFuzzer (`scripts/fuzz pipeline`): as the words of an argument vector, cut at line breaks, and as
// a line of the shell. It either means a pipeline, or there is a sentence about what is wrong.

import Varlink

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let text = String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
    let words = text.split(separator: "\n", omittingEmptySubsequences: false).map { PipelineWord(String($0)) }
    let named = ["pin": NamedValue(["secret": "x"])]
    check { () throws(PipelineMistake) in try PipelineArguments.commands(words, scriptHint: "hint", named: named) }
    check { () throws(PipelineMistake) in
        let words = try PipelineLine.words(text, scriptHint: "hint")
        return words.isEmpty ? [] : try PipelineArguments.commands(words, scriptHint: "hint")
    }
    return 0
}

func check(_ read: () throws(PipelineMistake) -> [PipelineCommand]) {
    do throws(PipelineMistake) {
        for command in try read() {
            promise(!command.name.isEmpty, "a command without a name")
            let written = command.json.text
            promise((try? JSON(parsing: Array(written.utf8), depthMax: 64)) != nil, "what is sent is no JSON")
        }
    } catch {
        promise(!error.message.isEmpty, "a mistake without words")
        promise(
            error.message.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }, "raw controls are shown")
    }
}
