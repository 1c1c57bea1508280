/// What the tests of this target feed to the codecs.
enum Samples {
    /// Calls and replies as they cross the socket, without their NUL.
    static let messages = [
        #"{"method":"org.varlink.service.GetInfo"}"#,
        #"{"method":"org.usher.broker.Acquire","parameters":{"tenant":"contoso","purpose":"mailbox move"}}"#,
        #"{"method":"org.usher.broker.Invoke","parameters":{"session":"s1","script":"Get-Mailbox"},"more":true}"#,
        #"{"method":"org.usher.broker.Touch","parameters":{"session":"s1"},"oneway":true,"org.example":{"trace":1}}"#,
        #"{"parameters":{"invocation":"i1","records":[{"number":1,"text":"Zoë 🦆","percent":null}]},"continues":true}"#,
        #"{"parameters":{"outcome":"completed","durationMilliseconds":812,"load":0.25,"all":[-1,2.5e3,true,[],{}]}}"#,
        #"{"error":"org.usher.broker.QuotaExceeded","parameters":{"scope":"admin","limit":3,"inUse":3,"holders":[]}}"#,
    ]

    /// What people and tenants put into names: quotes, escapes, a line of terminal control, text that turns round,
    /// characters of every length in UTF-8, a NUL, noncharacters, and an accent written as two scalars.
    static let nastyTexts = [
        "", "\"", "\\", "\\\\\"", "/", "a\nb\r\nc\td", "\u{0}", "\u{1B}[31mred\u{1B}[0m", "\u{7F}", "\u{9B}2J",
        "\u{80}\u{9F}",
        "\u{202E}drowssap\u{202C}", "\u{200E}\u{200F}\u{202A}\u{2066}\u{2069}\u{061C}", "e\u{301}", "é", "ß€𝄞🦆👩‍👩‍👧",
        "\u{FFFF}\u{FFFE}",
        "\u{2028}\u{2029}", "\u{10FFFF}", "null", "1e400", "_x000D_", "𝒳\u{D7FF}\u{E000}",
        String(repeating: "ü\"", count: 100),
    ]

    /// A draft of an interface, long enough to use every construct of the language.
    static let brokerInterface = ##"""
        # Usher hands out remote-PowerShell sessions to administrators who share a host.
        # It owns the connections to the tenants and enforces how many sessions one
        # administrator and one organization may hold at the same time.
        #
        # Conventions. Identity is never a parameter: it is the uid of the connecting
        # process as the kernel reports it. Times are RFC 3339 strings in UTC, durations
        # are whole seconds. Absent and null mean the same. Clients must ignore reply
        # fields and enumeration values they do not know; the service refuses unknown
        # parameters with org.varlink.service.InvalidParameter.
        # A method whose comment has the line with 'more' in brackets streams (the wording
        # of that line is the one systemd's tools look for); a method that requires it
        # returns org.varlink.service.ExpectedMore without it.
        # One connection runs one call at a time. While a call streams, use a second
        # connection for Stop, Close or List.
        interface org.usher.broker

        # What a quota counts: sessions of one account at the tenant, or of the whole tenant.
        type Scope (admin, organization)

        # Life of a session. queued: waiting for a seat. opening: seat taken, connection
        # being built. ready: idle and usable. busy: running a pipeline. prompting: the
        # pipeline waits for an answer. closing: we asked the tenant to end it.
        # unconfirmed: gone for us, perhaps not for the tenant; the seat stays taken.
        # foreign: seen at the tenant, not opened by us; counted, never usable. closed.
        type SessionState (queued, opening, ready, busy, prompting, closing, unconfirmed, foreign, closed)

        # What keeps a session alive. connection: the connection that acquired it.
        # console: the login session of the caller. detached: until Close, the idle or
        # age rule, or reclaim. none: warm, leased by nobody.
        type LeaseMode (connection, console, detached, none)

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
          admin: string,
          user: ?string,
          # Terminal or purpose, whichever tells a colleague more.
          purpose: ?string,
          state: SessionState,
          since: string,
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
          # The local user who asked for it.
          user: ?string,
          uid: ?int,
          pid: ?int,
          terminal: ?string,
          purpose: ?string,
          state: SessionState,
          lease: LeaseMode,
          since: string,
          lastUsed: string,
          idleSeconds: ?int,
          # Seconds until the idle or age rule closes it; absent while busy.
          freesInSeconds: ?int,
          invocations: int,
          # The shell's identity at the tenant, for its owner and for operators.
          shellId: ?string,
          computerName: ?string,
          configurationName: ?string,
          # Why it ended, once it has.
          reason: ?EndReason,
          endedAt: ?string
        )

        # A tenant the caller may use.
        type Tenant (
          tenant: string,
          displayName: ?string,
          # Quota of the organization and what is in use now.
          limit: int,
          inUse: int,
          limitPerAdmin: int,
          # The accounts the caller may act as, with their use.
          admins: [](admin: string, inUse: int, credential: (configured, login, missing)),
          profile: string,
          waiting: int,
          reachable: bool,
          lastError: ?string,
          # Set while the tenant refuses new sessions.
          retryAfterSeconds: ?int
        )

        # Selects sessions. All given fields must match; an empty filter matches nothing.
        type Filter (
          sessions: ?[]string,
          tenant: ?string,
          admin: ?string,
          states: ?[]SessionState,
          idleLongerThanSeconds: ?int,
          olderThanSeconds: ?int,
          # Owner process is gone.
          orphaned: ?bool,
          # All sessions the caller may see; the explicit way to match everything.
          all: ?bool
        )

        # A question the remote host asks: which field matters depends on kind.
        type Prompt (
          prompt: string,
          kind: (text, secret, choice, credential, confirm),
          caption: ?string,
          message: ?string,
          fields: ?[](name: string, label: ?string, secret: bool, mandatory: bool),
          choices: ?[](label: string, help: ?string),
          defaultChoice: ?int,
          # The pipeline is stopped when no answer comes in time.
          expiresInSeconds: int
        )

        # A value as a pipeline takes it: exactly one field is set, or none for $null.
        type Value (
          string: ?string,
          int: ?int,
          float: ?float,
          bool: ?bool,
          # Becomes a SecureString; never logged, never stored.
          secret: ?string,
          list: ?[]Value,
          map: ?[string]Value
        )

        # An argument: named, a switch (no value), or positional (no name).
        type Argument (name: ?string, value: ?Value)

        # One command of a pipeline, sent as it is: no text is parsed at the tenant.
        type Command (name: string, arguments: ?[]Argument)

        # A command the session offers.
        type CommandInfo (
          name: string,
          type: string,
          module: ?string,
          parameters: ?[](name: string, type: string, mandatory: bool, position: ?int, aliases: ?[]string)
        )

        # One item of a pipeline's output, in the order the tenant produced it.
        type Record (
          # Counts from 1 within the invocation; a gap means dropped records.
          number: int,
          stream: (output, error, warning, verbose, debug, information, progress),
          # Plain rendering, always present.
          text: ?string,
          # Properties of the object in the server's order, where it has any.
          data: ?object,
          # The value itself, where it is a primitive.
          scalar: ?Value,
          typeName: ?string,
          # Progress only.
          percent: ?int
        )

        # A change worth telling.
        type Event (
          number: int,
          time: string,
          kind: (acquired, queued, rejected, state, closed, reclaimed, tenantDown, tenantUp, draining, lost),
          session: ?Session,
          tenant: ?string,
          admin: ?string,
          reason: ?EndReason,
          message: ?string
        )

        # Take a session. Takes quota first, then opens the connection; the quota is
        # durable before the reply is sent. waitSeconds 0 or absent: fail at once with
        # QuotaExceeded. With more: while waiting, replies carry position and holders;
        # the last reply carries session. purpose is shown to other holders.
        # requestId makes a repeated call return the session the first one got.
        # [Supports 'more' flag]
        method Acquire(
          tenant: string,
          # Which account to act as, where the caller may use several.
          admin: ?string,
          purpose: ?string,
          waitSeconds: ?int,
          lease: ?LeaseMode,
          # Take over an idle session of the caller for this tenant, if there is one.
          reuse: ?bool,
          openTimeoutSeconds: ?int,
          requestId: ?string
        ) -> (
          session: ?Session,
          reused: ?bool,
          position: ?int,
          holders: ?[]Holder,
          # A step of the connection, while it is being built: domain, discovery, token, open.
          step: ?string,
          detail: ?string
        )

        # Give the credential of an account at a tenant for this daemon's life; held in
        # memory only, tried at the next connection. Without a secret: forget it.
        method Login(tenant: string, admin: ?string, secret: ?string) -> (admin: string)

        # The commands a session offers (fetched once, then remembered for the session).
        # [Supports 'more' flag]
        method ListCommands(session: string, pattern: ?string, refresh: ?bool) -> (commands: ?[]CommandInfo, received: ?int, expected: ?int)

        # Bind an own detached session to this connection (or release it from one).
        method Attach(session: string, lease: LeaseMode) -> (session: Session)

        # Run a pipeline. With more: replies carry records; the last one carries outcome.
        # Without more all records come in the one reply, up to maxRecords.
        # A prompt ends the reply series with outcome prompt; call Respond to go on:
        # it answers and continues the same invocation's output on the same connection.
        # [Supports 'more' flag]
        method Invoke(
          session: string,
          # Exactly one of commands and script. Restricted endpoints refuse scripts.
          commands: ?[]Command,
          script: ?string,
          # Objects for the pipeline's input.
          input: ?[]Value,
          timeoutSeconds: ?int,
          maxRecords: ?int,
          # False: a prompt fails the pipeline at once.
          interactive: ?bool
        ) -> (
          invocation: ?string,
          records: ?[]Record,
          outcome: ?(completed, failed, stopped, prompt, limit),
          prompt: ?Prompt,
          message: ?string,
          # Error records written.
          errors: ?int,
          durationMilliseconds: ?int
        )

        # Answer a prompt and continue the stream, as Invoke does. Without any of the
        # answers the prompt is refused. Secrets are not logged.
        # [Supports 'more' flag]
        method Respond(
          session: string,
          invocation: string,
          prompt: string,
          text: ?string,
          secret: ?string,
          choice: ?int,
          values: ?[string]Value
        ) -> (
          invocation: ?string,
          records: ?[]Record,
          outcome: ?(completed, failed, stopped, prompt, limit),
          prompt: ?Prompt,
          message: ?string,
          durationMilliseconds: ?int
        )

        # Stop the running pipeline; the session stays. From a second connection.
        method Stop(session: string, invocation: ?string) -> (stopped: bool)

        # End a session and give back its quota. Ending an ended session succeeds.
        method Close(session: string) -> (reason: EndReason)

        # Keep a detached session from idling out.
        method Touch(session: string) -> (idleSecondsLeft: int)

        # Sessions the caller may see. With more: one session per reply, for long lists.
        # [Supports 'more' flag]
        method ListSessions(filter: ?Filter) -> (sessions: ?[]Session, session: ?Session)

        # Tenants the caller may use.
        method ListTenants() -> (tenants: []Tenant)

        # Follow changes. The first reply is the present state, then one event per
        # reply. An event of kind lost means the client was too slow and must call again.
        # [Requires 'more' flag]
        method Subscribe(filter: ?Filter, since: ?int) -> (sessions: ?[]Session, event: ?Event)

        # End the sessions that match. dryRun only says which. What can't be ended now
        # comes back in refused, with the time at which its seat frees by itself.
        method Reclaim(filter: Filter, reason: string, dryRun: ?bool) -> (
          reclaimed: []Session,
          refused: [](session: string, error: string, freesInSeconds: ?int)
        )

        # Refuse new sessions on a tenant, with a message for those who ask; cut ends the
        # present ones too. Operators.
        method Lock(tenant: string, message: string, seconds: ?int, cut: ?bool) -> (reclaimed: []Session)
        method Unlock(tenant: string) -> ()

        # Ended and present sessions and refusals since a time, oldest first.
        # [Supports 'more' flag]
        method Audit(since: string, tenant: ?string) -> (event: ?Event, events: ?[]Event)

        # Compare journal, broker and tenant. Each finding says what to do.
        # [Supports 'more' flag]
        method Diagnose(tenant: ?string) -> (finding: ?string, severity: ?(ok, notice, problem), hint: ?string, tenant: ?string)

        # Read the configuration again; faults are returned and the old one stays.
        method Reload() -> (faults: [](file: string, line: int, key: string, message: string))

        # Health and load, readable for everyone who may connect.
        method GetStatus() -> (
          state: (starting, running, draining, stopping),
          version: string,
          since: string,
          sessions: int,
          waiting: int,
          connections: int,
          limitPerAdmin: int,
          limitPerOrganization: int,
          idleTimeoutSeconds: int
        )

        # Counters and gauges by name; labels are part of the name.
        method GetMetrics() -> (metrics: [string]float)

        # Refuse new sessions and wait for the present ones. With more: replies with
        # remaining until 0. After timeoutSeconds the rest is closed if force is set.
        # [Supports 'more' flag]
        method Drain(timeoutSeconds: ?int, force: ?bool) -> (remaining: int)

        # End a drain.
        method Resume() -> ()

        # No quota left. holders: who has it, longest idle first. retryAfterSeconds: the
        # earliest time at which a slot frees by idle timeout, if known.
        error QuotaExceeded(
          tenant: string,
          admin: ?string,
          scope: Scope,
          # Name of the setting that refused.
          setting: string,
          limit: int,
          inUse: int,
          waiting: int,
          holders: []Holder,
          retryAfterSeconds: ?int
        )

        # An operator locked the tenant.
        error TenantLocked(tenant: string, message: string, retryAfterSeconds: ?int)

        # Draining: try again later. StateUnavailable: grants can't be recorded durably.
        error Draining(retryAfterSeconds: ?int)
        error StateUnavailable(message: string)

        # Too many connections or calls waiting by this local user.
        error TooManyRequests(setting: string, limit: int)

        # waitSeconds passed without a slot.
        error WaitTimeout(scope: Scope, waitedSeconds: int, holders: []Holder)

        error TenantUnknown(tenant: string, suggestion: ?string)

        # The tenant cannot be reached, or refused the connection.
        error TenantUnreachable(
          tenant: string,
          stage: (discover, resolve, connect, tls, token, authenticate, create, negotiate),
          message: string,
          retryAfterSeconds: ?int
        )

        # The tenant limits us although our own count allowed the session.
        error TenantThrottled(tenant: string, retryAfterSeconds: ?int, message: ?string)

        # The broker's credentials for the tenant are missing, refused or expired.
        error CredentialsRejected(tenant: string, message: ?string)

        # action: the method or a finer name. reason: the rule that said no.
        error NotAuthorized(action: string, reason: ?string)

        error SessionUnknown(session: string)

        # The session was there and ended.
        error SessionExpired(session: string, reason: EndReason, endedAt: string)

        error SessionBusy(session: string, invocation: string)

        # The connection to the tenant broke; nothing runs any more.
        error SessionBroken(session: string, message: ?string)

        error InvocationUnknown(invocation: string)

        # The prompt was answered, expired, or never asked.
        error PromptUnknown(prompt: string)

        # The pipeline asked a question and interactive was false.
        error PromptRefused(prompt: Prompt)

        # More output than the limit; the pipeline was stopped.
        error OutputTooLarge(limitBytes: int, property: ?string)
        """##
}

/// Numbers that look random and are the same in every run (SplitMix64).
struct SeededRandom: RandomNumberGenerator {
    var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ word >> 30) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ word >> 27) &* 0x94D0_49BB_1331_11EB
        return word ^ word >> 31
    }
}

extension String {
    /// The text as bytes.
    var bytes: [UInt8] { Array(utf8) }
}
