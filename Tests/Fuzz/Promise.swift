/// A broken promise ends the run, and libFuzzer keeps the input.
func promise(_ isKept: Bool, _ what: StaticString) {
    if !isKept { fatalError("\(what)") }
}
