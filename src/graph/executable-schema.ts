import { makeExecutableSchema } from "@graphql-tools/schema";
import type { IResolvers } from "@graphql-tools/utils";
import { buildSchema, type GraphQLSchema } from "graphql";
import type { Photo } from "../alma/index.ts";
import { type Kind, kindDefinitions, kinds } from "../catalog/index.ts";
import { dateScalar, dateTimeScalar, decimalScalar, jsonScalar } from "./argument/scalar.ts";
import { building } from "./building.ts";
import { client } from "./client.ts";
import { connectionField, recordField } from "./connection/record-field.ts";
import type { QueryResolvers } from "./generated.ts";
import { decimalSummary, groupResolversOf } from "./group/group-resolvers.ts";
import type { FindComparisons } from "./input/input-refs.ts";
import { mutationResolversOf } from "./mutation/mutation.ts";
import { ownerContract } from "./owner-contract.ts";
import { rentalObject, rentalObjects } from "./rental-object.ts";
import { type ComputedField, linkTo } from "./resolver/computed-field.ts";
import type { ConnectionName, ConnectionSpec } from "./resolver/connection-spec.ts";
import type { GraphContext } from "./resolver/context.ts";
import { collectRequiredScopes } from "./resolver/field-scope.ts";
import type { RecordView } from "./resolver/record-view.ts";
import { collectRequiredFields, createResolvers } from "./resolver/resolver.ts";
import { room } from "./room.ts";
import { rootFields } from "./root-field.ts";
import { tenantContract } from "./tenant-contract.ts";
import { readTypeDefs } from "./type-defs.ts";
import { unit } from "./unit.ts";

export const graphKinds = { building, unit, room, client, ownerContract, tenantContract } satisfies Record<
  Kind,
  unknown
>;

/** The filters, orders and groups of every connection, by name. */
export const connections: Readonly<Record<ConnectionName, ConnectionSpec>> = {
  ...graphKinds,
  rentalObject,
};

const typeResolver = { __resolveType: ({ kind }: RecordView) => kindDefinitions[kind].typeName };

/** The root fields that do not belong to a single kind. */
const query = {
  ...rootFields,
  rentalObject: recordField("unit", "room"),
  rentalObjects,
} satisfies QueryResolvers;

/** The root fields of a kind, such as `unit` and `units`. */
const rootFieldsOf = (kind: Kind) => ({ [kind]: recordField(kind), [`${kind}s`]: connectionField(kind) });

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

/** The schema with resolvers and metadata of its fields. */
export type ExecutableSchema = ReturnType<typeof buildExecutableSchema>;

/** Builds the schema of the core and its extensions. */
export function buildExecutableSchema(extensions: readonly GraphExtension[]) {
  const plainSchema = buildSchema(readTypeDefs(extensions.map(({ name }) => name)));
  const extended = Object.values(graphKinds).map((graphKind) => ({
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
        Query: Object.assign({}, query, ...kinds.map(rootFieldsOf)),
        JSON: jsonScalar,
        Mutation: mutationResolversOf(graphKinds),
      },
      { Node: typeResolver, RentalObject: typeResolver, Contract: typeResolver },
      { Project: { almaId }, Photo: { almaId, url: photoUrl }, DecimalSummary: decimalSummary },
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
  return { schema, requiredScopes, requiredFields: collectRequiredFields(extended), comparisons };
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
