import { draftFields, isObject, shownValue, showsSame } from "../../alma/index.ts";
import type { CachedRecord } from "../../catalog/index.ts";
import type { Scope } from "../generated.ts";
import type { ScopeByField } from "../resolver/required-level.ts";
import type { InputFields, Write, WriteSpec } from "../write/write.ts";
import { withoutMalformed } from "./input-checks.ts";
import { resolveInputRefs } from "./input-refs.ts";

/**
 * What a caller expects a record to show, with ids in place of refs; undefined without `expected`. What cannot be
 * compared adds a user error to the write. Throws AlmaError.
 */
export async function readExpected(
  write: Write,
  spec: WriteSpec,
  expected: InputFields | null | undefined,
): Promise<InputFields | undefined> {
  if (!expected) return undefined;
  const given = withoutMalformed(write, expected, "expected");
  for (const [field, value] of Object.entries(given)) {
    const accepts = draftFields(write.kind).get(field)?.accepts;
    if (accepts === "photos" || (accepts === "file" && value !== null)) {
      const message =
        "Alma does not show which uploads it has made these of, so that they cannot be compared: leave this out.";
      write.addUserError("INVALID", ["expected", field], message);
    }
  }
  return { ...given, ...(await resolveInputRefs(write, spec, given, "expected")) };
}

/**
 * Reads a record right before it is written, and adds a user error to the write for each field that shows something
 * else than is expected. Resolves with the record as it is now. Throws AlmaError.
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
  const { key } = record;
  const change = await catalog.recorder?.lastChange(record, field).catch(() => undefined);
  const scope = write.scopeOf(field);
  const now = scope === "SECRETS" ? null : argumentOf(write, field, shownValue(shown, field));
  // Messages get to logs; what is guarded is beside this one.
  const value = scope === undefined ? `shows ${JSON.stringify(now)}` : "shows something else";
  const since = change ? ` since ${new Date(change.wall.notAfter).toISOString()} at the latest` : "";
  const author = scopes.has("AUDIT") ? change?.by : undefined;
  const by = author ? `, by ${author.name ?? "somebody"} (${author.operation})` : "";
  const message = `${key} ${value} in ${field}${since}${by}, not what is expected, so that nothing was written. Look at it, and send the change again with what it shows now.`;
  write.addUserError("CONFLICT", ["expected", field], message, { now, change });
}

/** A shown value in the form of an argument: of another record a ref. */
function argumentOf({ kind }: Write, field: string, shown: unknown): unknown {
  const isRecord = shown != null && draftFields(kind).get(field)?.accepts === "record";
  return isRecord ? { almaId: shown } : (shown ?? null);
}

/** What a write compares with Alma's records since its caller expects it: the scopes that this needs. */
export function* expectedScopes(
  mutation: string,
  typeName: string,
  { ref, expected, expectedImpact }: InputFields,
  requiredScopes: ScopeByField,
): Generator<{ readonly scope: Scope; readonly element: string; readonly record?: string }> {
  if (isObject(expectedImpact)) yield { scope: "READ", element: `Mutation.${mutation} with expectedImpact` };
  if (!isObject(expected)) return;
  yield { scope: "READ", element: `Mutation.${mutation} with expected` };
  for (const field of Object.keys(expected)) {
    const scope = requiredScopes.get(`${typeName}.${field}`);
    if (scope) yield { scope, element: `${typeName}.${field} in expected`, record: JSON.stringify(ref) };
  }
}
