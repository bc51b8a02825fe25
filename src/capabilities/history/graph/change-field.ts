import { declarations } from "../../../alma/index.ts";
import { kinds as allKinds, type Kind, type LoggedChange } from "../../../catalog/index.ts";
import type { ChangeResolvers, QueryResolvers } from "../../../graph/generated.ts";
import { badInput, type ComputedField, type GraphContext, kindName, kindOf } from "../../../graph/index.ts";
import { type ChangePageArgs, changePage, encodeCursor } from "./change-page.ts";

/** The fields of which changes can be recorded, of any kind: a list of records may be of several. */
const fieldNames = new Set([
  ...allKinds.flatMap((kind) => Object.keys(declarations[kind].fields)),
  "unitUsage.usageId",
  "unitUsage.clientType",
]);

/** `changes`: those of all records, the oldest first. Throws BAD_USER_INPUT, CURSOR_EXPIRED. */
export const changes: QueryResolvers["changes"] = (_parent, args, context, info) =>
  changePage(context, info, args, { kinds: args.kinds?.map((name) => kindOf[name]) ?? allKinds });

/** `changeLog` of a record: its changes, the newest first. Throws BAD_USER_INPUT, CURSOR_EXPIRED. */
export const changeLog: ComputedField<Kind, ChangePageArgs & { readonly fields?: readonly string[] | null }> =
  {
    requiredFields: [],
    resolve: ({ record }, args, context, info) => {
      const { fields } = args;
      const unknown = fields?.find((field) => !fieldNames.has(field));
      if (unknown !== undefined)
        throw badInput(
          "fields",
          `${JSON.stringify(unknown)} is no field of a record; use the names of its type, such as "status".`,
        );
      const { kind, id, key } = record;
      return changePage(context, info, args, { kinds: [kind], record: { id, key }, fields });
    },
  };

/** Whether the caller is not shown the values of a change. */
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
