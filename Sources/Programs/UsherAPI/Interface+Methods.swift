extension Interface {
    /// What may be asked.
    static let methods = """

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
          # Pipelines are to run in it: where a session is only a seat (protocol: none) that is
          # refused at once.
          pipelines: ?bool,
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
        # in memory only, and tried at the next connection. Without a secret: forget it. With
        # deviceCode, and with 'more', somebody signs in elsewhere instead: a reply tells the code
        # to type and where, and the last one comes when that was done.
        # [Supports 'more' flag]
        method Login(tenant: string, admin: ?string, secret: ?string, deviceCode: ?bool) -> (
          admin: ?string,
          deviceCode: ?DeviceCode
        )

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
          script: ?string,
          # Its questions are told as prompts, to be answered by Answer. Otherwise they are told, and
          # refused at once.
          prompts: ?bool,
          # Objects will be sent into it, by Input.
          input: ?bool,
          # The size of the window in which its output is shown; some commands go by it.
          columns: ?int,
          rows: ?int
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

        # Answer a prompt of what runs on an own session, once, with a Value that is fit for its
        # kind. Without a value: nobody will. NothingRuns where no such question is open (any more).
        # invocation: as Invoke told it when it began; what runs next does not get it then.
        method Answer(session: string, invocation: ?int, prompt: int, value: ?Value) -> ()

        # Send objects into what runs on an own session, in order. The answer comes when the tenant
        # has them; the next ones wait for it. end: none come after these. NothingRuns where nobody
        # takes them (any more). invocation: as with Answer.
        method Input(session: string, invocation: ?int, values: []Value, end: ?bool) -> ()

        # Stop what runs on an own session; the session stays. With invocation, as the first reply
        # of Invoke told it, only that one. The answer comes at once, and the invocation ends when
        # the tenant has stopped it. Absent: there was nothing to stop.
        method Stop(session: string, invocation: ?int) -> (invocation: ?int)

        # Change what keeps an own session alive: bind it to this connection, to the caller's
        # login session, or to nothing but the rules. none gives it back: it stays warm for
        # its owner where the tenant is configured so, and is closed otherwise: then the reply has
        # it in state closing or closed, and does not wait for the tenant.
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

        # Shells at the tenants that are not on the books. The tenants are asked; what does not
        # answer within 5 s is among the troubles.
        method ListForeign(tenant: ?string) -> (shells: []ForeignShell, troubles: []Trouble)

        # End sessions in bulk: operators everywhere, everyone what is theirs. Answers when the
        # tenants have confirmed, 30 s later at the latest. With unconfirmed the tenant is asked
        # again; with forget as well, the broker gives up on it and frees the seat, whatever the
        # tenant counts. foreign and forget are for operators. dryRun only says which.
        method Reclaim(filter: Filter, forget: ?bool, dryRun: ?bool) -> (
          reclaimed: []Session,
          foreign: []ForeignShell,
          kept: []Kept,
          troubles: []Trouble
        )

        # Refuse new sessions on a tenant, with a message for those who ask; cut ends the present
        # ones, too. Operators. A second Lock takes the place of the first.
        method Lock(tenant: string, message: string, seconds: ?int, cut: ?bool) -> ()

        # End a lock. Operators.
        method Unlock(tenant: string) -> ()

        # What happened to sessions, oldest first, as the journal has it: what the caller may see,
        # of the last so many seconds, or all that is kept. Some events a reply; the last reply may
        # have none.
        # [Requires 'more' flag]
        method Audit(lastSeconds: ?int, tenant: ?string) -> (events: []Event)

        # Follow what happens to sessions the caller may see: first those that are there, then an
        # event a reply, once it is durable. missed: so many were left out here, because the client
        # did not read.
        # [Requires 'more' flag]
        method Subscribe(tenant: ?string) -> (sessions: ?[]Session, event: ?Event, missed: ?int)

        # Compare books and tenants, and look for what stands in the way. Each finding says what to
        # do.
        method Diagnose(tenant: ?string) -> (findings: []Finding)

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

        # Counters and gauges of the broker and of the tenants the caller may use, under the names
        # by which Prometheus knows them: labels are part of a name. Counters begin with the daemon.
        method GetMetrics() -> (metrics: [string]float)

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

        """
}
