extension Interface {
    /// Every way to say no, with its facts.
    static let errors = """

        # No seat left. scope and setting say which limit refused; holders, the one that frees
        # first leading, who has the seats.
        error QuotaExceeded(
          tenant: string,
          admin: string,
          scope: Scope,
          setting: string,
          limit: int,
          inUse: int,
          waiting: int,
          holders: []Holder,
          # The earliest time at which a seat frees by a rule, if known.
          retryAfterSeconds: ?int,
          # Other accounts of the caller at this tenant that have room now.
          otherAdmins: []string
        )

        # waitSeconds passed without a seat. The fields are those of QuotaExceeded.
        error WaitTimeout(
          tenant: string,
          admin: string,
          scope: Scope,
          setting: string,
          limit: int,
          inUse: int,
          waiting: int,
          holders: []Holder,
          retryAfterSeconds: ?int,
          otherAdmins: []string,
          waitedSeconds: int
        )

        # An operator has closed the tenant for new sessions.
        error TenantLocked(tenant: string, message: string, retryAfterSeconds: ?int)

        # The tenant takes only so many new sessions a minute (creates_per_minute).
        error TenantThrottled(tenant: string, setting: string, limit: int, retryAfterSeconds: int)

        # Too many connections, or calls waiting, of this user or of this tenant.
        error TooManyRequests(setting: string, limit: int)

        # An operator is draining the broker, or it is stopping: try again later.
        error Draining()

        # Grants can't be recorded durably now. Ending sessions still works.
        error StateUnavailable(message: string)

        # suggestion: the nearest name the caller may use.
        error TenantUnknown(tenant: string, suggestion: ?string)
        error AdminUnknown(tenant: string, admin: string, suggestion: ?string)

        # action: what was asked. reason: the rule that said no.
        error NotAuthorized(action: string, reason: string)

        error SessionUnknown(session: string, suggestion: ?string)

        # The prefix fits several sessions.
        error SessionAmbiguous(session: string, sessions: []string)

        # The session was there and ended.
        error SessionExpired(session: string, reason: EndReason, endedAt: string)

        # The session is not in a state that allows this.
        error SessionBusy(session: string, state: SessionState)

        # The tenant could not be reached, or did not give a session. stage: how far it went.
        error TenantUnreachable(
          tenant: string,
          stage: (discovery, connect, tls, token, authenticate, create, negotiate, open),
          message: string
        )

        # The tenant says that it is full, although the broker's own count had room: sessions are
        # held there that were opened outside. inUse: those of this account that it knows of.
        error TenantFull(tenant: string, admin: string, inUse: int, message: string)

        # There is no credential for this account: neither configured, nor given by Login. message:
        # what is wrong with the one that is configured.
        error CredentialMissing(tenant: string, admin: string, message: ?string)

        # The tenant knows the account and does not let it do this.
        error TenantForbids(tenant: string, admin: string, message: string)

        # The tenant is overloaded, or holds the account back: try again later.
        error TenantBusy(tenant: string, message: string, retryAfterSeconds: ?int)

        # The credential was refused. It is not tried again before that time, because accounts
        # get locked; Login with another one lifts that.
        error CredentialRejected(tenant: string, admin: string, message: string, retryAfterSeconds: ?int)

        # Nothing runs in the session that would take what was sent: it is over, or it did not ask.
        error NothingRuns(session: string)

        # The connection broke when the pipeline may have begun: it may have run, wholly or in
        # part, or not at all. It was not sent again. The session has ended.
        error InvocationUncertain(session: string, message: string)

        # One object is larger than can be handed on; the pipeline was stopped.
        error OutputTooLarge(limitBytes: int, property: ?string)

        """
}
