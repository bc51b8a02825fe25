import type { GraphQLResolveInfo } from "graphql";
import { AlmaError, declarations } from "../../alma/index.ts";
import {
  kinds as allKinds,
  type ChangeQuery,
  type Kind,
  type LoggedChange,
  type LogPosition,
} from "../../catalog/index.ts";
import type { ChangeResolvers, QueryResolvers } from "../../graph/generated.ts";
import {
  badInput,
  type ComputedField,
  type GraphContext,
  kindByName,
  kindName,
  type PageInfo,
  parsePageSize,
  recordTruncation,
} from "../../graph/index.ts";
import { changeLogOf } from "./change-log.ts";
import { isBefore } from "./history-bounds.ts";

/** The arguments of a page of changes. */
interface ChangePageArgs {
  readonly first?: number | null;
  readonly after?: string | null;
}

/** A page of changes. */
export interface ChangePage {
  readonly nodes: readonly LoggedChange[];
  readonly pageInfo: PageInfo;
  readonly knownSince: Date;
}

/**
 * Reads a page of changes. Rejects with BAD_USER_INPUT, or with CURSOR_EXPIRED if changes after the cursor may be
 * missing.
 */
async function changePage(
  context: GraphContext,
  info: GraphQLResolveInfo,
  { first, after }: ChangePageArgs,
  query: Omit<ChangeQuery, "after" | "limit">,
): Promise<ChangePage> {
  const changeLog = changeLogOf(context.catalog);
  if (context.options.otherCatalog)
    throw badInput(
      "@asOf",
      `${info.fieldName} is the past itself. Ask for it in a query of its own, without @asOf.`,
    );
  const size = parsePageSize("first", first, context.maxPageOf(info.fieldNodes[0]));
  context.operation.basis.noteVersion(changeLog);
  const knownSince = new Date(changeLog.knownSince(query.kinds));
  const isFromNow = after === "now" && !query.record;
  const asked = after == null || isFromNow ? undefined : parseCursor(after);
  if (asked && !(await changeLog.reaches(asked, query.kinds)))
    throw new AlmaError(
      "CURSOR_EXPIRED",
      "Some changes after this cursor are unknown: they are older than `knownSince`, or were lost with a process that had no " +
        'store or when a backup was restored. Read the records together with `changes(after: "now")`, and start again ' +
        "from its `endCursor`.",
    );
  // A follower continues after the process is killed, so it gets only durable changes.
  const known = context.options.isFollowed ? changeLog.durableEnd : changeLog.end;
  // The filter has excluded the changes after the last one returned, so they need not be read again.
  const end = query.record ? undefined : asked && isBefore(known, asked) ? asked : known;
  const start = isFromNow ? end : asked;
  const read = await changeLog.read({ ...query, after: start, limit: size + 1 });
  const found = context.options.isFollowed ? read.filter((change) => !isBefore(known, change)) : read;
  const nodes = found.slice(0, size);
  const hasNextPage = found.length > size;
  if (first == null && hasNextPage) recordTruncation(context, info);
  const cursorOf = (position: LogPosition | undefined) => (position ? encodeCursor(position) : null);
  return {
    nodes,
    pageInfo: {
      hasNextPage,
      hasPreviousPage: start !== undefined,
      startCursor: cursorOf(nodes[0]),
      endCursor: cursorOf(hasNextPage ? (nodes.at(-1) ?? start) : (end ?? nodes.at(-1))),
    },
    knownSince,
  };
}

/** Encodes the position of a change as a cursor. */
const encodeCursor = ({ term, seq, n }: LogPosition) =>
  Buffer.from(`change ${term} ${seq} ${n}`).toString("base64url");

function parseCursor(cursor: string): LogPosition {
  const text = cursor.length > 200 ? "" : Buffer.from(cursor, "base64url").toString();
  const [, term, seq, n] = /^change ([\w-]+) (\d{1,15}) (\d{1,15})$/.exec(text) ?? [];
  if (term === undefined)
    throw badInput("after", "this is not a cursor of changes; use endCursor or an edge's cursor unchanged.");
  return { term, seq: Number(seq), n: Number(n) };
}

/** The fields of all kinds whose changes can be recorded, since a list of records may contain several kinds. */
const fieldNames = new Set([
  ...allKinds.flatMap((kind) => Object.keys(declarations[kind].fields)),
  "unitUsage.usageId",
  "unitUsage.clientType",
]);

/** `changes`: the changes of all records, oldest first. Throws BAD_USER_INPUT, CURSOR_EXPIRED. */
export const changes: QueryResolvers["changes"] = (_parent, args, context, info) =>
  changePage(context, info, args, { kinds: args.kinds?.map((name) => kindByName[name]) ?? allKinds });

/** `changeLog` of a record: its changes, newest first. Throws BAD_USER_INPUT, CURSOR_EXPIRED. */
export const changeLog: ComputedField<Kind, ChangePageArgs & { readonly fields?: readonly string[] | null }> =
  {
    requiredFields: [],
    resolve: ({ record }, args, context, info) => {
      const { fields } = args;
      const unknown = fields?.find((field) => !fieldNames.has(field));
      if (unknown !== undefined)
        throw badInput(
          "fields",
          `${JSON.stringify(unknown)} is not a field of a record; use the names of its type, such as "status".`,
        );
      const { kind, id, key } = record;
      return changePage(context, info, args, { kinds: [kind], record: { id, key }, fields });
    },
  };

/** Returns whether the values of a change are withheld from the caller. */
function isWithheld({ key, field, isSecret }: LoggedChange, { scopes, settings }: GraphContext) {
  const typeName = key.slice(0, key.indexOf(":"));
  const scope = settings.requiredScopes.get(`${typeName}.${field}`);
  return isSecret || (scope !== undefined && !scopes.has(scope));
}

/** The resolvers of a change. */
export const change = {
  kind: ({ kind }) => kindName(kind),
  recordId: ({ key }) => key,
  record: ({ kind, id }, _args, context) => {
    const cached = context.catalog.store.getOrCreate(kind, id);
    context.operation.basis.noteRecord(cached);
    const { connectionCutoff } = context.operation;
    return cached.isGone(connectionCutoff) ? null : context.viewOf(cached, connectionCutoff);
  },
  field: ({ field }) => (field?.startsWith("#") ? null : field),
  before: (logged, _args, context) => (isWithheld(logged, context) ? null : logged.before),
  after: (logged, _args, context) => (isWithheld(logged, context) ? null : logged.after),
  isWithheld: (logged, _args, context) => isWithheld(logged, context),
  notBefore: ({ wall }) => new Date(wall.notBefore),
  notAfter: ({ wall }) => new Date(wall.notAfter),
  cursor: (logged) => encodeCursor(logged),
  by: ({ by }) => by ?? null,
} satisfies ChangeResolvers;
