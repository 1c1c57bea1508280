/// Why a session ended, in words that finish the sentence "s7k2 has ended: ...".
enum EndReasons {
    static func words(_ reason: String) -> String {
        switch reason {
        case "closed": "it was closed"
        case "clientLeft": "its client left"
        case "consoleClosed": "the login session it was opened in is over"
        case "idleTimeout": "it was idle too long"
        case "maximumAge": "it had reached its maximum age"
        case "evicted": "its seat was needed"
        case "rotated": "it had been used often enough"
        case "reclaimed": "it was reclaimed"
        case "forgotten": "an operator had it forgotten"
        case "locked": "the tenant was locked"
        case "slowReader": "its output was not read"
        case "shutdown": "the broker was shut down"
        case "lostAtRestart": "nobody came back to it after the broker's restart"
        case "tenantClosed": "the tenant ended it"
        case "openFailed": "it could not be opened"
        case "openTimedOut": "it took too long to open"
        // The list grows; a newer broker may know more.
        default: reason.madeVisible
        }
    }

    /// What to do to learn more, where somebody willed it: the journal has his name.
    static func hint(_ reason: String) -> String? {
        ["closed", "reclaimed", "forgotten", "locked"].contains(reason) ? "To see by whom: usher audit" : nil
    }
}
