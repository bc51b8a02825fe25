import { readdirSync, readFileSync } from "node:fs";
import { makeExecutableSchema } from "@graphql-tools/schema";
import type { IResolvers } from "@graphql-tools/utils";
import { buildSchema, type GraphQLSchema, isInterfaceType, isObjectType } from "graphql";
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
import type { ConnectionName, GroupedConnectionSpec } from "./resolver/connection-spec.ts";
import type { GraphContext } from "./resolver/context.ts";
import type { RecordView } from "./resolver/record-view.ts";
import { collectRequiredScopes, type ScopeByField } from "./resolver/required-level.ts";
import { createResolvers } from "./resolver/resolver.ts";
import { room } from "./room.ts";
import { tenantContract } from "./tenant-contract.ts";
import { unit } from "./unit.ts";

/** `Query.choices`. The reported values change with each reading. Throws BAD_USER_INPUT for a field without choices. */
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

/** `Query.viewer`: the caller. */
const viewer: QueryResolvers["viewer"] = (_parent, _args, { request, scopes }) => {
  const { name = null, expires = null } = request.caller ?? {};
  return {
    name,
    // Safe: the server grants only scopes of the schema.
    scopes: [...scopes] as Scope[],
    expires: expires === null ? null : new Date(expires),
  };
};

export const graphKinds = { building, unit, room, client, ownerContract, tenantContract } satisfies Record<
  Kind,
  unknown
>;

export const allGraphKinds = Object.values(graphKinds);

/** The filters, orders and groups of every connection, by name. */
export const connections: Readonly<Record<ConnectionName, GroupedConnectionSpec>> = {
  ...graphKinds,
  rentalObject,
};

const typeResolver = { __resolveType: ({ kind }: RecordView) => kindDefinitions[kind].typeName };

/** The root fields that do not belong to a single kind. */
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

/** An extension of the core graph. */
export interface GraphExtension {
  /** Its SDL is in `schema/NAME`. Files such as `bulk.with-OTHER.graphql` are read if both are present. */
  readonly name: string;
  /** Resolvers of its root fields and types. They get everything else from the context. */
  readonly resolvers?: IResolvers;
  /** The comparisons with Alma's records that its mutations make, by name. */
  readonly comparisons?: Readonly<Record<string, FindComparisons>>;
  /** Fields that it adds to the types of records. */
  readonly fieldsOf?: (kind: Kind) => Readonly<Record<string, ComputedField<Kind>>>;
}

/** Reads the SDL of the core and of named extensions. */
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

/** Returns the scopes that the fields of records require. */
export const readFieldScopes = (): ScopeByField => collectRequiredScopes(buildSchema(readTypeDefs([])));

/** Returns the descriptions of the types of records and of their fields, by `Unit` and `Unit.name`. */
export function readDescriptions(): ReadonlyMap<string, string> {
  const types = Object.values(buildSchema(readTypeDefs([])).getTypeMap());
  const fields = types.flatMap((type) =>
    isObjectType(type) || isInterfaceType(type)
      ? Object.values(type.getFields()).map(
          (field) => [`${type.name}.${field.name}`, field.description] as const,
        )
      : [],
  );
  const all = [...types.map(({ name, description }) => [name, description] as const), ...fields];
  return new Map(all.flatMap(([name, text]) => (text ? [[name, text]] : [])));
}

/** The schema with resolvers and metadata of its fields. */
export type ExecutableSchema = ReturnType<typeof buildExecutableSchema>;

/** Builds the schema of the core and its extensions. */
export function buildExecutableSchema(extensions: readonly GraphExtension[]) {
  const plainSchema = buildSchema(readTypeDefs(extensions.map(({ name }) => name)));
  const extended = allGraphKinds.map((graphKind) => ({
    ...graphKind,
    computedFields: Object.assign(
      {},
      graphKind.computedFields,
      ...extensions.map(({ fieldsOf }) => fieldsOf?.(graphKind.kind)),
    ) as typeof graphKind.computedFields,
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
        Query: Object.assign({}, query, ...allGraphKinds.map((graphKind) => graphKind.query)),
        JSON: jsonScalar,
        Mutation: mutationResolversOf(allGraphKinds),
      },
      { Node: typeResolver, RentalObject: typeResolver, Contract: typeResolver },
      { Project: { almaId }, Photo: { almaId, url: photoUrl }, DecimalSummary: decimalSummary },
      payloadResolversOf(plainSchema, allGraphKinds),
      ...extended.map((graphKind) => createResolvers(plainSchema, graphKind)),
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
  return { schema, requiredScopes, graphKinds: extended, comparisons };
}

/** Throws if a root field has no resolver: it would return null without an error. */
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
