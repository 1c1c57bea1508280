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
    public static let text = types + methods + errors

    /// What is spoken of: sessions, holders, tenants, pipelines and what they write.
    private static let types = """
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
        # foreign: seen at the tenant and not opened by us; counted, never usable. closed: over.
        type SessionState (opening, ready, busy, closing, unconfirmed, foreign, closed)

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
          freesInSeconds: ?int,
          # What runs in it, by its first command, and for how long it has.
          running: ?string,
          runningSeconds: ?int,
          # Of a foreign one, as the tenant tells it: what it is called, whose it is, where its
          # client is.
          name: ?string,
          owner: ?string,
          address: ?string
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
          # What runs in it, by its first command, and for how long it has.
          running: ?string,
          runningSeconds: ?int,
          invocations: int,
          # The shell at the tenant, for its owner and for operators.
          shellId: ?string,
          # Why it ended, once it has.
          reason: ?EndReason,
          endedAt: ?string,
          # Its end waits for its user to give a credential, by Login.
          needsLogin: ?bool
        )

        # A shell at a tenant that is not on the books. outside: somebody opened it without Usher.
        # otherHost: the Usher of that host has it on its books. lost: this one opened it, and its
        # state was lost.
        type ForeignShell (
          tenant: string,
          # The account by which it was seen.
          seenBy: string,
          # The account of the configuration that it belongs to, where it does.
          admin: ?string,
          shellId: string,
          name: ?string,
          owner: ?string,
          address: ?string,
          origin: (outside, otherHost, lost),
          host: ?string,
          session: ?string,
          seenAt: string,
          idleSeconds: ?int,
          freesInSeconds: ?int
        )

        # A tenant that did not say what it has.
        type Trouble (tenant: string, admin: string, message: string)

        # Which sessions to end in bulk: all that is given must fit, and an empty filter fits
        # nothing. orphaned: held by nobody, that is detached and followed by no client, or waiting
        # for a holder since a restart. unconfirmed: those whose end the tenant has not confirmed.
        # foreign: shells that were not opened by us. user: a name or a number.
        type Filter (
          tenant: ?string,
          admin: ?string,
          user: ?string,
          idleSeconds: ?int,
          orphaned: ?bool,
          unconfirmed: ?bool,
          foreign: ?bool
        )

        # What fits and could not be ended now.
        type Kept (session: ?Session, foreign: ?ForeignShell, reason: string, freesInSeconds: ?int)

        # Something that happened. event: began, lease, opened, ordered (somebody had it ended),
        # closing, unconfirmed, ended; of tenants: locked, unlocked, foreign ended. Each session
        # that began has exactly one end, with a reason.
        type Event (
          # Counts upwards in the journal; absent in what is told as it happens.
          number: ?int,
          time: string,
          event: string,
          session: ?string,
          tenant: string,
          admin: ?string,
          user: ?string,
          uid: ?int,
          pid: ?int,
          terminal: ?string,
          purpose: ?string,
          lease: ?LeaseMode,
          since: ?string,
          invocations: ?int,
          shellId: ?string,
          reason: ?EndReason,
          # Who had it happen, where that is not the session's own user.
          actor: ?string,
          actorUid: ?int,
          note: ?string
        )

        # Something that was looked at, and what to do about it.
        type Finding (severity: (ok, notice, problem), tenant: ?string, message: string, hint: ?string)

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
          unconfirmed: int,
          # Why it gives no new sessions, where an operator closed it, and for how much longer.
          locked: ?string,
          lockedForSeconds: ?int
        )

        # A value as a pipeline takes it: exactly one field is set, or none for $null.
        type Value (
          string: ?string,
          int: ?int,
          float: ?float,
          bool: ?bool,
          list: ?[]Value,
          # A hashtable, in no order.
          map: ?[string]Value,
          # An object with properties, in this order.
          object: ?[]Property,
          # A text that travels encrypted, as a SecureString, and is never shown.
          secret: ?string,
          credential: ?Credential
        )

        # A property of an object.
        type Property (name: string, value: ?Value)

        # A PSCredential.
        type Credential (userName: string, password: string)

        # What somebody has to type into a browser, at which address, to sign in.
        type DeviceCode (address: string, code: string, expiresInSeconds: int)

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
          stream: (output, error, warning, verbose, debug, information, progress, prompt),
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
          progress: ?ProgressFacts,
          # How a text of the information stream is shown, where it was written to the host.
          host: ?HostFacts,
          # What the pipeline asks.
          prompt: ?Prompt
        )

        # How Write-Host has a text shown: colours are those of System.ConsoleColor, in words.
        type HostFacts (foreground: ?string, background: ?string, noNewline: ?bool)

        # A question of a pipeline, and the kind of Value that answers it. line: string. secret:
        # secret. choice: int, an index of choices. choices: list of such. credential: credential.
        # fields: map, with a value for each.
        type Prompt (
          # To be named in Answer. Absent where it was refused, because nobody answers.
          prompt: ?int,
          kind: (line, secret, choice, choices, credential, fields),
          caption: ?string,
          message: ?string,
          choices: ?[]Choice,
          # Indices of choices that are taken where somebody just presses Enter.
          presets: ?[]int,
          userName: ?string,
          target: ?string,
          fields: ?[]Field
        )

        # What can be chosen. In the label, & precedes the letter that stands for it.
        type Choice (label: string, help: ?string)

        # A value that is asked for by name. type: as .NET calls it, System.String.
        type Field (name: string, label: ?string, type: string, help: ?string, isMandatory: bool)

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

        """
}
