internal import CLIXML
internal import PSRP
internal import UsherTenant
internal import Varlink

/// Turns values of the interface into values of PowerShell: of each at most one field, none for `$null`.
struct ValueReader {
    /// What stands for what is secret in the values that were read.
    private(set) var secrets = SecretTable()
    private let parameter: String

    /// `parameter` is what is complained of.
    init(of parameter: String) { self.parameter = parameter }

    mutating func value(_ json: JSON) throws(InvalidParameter) -> PSValue {
        let fields = (json.object ?? [:]).filter { !$0.value.isNull }
        guard let field = fields.first else { return .null }
        guard fields.count == 1 else { throw InvalidParameter(name: parameter) }
        switch (field.key, field.value) {
        case ("string", .string(let text)): return .string(text)
        case ("bool", .bool(let flag)): return .bool(flag)
        case ("int", .int(let number)): return Int32(exactly: number).map(PSValue.int32) ?? .int64(number)
        case ("float", .double(let number)): return .double(number)
        case ("float", .int(let number)): return .double(Double(number))
        case ("secret", .string(let text)): return .secureString(secrets.keep(Secret(text)))
        case ("credential", .object(let facts)):
            let password = secrets.keep(Secret(facts["password"]?.string ?? ""))
            return .object(PSObject(credentialOf: facts["userName"]?.string ?? "", password: password))
        case ("list", .array(let elements)):
            var values: [PSValue] = []
            for element in elements { values.append(try self.value(element)) }
            return .object(PSObject(array: values))
        case ("map", .object(let members)):
            var entries: [PSEntry] = []
            for member in members { entries.append(PSEntry(.string(member.key), try self.value(member.value))) }
            return .object(PSObject(hashtable: entries))
        case ("object", .array(let members)):
            var properties: [PSProperty] = []
            for member in members {
                let facts = member.object ?? [:]
                properties.append(
                    PSProperty(facts["name"]?.string ?? "", try self.value(facts["value"] ?? .null)))
            }
            return .object(PSObject(custom: properties))
        default: throw InvalidParameter(name: parameter)
        }
    }
}
