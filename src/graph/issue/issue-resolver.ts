import { type GraphQLResolveInfo, responsePathAsArray } from "graphql";
import { type CachedRecord, type FailedReads, type Kind, kindDefinitions } from "../../catalog/index.ts";
import type { QueryDataIssuesArgs } from "../generated.ts";
import { addPartialDataError, findUndecidable, partialDataError } from "../member/partial-data.ts";
import type { Steps } from "../metering/meter.ts";
import type { GraphContext } from "../record/context.ts";
import type { ScopeByField } from "../record/required-scopes.ts";
import type { Issue, IssueCheck, IssueData } from "./check.ts";
import { DataIssue } from "./data-issue.ts";
import type { DriftCase } from "./drift-check.ts";
import { type ExcludedRecords, findDrift, findSuspects } from "./find-drift.ts";
import { checks, readsOf, type SoughtCodes, soughtCodes } from "./find-issues.ts";
import { DriftReader } from "./issue-reader.ts";

/** Bytes that a pair of records takes in the answer at least, whatever is selected of it. */
const PAIR_BYTES = 32;

/** `dataIssues`: what is wrong with the data. Rejects with AlmaError if a list cannot be read. */
export function dataIssues(requiredScopes: ScopeByField) {
  return async (
    _parent: unknown,
    { codes }: QueryDataIssuesArgs,
    context: GraphContext,
    info: GraphQLResolveInfo,
  ): Promise<readonly DataIssue[]> => {
    const sought = soughtCodes(codes);
    const reads = readsOf(sought);
    const consequence = "it is not known whether anything is wrong with them, and they are left out";
    const reader = new DriftReader(context, responsePathAsArray(info.path), consequence);
    const { limits } = context;
    const cost = "finding what is wrong with the data";
    const data = await reader.read(reads);
    const suspects = await limits.run(cost, findSuspects(sought.drift, data));
    const excluded = { failedReads: await reader.readSuspects(suspects), gone: reader.gone };
    const find = async () => {
      const undecidable = new Map<CachedRecord, FailedReads[number]>();
      const issueData = { ...data, ...sourcesOf(context, requiredScopes, data.listed) };
      const found = await limits.run(cost, findIssues(context, sought, issueData, excluded, undecidable));
      return { found, undecidable: [...undecidable.values()] };
    };
    let { found, undecidable } = await find();
    if (context.operation.rereadsPages) {
      await reader.reread(found.flatMap(({ records }) => records));
      ({ found, undecidable } = await find());
    }
    // Where unreadable values are asked for, each of these is an issue itself.
    if (undecidable.length > 0 && !sought.own.includes("UNREADABLE_VALUE"))
      addPartialDataError(context, info, partialDataError(undecidable, consequence));
    reader.reportOverlap(reads);
    return found;
  };
}

function sourcesOf(
  { settings, limits }: GraphContext,
  requiredScopes: ScopeByField,
  listed: IssueData["listed"],
): Pick<IssueData, "rent" | "inList" | "unreadableFields" | "countPair"> {
  const maps = new Map<Kind, ReadonlyMap<number, CachedRecord>>();
  return {
    rent: settings.rent,
    inList: (kind, id) => {
      const known = maps.get(kind) ?? new Map(listed(kind).map((record) => [record.id, record]));
      maps.set(kind, known);
      return known.get(id);
    },
    unreadableFields: ({ kind, fieldErrors = {} }) =>
      Object.keys(fieldErrors).filter(
        (field) =>
          fieldErrors[field] !== undefined &&
          !requiredScopes.has(`${kindDefinitions[kind].typeName}.${field}`),
      ),
    countPair: () => limits.addBytes(PAIR_BYTES),
  };
}

function* findIssues(
  context: GraphContext,
  { own, drift }: SoughtCodes,
  data: IssueData,
  excluded: ExcludedRecords,
  undecidable: Map<CachedRecord, FailedReads[number]>,
): Steps<DataIssue[]> {
  const found: DataIssue[] = [];
  for (const code of own) {
    const check = checks[code];
    const decided = yield* withoutUndecidable(data, check, undecidable);
    for (const issue of yield* check.find(decided)) found.push(new DataIssue(context, code, issue));
  }
  for (const { kind, cases } of yield* findDrift(drift, data, excluded))
    for (const issue of cases.flatMap(issuesOf)) found.push(new DataIssue(context, kind, issue));
  return found;
}

/** The data without the records of which a deciding field could not be decoded. These are added to `undecidable`. */
function* withoutUndecidable(
  data: IssueData,
  { fields }: IssueCheck,
  undecidable: Map<CachedRecord, FailedReads[number]>,
): Steps<IssueData> {
  const excluded = new Set<CachedRecord>();
  for (const [kind, deciding] of Object.entries(fields) as [Kind, readonly string[]][]) {
    yield;
    for (const failed of findUndecidable(data.detailed(kind), deciding)) {
      undecidable.set(failed.record, failed);
      excluded.add(failed.record);
    }
  }
  if (excluded.size === 0) return data;
  return { ...data, detailed: (kind) => data.detailed(kind).filter((record) => !excluded.has(record)) };
}

/** A case of drift has an issue for each record that stands behind the first; one of its own if none does. */
function issuesOf({ records: [record, ...others], advice: message }: DriftCase): Issue[] {
  if (!record) return [];
  return others.length === 0
    ? [{ record, other: null, message }]
    : others.map((other) => ({ record, other, message }));
}
