// What a call of the host is about (MS-PSRP 2.2.3.17): a text to show, a question to somebody, something that is looked up,
// or what no host of ours can do. Parameters are read leniently; where one is missing a question is asked without it.

public import CLIXML

/// A call of the host, understood.
public enum HostRequest: Hashable, Sendable {
    /// A text is to be shown.
    case show(HostText)
    /// Somebody is to be asked.
    case ask(Question)
    /// What the host is like; this is the answer.
    case know(PSValue)
    /// Something that the host may do or leave: a title, a colour, the progress that comes as a record, too.
    case ignore
    /// What takes a screen of one's own, or another runspace.
    case refuse
}

/// A text that a server has written to the host.
public struct HostText: Hashable, Sendable {
    /// What kind of text.
    public enum Kind: Hashable, Sendable {
        case plain
        case error
        case warning
        case verbose
        case debug
    }

    public var kind: Kind
    public var text: String
    /// Whether a line ends with it.
    public var endsLine: Bool
    /// Numbers of System.ConsoleColor, where the server has chosen.
    public var foreground: Int32?
    public var background: Int32?

    /// A text.
    public init(
        _ text: String, kind: Kind = .plain, endsLine: Bool = true, foreground: Int32? = nil, background: Int32? = nil
    ) {
        self.kind = kind
        self.text = text
        self.endsLine = endsLine
        self.foreground = foreground
        self.background = background
    }
}

/// System.ConsoleColor.
public enum ConsoleColor {
    /// The names by their numbers.
    public static let names = [
        "Black", "DarkBlue", "DarkGreen", "DarkCyan", "DarkRed", "DarkMagenta", "DarkYellow", "Gray", "DarkGray",
        "Blue", "Green", "Cyan", "Red", "Magenta", "Yellow", "White",
    ]
}

extension HostCall {
    /// What the call is about, for a host that looks like `defaults`.
    public func request(for defaults: HostDefaults) -> HostRequest {
        switch method {
        case .getName: .know(.string("Usher"))
        case .getVersion: .know(.version(PSVersion(1, 0)))
        case .getInstanceID: .know(.guid(.zero))
        case .getCurrentCulture, .getCurrentUICulture: .know(.string("en-US"))
        case .readLine: .ask(Question(.line))
        case .readLineAsSecureString: .ask(Question(.secret))
        case .write1: .show(HostText(text(0), endsLine: false))
        case .write2: .show(HostText(text(2), endsLine: false, foreground: number(0), background: number(1)))
        case .writeLine1: .show(HostText(""))
        case .writeLine2: .show(HostText(text(0)))
        case .writeLine3: .show(HostText(text(2), foreground: number(0), background: number(1)))
        case .writeErrorLine: .show(HostText(text(0), kind: .error))
        case .writeDebugLine: .show(HostText(text(0), kind: .debug))
        case .writeVerboseLine: .show(HostText(text(0), kind: .verbose))
        case .writeWarningLine: .show(HostText(text(0), kind: .warning))
        case .prompt: .ask(Question(.fields(values(2).map(Question.Field.init)), caption: text(0), message: text(1)))
        case .promptForCredential1, .promptForCredential2:
            .ask(
                Question(
                    .credential(userName: some(text(2)), target: some(text(3))), caption: text(0), message: text(1)))
        case .promptForChoice:
            .ask(
                Question(
                    .choice(values(2).map(Question.Choice.init), preset: number(3).flatMap { $0 < 0 ? nil : Int($0) }),
                    caption: text(0), message: text(1)))
        case .promptForChoiceMultipleSelection:
            .ask(
                Question(
                    .choices(
                        values(2).map(Question.Choice.init),
                        presets: values(3).compactMap { $0.integer.flatMap(Int.init(exactly:)) }),
                    caption: text(0), message: text(1)))
        case .getForegroundColor: .know(.int32(defaults.foreground))
        case .getBackgroundColor: .know(.int32(defaults.background))
        case .getCursorPosition: .know(defaults.cursor.value)
        case .getWindowPosition: .know(defaults.window.value)
        case .getCursorSize: .know(.int32(defaults.cursorSize))
        case .getBufferSize: .know(defaults.bufferSize.value)
        case .getWindowSize: .know(defaults.windowSize.value)
        case .getMaxWindowSize: .know(defaults.windowSizeMax.value)
        case .getMaxPhysicalWindowSize: .know(defaults.physicalSizeMax.value)
        case .getWindowTitle: .know(.string(defaults.title))
        case .getKeyAvailable, .getIsRunspacePushed: .know(.bool(false))
        default: wantsAnswer ? .refuse : .ignore
        }
    }

    private func text(_ index: Int) -> String { parameters.indices.contains(index) ? parameters[index].text : "" }

    private func number(_ index: Int) -> Int32? {
        parameters.indices.contains(index) ? parameters[index].integer.flatMap(Int32.init(exactly:)) : nil
    }

    private func values(_ index: Int) -> [PSValue] {
        // A list of one may come as the one.
        guard parameters.indices.contains(index), !parameters[index].isNull else { return [] }
        return parameters[index].values ?? [parameters[index]]
    }

    private func some(_ text: String) -> String? { text.isEmpty ? nil : text }
}

extension HostMethod {
    public static let getName = HostMethod(rawValue: 1)
    public static let getVersion = HostMethod(rawValue: 2)
    public static let getInstanceID = HostMethod(rawValue: 3)
    public static let getCurrentCulture = HostMethod(rawValue: 4)
    public static let getCurrentUICulture = HostMethod(rawValue: 5)
    public static let readLine = HostMethod(rawValue: 11)
    public static let readLineAsSecureString = HostMethod(rawValue: 12)
    public static let write1 = HostMethod(rawValue: 13)
    public static let write2 = HostMethod(rawValue: 14)
    public static let writeLine1 = HostMethod(rawValue: 15)
    public static let writeLine2 = HostMethod(rawValue: 16)
    public static let writeLine3 = HostMethod(rawValue: 17)
    public static let writeErrorLine = HostMethod(rawValue: 18)
    public static let writeDebugLine = HostMethod(rawValue: 19)
    public static let writeProgress = HostMethod(rawValue: 20)
    public static let writeVerboseLine = HostMethod(rawValue: 21)
    public static let writeWarningLine = HostMethod(rawValue: 22)
    public static let prompt = HostMethod(rawValue: 23)
    public static let promptForCredential1 = HostMethod(rawValue: 24)
    public static let promptForCredential2 = HostMethod(rawValue: 25)
    public static let promptForChoice = HostMethod(rawValue: 26)
    public static let getForegroundColor = HostMethod(rawValue: 27)
    public static let getBackgroundColor = HostMethod(rawValue: 29)
    public static let getCursorPosition = HostMethod(rawValue: 31)
    public static let getWindowPosition = HostMethod(rawValue: 33)
    public static let getCursorSize = HostMethod(rawValue: 35)
    public static let getBufferSize = HostMethod(rawValue: 37)
    public static let getWindowSize = HostMethod(rawValue: 39)
    public static let getWindowTitle = HostMethod(rawValue: 41)
    public static let getMaxWindowSize = HostMethod(rawValue: 43)
    public static let getMaxPhysicalWindowSize = HostMethod(rawValue: 44)
    public static let getKeyAvailable = HostMethod(rawValue: 45)
    public static let getIsRunspacePushed = HostMethod(rawValue: 54)
    public static let promptForChoiceMultipleSelection = HostMethod(rawValue: 56)
}
