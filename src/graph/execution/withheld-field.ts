import { type FieldNode, GraphQLError, type GraphQLField, type GraphQLObjectType, Kind } from "graphql";

/** The name of nodes that stand for withheld fields: no schema has it, so that nothing else can read their values. */
export const withheldName = "__withheld";

/** Why a field is null: its caller lacks scopes. */
export class WithheldField extends GraphQLError {}

interface Withheld {
  readonly name: string;
  readonly error: WithheldField;
}

const withheldByNode = new WeakMap<FieldNode, Withheld>();

/** The node of a field that is null, with an error, in place of one for which the caller lacks scopes. */
export function withholdField(
  { alias, name, loc }: FieldNode,
  typeName: string,
  missing: readonly string[],
): FieldNode {
  const node: FieldNode = {
    kind: Kind.FIELD,
    alias: alias ?? name,
    name: { kind: Kind.NAME, value: withheldName },
    ...(loc && { loc }),
  };
  const scopes = missing.join(", ").toLowerCase();
  const message =
    `${typeName}.${name.value} needs the scope ${scopes}, which this caller does not have, so it is null wherever this place ` +
    "of the query asks for it. Leave it out, or ask for a key with the scope.";
  const error = new WithheldField(message, { extensions: { code: "FORBIDDEN", missing } });
  withheldByNode.set(node, { name: name.value, error });
  return node;
}

/** The definition of a withheld field: that of the field, but for what it resolves to. */
export function withheldDefinition(
  type: GraphQLObjectType,
  node: FieldNode,
): GraphQLField<unknown, unknown> | undefined {
  const withheld = withheldByNode.get(node);
  const definition = withheld && type.getFields()[withheld.name];
  if (!definition) return undefined;
  const resolve = (): never => {
    throw withheld.error;
  };
  return { ...definition, args: [], resolve };
}
