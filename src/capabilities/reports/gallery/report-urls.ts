import { csvOptions, pageOptions } from "../run/address.ts";

/** The URLs of a report: its page, and its files with the same parameters. */
export type ReportUrls = ReturnType<typeof reportUrls>;

/**
 * `origin`: the gateway, such as `https://gateway.example`. `optionTexts`: the parameters of the page. `kept`: the
 * parameters that are kept without a value. `link`: the path of the link that shows it.
 */
export function reportUrls(
  origin: string,
  name: string,
  optionTexts: URLSearchParams,
  kept: readonly string[],
  link?: string,
) {
  const parameters = [...optionTexts].filter(
    ([parameter, value]) => value !== "" || kept.includes(parameter),
  );
  const pathOf = (file: string, added: Readonly<Record<string, string>>, left: readonly string[]) => {
    const all = new URLSearchParams(parameters);
    for (const option of left) all.delete(option);
    for (const [option, value] of Object.entries(added)) {
      if (value === "") all.delete(option);
      else all.set(option, value);
    }
    // Shells and spreadsheets interpret single quotes, which URLSearchParams does not encode.
    const search = all.toString().replaceAll("'", "%27");
    return `/reports/${file}${search && `?${search}`}`;
  };
  return {
    origin,
    name,
    /** Whether it is shown by a link, whose parameters are fixed. */
    isFrozen: link !== undefined,
    /** Returns the path of the page with its parameters and `added` ones. */
    page: (added: Readonly<Record<string, string>> = {}) => link ?? pathOf(name, added, ["_page"]),
    /** Returns the path of a file with the parameters of the page; `rent-roll.csv?on=today`. */
    file: (ending: string, added: Readonly<Record<string, string>> = {}) =>
      pathOf(`${name}.${ending}`, added, ending === "csv" ? pageOptions : [...pageOptions, ...csvOptions]),
  };
}
