import type { CachedRecord } from "../../catalog/index.ts";
import { pageSteps } from "../argument/page.ts";
import type { CompiledArguments } from "../member/compiled-arguments.ts";
import { findMembersBelow } from "../member/partial-data.ts";
import type { Steps } from "../metering/meter.ts";
import type { GraphContext } from "../resolver/context.ts";
import { Block, EMPTY_CACHE, Selection } from "../scan/block.ts";
import type { Predicate } from "../scan/predicate.ts";

/** Up to this many records and conditions are filtered without yielding. */
const [FEW, FEW_CONDITIONS] = [64, 1_024];

/**
 * Selects a page of the few records that refer to a parent, with the oldest reading behind it. Work that is the same
 * for thousands of parents is done once. Returns undefined if only `selectMembers` can answer: something must be read,
 * links must be followed, or undecidable records must be reported.
 */
export function pageBelow(
  context: GraphContext,
  compiled: CompiledArguments,
  relation: string,
  parent: number,
) {
  const [selection, other] = compiled.selections;
  if (!selection || other || context.operation.rereadsPages) return undefined;
  const { kind, filter, isFiltered } = selection;
  const isResolved = filter.refs.every(
    ({ ref, resolvedId }) => "id" in ref && resolvedId !== null && !context.options.rows?.isWhole,
  );
  if (!isResolved || filter.links.length > 0) return undefined;
  const below = findMembersBelow(context, kind, relation);
  const members = below?.of(parent);
  if (!below || !members || members.length > FEW) return undefined;
  if (!isFiltered) return { page: pageOf(members, compiled), asOf: below.asOf };
  const isUndecidable = members.some(({ fieldErrors }) => fieldErrors);
  if (isUndecidable || members.length * filter.conditionCount > FEW_CONDITIONS) return undefined;
  compiled.block ??= new Block(FEW);
  return { page: pageOf(filterFew(members, filter.predicate, compiled.block), compiled), asOf: below.asOf };
}

/** Filters records by a predicate, using `block` as scratch space. */
function filterFew(records: CachedRecord[], predicate: Predicate, block: Block) {
  if (records.length === 0) return records;
  block.moveTo(new Selection(records), 0, EMPTY_CACHE);
  const mask = block.takeMask().fill(1);
  predicate(block, mask);
  block.returnMask();
  return records.filter((_, index) => mask[index] === 1);
}

function pageOf(records: readonly CachedRecord[], { pageRequest, order }: CompiledArguments) {
  return atOnce(pageSteps(new Selection(records), pageRequest, order));
}

function atOnce<T>(steps: Steps<T>) {
  let result = steps.next();
  while (!result.done) result = steps.next();
  return result.value;
}
