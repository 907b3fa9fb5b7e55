import ServerConfig

/// A JSON schema (draft 7) of topologies, for editors. It takes all that `paddock check` takes; check knows more.
///
/// A scalar of YAML is text to the check, whatever an editor takes it for: `2000`, `'2000'` and `true` are all taken where text is.
package indirect enum SchemaNode: Encodable, Sendable {
    case object([String: SchemaNode])
    case array([SchemaNode])
    case text(String)
    case number(Int)
    case flag(Bool)

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .object(let members): try container.encode(members)
        case .array(let elements): try container.encode(elements)
        case .text(let text): try container.encode(text)
        case .number(let number): try container.encode(number)
        case .flag(let flag): try container.encode(flag)
        }
    }
}

extension SchemaNode: ExpressibleByDictionaryLiteral, ExpressibleByArrayLiteral, ExpressibleByStringLiteral,
    ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral
{
    package init(dictionaryLiteral elements: (String, SchemaNode)...) {
        self = .object(Dictionary(uniqueKeysWithValues: elements))
    }
    package init(arrayLiteral elements: SchemaNode...) { self = .array(elements) }
    package init(stringLiteral value: String) { self = .text(value) }
    package init(integerLiteral value: Int) { self = .number(value) }
    package init(booleanLiteral value: Bool) { self = .flag(value) }

    fileprivate func merging(_ more: [String: SchemaNode]) -> SchemaNode {
        guard case .object(let members) = self else { return self }
        return .object(members.merging(more) { $1 })
    }
}

package enum TopologySchema {
    package static let document: SchemaNode = {
        let topology = mapping(.topology).merging([
            "$schema": "http://json-schema.org/draft-07/schema#",
            "title": "A topology of Paddock: a ZooKeeper ensemble",
            "required": ["ensemble"],
            "oneOf": [
                ["required": ["participants"], "not": ["required": ["servers"]]],
                [
                    "required": ["servers"],
                    "not": ["anyOf": [["required": ["participants"]], ["required": ["observers"]]]],
                ],
            ],
            "definitions": [
                "scalar": scalar, "settings": settings, "ports": mapping(.ports), "serverPorts": mapping(.serverPorts),
                "server": mapping(.server).merging(["required": ["id"]]),
                "engine": [
                    "anyOf": [
                        ["enum": .array(EngineChoice.names.map(SchemaNode.text))],
                        [
                            "type": "object", "minProperties": 1, "maxProperties": 1, "additionalProperties": false,
                            "properties": [
                                "bundled": ["type": ["object", "null"], "maxProperties": 0],
                                "apache": ["anyOf": [["type": "null"], mapping(.apache)]],
                            ],
                        ],
                    ]
                ],
            ],
        ])
        return topology
    }()

    private static let scalar: SchemaNode = ["type": ["string", "number", "boolean"]]

    private static func reference(_ name: String) -> SchemaNode { ["$ref": .text("#/definitions/\(name)")] }

    /// A mapping with the keys of one place, and no others.
    private static func mapping(_ place: TopologyKey.Place) -> SchemaNode {
        let keys = TopologyKey.all.filter { $0.place == place }
        let properties = keys.map { key in
            (
                key.name,
                SchemaNode.object([
                    "description": .text("\(key.meaning)\n\n\(key.example)"), "allOf": .array([shape(key.shape)]),
                ])
            )
        }
        return [
            "type": "object", "additionalProperties": false,
            "properties": .object(Dictionary(uniqueKeysWithValues: properties)),
        ]
    }

    private static func shape(_ shape: TopologyKey.Shape) -> SchemaNode {
        switch shape {
        case .ensembleName:
            [
                "anyOf": [
                    ["type": "string", "pattern": "^[a-z0-9][a-z0-9-]{0,63}$"], ["type": "integer", "minimum": 0],
                    ["type": "boolean"],
                ]
            ]
        case .integer(let range): integer(Int64(range.lowerBound)...Int64(range.upperBound))
        case .port: integer(1...65535)
        case .word(let words): ["enum": .array(words.map(SchemaNode.text))]
        case .text: scalar
        case .absolutePath: ["type": "string", "pattern": "^/"]
        case .heap: ["type": "string", "pattern": "^[0-9]+[kKmMgG]$"]
        case .engine: reference("engine")
        case .ports: ["anyOf": [["enum": ["auto"]], reference("ports")]]
        case .serverPorts: reference("serverPorts")
        case .hosts: ["type": "object", "maxProperties": 255, "additionalProperties": scalar]
        case .servers: ["type": "array", "maxItems": 255, "items": reference("server")]
        case .settings: reference("settings")
        case .flags: ["type": "array", "maxItems": 100, "items": scalar]
        case .variables: ["type": "object", "maxProperties": 100, "additionalProperties": scalar]
        }
    }

    /// A number, also as text.
    private static func integer(_ range: ClosedRange<Int64>) -> SchemaNode {
        var number: [String: SchemaNode] = ["type": "integer"]
        if range.lowerBound > .min { number["minimum"] = .number(Int(range.lowerBound)) }
        if range.upperBound < .max { number["maximum"] = .number(Int(range.upperBound)) }
        return ["anyOf": [.object(number), ["type": "string", "pattern": "^[+-]?[0-9]+$"]]]
    }

    private static let settings: SchemaNode = {
        let owned = ["clientPort", "admin.serverPort", "clientPortAddress", "dataDir", "dynamicConfigFile", "peerType"]
        var properties = Dictionary(uniqueKeysWithValues: KnownKeys.all.map { ($0.name, setting($0)) })
        for key in owned where SettingChecks.isOwned(key) { properties[key] = false }
        return [
            "type": ["object", "null"], "maxProperties": 500, "properties": .object(properties),
            "patternProperties": ["^(server|group|weight)\\.": false], "additionalProperties": reference("scalar"),
        ]
    }()

    private static func setting(_ key: KnownKey) -> SchemaNode {
        let initial = key.defaultValue.map {
            $0.isEmpty ? "" : " (default: \($0)\(key.unit.map { " \($0.rawValue)" } ?? ""))"
        }
        let shape: SchemaNode =
            switch key.kind {
            case .boolean:
                [
                    "anyOf": [
                        ["type": "boolean"],
                        ["type": "string", "pattern": "^([Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee])$"],
                    ]
                ]
            // An editor may take yes and no for words or for truth.
            case .yesNo: ["anyOf": [["enum": ["yes", "no"]], ["type": "boolean"]]]
            case .integer(let range): integer(range)
            case .port(let orOff): integer((orOff ? 0 : 1)...65535)
            case .choice(let words): ["anyOf": [["enum": .array(words.map(SchemaNode.text))], scalar]]
            case .decimal, .path, .host, .list, .text: scalar
            }
        return ["description": .text(key.meaning + (initial ?? "")), "allOf": .array([shape])]
    }
}
