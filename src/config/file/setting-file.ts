/**
 * A sentence if `read` throws for the value of the setting `name`, which is the path of a file; none if it is unset.
 * `isContent`: the value is the content of such a file.
 */
export function findReadErrors(
  name: string,
  value: string | undefined,
  read: (value: string) => unknown,
  isContent = false,
): string[] {
  if (value === undefined) return [];
  try {
    read(value);
    return [];
  } catch (error) {
    const subject = isContent ? name : `${name} names ${value}, which cannot be used`;
    return [`${subject}: ${(error as Error).message}`];
  }
}
