import { readdirSync, readFileSync } from "node:fs";
import { makeExecutableSchema } from "@graphql-tools/schema";
import type { IResolvers } from "@graphql-tools/utils";
import { buildSchema, type GraphQLSchema } from "graphql";
import type { Photo } from "../alma/index.ts";
import { type Kind, kindDefinitions } from "../catalog/index.ts";
import { inPackage } from "../config/index.ts";
import { badInput } from "./argument/bad-input.ts";
import { dateScalar, dateTimeScalar, decimalScalar, jsonScalar } from "./argument/scalar.ts";
import { building } from "./building.ts";
import { client } from "./client.ts";
import { nodeField, nodesField, recordField } from "./connection/query-field.ts";
import type { QueryResolvers, Scope } from "./generated.ts";
import { decimalSummary, groupResolversOf } from "./group/resolver.ts";
import type { FindComparisons } from "./input/input-refs.ts";
import { mutationResolversOf, payloadResolversOf } from "./mutation/mutation.ts";
import { ownerContract } from "./owner-contract.ts";
import { rentalObject, rentalObjects } from "./rental-object.ts";
import { allChoices } from "./resolver/choices.ts";
import { type ComputedField, linkTo } from "./resolver/computed-field.ts";
import type { GraphContext } from "./resolver/context.ts";
import { collectRequiredScopes, type ScopeByField } from "./resolver/required-level.ts";
import { createResolvers } from "./resolver/resolver.ts";
import { room } from "./room.ts";
import type { ConnectionName, GroupedConnectionSpec } from "./spec/connection-spec.ts";
import { tenantContract } from "./tenant-contract.ts";
import { unit } from "./unit.ts";
import type { RecordView } from "./view/record-view.ts";

/** `Query.choices`. What records show changes with each reading. Throws BAD_USER_INPUT for a field without choices. */
const choices: QueryResolvers["choices"] = (_parent, { fields }, { catalog, operation }) => {
  operation.basis.refuse();
  const all = allChoices(catalog);
  const unknown = fields?.find((name) => !all.some(({ field }) => field === name));
  if (unknown !== undefined)
    throw badInput(
      "fields",
      `${JSON.stringify(unknown)} has no choices. These have: ${all.map(({ field }) => field).join(", ")}.`,
    );
  return fields ? all.filter(({ field }) => fields.includes(field)) : all;
};

/** `Query.settings`. */
const settings: QueryResolvers["settings"] = (_parent, _args, context) => {
  const { currency, timeZone, maxPage, rent } = context.settings;
  const { pricePeriods } = rent;
  return {
    currency: currency ?? null,
    timeZone,
    today: context.today,
    maxPage,
    pricePeriods: pricePeriods
      ? {
          usual: pricePeriods.usual,
          exceptions: [...pricePeriods.byType].map(([typeContract, period]) => ({ typeContract, period })),
        }
      : null,
  };
};

/** `Query.viewer`: who asks. */
const viewer: QueryResolvers["viewer"] = (_parent, _args, { request, scopes }) => {
  const { name = null, expires = null } = request.caller ?? {};
  return {
    name,
    // Safe: the server gives callers no other scopes than those of the schema.
    scopes: [...scopes] as Scope[],
    expires: expires === null ? null : new Date(expires),
  };
};

/** Every kind of record in the graph. */
export const entities = { building, unit, room, client, ownerContract, tenantContract } satisfies Record<
  Kind,
  unknown
>;

/** The same as a list. */
export const allEntities = Object.values(entities);

/** Every connection, by name: what it offers to filter, to order, and to group by. */
export const connections: Readonly<Record<ConnectionName, GroupedConnectionSpec>> = {
  ...entities,
  rentalObject,
};

const typeResolver = { __resolveType: ({ kind }: RecordView) => kindDefinitions[kind].typeName };

/** The root fields that do not belong to one kind. */
const query = {
  node: nodeField,
  nodes: nodesField,
  rentalObject: recordField("unit", "room"),
  rentalObjects,
  viewer,
  choices,
  settings,
} satisfies QueryResolvers;

/** Resolves `almaId` of an object inside a record, which Alma calls `id`. */
const almaId = ({ id }: { readonly id: number | null }) => id;

const photoUrl = ({ url }: Photo, _args: unknown, context: GraphContext) => linkTo(context, url);

/** What is added to the graph of records. */
export interface GraphExtension {
  /** Its SDL stands in `schema/NAME`; files such as `bulk.with-OTHER.graphql` are read where both are. */
  readonly name: string;
  /** Of its root fields and types. They find everything else in their context. */
  readonly resolvers?: IResolvers;
  /** What its mutations compare with Alma's records, by their names. */
  readonly comparisons?: Readonly<Record<string, FindComparisons>>;
  /** Fields of the types of records. */
  readonly fieldsOf?: (kind: Kind) => Readonly<Record<string, ComputedField<Kind>>>;
}

/** The SDL of the core, and of extensions by their names. */
export function readTypeDefs(names: readonly string[]): string {
  const folder = inPackage("schema/");
  const isRead = (file: string) => {
    const [, owner, other] = /^(?:([^/]+)\/)?[^/.]+(?:\.with-([^/.]+))?\.graphql$/.exec(file) ?? [""];
    return [owner, other].every((name) => name === undefined || names.includes(name));
  };
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).map((file) =>
    file.replaceAll("\\", "/"),
  );
  return files
    .filter((file) => file.endsWith(".graphql") && isRead(file))
    .sort()
    .map((file) => readFileSync(new URL(file, folder), "utf8"))
    .join("\n");
}

/** The scopes that the fields of records require, which are the core's. */
export const readFieldScopes = (): ScopeByField => collectRequiredScopes(buildSchema(readTypeDefs([])));

/** The schema with its resolvers, and what is known of its fields. */
export type ExecutableSchema = ReturnType<typeof buildExecutableSchema>;

/** Builds the schema of the core and of extensions. */
export function buildExecutableSchema(extensions: readonly GraphExtension[]) {
  const plainSchema = buildSchema(readTypeDefs(extensions.map(({ name }) => name)));
  const extended = allEntities.map((entity) => ({
    ...entity,
    computedFields: Object.assign(
      {},
      entity.computedFields,
      ...extensions.map(({ fieldsOf }) => fieldsOf?.(entity.kind)),
    ) as typeof entity.computedFields,
  }));
  const requiredScopes = collectRequiredScopes(plainSchema);
  const schema = makeExecutableSchema({
    typeDefs: plainSchema,
    updateResolversInPlace: true,
    resolvers: [
      {
        Date: dateScalar,
        DateTime: dateTimeScalar,
        Decimal: decimalScalar,
        Query: Object.assign({}, query, ...allEntities.map((entity) => entity.query)),
        JSON: jsonScalar,
        Mutation: mutationResolversOf(allEntities),
      },
      { Node: typeResolver, RentalObject: typeResolver, Contract: typeResolver },
      { Project: { almaId }, Photo: { almaId, url: photoUrl }, DecimalSummary: decimalSummary },
      payloadResolversOf(plainSchema, allEntities),
      ...extended.map((entity) => createResolvers(plainSchema, entity)),
      ...Object.entries(connections).flatMap(([name, { groups }]) =>
        groups ? [groupResolversOf(plainSchema, name as ConnectionName, groups)] : [],
      ),
      ...extensions.map(({ resolvers = {} }) => resolvers),
    ],
    resolverValidationOptions: { requireResolversToMatchSchema: "error" },
  });
  assertRootFieldsResolved(schema);
  const comparisons: Readonly<Record<string, FindComparisons>> = Object.assign(
    {},
    ...extensions.map((extension) => extension.comparisons),
  );
  return { schema, requiredScopes, entities: extended, comparisons };
}

/** Throws if a root field has no resolver: it would be null without an error. */
function assertRootFieldsResolved(schema: GraphQLSchema) {
  for (const [type, part] of [
    [schema.getQueryType(), "query"],
    [schema.getMutationType(), "mutations"],
  ] as const) {
    for (const { name, resolve } of Object.values(type?.getFields() ?? {})) {
      if (!resolve)
        throw new Error(
          `${type?.name}.${name} is in schema/, but neither src/graph/ nor a capability has it among its ${part}.`,
        );
    }
  }
}
