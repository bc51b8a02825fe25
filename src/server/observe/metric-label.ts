/**
 * Bounds the values of a metric's label, which callers may choose. The returned function keeps the first `maxValues`
 * values of up to 60 letters, digits and underscores; every other value becomes `other`.
 */
export function createLabelLimit(maxValues: number): (value: string) => string {
  const seen = new Set<string>();
  return (value) => {
    if (seen.has(value)) return value;
    if (seen.size >= maxValues || !/^\w{1,60}$/.test(value)) return "other";
    seen.add(value);
    return value;
  };
}
