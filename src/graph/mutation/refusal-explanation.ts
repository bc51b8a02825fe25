import type { Problem } from "../../alma/index.ts";
import {
  type CachedRecord,
  DETAIL,
  EXISTS,
  isLetWhole,
  type Kind,
  type KnownFields,
} from "../../catalog/index.ts";
import { ContractSearch } from "../connection/contract-search.ts";
import type { GraphContext } from "../record/context.ts";
import { kindOf } from "../record/resolve-ref.ts";
import { bestEffort } from "../write/best-effort.ts";
import type { PathMapper } from "../write/error-path.ts";
import type { ArgumentPath } from "../write/user-error.ts";
import type { InputFields, Write } from "../write/write.ts";
import type { WriteSpec } from "../write/write-spec.ts";
import { canSearchByEmail, findClientByEmail } from "./client-email.ts";
import { describeConflictingContracts, rentalObjectOf } from "./conflicting-contracts.ts";
import { isEmailAddress } from "./email-address.ts";
import { listRecords } from "./identity.ts";

/** A create or an update that Alma refused. */
export interface RefusedDraft {
  readonly write: Write;
  readonly spec: WriteSpec;
  readonly problems: readonly Problem[];
  readonly mapPath: PathMapper;
  /** The fields that were sent. */
  readonly fields: InputFields;
  /** The record that an update changes. */
  readonly existing?: CachedRecord | undefined;
}

/** Why Alma refuses a write, as its records show. */
interface Explanation {
  readonly code: Problem["code"];
  readonly message: string;
  /** The input fields that may be to blame, the likeliest first; none if it is the write as a whole. */
  readonly fields: readonly string[];
  /** Where the caller sees it if Alma names no field. */
  readonly path: ArgumentPath;
}

/** Looks for one reason in Alma's records. Throws AlmaError. */
type Finder = (refused: RefusedDraft, context: GraphContext) => Promise<Explanation | undefined>;

/** The reasons that Alma's document states for each kind; the first that the records show counts. */
const findersByKind: Readonly<Record<Kind, readonly Finder[]>> = {
  building: [findUnusableTarget, findArchived, findTakenName],
  unit: [findUnusableTarget, findArchived, findTakenName],
  room: [findUnusableTarget, findArchived, findTakenName],
  client: [findTakenEmail],
  ownerContract: [findUnusableTarget, findArchived],
  tenantContract: [findUnusableTarget, findArchived, findOverlap, findWholeLet],
};

/** More records of one name than this are not searched for the one that is in the way. */
const MAX_NAMESAKES = 50;

/**
 * The explanation that Alma's records give for each problem in unknown words, if any. Blocks explain nothing, because
 * Alma does not show them.
 */
export async function explainByRecords(
  refused: RefusedDraft,
): Promise<ReadonlyMap<Problem, Pick<Explanation, "code" | "message" | "path">>> {
  const { write, problems, mapPath } = refused;
  const unexplained = problems.filter(({ isUnexplained }) => isUnexplained);
  if (unexplained.length === 0) return new Map();
  const context = write.context.detach({});
  const { existing: before } = refused;
  const existing = before && (await bestEffort(() => readNow(context, before)));
  const current = { ...refused, existing, fields: mergeFields(refused.fields, existing) };
  const found = await Promise.all(
    findersByKind[write.kind].map((find) => bestEffort(() => find(current, context))),
  );
  const explanations = found.filter((explanation) => explanation !== undefined);
  const explained = unexplained.flatMap((problem) => {
    const [field] = problem.path;
    // A refusal of one field is not explained by another.
    const explanation = explanations.find(
      ({ fields }) => field === undefined || fields.includes(String(field)),
    );
    if (explanation === undefined) return [];
    const { code, message, path } = explanation;
    const at = field === undefined ? path : mapPath(problem.path);
    return [[problem, { code, message: `${problem.message} ${message}`, path: at }] as const];
  });
  return new Map(explained);
}

/** The fields that a write sends, and of an update also those that stay. A contract's usage names its rental object. */
export function mergeFields(fields: InputFields, existing: CachedRecord | undefined): InputFields {
  const { value = {} } = existing ?? {};
  const { unitUsage } = value as KnownFields<"tenantContract">;
  return { ...value, ...(unitUsage && { rentalObject: unitUsage.unitId }), ...fields };
}

/** A record as Alma shows it now. */
function readNow(context: GraphContext, record: CachedRecord): Promise<CachedRecord | undefined> {
  return context.load({ record, level: DETAIL, cutoff: context.operation.startedAt });
}

/** A unit or a room, whichever the id is of, as Alma shows it now. */
async function readRentalObjectNow(context: GraphContext, id: number): Promise<CachedRecord | undefined> {
  const known = context.catalog.store.findRentalObject(id);
  const cutoff = context.operation.startedAt;
  const record = known ?? (await context.load({ record: { rentalObject: id }, level: EXISTS, cutoff }));
  return record && readNow(context, record);
}

/** A record that the input refers to, and that does not exist or is archived. */
async function findUnusableTarget(
  { spec: { refs = {} }, fields }: RefusedDraft,
  context: GraphContext,
): Promise<Explanation | undefined> {
  for (const [field, { types }] of Object.entries(refs)) {
    const id = fields[field];
    if (typeof id !== "number") continue;
    const target = await (types.length === 1
      ? readNow(context, context.catalog.store.getOrCreate(kindOf(types[0]), id))
      : readRentalObjectNow(context, id));
    const at = { fields: [field], path: ["input", field] };
    if (!target) return { code: "NOT_FOUND", message: `Alma has no record with the Alma id ${id}.`, ...at };
    if ((target.value as KnownFields<"unit">).isArchived === true)
      return { code: "ARCHIVED", message: `${target.key} is archived.`, ...at };
  }
  return undefined;
}

/** The record that is changed, or the contract's usage, is archived (Alma: Contracts, PATCH). */
async function findArchived({ existing }: RefusedDraft): Promise<Explanation | undefined> {
  if (!existing) return undefined;
  const { isArchived, unitUsage } = existing.value as KnownFields<"unit"> & KnownFields<"tenantContract">;
  if (isArchived !== true && unitUsage?.isArchived !== true) return undefined;
  return { code: "ARCHIVED", message: `${existing.key} is archived.`, fields: [], path: ["ref"] };
}

/** Names are unique within a building's project, a unit's building or a room's unit (Alma: Apartments, POST). */
async function findTakenName(
  { write, fields, existing }: RefusedDraft,
  context: GraphContext,
): Promise<Explanation | undefined> {
  const scope = write.resource.nameScope;
  const scopeId = scope === undefined ? undefined : idOf(fields[scope]);
  if (scope === undefined || scopeId === undefined || typeof fields.name !== "string") return undefined;
  const { catalog, operation } = context;
  const name = fields.name.trim();
  await catalog.readList(operation, write.kind, operation.startedAt);
  const namesakes = (await listRecords(context, write.kind, ["name"])).filter(
    ({ id, value }) => id !== existing?.id && typeof value.name === "string" && value.name.trim() === name,
  );
  if (namesakes.length > MAX_NAMESAKES) return undefined;
  const details = await Promise.all(
    namesakes.map((record) => context.load({ record, level: DETAIL, cutoff: operation.connectionCutoff })),
  );
  const owner = details.find((record) => idOf(record?.value[scope]) === scopeId);
  if (!owner) return undefined;
  const message = `${owner.key} has this name already, which is unique within its ${scope}.`;
  return { code: "NOT_UNIQUE", message, fields: ["name", scope], path: ["input", "name"] };
}

function idOf(value: unknown): number | undefined {
  if (typeof value === "number") return value;
  const { id } = (value ?? {}) as { readonly id?: unknown };
  return typeof id === "number" ? id : undefined;
}

/** Alma takes each e-mail address once (Alma: Clients). */
async function findTakenEmail({ write, fields, existing }: RefusedDraft): Promise<Explanation | undefined> {
  if (!isEmailAddress(fields.email)) return undefined;
  const owner = await findClientByEmail(write.freshContext(), fields.email, existing?.id);
  if (!owner) return undefined;
  const name = canSearchByEmail(write) ? owner.key : "Another client";
  const message = `${name} has this e-mail address already.`;
  return { code: "NOT_UNIQUE", message, fields: ["email"], path: ["input", "email"] };
}

/** Tenant contracts on one rental object have no day in common (Alma: Contracts, tenant_contracts POST). */
async function findOverlap({ write, fields, existing }: RefusedDraft): Promise<Explanation | undefined> {
  const { rentalObject, startDate, endDate } = fields;
  if (typeof rentalObject !== "number") return undefined;
  const period = { start: (startDate ?? null) as string | null, end: (endDate ?? null) as string | null };
  const target = rentalObjectOf(write, rentalObject);
  const conflicts = await describeConflictingContracts(write, target, period, existing?.id);
  if (conflicts === undefined) return undefined;
  const message = `The dates overlap with other contracts on the same rental object: ${conflicts}.`;
  return { code: "OVERLAP", message, fields: ["startDate", "endDate", "rentalObject"], path: [] };
}

/** A unit let whole that has rooms by mistake takes no tenant contract (Alma: Contracts, tenant_contracts POST). */
async function findWholeLet(
  { fields: { rentalObject } }: RefusedDraft,
  context: GraphContext,
): Promise<Explanation | undefined> {
  if (typeof rentalObject !== "number") return undefined;
  const target = await readRentalObjectNow(context, rentalObject);
  const unitId = target?.kind === "room" ? (target.value as KnownFields<"room">).parentUnit?.id : target?.id;
  const unit = unitId && (await readNow(context, context.catalog.store.getOrCreate("unit", unitId)));
  if (!unit || !isLetWhole(unit)) return undefined;
  const { rooms } = await new ContractSearch(context).findRooms(unit);
  if (rooms.length === 0) return undefined;
  const message = `${unit.key} is let whole and has rooms all the same, such as ${rooms[0]?.key}.`;
  return { code: "WHOLE_LET_UNIT", message, fields: ["rentalObject"], path: ["input", "rentalObject"] };
}
