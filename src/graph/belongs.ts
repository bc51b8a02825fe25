import { type Entry, facts, type Kind } from "../catalog/index.ts";

/** What is known of a record, at a time. */
export type Version = Pick<Entry, "value">;

/** Whether a record belongs somewhere, by what is known of it. */
export type Test = (record: Version) => boolean;

/** Whether a record refers to one of these parents by a link of its kind. */
export function belongs(kind: Kind, link: string, parents: readonly number[]): Test {
  const parent = (facts[kind].links as Record<string, (value: Entry["value"]) => number | null | undefined>)[
    link
  ];
  return ({ value }) => parents.includes(parent?.(value) ?? 0);
}
