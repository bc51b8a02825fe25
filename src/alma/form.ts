/** `realty/units/{id}/`: a path below ALMA_URL, with a placeholder for the record. */
export type Template = string;

/** Fills the placeholder of a template with a segment that is encoded already. */
export function fill(template: Template, segment: string): string {
  return template.replace(/\{\w+\}/, () => segment);
}

/**
 * The forms that a path may take, the printed one first, and which of them answered 2xx in this process. A form that
 * is proven is tried first, and only its 404 means that there is no such record.
 */
export class Forms {
  readonly #templates: readonly Template[];
  readonly #proven = new Set<Template>();
  #inOrder: readonly Template[];

  constructor(templates: readonly Template[]) {
    this.#templates = templates;
    this.#inOrder = templates;
  }

  /** Whether there is but one form, so that nothing else can be tried. */
  get single(): boolean {
    return this.#templates.length === 1;
  }

  /** In the order in which to try them. */
  inOrder(): readonly Template[] {
    return this.#inOrder;
  }

  prove(template: Template): void {
    if (this.isProven(template)) return;
    this.#proven.add(template);
    this.#inOrder = [...this.#templates].sort((a, b) => Number(this.isProven(b)) - Number(this.isProven(a)));
  }

  isProven(template: Template): boolean {
    return this.#proven.has(template);
  }
}
