import type { Problem, WriteOutcome } from "../../alma/index.ts";
import {
  type CachedRecord,
  EXISTS,
  isArchived,
  isLetWhole,
  type Kind,
  type KnownFields,
} from "../../catalog/index.ts";
import { createContractSearch } from "../letting/contract-search.ts";
import type { GraphContext } from "../resolver/context.ts";
import { findByExternalId } from "../resolver/resolve-ref.ts";
import { bestEffort } from "../write/polling.ts";
import { type ArgumentPath, inputPath, type PathMapper, refPath } from "../write/user-error.ts";
import type { InputFields, Write } from "../write/write.ts";
import { describeConflictingContracts } from "./conflicting-contracts.ts";
import { canSearchByEmail, isEmailAddress } from "./email.ts";
import { findClientByEmail, findNameOwner } from "./taken-value.ts";
import { findOverlap, mergeFields, overlapField, overlapFields } from "./write-rules.ts";

/** A create or update that Alma refused. */
interface RefusedDraft {
  readonly write: Write;
  readonly problems: readonly Problem[];
  readonly mapPath: PathMapper;
  /** The fields that were sent. */
  readonly fields: InputFields;
  /** The record that an update changes. */
  readonly existing?: CachedRecord;
}

/** A documented reason for a refusal, found in Alma's records. */
interface RefusalReason {
  readonly code: Problem["code"];
  readonly message: string;
  /** Describes the conflicting records in messages. */
  readonly inTheWay: string;
  /** The input fields concerned, the likeliest first; empty for the record as a whole. */
  readonly fields: readonly string[];
  /** The path of the error if Alma names no field. */
  readonly path: ArgumentPath;
}

/** A refused draft, compared with Alma's records. */
interface ComparedDraft extends RefusedDraft {
  /** The sent fields, merged over those of the existing record. */
  readonly merged: InputFields;
}

/** Finds one reason; undefined if the records do not show it. Throws AlmaError. */
type Finder = (refused: ComparedDraft, context: GraphContext) => Promise<RefusalReason | undefined>;

/**
 * Finds documented reasons for a refusal in Alma's records, the likeliest first. A search that fails with an AlmaError
 * finds no reason.
 */
async function findReasons(refused: RefusedDraft): Promise<readonly RefusalReason[]> {
  const { write, existing: before } = refused;
  const context = write.context.detach({});
  const existing = before && (await bestEffort(() => readSinceRefusal(context, before)));
  // Without the existing record, the finders would mistake it for another record.
  if (before && !existing) return [];
  const current = { ...refused, existing, merged: mergeFields(refused.fields, existing) };
  const reasons = await Promise.all(
    [...commonFinders, ...(ownFinders[write.kind] ?? [])].map((find) =>
      bestEffort(() => find(current, context)),
    ),
  );
  return reasons.filter((reason) => reason !== undefined);
}

/** Creates a reason that concerns some fields, or without `fields` the record as a whole. */
function reasonFor(
  code: Problem["code"],
  message: string,
  inTheWay: string,
  ...fields: readonly string[]
): RefusalReason {
  const [field] = fields;
  return { code, message, inTheWay, fields, path: field === undefined ? ["ref"] : ["input", field] };
}

/** Reads a record now. */
function readSinceRefusal(context: GraphContext, record: CachedRecord) {
  return context.loadDetail(record, context.operation.startedAt);
}

/** Reads the unit or room with an id now. */
async function readRentalObjectNow(context: GraphContext, id: number) {
  const known = context.catalog.store.findRentalObject(id);
  const cutoff = context.operation.startedAt;
  const record = known ?? (await context.load({ record: { rentalObject: id }, level: EXISTS, cutoff }));
  return record && readSinceRefusal(context, record);
}

/** Reason: the input refers to a missing or archived record. */
const findUnusableTarget: Finder = async ({ write, merged }, context) => {
  for (const [field, { to }] of Object.entries(write.relations)) {
    const id = merged[field];
    if (typeof id !== "number") continue;
    const [kind, ...others] = to;
    const target = await (others.length === 0
      ? readSinceRefusal(context, context.catalog.store.getOrCreate(kind, id))
      : readRentalObjectNow(context, id));
    const missing = `the Alma id ${id}`;
    if (!target) return reasonFor("NOT_FOUND", `Alma has no record with ${missing}.`, missing, field);
    const { key, value } = target;
    if (value.isArchived === true) return reasonFor("ARCHIVED", `${key} is archived.`, key, field);
  }
  return undefined;
};

/** Reason: the record, or the usage of a contract, is archived (Alma: Contracts, PATCH). */
const findArchived: Finder = async ({ existing }) => {
  if (!existing || !isArchived(existing)) return undefined;
  const { key } = existing;
  return reasonFor("ARCHIVED", `${key} is archived.`, key);
};

/** Reason: another record has the name (Alma: Apartments, Units, Buildings, POST). */
const findTakenName: Finder = async ({ write, merged, existing }, context) => {
  const taken = await findNameOwner(write, merged, existing, context, context.operation.startedAt);
  if (!taken) return undefined;
  const { owner, scope } = taken;
  return takenBy(owner, `name already, which is unique within its ${scope}`, "name", scope);
};

/** Creates the reason that another record already has a value. `what`: describes the value. */
function takenBy({ key }: CachedRecord, what: string, ...fields: readonly string[]): RefusalReason {
  return reasonFor("NOT_UNIQUE", `${key} has this ${what}.`, key, ...fields);
}

/** Reason: another record of the kind has the Bitrix id. */
const findTakenId: Finder = async ({ write, merged: { externalId }, existing }, context) => {
  if (typeof externalId !== "string") return undefined;
  const owner = await findByExternalId(context, write.kind, externalId);
  if (!owner || owner.id === existing?.id) return undefined;
  return takenBy(owner, "Bitrix id already", "externalId");
};

/** Reason: another client has the e-mail address (Alma: Clients). */
const findTakenEmail: Finder = async ({ write, merged: { email }, existing }) => {
  if (!isEmailAddress(email)) return undefined;
  const owner = await findClientByEmail(write.freshContext(), email, existing?.id);
  return owner && takenBy(owner, "e-mail address already", "email");
};

/** Reason: another tenant contract on the rental object shares a day (Alma: Contracts, tenant_contracts POST). */
const overlapReason: Finder = async ({ write, fields, merged, existing }) => {
  const overlap = await findOverlap(write, merged, existing);
  if (!overlap) return undefined;
  const reason = reasonFor("OVERLAP", overlap.message, overlap.conflicts, ...overlapFields);
  return { ...reason, path: inputPath([overlapField(fields)]) };
};

/**
 * Reason: the unit is let as a whole and has rooms by mistake, so Alma accepts no tenant contract (Alma: Contracts,
 * tenant_contracts POST).
 */
const findWholeLet: Finder = async ({ merged: { rentalObject } }, context) => {
  if (typeof rentalObject !== "number") return undefined;
  const target = await readRentalObjectNow(context, rentalObject);
  const unitId = target?.kind === "room" ? (target.value as KnownFields<"room">).parentUnit?.id : target?.id;
  const unit = unitId && (await readSinceRefusal(context, context.catalog.store.getOrCreate("unit", unitId)));
  if (!unit || !isLetWhole(unit)) return undefined;
  const { rooms } = await createContractSearch(context).findRooms(unit);
  if (rooms.length === 0) return undefined;
  const message = `${unit.key} is let as a whole and still has rooms, such as ${rooms[0]?.key}.`;
  return reasonFor("WHOLE_LET_UNIT", message, unit.key, "rentalObject");
};

/** The finders for all kinds, the likeliest first. None finds a block, since Alma does not show blocks. */
const commonFinders = [findUnusableTarget, findArchived, findTakenName, findTakenId];

/** Additional finders for one kind. */
const ownFinders: Readonly<Partial<Record<Kind, readonly Finder[]>>> = {
  client: [findTakenEmail],
  tenantContract: [overlapReason, findWholeLet],
};

/**
 * Adds Alma's refusal of a create or update to the write. Each problem gets its path in the caller's input. Alma's
 * records explain problems whose wording `alma/` does not know, and identify the record that has a taken value or
 * overlapping dates, if the caller may search for it.
 */
export async function addDraftRefusal(refused: RefusedDraft): Promise<void> {
  const { write, mapPath } = refused;
  const problems = withoutEmailOracle(refused).map((problem) => withOverlapField(problem, refused.fields));
  const reasons = problems.some(needsReason) ? await findReasons(refused) : [];
  const explained = new Map(problems.map((problem) => [problem, findReason(problem, reasons)] as const));
  write.addProblems(
    problems.filter((problem) => !explained.get(problem)),
    mapPath,
  );
  for (const [problem, reason] of explained) {
    if (!reason) continue;
    const path = problem.path.length === 0 ? reason.path : mapPath(problem.path);
    const message = problem.isUnexplained
      ? `${problem.message} ${reason.message}`
      : withConflicts(problem.message, reason.inTheWay);
    write.addUserError(reason.code, path, message);
  }
}

/**
 * Removes problems that may concern the e-mail address, if there are others and the caller may not search by it.
 * Otherwise the caller could add an error that prevents the write, and try addresses until one is refused.
 */
function withoutEmailOracle({ write, problems }: RefusedDraft) {
  if (write.kind !== "client" || canSearchByEmail(write.context)) return problems;
  const others = problems.filter(({ code, path: [name], isUnexplained }) =>
    name === undefined ? code !== "NOT_UNIQUE" && !isUnexplained : name !== "email",
  );
  return others.length > 0 ? others : problems;
}

/** Adds the field that an overlap concerns, which Alma does not name. */
function withOverlapField(problem: Problem, fields: InputFields): Problem {
  const field = overlapField(fields);
  const isUnnamed = problem.code === "OVERLAP" && problem.path.length === 0;
  return isUnnamed && field !== undefined ? { ...problem, path: [field] } : problem;
}

const needsReason = ({ code, isUnexplained }: Problem) =>
  isUnexplained === true || code === "NOT_UNIQUE" || code === "OVERLAP";

/** Returns the likeliest reason for a problem. A reason about one field does not explain a problem with another. */
function findReason(problem: Problem, reasons: readonly RefusalReason[]) {
  if (!needsReason(problem)) return undefined;
  const [field] = problem.path;
  return reasons.find(
    ({ code, fields }) =>
      (problem.isUnexplained || code === problem.code) &&
      (field === undefined || fields.includes(String(field))),
  );
}

/**
 * Adds Alma's refusal of a block to the write, with the contracts that prevent it. The contracts also explain a refusal
 * in unknown words or without a reason, such as a bare `false`. Without contracts, the only remaining documented reason
 * is another block, which Alma does not show.
 */
export async function addBlockRefusal(
  write: Write,
  record: CachedRecord,
  { problems, status }: Extract<WriteOutcome, { outcome: "refused" }>,
): Promise<void> {
  const mayBeOccupied = ({ code, isUnexplained }: Problem) =>
    code === "OCCUPIED" || code === "BLOCKED" || isUnexplained === true;
  const contracts = problems.some(mayBeOccupied)
    ? await describeConflictingContracts(write, record)
    : undefined;
  // A 403 may concern permissions, a 404 the record.
  const isBlock =
    contracts === "" && status !== 403 && status !== 404 && !(await isArchivedNow(write, record));
  const explain = (message: string) =>
    isBlock ? `${message} ${describeBlock(record)}` : contracts && withConflicts(message, contracts);
  write.addProblems(
    problems.map((problem) => {
      const message = mayBeOccupied(problem) && explain(problem.message);
      return message ? { ...problem, code: "OCCUPIED", message } : problem;
    }),
    refPath,
  );
}

/** Returns whether a record is archived or unreadable. */
async function isArchivedNow(write: Write, record: CachedRecord) {
  const current = await bestEffort(() => write.readNow(record));
  return !current || isArchived(current);
}

function describeBlock({ kind, key }: CachedRecord) {
  const object = kind === "unit" ? `${key}, or a room of it,` : key;
  return (
    `No active or planned contract is in the way, so ${object} is already blocked, from today or from a later day. ` +
    "Alma does not show blocks; unblocking removes those without an end and those that start today."
  );
}

function withConflicts(message: string, conflicts: string) {
  return `${message} In the way: ${conflicts}.`;
}
