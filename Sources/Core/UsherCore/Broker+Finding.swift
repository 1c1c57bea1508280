// Which session a caller means, and whether it is his.

extension Broker {
    /// The caller's own live session, or the refusal that says why there is none.
    mutating func own(
        _ reference: SessionReference, _ action: String, _ asker: Asker, _ caller: Caller
    ) -> Session? {
        switch find(reference, caller) {
        case .live(let session) where session.identity.owner == caller.uid: return session
        case .live(let session): refuse(asker, notYours(action, session.identity))
        case .ended(let past) where past.identity.owner == caller.uid:
            refuse(asker, .sessionExpired(past.identity.id, past.reason, at: past.at))
        case .ended(let past): refuse(asker, notYours(action, past.identity))
        case .refused(let refusal): refuse(asker, refusal)
        }
        return nil
    }

    /// Whether the present configuration still lets the caller act as the session's account. If not, closing is all
    /// that is left to him.
    mutating func isStillMapped(_ session: Session, _ asker: Asker, _ caller: Caller) -> Bool {
        let identity = session.identity
        if let admin = rules[identity.tenant]?.admin(identity.admin), rules.mayUse(admin, caller) { return true }
        let reason = "\(identity.admin) on \(identity.tenant) is no longer mapped to you; only close is left"
        refuse(asker, .notAuthorized(action: "use \(identity.id)", reason: reason))
        return false
    }

    enum Found {
        case live(Session)
        case ended(EndedSession)
        case refused(Refusal)
    }

    /// What the caller means: an id in full, or the beginning of exactly one that he may see. What he may not see
    /// is not there, also for him who guesses it.
    func find(_ reference: SessionReference, _ caller: Caller) -> Found {
        func isVisible(_ identity: SessionIdentity) -> Bool {
            rules.maySeeSession(of: identity.owner, at: identity.tenant, caller)
        }
        if let id = SessionID(reference.description), id < nextSession {
            // The name of a session in full is never taken for the beginning of a longer one, also when its session
            // is long forgotten: whoever ends it once more must not end another. Programs always send it so, and the
            // search below costs a name for each live session: with 64 of them a quarter of a whole grant and end.
            if let session = sessions[id], isVisible(session.identity) { return .live(session) }
            if let past = ended[id], isVisible(past.identity) { return .ended(past) }
            return .refused(unknown(reference, among: sessions.values.filter { isVisible($0.identity) }))
        }
        let visible = sessions.values.filter { isVisible($0.identity) }
        let fitting = visible.filter { reference.matches($0.id) }
        if fitting.count > 1 { return .refused(.sessionAmbiguous(reference, fitting.map(\.id).sorted())) }
        if let only = fitting.first { return .live(only) }
        return .refused(unknown(reference, among: visible))
    }

    /// The tenants that a caller means: the one he names, or all that he may see. Nil for one that is not there for him.
    func tenants(named name: TenantName?, for caller: Caller) -> [TenantRules]? {
        let visible = rules.tenants.filter { rules.maySee($0, caller) }
        guard let name else { return visible }
        return visible.first { $0.name == name }.map { [$0] }
    }

    /// Why a caller may not list what is at a tenant, or anywhere; nil where he may. His own sessions he may see also after
    /// his account was taken away.
    func listingRefusal(of tenant: TenantName?, to caller: Caller) -> Refusal? {
        let hasOwn =
            caller.uid != .nobody
            && sessions.values.contains { session in
                session.identity.owner == caller.uid && (tenant == nil || session.identity.tenant == tenant)
            }
        if hasOwn { return nil }
        if let tenant {
            return tenants(named: tenant, for: caller) == nil ? tenantUnknown(tenant.description, to: caller) : nil
        }
        return strangerRefusal("list sessions", to: caller)
    }

    /// What he is told who may see no tenant at all; nil for everybody else.
    func strangerRefusal(_ action: String, to caller: Caller) -> Refusal? {
        if rules.mayOperate(caller) || rules.tenants.contains(where: { rules.maySee($0, caller) }) { return nil }
        return .notAuthorized(action: action, reason: "no account of any tenant is mapped to you")
    }

    /// There is no such tenant, as far as the caller may know; perhaps he means another one of his.
    func tenantUnknown(_ text: String, to caller: Caller) -> Refusal {
        let visible = (tenants(named: nil, for: caller) ?? []).map(\.name)
        return .tenantUnknown(text, suggestion: nearest(to: text, among: visible, by: \.description))
    }

    private func unknown(_ reference: SessionReference, among visible: [Session]) -> Refusal {
        let nearest = nearest(to: reference.description, among: visible.map(\.id).sorted(), by: \.description)
        return .sessionUnknown(reference, suggestion: nearest)
    }

    func notYours(_ action: String, _ identity: SessionIdentity) -> Refusal {
        .notAuthorized(action: "\(action) \(identity.id)", reason: "it belongs to \(identity.user)")
    }

    mutating func refuse(_ asker: Asker, _ refusal: Refusal) {
        effects.append(.answer(asker.call, .refused(refusal)))
    }
}
