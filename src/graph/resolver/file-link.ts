import { type AnyDeclaration, declarations } from "../../alma/index.ts";
import type { Kind } from "../../catalog/index.ts";
import type { ComputedField } from "./computed-field.ts";
import type { GraphContext } from "./context.ts";

/** What Alma shows of a file, as a link that works. What is no path and no link, such as an id, stays as it is. */
export function linkTo({ request, operation }: GraphContext, shown: string | null): string | null {
  const { files } = request;
  if (!files || !shown?.includes("/")) return shown;
  // A link that ends must not be in an answer that is given again.
  if (!files.isLasting) operation.basis.refuse();
  return files.linkTo(shown);
}

/** The fields of a kind that are scans, which Alma shows as paths. */
export function scanFields(kind: Kind): Readonly<Record<string, ComputedField<Kind>>> {
  const { fields }: AnyDeclaration = declarations[kind];
  const names = Object.keys(fields).filter((name) => fields[name]?.accepts === "file");
  return Object.fromEntries(
    names.map((name) => [
      name,
      {
        requiredFields: [name as never],
        resolve: (view, _args, context) => linkTo(context, view.getField(name) as string | null),
      },
    ]),
  );
}
