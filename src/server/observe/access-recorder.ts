import {
  defaultFieldResolver,
  type GraphQLFieldResolver,
  type GraphQLObjectType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  getNullableType,
  isObjectType,
} from "graphql";
import type { OperationAnalyzer } from "../scope/operation-analysis.ts";
import type { WriteRecord } from "./audit-log.ts";
import type { ServerContext } from "./server-context.ts";

type Resolver = GraphQLFieldResolver<unknown, ServerContext, Record<string, unknown>>;

const instrumentedSchemas = new WeakSet<GraphQLSchema>();

/**
 * Wraps the resolvers of secret fields and of mutations, so that reads of secrets and writes are recorded in the audit
 * log. Other resolvers are not wrapped, because that would slow every response. A schema is wrapped only once.
 */
export function recordAccess({ schema, schemaScopes }: OperationAnalyzer): void {
  if (instrumentedSchemas.has(schema)) return;
  instrumentedSchemas.add(schema);
  const mutation = schema.getMutationType();
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type)) continue;
    for (const field of Object.values(type.getFields())) {
      const resolve = (field.resolve ?? defaultFieldResolver) as Resolver;
      if (type === mutation) field.resolve = recordWrites(resolve) as typeof field.resolve;
      else if (schemaScopes.fieldScopes(type, field.name).includes("SECRETS"))
        field.resolve = recordSecretReads(type, resolve) as typeof field.resolve;
    }
  }
}

function recordSecretReads(type: GraphQLObjectType, resolve: Resolver): Resolver {
  return (source, args, context, info) => {
    addSecretReads(context, globalIdOf(type, source, context, info) ?? type.name, [info.fieldName]);
    return resolve(source, args, context, info);
  };
}

/** Adds to the operation's secret reads, which are logged once per record when the operation ends. */
function addSecretReads({ admittedRequest }: ServerContext, record: string, names: readonly string[]) {
  const fields = admittedRequest.secretsRead.get(record) ?? new Set();
  for (const name of names) fields.add(name);
  admittedRequest.secretsRead.set(record, fields);
}

function recordWrites(resolve: Resolver): Resolver {
  return async (source, args, context, info) => {
    const { admittedRequest } = context;
    const dryRun = args.dryRun === true;
    const named = refTextOf(args.ref) ?? refTextOf(args.input);
    const recordWrite = (write: RecordedWrite) =>
      admittedRequest.audit.recordWrite(admittedRequest, { ...write, mutation: info.fieldName, dryRun });
    try {
      const payload: unknown = await resolve(source, args, context, info);
      const { comparedSecrets = [], userErrors = [], written } = (payload ?? {}) as WritePayload;
      for (const [record, names] of comparedSecrets) addSecretReads(context, record, names);
      const codes = [...new Set(userErrors.map(({ code }) => code))];
      for (const write of written ?? []) recordWrite(write);
      // A bulk mutation that wrote nothing is recorded only if it was refused or was a dry run.
      if (written && (written.length > 0 || (codes.length === 0 && !dryRun))) return payload;
      const outcome = codes.includes("OUTCOME_UNKNOWN") ? "unknown" : codes.length > 0 ? "refused" : "done";
      recordWrite({ record: recordIdOf(payload, context, info) ?? named, outcome, codes });
      return payload;
    } catch (error) {
      const { code, extensions } = error as { code?: unknown; extensions?: { code?: unknown } };
      const codes = [String(code ?? extensions?.code ?? "INTERNAL_SERVER_ERROR")];
      recordWrite({ record: named, outcome: "failed", codes });
      throw error;
    }
  };
}

type RecordedWrite = Pick<WriteRecord, "record" | "outcome" | "codes">;

/** The parts of a mutation's payload that are audited. The first two properties are not in the schema. */
interface WritePayload {
  /** The secrets compared with its arguments, by record. */
  readonly comparedSecrets?: ReadonlyMap<string, readonly string[]>;
  /** The writes of a bulk mutation; undefined for a single one. */
  readonly written?: readonly RecordedWrite[];
  readonly userErrors?: readonly { readonly code: string }[];
}

/** Returns the global id of a record, by the resolver of its type's `id`. */
function globalIdOf(
  type: GraphQLObjectType,
  source: unknown,
  context: ServerContext,
  info: GraphQLResolveInfo,
) {
  const resolve = (type.getFields().id?.resolve ?? defaultFieldResolver) as Resolver;
  const id = resolve(source, {}, context, { ...info, fieldName: "id" });
  return typeof id === "string" ? id : undefined;
}

/** Returns the global id of the first record in a payload. */
function recordIdOf(payload: unknown, context: ServerContext, info: GraphQLResolveInfo) {
  const type = getNullableType(info.returnType);
  if (!isObjectType(type) || typeof payload !== "object" || payload === null) return undefined;
  for (const field of Object.values(type.getFields())) {
    const inner = getNullableType(field.type);
    const value = (payload as Record<string, unknown>)[field.name];
    // A function would read the record, which the audit must not.
    if (typeof value !== "object" || value === null || !isObjectType(inner)) continue;
    if (inner.getInterfaces().some(({ name }) => name === "Node"))
      return globalIdOf(inner, value, context, info);
  }
  return undefined;
}

/** Formats a ref: `Unit:9199`, `almaId:9199` or `externalId:21_01`. */
function refTextOf(ref: unknown) {
  const { id, almaId, externalId } = (ref ?? {}) as Record<string, unknown>;
  if (typeof id === "string") return id.slice(0, 100);
  if (typeof almaId === "number") return `almaId:${almaId}`;
  return typeof externalId === "string" ? `externalId:${externalId.slice(0, 100)}` : undefined;
}
