import { isFromDraft } from "../rule/identity.ts";
import type { MutationResult } from "../write/mutation-result.ts";
import type { InputFields, Write, Written } from "../write/write.ts";
import type { Match, WriteSpec } from "../write/write-spec.ts";

/** A create whose input was checked. */
export interface CheckedCreate {
  readonly write: Write;
  readonly spec: WriteSpec;
  /** What is sent to Alma. */
  readonly draft: InputFields;
  /** What it does, with the ids of the records that the new one refers to. */
  readonly written: Written;
  /** The keys under which it runs. */
  readonly lockKeys: readonly string[];
  /** Whether this create was sent before, under the same idempotency key, and its outcome is unknown. */
  readonly wasSent: boolean;
}

/**
 * The result of a create whose record exists or is forbidden, found with the fewest calls; undefined if the record can
 * be created. Throws AlmaError.
 */
export async function checkExisting(create: CheckedCreate): Promise<MutationResult | undefined> {
  const { write, spec, draft } = create;
  const match = (await spec.identity.find(write.freshContext(), draft)) ?? (await findMade(create));
  if (!match) return undefined;
  if ("record" in match) return finishExisting(create, match);
  write.addUserError(match.code, ["input", match.field], match.message);
  return write.finishNotDone();
}

/** A record that an earlier create of this process has made, which Alma's lists or lookups may not show yet. */
async function findMade({ write, spec: { identity }, draft, lockKeys }: CheckedCreate) {
  const ids = write.services.unsettled.madeIds(write.kind, lockKeys);
  for (const id of ids) {
    const record = await write.readNow(write.context.catalog.store.getOrCreate(write.kind, id));
    const match = record && identity.match(record, draft);
    if (match) return match;
  }
  return undefined;
}

/**
 * As `checkExisting`, for a record that Alma has just refused to make or may have made itself: found by lookup and by
 * list.
 */
export async function searchExisting(create: CheckedCreate): Promise<MutationResult | undefined> {
  const { write, spec, draft } = create;
  const match = await spec.identity.findEverywhere(write.freshContext(), draft);
  return match && finishExisting(create, match);
}

/** The id of the record that a create has made, found by lookup and by list. Throws AlmaError. */
export async function findCreated({ write, spec, draft }: CheckedCreate): Promise<number | undefined> {
  const match = await spec.identity.findEverywhere(write.freshContext(), draft);
  return match && isFromDraft(match, draft) ? match.record.id : undefined;
}

function finishExisting(
  { write, draft, written, lockKeys, wasSent }: CheckedCreate,
  match: Match,
): MutationResult {
  const { id, key } = match.record;
  const { unsettled } = write.services;
  // What another create has made meanwhile was not made by this one.
  const isMadeByAnother = unsettled.madeIds(write.kind, lockKeys).includes(id);
  if (wasSent && isFromDraft(match, draft) && !isMadeByAnother) return write.finishDone(id, written);
  // The record may be that of a create whose outcome is decided by this.
  if (unsettled.find(lockKeys)) write.invalidate({ ...written, id });
  const message = `${key} has this ${match.matchedBy} already, so that nothing was created. Use it, or change it by an update.`;
  write.addUserError("ALREADY_EXISTS", ["input", match.matchedBy], message);
  return write.finishNotDone(id);
}
