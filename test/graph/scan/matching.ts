import type { ScannedRow } from "../../../src/graph/scan/column.ts";
import { matchSteps, type Predicate } from "../../../src/graph/scan/predicate.ts";
import { complete } from "../../support/steps.ts";

/** The rows that match a predicate, tested one by one. */
export function matching<R extends ScannedRow>(rows: readonly R[], predicate: Predicate): R[] {
  const selection = complete(matchSteps(rows, { predicate, columns: [], conditionCount: 1 }));
  return selection.slice(0, selection.size);
}
