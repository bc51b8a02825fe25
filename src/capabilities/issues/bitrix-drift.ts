import type { QueryBitrixDriftArgs, QueryResolvers } from "../../graph/generated.ts";
import { badInput, type GraphContext } from "../../graph/index.ts";
import { driftKinds, requestedCodes } from "./find-issues.ts";
import { searchIssues } from "./search.ts";

const DEFAULT_SIZE = 50;

const wording = {
  cost: "finding drift",
  consequence: "they are left out, although they may be drift",
};

/**
 * Validates the arguments before any call to Alma. `first` applies to each kind; the cases of all kinds together must
 * not exceed `maxPage`. Throws BAD_USER_INPUT for a `first` out of range.
 */
export function readDriftArgs(
  { kinds: requestedKinds, first }: QueryBitrixDriftArgs,
  { settings: { maxPage } }: GraphContext,
) {
  const kinds = requestedCodes(driftKinds, requestedKinds);
  const maxSize = Math.floor(maxPage / Math.max(1, kinds.length));
  const size = first ?? Math.min(DEFAULT_SIZE, maxSize);
  if (size >= 0 && size <= maxSize) return { kinds, size };
  throw badInput(
    "first",
    `${size} is not a valid number of cases to show of each kind; with ${kinds.length} kinds ask for 0 to ${maxSize}, or for fewer kinds.`,
  );
}

/** `bitrixDrift`: the differences between Alma and Bitrix. Throws AlmaError if a list cannot be read. */
export const bitrixDrift: QueryResolvers["bitrixDrift"] = async (_parent, args, context, info) => {
  const { kinds, size } = readDriftArgs(args, context);
  const { groups, asOf } = await searchIssues(context, info, kinds, wording, (found) =>
    found.flatMap(({ issues }) => issues.slice(0, size).flatMap(({ records }) => records)),
  );
  return {
    asOf: context.toDate(asOf),
    totalCount: groups.reduce((sum, { issues }) => sum + issues.length, 0),
    groups: groups.map(({ code, issues }) => ({
      kind: code,
      totalCount: issues.length,
      cases: issues.slice(0, size).map(({ externalId, records, message }) => ({
        externalId,
        records: records.map((record) => context.viewOf(record, context.operation.connectionCutoff)),
        advice: message(),
      })),
    })),
  };
};
