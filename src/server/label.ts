/**
 * Keeps the values of a metric's label few: the first `most` plain words are themselves, whatever comes after, or is
 * no plain word of up to 60 letters, digits and underscores, is `other`. Whoever sends requests chooses some of them.
 */
export function labels(most: number): (word: string) => string {
  const known = new Set<string>();
  return (word) => {
    if (known.has(word)) return word;
    if (known.size >= most || !/^\w{1,60}$/.test(word)) return "other";
    known.add(word);
    return word;
  };
}
