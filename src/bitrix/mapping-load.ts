import { isJsonObject } from "./code.ts";
import type { Tell } from "./entry-check.ts";
import type { JsonValue, Mapping } from "./mapped.ts";
import { createMapping } from "./mapping.ts";
import { checkMapping } from "./mapping-check.ts";
import { MappingError, type MappingFault } from "./mapping-fault.ts";
import { type MappingFile, mappingFile } from "./mapping-file.ts";
import { merge, type Place } from "./mapping-merge.ts";
import { shapeOf } from "./mapping-shape.ts";
import { readSource, type Source } from "./mapping-source.ts";

/** The mappings that come with the gateway, by the names under which files extend them. */
const bundled = ["dubai"];

/**
 * The mapping in a file, or the one of Alma's document if none is named. Throws a MappingError with every fault of the
 * file at once; one that cannot be read or is no JSON has no other.
 */
export function loadMapping(path?: string): Mapping {
  return createMapping(mappingIn(path === undefined ? bundledSource("dubai") : readSource(path)));
}

/** A sentence for each fault of the mapping that a configuration names; none if it is right. */
export function mappingFaults({
  bitrixMapping,
}: {
  readonly bitrixMapping?: string | undefined;
}): readonly string[] {
  try {
    loadMapping(bitrixMapping);
    return [];
  } catch (error) {
    if (!(error instanceof MappingError)) throw error;
    return error.sentences.map((sentence) => `BITRIX_MAPPING: ${sentence}`);
  }
}

const bundledSource = (name: string): Source =>
  readSource(`${name}.json`, new URL(`./${name}.json`, import.meta.url));

/** What a file says together with the one that it extends. Throws a MappingError. */
function mappingIn(own: Source): MappingFile {
  const faults: MappingFault[] = [];
  const note = ({ source, path }: Place, message: string, offset = source.offsetOf(path)) => {
    faults.push({ file: source.file, ...source.position(offset), path: path.join("."), message });
  };
  for (const { path, offset } of own.twice)
    note({ source: own, path }, "is given twice in the same object; keep one of the two.", offset);

  const shape = shapeOf(own.value);
  for (const { path, message } of shape.complaints) note({ source: own, path }, message);
  const base = extended(own, (message) => note({ source: own, path: ["extends"] }, message));
  if (shape.rest === undefined || base === "unknown") throw failed(faults);

  const merged = merge(base && { source: base, value: base.value }, { source: own, value: shape.rest });
  // What was left out for its form is not told again for what it does not mean.
  const isLeftOut = ({ source, path }: Place) =>
    source === own &&
    (shape.complaints.some(({ part }) => part.every((step, at) => step === path[at])) ||
      (path.length === 2 && path[0] === "tables" && shape.tables.has(path[1])));
  const tell: Tell = (path, message, otherwise) => {
    const place = merged.placeOf(path);
    const elsewhere = place.source !== own && otherwise !== undefined;
    if (elsewhere && otherwise === null) return;
    const told = elsewhere && otherwise !== null ? merged.placeOf(otherwise) : place;
    if (!isLeftOut(place) && !isLeftOut(told)) note(told, message);
  };
  for (const path of merged.needless)
    note(
      merged.placeOf(path),
      `takes away what ${base?.file} does not have; leave it out or correct the name.`,
    );
  const whole = mappingFile.parse(merged.value);
  checkMapping(whole, tell);
  if (faults.length > 0) throw failed(faults);
  return whole;
}

/** The mapping that a file extends, undefined if it is complete. */
function extended(own: Source, complain: (message: string) => void): Source | undefined | "unknown" {
  const name: JsonValue | undefined = isJsonObject(own.value) ? own.value.extends : undefined;
  if (typeof name !== "string") return undefined;
  if (bundled.includes(name)) return bundledSource(name);
  complain(`names ${JSON.stringify(name)}, but there is no such mapping; there is ${bundled.join(", ")}.`);
  return "unknown";
}

function failed(faults: readonly MappingFault[]): MappingError {
  return new MappingError(faults.toSorted((a, b) => a.line - b.line || a.column - b.column));
}
