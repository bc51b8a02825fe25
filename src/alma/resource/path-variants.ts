import type { Ref } from "../codec/ref.ts";

/** A path below ALMA_URL with a placeholder for the record: `realty/units/{id}/`. */
export type PathTemplate = string;

/** Replaces the placeholder of a template with an encoded segment. */
export function fillTemplate(template: PathTemplate, segment: string): string {
  return template.replace(/\{\w+\}/, () => segment);
}

/**
 * The variants of a path, if Alma's document and a live Alma differ. A variant is confirmed when it has returned 2xx in
 * this process. Confirmed variants are tried first, and only their 404 proves that there is no such record.
 */
export class PathVariants {
  readonly #templates: readonly PathTemplate[];
  readonly #confirmed = new Set<PathTemplate>();

  constructor(templates: readonly PathTemplate[]) {
    this.#templates = templates;
  }

  /** Whether there is only one variant. */
  get isSingle(): boolean {
    return this.#templates.length === 1;
  }

  /** Returns the variants in the order in which to try them. */
  inOrder(): readonly PathTemplate[] {
    return [...this.#templates].sort((a, b) => Number(this.isConfirmed(b)) - Number(this.isConfirmed(a)));
  }

  confirm(template: PathTemplate): void {
    this.#confirmed.add(template);
  }

  isConfirmed(template: PathTemplate): boolean {
    return this.#confirmed.has(template);
  }
}

/**
 * Returns a function that chooses the variants of the path to a record by its ref. `action`: what the paths end with.
 */
export function variantsByRef(
  paths: Readonly<Record<"byId" | "byExternalId", readonly PathTemplate[]>>,
  action = "",
): (ref: Ref) => PathVariants {
  const variantsOf = (templates: readonly PathTemplate[]) =>
    new PathVariants(templates.map((template) => template + action));
  const [byId, byExternalId] = [variantsOf(paths.byId), variantsOf(paths.byExternalId)];
  return (ref) => ("id" in ref ? byId : byExternalId);
}
