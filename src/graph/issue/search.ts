import type { GraphQLResolveInfo } from "graphql";
import type { CachedRecord } from "../../catalog/index.ts";
import type { DataIssueCode } from "../generated.ts";
import type { GraphContext } from "../resolver/context.ts";
import { type FoundIssues, findIssues, requiredReads } from "./find-issues.ts";
import { createIssueReader } from "./issue-reader.ts";

/** How a search is worded. */
interface Wording {
  /** What it is, where its CPU is accounted for. */
  readonly cost: string;
  /** What follows from records that could not be read. */
  readonly consequence: string;
}

/**
 * Reads what has to be read, and finds what is wrong in these ways. `shown`: the records of it that the answer shows,
 * which are read again for a stricter `maxAge`. Rejects with AlmaError if a list cannot be read.
 */
export async function searchIssues<C extends DataIssueCode>(
  context: GraphContext,
  info: GraphQLResolveInfo,
  codes: readonly C[],
  { cost, consequence }: Wording,
  shown: (groups: FoundIssues<C>["groups"]) => readonly CachedRecord[],
) {
  const { limits, operation } = context;
  const reader = createIssueReader(context, info, consequence);
  const reads = requiredReads(codes);
  const data = await reader.read(reads);
  const find = () => limits.run(cost, findIssues(codes, data, reader.gone));
  let found = await find();
  if (await reader.readSuspects()) found = await find();
  if (operation.rereadsPages) {
    await reader.reread(shown(found.groups));
    found = await find();
  }
  // Where unreadable values are asked for, each of these is an issue itself.
  if (!codes.some((code) => code === "UNREADABLE_VALUE")) reader.reportFailedReads(found.undecidable);
  reader.reportOverlap(reads);
  return { groups: found.groups, asOf: reader.asOf };
}
