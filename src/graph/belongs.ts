import { type Entry, facts, type Kind } from "../catalog/index.ts";

/** Whether a record belongs somewhere, by what is known of it. */
export type Test = (record: Pick<Entry, "value">) => boolean;

/** Whether a record refers to one of these parents by a link of its kind. */
export function belongs(kind: Kind, link: string, parents: readonly number[]): Test {
  const parent = (facts[kind].links as Record<string, (value: Entry["value"]) => number | null | undefined>)[
    link
  ];
  return ({ value }) => parents.includes(parent?.(value) ?? 0);
}
