/** Options that the files of only one format have, and those that only pages have. */
const csvOptions = ["_locale", "_bom", "_header"];
const pageOptions = ["_page", "_columns", "_unchanged"];

/** The addresses of a report: its page, and its files with the same parameters. */
export class ReportAddress {
  /** The gateway: `https://gateway.example`. */
  readonly origin: string;
  readonly name: string;
  readonly #parameters: URLSearchParams;

  /** `parameters` are those of the page. Those without a value are left out if `isNeeded` says so. */
  constructor(
    origin: string,
    name: string,
    parameters: URLSearchParams,
    isNeeded: (parameter: string) => boolean,
  ) {
    this.origin = origin;
    this.name = name;
    this.#parameters = new URLSearchParams(
      [...parameters].filter(([parameter, value]) => value !== "" || isNeeded(parameter)),
    );
  }

  /** The path of the page with its parameters and `added` ones. */
  page(added: Readonly<Record<string, string>> = {}): string {
    return this.#path(this.name, added, ["_page"]);
  }

  /** The path of a file with the parameters of the page; `rent-roll.csv?on=today`. */
  file(ending: string, added: Readonly<Record<string, string>> = {}): string {
    return this.#path(
      `${this.name}.${ending}`,
      added,
      ending === "csv" ? pageOptions : [...pageOptions, ...csvOptions],
    );
  }

  #path(file: string, added: Readonly<Record<string, string>>, left: readonly string[]): string {
    const all = new URLSearchParams(this.#parameters);
    for (const name of left) all.delete(name);
    for (const [name, value] of Object.entries(added)) {
      if (value === "") all.delete(name);
      else all.set(name, value);
    }
    // Shells and spreadsheets take quotes for their own; URLSearchParams leaves this one.
    const search = all.toString().replaceAll("'", "%27");
    return `/reports/${file}${search && `?${search}`}`;
  }
}
