/** The verbs that change the state of a rental object. */
export type StateVerb = "archive" | "unarchive" | "block" | "unblock";

interface SideEffects {
  /** The number of contracts that are also archived. */
  readonly contracts: number;
  /** The number of clients that lose access to Alma's app. */
  readonly clients: number;
  /** The unit and building that are also unarchived, if any. */
  readonly unit?: unknown;
  readonly building?: unknown;
}

/**
 * Describes the effects that the opposite write does not undo, one sentence each (Alma: Apartments and Units, archive
 * and block). Contracts are never unarchived. Unarchiving also affects unit and building, which archiving does not.
 * Unblocking also removes blocks from rooms that blocking did not create.
 */
export function describeIrreversible(
  kind: "unit" | "room",
  verb: StateVerb,
  { contracts, clients, unit, building }: SideEffects,
) {
  const sentences: string[] = [];
  if (contracts > 0) {
    const subject = contracts === 1 ? "One contract is" : `${contracts} contracts are`;
    sentences.push(`${subject} archived permanently: unarchiving the ${kind} does not bring contracts back.`);
  }
  if (clients > 0) {
    const subject = clients === 1 ? "One client loses" : `${clients} clients lose`;
    sentences.push(`${subject} access to Alma's app, until a new contract is made and has begun.`);
  }
  if (unit !== undefined) {
    sentences.push(
      "The room's unit comes back with it, and archiving the room again does not archive the unit.",
    );
  }
  if (building !== undefined) {
    sentences.push("The building comes back too, and Alma's API has no call to archive a building again.");
  }
  if (verb === "unblock") {
    sentences.push(
      "The blocks removed do not come back as they were: blocking again makes one new block, without an end, from that day on.",
    );
  }
  return sentences;
}

/**
 * Describes the limits of an impact, one sentence each. `clients`: the number left with planned but no active
 * contracts. `unseenSince`: the oldest reading, if older data was not read again; else null.
 */
export function describeUncertain(clients: number, unseenSince: Date | null) {
  const sentences: string[] = [];
  if (clients > 0) {
    const subject = clients === 1 ? "One client keeps" : `${clients} clients keep`;
    sentences.push(
      `${subject} planned contracts but no active one: Alma's document does not say whether they lose access to the app ` +
        "until a contract begins.",
    );
  }
  if (unseenSince) {
    sentences.push(
      `A room or a contract that another system moved here after ${unseenSince.toISOString()} is not seen: Alma's lists ` +
        "do not show where a record belongs. A query of the contracts with @freshness(maxAge: 0) reads every one of them.",
    );
  }
  return sentences;
}
