import type { CachedRecord } from "../../catalog/index.ts";
import { pageSteps } from "../argument/select-page.ts";
import type { CompiledArguments } from "../member/compiled-arguments.ts";
import { findMembersBelow } from "../member/members-below.ts";
import type { Steps } from "../metering/meter.ts";
import type { GraphContext } from "../resolver/context.ts";
import { Block } from "../scan/block.ts";
import { NOTHING_CACHED } from "../scan/cached-column.ts";
import type { Predicate } from "../scan/predicate.ts";
import { Selection } from "../scan/selection.ts";

/** So many records, and conditions on them, are looked at in less time than a turn is given up in. */
const [FEW, FEW_CONDITIONS] = [64, 1_024];

const BY_ID = { terms: [] };

/**
 * Selects a page of the few records that refer to a parent; `asOf` is the oldest reading behind it. Thousands of
 * parents have the same connection: what is the same for all of them is found out once. Undefined where `selectMembers`
 * has more to do: to read, to follow links, to leave out records that cannot be decided and to report them.
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
    ({ ref, resolvedId }) => "id" in ref && resolvedId !== null && !context.rows?.isWhole,
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

/** The records that a predicate matches. `block`: at its disposal. */
function filterFew(records: CachedRecord[], predicate: Predicate, block: Block) {
  if (records.length === 0) return records;
  block.moveTo(new Selection(records), 0, NOTHING_CACHED);
  const mask = block.takeMask().fill(1);
  predicate(block, mask);
  block.returnMask();
  return records.filter((_, index) => mask[index] === 1);
}

function pageOf(records: readonly CachedRecord[], { pageRequest, order }: CompiledArguments) {
  // A cursor is compared with what a record is ordered by, even if there is only one.
  const needsOrder = records.length > 1 || pageRequest.after !== null || pageRequest.before !== null;
  return atOnce(pageSteps(new Selection(records), pageRequest, needsOrder ? order : BY_ID));
}

function atOnce<T>(steps: Steps<T>): T {
  let result = steps.next();
  while (!result.done) result = steps.next();
  return result.value;
}
