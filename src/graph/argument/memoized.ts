/** Returns what `create` returned for a key before, or calls it. */
export function memoized<T extends object | null>(
  memo: Map<unknown, unknown>,
  key: unknown,
  create: () => T,
): T {
  const known = memo.get(key) as T | undefined;
  if (known !== undefined) return known;
  const created = create();
  memo.set(key, created);
  return created;
}
