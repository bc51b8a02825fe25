import { declarations, draftFields, isObject, type Ref, shownValue, showsSame } from "../../alma/index.ts";
import { type CachedRecord, EXISTS, type Kind, kindDefinitions } from "../../catalog/index.ts";
import { type ParsedRef, parseRef, type RefInput } from "../argument/ref.ts";
import type { Scope } from "../generated.ts";
import type { Steps } from "../metering/meter.ts";
import type { ScopeByField } from "../resolver/field-scope.ts";
import type { GraphSettings } from "../resolver/graph-settings.ts";
import { findByExternalId, isOfKind, kindOf, lookupKindOf } from "../resolver/resolve-ref.ts";
import type { ArgumentPath } from "../write/user-error.ts";
import type { InputFields, RefSpec, Target, Write } from "../write/write.ts";
import { withoutMalformed } from "./input-checks.ts";

/**
 * Reads `expected`, with ids instead of refs. Undefined without `expected`. Adds a user error for values that
 * cannot be compared. Throws AlmaError.
 */
export async function readExpected(
  write: Write,
  expected: InputFields | null | undefined,
): Promise<InputFields | undefined> {
  if (!expected) return undefined;
  const given = withoutMalformed(write, expected, "expected");
  for (const [field, value] of Object.entries(given)) {
    const accepts = draftFields(write.kind).get(field)?.accepts;
    if (accepts === "photos" || (accepts === "file" && value !== null)) {
      const message =
        "Alma does not show which uploads these came from, so they cannot be compared: leave this out.";
      write.addUserError("INVALID", ["expected", field], message);
    }
  }
  return { ...given, ...(await resolveInputRefs(write, given, "expected")) };
}

/**
 * Reads a record immediately before the write and adds a user error for each field that differs from `expected`.
 * Resolves with the record. Throws AlmaError.
 */
export async function refuseConflicts(
  write: Write,
  record: CachedRecord,
  expected: InputFields,
): Promise<InputFields | undefined> {
  const shown = (await write.readNow(record))?.detail;
  if (!shown) write.addUserError("NOT_FOUND", ["ref"], `Alma has no ${record.key}. Correct the ref.`);
  else
    await Promise.all(
      Object.entries(expected)
        .filter(([field, value]) => !showsSame(write.kind, shown, field, value))
        .map(([field]) => addConflict(write, record, field, shown)),
    );
  return shown;
}

async function addConflict(write: Write, record: CachedRecord, field: string, shown: InputFields) {
  const { catalog, scopes } = write.context;
  const { kind, id, key } = record;
  const query = { kinds: [kind], record: { id, key }, fields: [field], limit: 1 };
  const [change] = await catalog.changeSource.read(query).catch(() => []);
  const scope = write.scopeOf(field);
  const now = scope === "SECRETS" ? null : argumentOf(write, field, shownValue(shown, field));
  // Messages appear in logs, so a guarded value is only in `now`.
  const value = scope === undefined ? `shows ${JSON.stringify(now)}` : "shows something else";
  const since = change ? ` since ${new Date(change.wall.notAfter).toISOString()} at the latest` : "";
  const author = scopes.has("AUDIT") ? change?.by : undefined;
  const by = author ? `, by ${author.name ?? "somebody"} (${author.operation})` : "";
  const message = `${key} ${value} in ${field}${since}${by}, not the expected value, so nothing was written. Look at it, and send the change again with the values it shows now.`;
  write.addUserError("CONFLICT", ["expected", field], message, { now, change });
}

/** Returns a shown value in the form of an argument: a related record as a ref. */
function argumentOf({ kind }: Write, field: string, shown: unknown): unknown {
  const isRecord = shown != null && draftFields(kind).get(field)?.accepts === "record";
  return isRecord ? { almaId: shown } : (shown ?? null);
}

/** A comparison of a guarded field with Alma's value. */
export interface GuardedComparison {
  readonly scope: Scope;
  /** The field and its origin for messages: `Unit.keyboxCode in expected`. */
  readonly element: string;
  /** The record as in the arguments; undefined if the comparison concerns no single record. */
  readonly record?: string | undefined;
}

/** Finds, in steps, the values that a mutation with valid arguments compares. */
export type FindComparisons = (
  args: Readonly<Record<string, unknown>>,
  settings: GraphSettings,
) => Steps<readonly GuardedComparison[]>;

/** Finds the scopes needed for comparing `expected` with Alma's records. */
export function* expectedScopes(
  mutation: string,
  typeName: string,
  { ref, expected, expectedImpact }: InputFields,
  requiredScopes: ScopeByField,
): Generator<GuardedComparison> {
  if (isObject(expectedImpact)) yield { scope: "READ", element: `Mutation.${mutation} with expectedImpact` };
  if (!isObject(expected)) return;
  yield { scope: "READ", element: `Mutation.${mutation} with expected` };
  for (const field of Object.keys(expected)) {
    const scope = requiredScopes.get(`${typeName}.${field}`);
    if (scope) yield { scope, element: `${typeName}.${field} in expected`, record: JSON.stringify(ref) };
  }
}

/**
 * Resolves the refs of an argument to Alma ids by field. Only the refs of `input` must be valid targets. Adds a user
 * error for a ref without a record. Throws AlmaError.
 */
export async function resolveInputRefs(
  write: Write,
  input: InputFields,
  argument: "input" | "expected" = "input",
): Promise<Readonly<Record<string, number>>> {
  const ids: Record<string, number> = {};
  await Promise.all(
    Object.entries(write.relations).map(async ([name, { to }]) => {
      const { find, check } = write.spec.refs?.[name] ?? {};
      const value = input[name];
      if (value == null) return;
      const path = [argument, name];
      const recordRef = readRef(write, value as RefInput, path, to);
      if (!recordRef) return;
      const isNarrowed = recordRef.types.length < to.length;
      const target = await findTarget(write, recordRef, path, find, isNarrowed);
      if (!target) return;
      if (argument === "input") await check?.(write, target, path);
      ids[name] = target.id;
    }),
  );
  return ids;
}

/** Parses a ref to a record of one of these kinds. If it is invalid, adds a user error and returns undefined. */
export function readRef(
  write: Write,
  input: RefInput,
  path: ArgumentPath,
  kinds: readonly Kind[],
): ParsedRef | undefined {
  const types = kinds.map((kind) => kindDefinitions[kind].typeName);
  const parsed = parseRef(input, types);
  if (!("message" in parsed)) return parsed;
  write.addUserError("INVALID", path, parsed.message);
  return undefined;
}

/**
 * Finds the record to change. A Bitrix id is looked up once, so that checks and write concern the same
 * record; an Alma id is checked only in a dry run. If there is no record, adds a user error and returns
 * undefined. Throws AlmaError.
 */
export async function resolveRef(write: Write, ref: ParsedRef): Promise<CachedRecord | undefined> {
  const target = await findTarget(write, ref, ["ref"], (_write, externalId) =>
    write.findByExternalId(externalId),
  );
  return target?.record;
}

/**
 * Finds the record of a ref. A Bitrix id is looked up, by `find` if given. An Alma id is checked in a dry run, or
 * if the ref has fewer types than the field (`isNarrowed`), because Alma accepts unit and room ids alike. If there is
 * no usable record, adds a user error and returns undefined. Throws AlmaError.
 */
async function findTarget(
  write: Write,
  { ref, types }: ParsedRef,
  path: ArgumentPath,
  find: RefSpec["find"],
  isNarrowed = false,
): Promise<Target | undefined> {
  const { readContext } = write;
  const kind = lookupKindOf(types);
  if ("externalId" in ref) {
    const record = await (find?.(write, ref.externalId) ??
      findByExternalId(readContext, kind, ref.externalId));
    if (!record) return refuseNotFound(write, path, types, ref);
    if ("id" in record) return { id: record.id, record };
    write.addUserError(record.code, path, record.message);
    return undefined;
  }
  const { store } = readContext.catalog;
  const record = kind === "rentalObject" ? store.findRentalObject(ref.id) : store.getOrCreate(kind, ref.id);
  const target = { id: ref.id, record };
  const isRightType = !isNarrowed || (await isOfKind(readContext, kind, ref.id));
  if (isRightType && (!write.dryRun || (await confirmExists(write, target)))) return target;
  return refuseNotFound(write, path, types, ref);
}

/**
 * Reads whether Alma has a record. Without `record`, also determines whether the id belongs to a unit or a room. Throws
 * AlmaError.
 */
export function confirmExists(
  { readContext }: Write,
  { id, record }: Target,
): Promise<CachedRecord | undefined> {
  return readContext.load({
    record: record ?? { rentalObject: id },
    level: EXISTS,
    cutoff: readContext.operation.namedCutoff,
  });
}

function refuseNotFound(write: Write, path: ArgumentPath, types: readonly string[], ref: Ref) {
  const nouns = types.map((typeName) => declarations[kindOf(typeName)].noun);
  const idText = "id" in ref ? `the Alma id ${ref.id}` : `the Bitrix id ${JSON.stringify(ref.externalId)}`;
  const message = `Alma has no ${nouns.join(" or ")} with ${idText}. Correct it, or create the record first.`;
  write.addUserError("NOT_FOUND", path, message);
  return undefined;
}
