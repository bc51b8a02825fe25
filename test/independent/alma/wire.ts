import type { Quirks } from "./quirk.ts";
import type { Rows, TableName, World } from "./world.ts";

/** How rows are shown, in a list and as a detail. */
export class Wire {
  readonly #world: World;
  readonly #quirks: Quirks;

  constructor(world: World, quirks: Quirks) {
    this.#world = world;
    this.#quirks = quirks;
  }

  /** A row as an entry of a list. */
  summary<N extends TableName>(name: N, row: Rows[N]): object {
    const shown: Record<string, unknown> = { id: row.id };
    if (name !== "buildings") shown.external_id = this.#externalId(row.external_id);
    const fields: Readonly<Record<TableName, readonly string[]>> = {
      buildings: ["name"],
      units: ["name", "header"],
      rooms: ["name", "header"],
      clients: ["first_name", "last_name", "status", "email"],
      owner_contracts: ["number"],
      tenant_contracts: ["number"],
    };
    for (const field of fields[name]) shown[field] = (row as unknown as Record<string, unknown>)[field];
    if ("status" in shown) shown.status = this.#word("status", shown.status as string | null);
    return this.#finish(shown);
  }

  /** A row as a detail. */
  detail<N extends TableName>(name: N, row: Rows[N]): object {
    const shown: Record<string, unknown> = { ...row };
    for (const [field, value] of Object.entries(row)) {
      if (field === "external_id" || field === "additional_external_id")
        shown[field] = this.#externalId(value);
      else if (field === "goal_rent_cost" || field === "price") shown[field] = this.#decimal(field, value);
      else if (/_date$|^birthday$/.test(field)) shown[field] = this.#date(value);
      else if (field === "building")
        shown[field] = this.#named(value, this.#world.buildings.get(value)?.name);
      else if (field === "project") shown[field] = this.#named(value, this.#world.projects.get(value));
      else if (field === "property_type" || field === "parking") shown[field] = choice(field, value);
      else if (field === "country") shown[field] = value === null ? null : { name: "country.cyprus", value };
      else if (field === "photos") shown[field] = this.#photos(value);
      else if (field.endsWith("_scan")) shown[field] = this.#scan(value);
      else if (["status", "work_model", "type_contract"].includes(field))
        shown[field] = this.#word(field, value);
      else if (field === "parent_unit") shown[field] = this.#parent(value);
    }
    if ("usage" in row) {
      delete shown.usage;
      const { usage } = row;
      shown.unit_usage = usage && {
        usage_id: usage.id,
        client_id: usage.client,
        unit_id: usage.unit,
        client_type: this.#word("client_type", name === "owner_contracts" ? "owner" : "tenant"),
        is_archived: usage.is_archived,
      };
    }
    return this.#finish(shown);
  }

  /** The fields of a unit or a room that `rental_object` shows. */
  rentalObject(name: "units" | "rooms", id: number): object {
    const unit = this.#world.units.get(id);
    const room = this.#world.rooms.get(id);
    return this.#finish({
      id,
      external_id: this.#externalId((name === "units" ? unit : room)?.external_id ?? ""),
      additional_external_id: this.#externalId(unit?.additional_external_id ?? ""),
      is_used_additional_external_id: unit?.is_used_additional_external_id ?? false,
      parent_unit: name === "rooms" ? (room?.parent_unit ?? null) : null,
    });
  }

  #finish(shown: Record<string, unknown>): object {
    if (this.#quirks.extraFields)
      Object.assign(shown, { uuid: `u-${shown.id}`, новое_поле: { вложено: [1] } });
    if (this.#quirks.nulls === "shown") return shown;
    return Object.fromEntries(Object.entries(shown).filter(([, value]) => value !== null));
  }

  #externalId(value: string | null): string | number | null {
    return this.#quirks.externalId === "number" && /^[1-9]\d{0,8}$/.test(value ?? "") ? Number(value) : value;
  }

  #decimal(field: string, value: string | null): string | number | null {
    return value === null || field === "price" || this.#quirks.decimals === "text" ? value : Number(value);
  }

  #date(day: string | null): string | null {
    const { dates } = this.#quirks;
    return day && (dates === "bare" ? day : dates === "zulu" ? `${day}T00:00:00Z` : `${day}T00:00:00`);
  }

  #scan(link: string | null): string | object | null {
    return link !== null && this.#quirks.scans === "objects" ? { id: 77, file: link } : link;
  }

  #word(field: string, word: string | null): string | object | null {
    return this.#quirks.words === "pairs" ? choice(field, word) : word;
  }

  #named(id: number | null, name: string | null | undefined): object | null {
    return id === null ? null : { id, name: name ?? null };
  }

  #parent(id: number | null): object | null {
    const unit = id === null ? undefined : this.#world.units.get(id);
    if (!unit) return id === null ? null : { id };
    const { name, header, external_id } = unit;
    return { id, name, header, external_id: this.#externalId(external_id) };
  }

  #photos(photos: readonly { id: number; url: string }[] | null): unknown {
    const as = this.#quirks.photos;
    return photos?.map(({ id, url }) => (as === "objects" ? { id, image: url } : as === "texts" ? url : id));
  }
}

function choice(field: string, value: string | null): object | null {
  const group = field === "parking" ? "parking_type" : field;
  return value === null ? null : { name: `${group}.${value}`, value };
}
