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

/** A client by all of its ids: Alma's, and those that it has or had in Bitrix. */
interface ClientIds {
  readonly id: number;
  readonly bitrixIds: ReadonlySet<string>;
}

/** Whether a mutation names a client, by its variables and by its payload. */
export type NamesClient = (variables: unknown, payload: unknown) => boolean;

const client = kindDefinitions.client.typeName;
/** The names of links to clients, in inputs and in records. */
const links = new Set(
  kinds.flatMap((kind) =>
    Object.entries(kindDefinitions[kind].relations).flatMap(([name, { to }]) =>
      to.includes("client") ? [name] : [],
    ),
  ),
);

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null;

/** Whether a mutation is of a client: its payload has the record under the name of its kind. */
export function isOfClient(schema: GraphQLSchema, mutation: string | undefined): boolean {
  const declared = schema.getMutationType()?.getFields()[mutation ?? ""];
  return declared !== undefined && "client" in (getNamedType(declared.type) as GraphQLObjectType).getFields();
}

/** Reads from the document of a job where its rows name clients: by an id in a field that has ids of clients. */
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
    isObject(value) &&
    (value.id === `${client}:${id}` || value.almaId === id || isBitrixId(value.externalId));

  function inArguments(row: unknown): boolean {
    const variables =
      operation && coerceVariables(schema, operation, row as Readonly<Record<string, unknown>>);
    if (!declared || !field || !variables) return false;
    const given = getArgumentValues(declared, field, variables);
    const input = given.input as Readonly<Record<string, unknown>> | undefined;
    return (isOwn && (isRef(given.ref) || isBitrixId(input?.externalId))) || hasLink(given);
  }

  /** Whether a link below a value leads to the client, or a record in it is the client. */
  function hasLink(value: unknown): boolean {
    if (!isObject(value)) return false;
    return Object.entries(value).some(
      ([name, part]) => (links.has(name) && isRef(part)) || part === `${client}:${id}` || hasLink(part),
    );
  }

  /** An item of Bitrix has the id that its client has there. */
  const isItem = (row: unknown) =>
    isObject(row) &&
    row.kind === "CONTACT" &&
    isObject(row.item) &&
    Object.entries(row.item).some(([name, value]) => /^id$/i.test(name) && isBitrixId(value));

  return (row, payload) => isItem(row) || inArguments(row) || hasLink(payload);
}
