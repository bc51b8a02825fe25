import type { Kind } from "../../catalog/index.ts";
import type { FilterLink } from "../argument/filter.ts";
import type { FilterContext } from "./connection-spec.ts";
import { type GroupSpec, measureOf } from "./group-spec.ts";

/** What decides what groups have of these names, keys and numbers: fields of the records, and links to others. */
export interface GroupNeeds {
  readonly requiredFields: readonly string[];
  readonly links: readonly FilterLink[];
}

/**
 * What decides the keys and measures of these names, of records of a kind, beside the columns of keys. Ratios need the
 * measures that they are made of.
 */
export function needsOf(
  spec: GroupSpec,
  names: Iterable<string>,
  context: FilterContext,
  kind: Kind,
  day: string,
): GroupNeeds {
  const all = [...names];
  const { keys, measures = {}, periodAmounts = {}, ratios = {} } = spec;
  const parts = all.flatMap((name) => {
    const ratio = ratios[name];
    if (!ratio) return [name];
    return [true, false].flatMap((isOver) => [measureOf(ratio.part, isOver), measureOf(ratio.whole, isOver)]);
  });
  const found: GroupNeeds[] = [
    ...all.flatMap((name) => (keys[name]?.flags ?? []).map((flag) => flag(context, kind, day))),
    ...parts.flatMap((name) => (measures[name] ?? periodAmounts[name])?.needs(context, kind, day) ?? []),
  ];
  return {
    requiredFields: found.flatMap(({ requiredFields }) => requiredFields),
    links: [
      ...found.flatMap(({ links }) => links),
      ...all.flatMap((name) => {
        const key = keys[name];
        return key && !key.flags ? (key.follow?.(context, kind) ?? []) : [];
      }),
    ],
  };
}
