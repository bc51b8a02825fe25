/** A database view with its name. */
export interface View {
  readonly name: string;
  /** The SQL expression of each column, by its name. */
  readonly columns: Readonly<Record<string, string>>;
  /** The `FROM` clause. */
  readonly source: string;
}

/** Returns the statement that creates a view. `before`: the columns that come first, as in the current view. */
export function createView({ name, columns, source }: View, before: readonly string[] = []): string {
  const order = [...new Set([...before.filter((column) => column in columns), ...Object.keys(columns)])];
  const selected = order.map((column) => `${columns[column]} AS ${column}`).join(", ");
  return `VIEW ${name} AS SELECT ${selected} FROM ${source}`;
}
