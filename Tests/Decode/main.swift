// usher-decode FILE PASSES: reads messages of CLIXML, each behind its length in four bytes, big-endian, as often as it is
// told, and prints how many there were, the seconds of CPU, and the largest resident set in kilobytes. For scripts/bench.

import CLIXML
import Glibc

guard CommandLine.arguments.count == 3, let passes = Int(CommandLine.arguments[2]),
    let file = fopen(CommandLine.arguments[1], "r")
else {
    print("usage: usher-decode FILE PASSES")
    exit(64)
}

func usage() -> (seconds: Double, kilobytes: Int) {
    var facts = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &facts)
    func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
    return (seconds(facts.ru_utime) + seconds(facts.ru_stime), facts.ru_maxrss)
}

let decoder = CLIXMLDecoder(limits: CLIXMLLimits(bytesMax: 32 << 20))
var count = 0
let begun = usage()
for _ in 0..<passes {
    rewind(file)
    var length = [UInt8](repeating: 0, count: 4)
    // A message at a time, as they come from a socket: what was read is nobody's any more when the next one comes.
    while fread(&length, 1, 4, file) == 4 {
        var message = [UInt8](repeating: 0, count: length.reduce(0) { $0 << 8 | Int($1) })
        guard fread(&message, 1, message.count, file) == message.count else { fatalError("the file ends in a message") }
        do {
            _ = try decoder.decode(message[...])
        } catch {
            fatalError("\(error)")
        }
        count += 1
    }
}
let ended = usage()
print(count, ended.seconds - begun.seconds, ended.kilobytes)
