import UsherCore

extension Request {
    /// Whether that is an answer to this. What a handler cannot put into a reply costs the caller his connection.
    func takes(_ answer: Answer) -> Bool {
        switch (self, answer) {
        case (_, .refused), (.acquire, .session), (.attach, .session), (.watch, .session), (.close, .closed),
            (.invoke, .invoked), (.run, .invoked), (.stopInvocation, .stopping), (.reachInvocation, .running),
            // Its list does not come by the broker.
            (.listCommands, .done),
            (.listSessions, .sessions), (.listTenants, .tenants), (.measure, .measured), (.status, .status),
            (.listForeign, .foreign), (.reclaim, .reclaimed), (.lock, .done), (.unlock, .done),
            (.mayAudit, .auditScope), (.diagnose, .findings), (.drain, .remaining), (.resume, .done),
            (.mayReload, .done), (.mayLogin, .account):
            true
        default: false
        }
    }
}
