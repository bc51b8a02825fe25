import { csvOptions, pageOptions } from "../run/address.ts";

/** The addresses of a report: its page, and its files with the same parameters. */
export type ReportAddress = ReturnType<typeof reportAddress>;

/**
 * `origin`: the gateway, `https://gateway.example`. `said`: the parameters of the page; those without a value are left
 * out if `isNeeded` says so.
 */
export function reportAddress(
  origin: string,
  name: string,
  said: URLSearchParams,
  isNeeded: (parameter: string) => boolean,
) {
  const parameters = [...said].filter(([parameter, value]) => value !== "" || isNeeded(parameter));
  const pathOf = (file: string, added: Readonly<Record<string, string>>, left: readonly string[]) => {
    const all = new URLSearchParams(parameters);
    for (const option of left) all.delete(option);
    for (const [option, value] of Object.entries(added)) {
      if (value === "") all.delete(option);
      else all.set(option, value);
    }
    // Shells and spreadsheets take quotes for their own; URLSearchParams leaves this one.
    const search = all.toString().replaceAll("'", "%27");
    return `/reports/${file}${search && `?${search}`}`;
  };
  return {
    origin,
    name,
    /** The path of the page with its parameters and `added` ones. */
    page: (added: Readonly<Record<string, string>> = {}) => pathOf(name, added, ["_page"]),
    /** The path of a file with the parameters of the page; `rent-roll.csv?on=today`. */
    file: (ending: string, added: Readonly<Record<string, string>> = {}) =>
      pathOf(`${name}.${ending}`, added, ending === "csv" ? pageOptions : [...pageOptions, ...csvOptions]),
  };
}
