import {
  type FieldNode,
  type GraphQLObjectType,
  type GraphQLSchema,
  getArgumentValues,
  getNamedType,
  type OperationDefinitionNode,
  parse,
} from "graphql";
import { stripBlanks } from "../../alma/index.ts";
import { kindDefinitions, kinds } from "../../catalog/index.ts";
import { coerceVariables } from "../execution/operation-info.ts";

/** All ids of a client: the Alma id, and current and former Bitrix ids. */
interface ClientIds {
  readonly id: number;
  readonly bitrixIds: ReadonlySet<string>;
}

/** Returns whether a mutation's variables or payload refer to a client. */
export type NamesClient = (variables: unknown, payload: unknown) => boolean;

/** Returns whether a row contains a client's Bitrix id; provided by an extension whose rows have their own format. */
export type NamesByBitrixId = (row: unknown, isBitrixId: (value: unknown) => boolean) => boolean;

const client = kindDefinitions.client.typeName;
/** The fields that link to clients, in inputs and in records. */
const links = new Set(
  kinds.flatMap((kind) =>
    Object.entries(kindDefinitions[kind].relations).flatMap(([name, { to }]) =>
      to.includes("client") ? [name] : [],
    ),
  ),
);

const isObjectOrList = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null;

/** Returns whether a mutation writes a client: its payload contains the record under the name of the kind. */
export function isOfClient(schema: GraphQLSchema, mutation: string | undefined): boolean {
  const declared = schema.getMutationType()?.getFields()[mutation ?? ""];
  return declared !== undefined && "client" in (getNamedType(declared.type) as GraphQLObjectType).getFields();
}

/** Finds the ids of clients in the rows of a job's document. */
export function readNames(
  schema: GraphQLSchema,
  document: string,
  { id, bitrixIds }: ClientIds,
): NamesClient {
  const operation = parse(document).definitions.find(
    (definition): definition is OperationDefinitionNode => definition.kind === "OperationDefinition",
  );
  const field = operation?.selectionSet.selections[0] as FieldNode | undefined;
  const declared = schema.getMutationType()?.getFields()[field?.name.value ?? ""];
  const isOwn = isOfClient(schema, declared?.name);

  const isBitrixId = (value: unknown) => value != null && bitrixIds.has(stripBlanks(String(value)));
  const isRef = (value: unknown) =>
    isObjectOrList(value) &&
    (value.id === `${client}:${id}` || value.almaId === id || isBitrixId(value.externalId));

  function inArguments(row: unknown): boolean {
    const variables =
      operation && coerceVariables(schema, operation, row as Readonly<Record<string, unknown>>);
    if (!declared || !field || !variables) return false;
    const given = getArgumentValues(declared, field, variables);
    const input = given.input as Readonly<Record<string, unknown>> | undefined;
    return (isOwn && (isRef(given.ref) || isBitrixId(input?.externalId))) || hasLink(given);
  }

  /** Returns whether a value contains a link to the client, or the client itself. */
  function hasLink(value: unknown): boolean {
    if (!isObjectOrList(value)) return false;
    return Object.entries(value).some(
      ([name, part]) => (links.has(name) && isRef(part)) || part === `${client}:${id}` || hasLink(part),
    );
  }

  const namesItself = declared?.extensions.namesClient as NamesByBitrixId | undefined;

  return (row, payload) => namesItself?.(row, isBitrixId) || inArguments(row) || hasLink(payload);
}
