import { type Cascades, declarations, type Effect, type Verb } from "../../alma/index.ts";
import { byKind, type Kind, kindDefinitions, kinds } from "../record/kind.ts";

/** Other records that a write affects: the relations that lead to them, where they lead, and what happens there. */
export interface Cascade {
  /** Names of relations and inverses, to be followed one after the other from the written record. */
  readonly steps: readonly string[];
  /** The kinds at the end of the path. */
  readonly to: readonly Kind[];
  readonly effect: Effect;
}

/**
 * What each write to each kind does to other records, as the declarations in `alma/` say. Invalidation walks these
 * paths. The impact of a mutation asks them which kinds are archived, unarchived or lose access.
 */
const cascadesByKind = byKind(compileCascades);

/** What a write does to other records. Empty for a verb that the kind does not have. */
export function cascadesOf(kind: Kind, verb: Verb): readonly Cascade[] {
  return cascadesByKind[kind].get(verb) ?? [];
}

function compileCascades(kind: Kind): ReadonlyMap<string, readonly Cascade[]> {
  const writes: Readonly<Record<string, Cascades>> = declarations[kind].writes;
  return new Map(
    Object.entries(writes).map(([verb, cascades]) => [
      verb,
      Object.entries(cascades).map(([path, effect]) => compileCascade(kind, verb, path, effect)),
    ]),
  );
}

/** Throws for a path with a step that is no relation: its effect would never be applied. */
function compileCascade(kind: Kind, verb: string, path: string, effect: Effect): Cascade {
  const steps = path.split(".");
  let reached: readonly Kind[] = [kind];
  for (const step of steps) {
    const next = new Set(reached.flatMap((from) => targetsOf(from, step)));
    if (next.size === 0) {
      const names = reached.flatMap((from) => relationNames(from));
      throw new Error(
        `The declaration of ${kind} says that ${verb} affects "${path}", but no relation "${step}" leads on from ` +
          `${reached.join(" or ")}. It has ${names.join(", ") || "none"}. Correct the path, or declare the relation.`,
      );
    }
    reached = kinds.filter((candidate) => next.has(candidate));
  }
  return { steps, to: reached, effect };
}

function targetsOf(kind: Kind, step: string): readonly Kind[] {
  const { relations, inverses } = kindDefinitions[kind];
  const inverse = inverses[step];
  return relations[step]?.to ?? (inverse ? [inverse.kind] : []);
}

function relationNames(kind: Kind): readonly string[] {
  const { relations, inverses } = kindDefinitions[kind];
  return [...Object.keys(relations), ...Object.keys(inverses)];
}
