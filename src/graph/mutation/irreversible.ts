interface SideEffects {
  /** How many contracts are archived too. */
  readonly contracts: number;
  /** How many clients lose access to Alma's app. */
  readonly clients: number;
  /** The unit and the building that are unarchived too; undefined if none is. */
  readonly unit?: unknown;
  readonly building?: unknown;
}

/**
 * What the opposite write does not restore, one sentence each (Alma: Apartments and Units, archive and block).
 * Contracts are never unarchived; unarchiving also affects the unit and the building, archiving does not; unblocking
 * removes blocks that blocking does not create.
 */
export function describeIrreversible(
  kind: "unit" | "room",
  verb: "archive" | "unarchive" | "block" | "unblock",
  { contracts, clients, unit, building }: SideEffects,
): string[] {
  const sentences: string[] = [];
  if (contracts > 0) {
    const subject = contracts === 1 ? "One contract is" : `${contracts} contracts are`;
    sentences.push(`${subject} archived for good: unarchiving the ${kind} does not bring contracts back.`);
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

interface Doubts {
  /** How many clients keep planned contracts, but no active one. */
  readonly clients: number;
  /** The time of the oldest reading, if what was read before the impact was computed is not read again; else null. */
  readonly unseenSince: Date | null;
}

/** What an impact cannot establish, one sentence each. */
export function describeUncertain({ clients, unseenSince }: Doubts): string[] {
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
