internal import CLIXML

extension PSValue {
    /// The name that .NET has for the type, empty where the wire does not tell.
    var typeName: String {
        switch self {
        case .object(let object): object.typeNames.first ?? ""
        case .string, .utf16: "System.String"
        case .char: "System.Char"
        case .bool: "System.Boolean"
        case .byte: "System.Byte"
        case .sbyte: "System.SByte"
        case .uint16: "System.UInt16"
        case .int16: "System.Int16"
        case .uint32: "System.UInt32"
        case .int32: "System.Int32"
        case .uint64: "System.UInt64"
        case .int64: "System.Int64"
        case .single: "System.Single"
        case .double: "System.Double"
        case .decimal: "System.Decimal"
        case .dateTime: "System.DateTime"
        case .duration: "System.TimeSpan"
        case .bytes: "System.Byte[]"
        case .guid: "System.Guid"
        case .uri: "System.Uri"
        case .version: "System.Version"
        case .xml: "System.Xml.XmlDocument"
        case .scriptBlock: "System.Management.Automation.ScriptBlock"
        case .secureString: "System.Security.SecureString"
        case .null, .progress, .reference, .unknown: ""
        }
    }
}
