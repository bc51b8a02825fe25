/** An answer with one error and no data; `details` go beside its code. */
export function createErrorBody(
  code: string,
  message: string,
  details: Readonly<Record<string, string>> = {},
) {
  return { errors: [{ message, extensions: { code, ...details } }] };
}
