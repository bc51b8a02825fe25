import { bothForms, type Path, path } from "./answer.ts";
import { ruleMessage } from "./message.ts";
import { printExternalId, printName } from "./print.ts";
import type { Building } from "./record.ts";
import { broken } from "./refusal.ts";
import { type Kind, resource } from "./resource.ts";
import { filledText, parent, text } from "./value.ts";
import type { World } from "./world.ts";

/** Alma: Buildings. Its archive endpoint is mentioned there but not given, so there is none. */
export function buildingPaths(world: World): Path[] {
  const { list, create, read, update } = resource(kind(world), world);
  return [
    path("realty/buildings/", { GET: list, POST: create }),
    ...bothForms("realty/buildings/", { GET: read, PATCH: update }),
  ];
}

function kind(world: World): Kind<Building> {
  const { data, switches } = world;
  return {
    table: data.buildings,
    hidden: (row) => row.is_archived,
    summary: ({ id, name }) => ({ id, name }),
    detail: (row) => ({
      id: row.id,
      name: row.name,
      project: printName(data.projects.get(row.project)),
      number_of_units: data.units.by("building", row.id).length,
      address: row.address,
      is_archived: row.is_archived,
      number: row.number,
      external_id: printExternalId(row.external_id, switches),
    }),
    fields: {
      name: filledText(),
      project: parent(["projects"]),
      address: text("optional"),
      number: text("optional"),
      external_id: text("optional"),
    },
    check(draft, before) {
      const { id, name, project } = { id: 0, ...before, ...draft };
      const same = data.buildings
        .by("name", name ?? null)
        .filter((row) => row.project === project && row.id !== id);
      if (same.length > 0) throw broken(ruleMessage.notUnique("name, project"));
    },
  };
}
