import { ruleMessage } from "./http/message.ts";
import { ruleViolation } from "./http/refusal.ts";
import { type Route, route, routesByBothIds } from "./http/route.ts";
import { filledText, parentKey, text } from "./rule/field-type.ts";
import { createHandlers, type Resource } from "./rule/resource.ts";
import { serializeExternalId, serializeName } from "./rule/serialize.ts";
import type { SimulatorContext } from "./store/context.ts";
import type { Building } from "./store/record.ts";

/** Alma: Buildings. The document mentions an archive endpoint without its path, so it is missing here. */
export function routes(context: SimulatorContext): Route[] {
  const { list, create, read, update } = createHandlers(buildingResource(context), context);
  return [
    route("realty/buildings/", { GET: list, POST: create }),
    ...routesByBothIds("realty/buildings/", { GET: read, PATCH: update }),
  ];
}

function buildingResource(context: SimulatorContext): Resource<Building> {
  const { data, switches } = context;
  return {
    table: data.buildings,
    isHidden: (row) => row.is_archived,
    summary: ({ id, name }) => ({ id, name }),
    detail: (row) => ({
      id: row.id,
      name: row.name,
      project: serializeName(data.projects.get(row.project)),
      number_of_units: data.units.by("building", row.id).length,
      address: row.address,
      is_archived: row.is_archived,
      number: row.number,
      external_id: serializeExternalId(row.external_id, switches),
    }),
    fields: {
      name: filledText(),
      project: parentKey(["projects"]),
      address: text("optional"),
      number: text("optional"),
      external_id: text("optional"),
    },
    check(draft, before) {
      const { id, name, project } = { id: 0, ...before, ...draft };
      const duplicates = data.buildings
        .by("name", name ?? null)
        .filter((row) => row.project === project && row.id !== id);
      if (duplicates.length > 0) throw ruleViolation(ruleMessage.notUnique("name, project"));
    },
  };
}
