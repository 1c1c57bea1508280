public import Varlink

/// The contract between the broker and its clients, as it is served.
///
/// This text is the only description: requests are checked against it, `GetInterfaceDescription` returns it,
/// and the tests hold every reply against it. It grows by new methods, errors and `?` fields only.
public enum Interface {
    /// The name under which the broker is found.
    public static let name = "org.usher.broker"

    /// The parsed text.
    ///
    /// The text is ours, so a fault in it is a bug and traps; a test parses it.
    public static let description: InterfaceDescription = {
        do throws(InterfaceSyntaxError) {
            return try InterfaceDescription(parsing: text)
        } catch {
            preconditionFailure("The text of \(name) does not parse: \(error)")
        }
    }()

    /// The interface text with its comments.
    public static let text = """
        # Usher hands out the sessions that a tenant allows to the people who share a host.
        # It enforces how many one account and one organization may hold at a time, says who
        # holds them, and gives each back when its holder is gone.
        #
        # Conventions. Identity is never a parameter: it is the uid of the connecting process
        # as the kernel reports it. Times are RFC 3339 in UTC, durations whole seconds. Absent
        # and null mean the same. Clients ignore reply fields and enumeration values they do
        # not know; unknown parameters are refused with org.varlink.service.InvalidParameter.
        # One connection runs one call at a time; a stream ends when its client closes the
        # connection. While a call streams, use a second connection.
        interface org.usher.broker

        # What a quota counts: sessions of one account at the tenant, or of the whole tenant.
        type Scope (admin, organization)

        # Life of a session. opening: seat taken, connection being built. ready: idle and
        # usable. busy: running a pipeline. closing: we asked the tenant to end it.
        # unconfirmed: gone for us, perhaps not for the tenant; the seat stays taken.
        # closed: over.
        type SessionState (opening, ready, busy, closing, unconfirmed, closed)

        # What keeps a session alive. connection: the connection that holds it. console: the
        # login session of the caller. detached: until Close, the idle or the age rule.
        # none: warm, leased by nobody. awaiting: its holder has until a moment after the
        # broker's restart to come back.
        type LeaseMode (connection, console, detached, none, awaiting)

        # Why a session ended.
        type EndReason (
          closed, clientLeft, consoleClosed, idleTimeout, maximumAge, evicted, rotated,
          reclaimed, forgotten, locked, slowReader, shutdown, lostAtRestart,
          tenantClosed, openFailed, openTimedOut
        )

        # A holder of quota, as much of it as the caller may see.
        type Holder (
          # Present only where the caller may see this session.
          session: ?string,
          # Present where the caller may see the session or act as the account.
          admin: ?string,
          user: ?string,
          uid: ?int,
          # Terminal and purpose tell a colleague who that is.
          terminal: ?string,
          purpose: ?string,
          state: SessionState,
          since: string,
          # Absent while it does not idle.
          idleSeconds: ?int,
          # When the seat frees by itself at the latest, as far as it is known.
          freesInSeconds: ?int
        )

        # One session.
        type Session (
          session: string,
          tenant: string,
          # The account at the tenant that the session is charged to.
          admin: string,
          # The local user who asked for it. The uid decides; user and pid are for display.
          user: string,
          uid: int,
          pid: int,
          terminal: ?string,
          purpose: ?string,
          state: SessionState,
          lease: LeaseMode,
          since: string,
          lastUsed: string,
          # Absent while it does not idle: busy, or kept by a lease that does not.
          idleSeconds: ?int,
          # Seconds until the idle or the age rule ends it, where one applies.
          freesInSeconds: ?int,
          invocations: int,
          # The shell at the tenant, for its owner and for operators.
          shellId: ?string,
          # Why it ended, once it has.
          reason: ?EndReason,
          endedAt: ?string
        )

        # A tenant the caller may use.
        type Tenant (
          tenant: string,
          profile: ?string,
          # Quota of the organization, where it has one, and what is in use now.
          limit: ?int,
          inUse: int,
          limitPerAdmin: int,
          # The accounts the caller may act as, in file order, with their use.
          admins: [](admin: string, inUse: int),
          waiting: int,
          unconfirmed: int
        )

        # A value as a pipeline takes it: exactly one field is set, or none for $null.
        type Value (
          string: ?string,
          int: ?int,
          float: ?float,
          bool: ?bool,
          list: ?[]Value,
          map: ?[string]Value
        )

        # An argument: named, a switch (a name and no value), or positional (no name).
        type Argument (name: ?string, value: ?Value)

        # One command of a pipeline, sent as it is: no text is parsed at the tenant.
        type Command (name: string, arguments: ?[]Argument)

        # A command that a session offers.
        type CommandInfo (
          name: string,
          # Cmdlet, Function, Alias, ...
          kind: string,
          module: ?string,
          parameters: []Parameter
        )

        # A parameter of a command. A switch takes no value.
        type Parameter (name: string, type: string, isSwitch: bool, aliases: []string)

        # What a pipeline wrote, in the order in which it did.
        type Record (
          stream: (output, error, warning, verbose, debug, information, progress),
          # The type of the value at the tenant, as System.String.
          typeName: ?string,
          # Properties of an object, in the server's order. What JSON has no form for is a string.
          data: ?object,
          # The types of those properties of data that are strings only for want of a form: int
          # (beyond 2^53), decimal, float (not finite), dateTime, duration.
          types: ?[string]string,
          # The value, where it has no properties. $null has neither this nor data.
          scalar: ?Value,
          # As the tenant would print it in one line.
          text: ?string,
          # What an error record says beyond its text.
          error: ?ErrorFacts,
          # What a progress record says. Its text is the status.
          progress: ?ProgressFacts
        )

        # An error record as PowerShell shows it: the command that wrote it and its category.
        type ErrorFacts (
          activity: ?string,
          category: string,
          reason: ?string,
          targetName: ?string,
          targetType: ?string,
          # FullyQualifiedErrorId
          id: ?string,
          recommendedAction: ?string
        )

        # How far something is. percent is absent while nobody knows.
        type ProgressFacts (
          activity: string,
          operation: ?string,
          percent: ?int,
          secondsRemaining: ?int,
          isCompleted: bool
        )

        # A fault of the configuration.
        type Fault (file: string, line: int, key: string, message: string)

        # Take a session: the seat first, durably, then the connection on it. Without
        # waitSeconds a refusal comes at once: QuotaExceeded. With it, and with 'more',
        # replies tell position and holders at each change and at least every 15 s. With
        # 'more', replies also tell the steps of the connection while it is being built; the
        # last reply carries the session. A repeated call with the same requestId
        # by the same user returns the session that the first one got, now on this
        # connection's lease. The lease is connection unless said otherwise; console falls
        # back to detached where no login session can be watched, and the reply says so.
        # [Supports 'more' flag]
        method Acquire(
          tenant: string,
          # Which account to act as; by default the first in file order that maps the caller.
          admin: ?string,
          # Shown to the other holders. At most 200 characters.
          purpose: ?string,
          waitSeconds: ?int,
          lease: ?LeaseMode,
          # Take the caller's most recently used idle session there, if there is one. A warm one
          # is leased as asked; one that is kept by something else stays so. Sessions that hang
          # on another connection are not taken.
          reuse: ?bool,
          # 1 to 64 characters, chosen by the caller, unique to this request.
          requestId: ?string
        ) -> (
          session: ?Session,
          reused: ?bool,
          # While waiting: 1 is next.
          position: ?int,
          holders: ?[]Holder,
          retryAfterSeconds: ?int,
          # While the connection is being built: what is being done, and with what.
          step: ?Step,
          detail: ?string
        )

        # What is done to build a connection, in order: from the account to its domain, from the
        # domain to the endpoint, the token, the shell on the endpoint.
        type Step (domain, discovery, token, session)

        # Give the credential of an account at a tenant, for the caller's own use. It is held
        # in memory only, and tried at the next connection. Without a secret: forget it.
        method Login(tenant: string, admin: ?string, secret: ?string) -> (admin: string)

        # The commands that a session offers: fetched once, then remembered with it. Replies
        # tell how many have come while they are fetched, and then the commands, some at a time.
        # pattern: a name with * and ?, in any case.
        # [Requires 'more' flag]
        method ListCommands(session: string, pattern: ?string, refresh: ?bool) -> (
          received: ?int,
          expected: ?int,
          commands: ?[]CommandInfo
        )

        # Run a pipeline: on the session that is named, or at a tenant on the caller's most
        # recently used idle session under that account, or else on a new one, which is given
        # back at the end. One session runs one pipeline at a time; another gets SessionBusy.
        # Replies tell position and steps as Acquire does, then the session and the number of
        # the invocation, then records; the last one carries the outcome. A command is sent once:
        # where its fate is not known, that is the answer (InvocationUncertain). To stop it, call
        # Stop on another connection, or close this one.
        # [Requires 'more' flag]
        method Invoke(
          # Exactly one of session and tenant.
          session: ?string,
          tenant: ?string,
          # With a tenant, as in Acquire.
          admin: ?string,
          waitSeconds: ?int,
          purpose: ?string,
          # With a tenant: a new session in any case.
          new: ?bool,
          # Exactly one of commands and script. Restricted endpoints refuse scripts.
          commands: ?[]Command,
          script: ?string
        ) -> (
          position: ?int,
          holders: ?[]Holder,
          retryAfterSeconds: ?int,
          step: ?Step,
          detail: ?string,
          session: ?Session,
          reused: ?bool,
          invocation: ?int,
          records: ?[]Record,
          outcome: ?(completed, failed, stopped),
          # Error records written.
          errors: ?int,
          durationMilliseconds: ?int
        )

        # Stop what runs on an own session; the session stays. The answer comes at once, and the
        # invocation ends when the tenant has stopped it. Absent: nothing ran.
        method Stop(session: string) -> (invocation: ?int)

        # Change what keeps an own session alive: bind it to this connection, to the caller's
        # login session, or to nothing but the rules. none gives it back: it stays warm for
        # its owner where the tenant is configured so, and is closed otherwise.
        method Attach(session: string, lease: LeaseMode) -> (session: Session)

        # Follow one own session: the first reply is its present state, then one at each
        # change; the last one has state closed or unconfirmed and the reason.
        # [Requires 'more' flag]
        method Watch(session: string) -> (session: Session)

        # End a session and give back its seat. Answers when the tenant has confirmed, or
        # with state unconfirmed when it has not in time. Ending an ended session succeeds.
        # A unique prefix of a session's name will do.
        method Close(session: string) -> (session: string, state: SessionState, reason: EndReason)

        # Sessions the caller may see, oldest first. ended: those that ended lately, too.
        # With 'more': one session a reply, the last reply is empty.
        # [Supports 'more' flag]
        method ListSessions(tenant: ?string, ended: ?bool) -> (sessions: ?[]Session, session: ?Session)

        # Tenants the caller may use.
        method ListTenants() -> (tenants: []Tenant)

        # Health and load, readable for everyone who may connect.
        method GetStatus() -> (
          state: (running, draining, stopping),
          version: string,
          since: string,
          sessions: int,
          unconfirmed: int,
          waiting: int,
          connections: int,
          # What stands in the way of new grants, where something does.
          trouble: ?string
        )

        # Refuse new sessions and wait for the present ones to end. With 'more': a reply with
        # remaining at each change, the last one when none is left or the time is over. With
        # force the rest is ended then. Operators.
        # [Supports 'more' flag]
        method Drain(timeoutSeconds: ?int, force: ?bool) -> (remaining: int)

        # End a drain. Operators.
        method Resume() -> ()

        # Read the configuration again. Where it has faults they are returned and the old one
        # stays in force. Operators.
        method Reload() -> (faults: []Fault)

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

        # There is no credential for this account: neither configured, nor given by Login.
        error CredentialMissing(tenant: string, admin: string)

        # The credential was refused. It is not tried again before that time, because accounts
        # get locked; Login with another one lifts that.
        error CredentialRejected(tenant: string, admin: string, message: string, retryAfterSeconds: ?int)

        # The connection broke when the pipeline may have begun: it may have run, wholly or in
        # part, or not at all. It was not sent again. The session has ended.
        error InvocationUncertain(session: string, message: string)

        # One object is larger than can be handed on; the pipeline was stopped.
        error OutputTooLarge(limitBytes: int, property: ?string)

        """
}
