import { type GraphQLResolveInfo, responsePathAsArray } from "graphql";
import { badInput } from "../argument/bad-input.ts";
import type { QueryBitrixDriftArgs } from "../generated.ts";
import type { GraphContext } from "../record/context.ts";
import { type DriftGroup, findDrift, findSuspects, requiredReads, selectKinds } from "./find-drift.ts";
import { DriftReader } from "./issue-reader.ts";

const DEFAULT_SIZE = 50;

/**
 * Validates the arguments, before any call to Alma. `first` applies to each kind; the cases of all kinds together must
 * fit into `maxPage`. Throws BAD_USER_INPUT for a `first` out of range.
 */
export function readDriftArgs({ kinds: requestedKinds, first }: QueryBitrixDriftArgs, maxPage: number) {
  const kinds = selectKinds(requestedKinds);
  const maxSize = Math.floor(maxPage / Math.max(1, kinds.length));
  const size = first ?? Math.min(DEFAULT_SIZE, maxSize);
  if (size >= 0 && size <= maxSize) return { kinds, size };
  throw badInput(
    "first",
    `${size} is no number of cases to show of each kind; with ${kinds.length} kinds ask for 0 to ${maxSize}, or for fewer kinds.`,
  );
}

/** `bitrixDrift`: where Alma and Bitrix differ. Throws AlmaError if a list cannot be read. */
export async function bitrixDrift(
  _parent: unknown,
  args: QueryBitrixDriftArgs,
  context: GraphContext,
  info: GraphQLResolveInfo,
) {
  const { kinds, size } = readDriftArgs(args, context.settings.maxPage);
  const consequence = "it is not known whether they are drift, and they are left out";
  const reader = new DriftReader(context, responsePathAsArray(info.path), consequence);
  const reads = requiredReads(kinds);
  const data = await reader.read(reads);
  const cost = "finding drift";
  const { limits } = context;
  const undecidable = await reader.readSuspects(await limits.run(cost, findSuspects(kinds, data)));
  const compare = () =>
    limits.run(cost, findDrift(kinds, data, { failedReads: undecidable, gone: reader.gone }));
  let groups = await compare();
  if (context.operation.rereadsPages) {
    await reader.reread(
      groups.flatMap(({ cases }) => cases.slice(0, size).flatMap(({ records }) => records)),
    );
    groups = await compare();
  }
  reader.reportOverlap(reads);
  return {
    asOf: context.toDate(reader.asOf),
    totalCount: groups.reduce((sum, { cases }) => sum + cases.length, 0),
    groups: groups.map((group) => toDriftGroup(context, group, size)),
  };
}

function toDriftGroup(context: GraphContext, { kind, cases }: DriftGroup, size: number) {
  return {
    kind,
    totalCount: cases.length,
    cases: cases.slice(0, size).map(({ externalId, records, advice }) => ({
      externalId,
      records: records.map((record) => context.viewOf(record, context.operation.connectionCutoff)),
      advice: advice(),
    })),
  };
}
