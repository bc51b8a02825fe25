/**
 * Keeps the values of a metric's label few: the first `most` plain words are themselves, whatever comes after, or is
 * no plain word of up to 60 letters, digits and underscores, is `other`. Whoever sends requests chooses some of them.
 */
export function createLabelLimit(maxValues: number): (word: string) => string {
  const seen = new Set<string>();
  return (value) => {
    if (seen.has(value)) return value;
    if (seen.size >= maxValues || !/^\w{1,60}$/.test(value)) return "other";
    seen.add(value);
    return value;
  };
}
