/** `realty/units/{id}/`: a path below ALMA_URL, with a placeholder for the record. */
export type PathTemplate = string;

/** Fills the placeholder of a template with a segment that is encoded already. */
export function fillTemplate(template: PathTemplate, segment: string): string {
  return template.replace(/\{\w+\}/, () => segment);
}

/**
 * The forms that a path may take, the printed one first, and which of them answered 2xx in this process. A form that
 * is proven is tried first, and only its 404 means that there is no such record.
 */
export class PathVariants {
  readonly #templates: readonly PathTemplate[];
  readonly #confirmed = new Set<PathTemplate>();
  #inOrder: readonly PathTemplate[];

  constructor(templates: readonly PathTemplate[]) {
    this.#templates = templates;
    this.#inOrder = templates;
  }

  /** Whether there is but one form, so that nothing else can be tried. */
  get isSingle(): boolean {
    return this.#templates.length === 1;
  }

  /** In the order in which to try them. */
  inOrder(): readonly PathTemplate[] {
    return this.#inOrder;
  }

  confirm(template: PathTemplate): void {
    if (this.isConfirmed(template)) return;
    this.#confirmed.add(template);
    this.#inOrder = [...this.#templates].sort(
      (a, b) => Number(this.isConfirmed(b)) - Number(this.isConfirmed(a)),
    );
  }

  isConfirmed(template: PathTemplate): boolean {
    return this.#confirmed.has(template);
  }
}
