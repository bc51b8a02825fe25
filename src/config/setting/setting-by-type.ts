import { z } from "zod";

/** A value, then exceptions by type, as in `month; Short-term=contract`. `form`: what is told of anything else. */
export const withExceptions = <T>(
  parse: (text: string) => T | undefined,
  form: string,
  isType: (type: string) => boolean = (type) => type !== "",
) =>
  z.string().transform((value, context) => {
    const [first = "", ...exceptions] = value.split(";").map((part) => part.trim());
    const usual = parse(first);
    const byType = new Map<string, T>();
    const fail = (message: string) => {
      context.addIssue(message);
      return z.NEVER;
    };
    if (usual === undefined) return fail(form);
    for (const exception of exceptions) {
      const end = exception.lastIndexOf("=");
      const type = exception.slice(0, Math.max(end, 0)).trim();
      const own = parse(exception.slice(end + 1).trim());
      if (!isType(type) || own === undefined) return fail(form);
      if (byType.has(type)) return fail(`must name "${type}" once only`);
      byType.set(type, own);
    }
    return { usual, byType: byType as ReadonlyMap<string, T> };
  });
