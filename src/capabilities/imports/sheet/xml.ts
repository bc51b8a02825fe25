import { Parser } from "saxen";

/** Attributes by their names without prefixes. */
export type Attributes = Readonly<Record<string, string | undefined>>;

/**
 * Reads XML in its order: `open` gets each element, `close` its end with the text since the last tag. Names are without
 * prefixes.
 */
export function readXml(
  xml: string,
  open: (name: string, attributes: Attributes) => void,
  close: (name: string, text: string) => void = () => {},
): void {
  if (xml === "") return;
  const local = (name: string) => name.slice(name.indexOf(":") + 1);
  let text = "";
  new Parser()
    .on("openTag", (name, attributes, decode) => {
      text = "";
      const entries = Object.entries(attributes()).map(([key, value]) => [local(key), decode(value)]);
      open(local(name), Object.fromEntries(entries));
    })
    .on("text", (part, decode) => {
      text += decode(part);
    })
    .on("cdata", (part) => {
      text += part;
    })
    .on("closeTag", (name) => {
      close(local(name), text);
      text = "";
    })
    .on("error", (error) => {
      throw error;
    })
    .parse(xml);
}
