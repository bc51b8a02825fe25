import type { Portfolio } from "./portfolio.ts";

/** A query that gets new variables each time. */
export interface Question {
  readonly name: string;
  readonly query: string;
  /** The variables of the nth time. */
  readonly variables: (n: number) => object;
}

/** Selects nothing, so it measures the fixed cost of a request. */
export const empty: Question = { name: "nothing", query: "{ __typename }", variables: () => ({}) };

/** Reads one record of most kinds again, as the refresh does between two queries. */
export const change = ({ buildings, units, rooms, contracts, clients }: Portfolio): Question => ({
  name: "records read anew",
  query: `query ($unit: Int, $room: Int, $building: Int, $contract: Int, $client: Int) @freshness(maxAge: 0) {
    unit(ref: { almaId: $unit }) { status }
    room(ref: { almaId: $room }) { status }
    building(ref: { almaId: $building }) { address }
    tenantContract(ref: { almaId: $contract }) { price }
    client(ref: { almaId: $client }) { status }
  }`,
  variables: (n) => ({
    unit: pick(units, n),
    room: pick(rooms, n),
    building: pick(buildings, n),
    contract: pick(contracts, n),
    client: pick(clients, n),
  }),
});

/** Reads all lists again. */
export const lists: Question = {
  name: "all lists read anew",
  query: `query @freshness(maxAge: 0) {
    buildings(first: 0) { totalCount } units(first: 0) { totalCount } rooms(first: 0) { totalCount }
    clients(first: 0) { totalCount } ownerContracts(first: 0) { totalCount } tenantContracts(first: 0) { totalCount }
  }`,
  variables: () => ({}),
};

const day = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
const pick = (ids: readonly number[], n: number) => ids[(n * 7919) % ids.length];

const sortedPage: Question = {
  name: "filter, order, page of 50",
  query: `query ($least: Decimal, $from: Date) {
    tenantContracts(
      first: 50
      filter: { price: { gte: $least }, startDate: { gte: $from }, isArchived: false }
      orderBy: [{ field: PRICE, direction: DESC }, { field: START_DATE }]
    ) { totalCount pageInfo { hasNextPage } nodes { name price startDate client { lastName } } } }`,
  variables: (n) => ({ least: String(2_000 + n), from: day(-900 - (n % 100)) }),
};

/** The queries of screens and reports on a large portfolio. */
export const questions = ({ buildings, units }: Portfolio): readonly Question[] => [
  {
    name: "one unit's rooms",
    query: `query ($id: Int) { unit(ref: { almaId: $id }) {
      name status rooms { nodes { name status propertyType { value } } } } }`,
    variables: (n) => ({ id: pick(units, n) }),
  },
  {
    name: "a building's tree",
    query: `query ($id: Int) { building(ref: { almaId: $id }) { name units { nodes {
      name status currentTenantContract { endDate price client { lastName } }
      rooms { nodes { name status currentTenantContract { endDate price client { lastName } } } } } } } }`,
    variables: (n) => ({ id: pick(buildings, n) }),
  },
  {
    name: "count by day",
    query: `query ($day: Date) { tenantContracts(first: 0, filter: { activeOn: $day }) { totalCount } }`,
    variables: (n) => ({ day: day(-(n % 700)) }),
  },
  {
    name: "ending soon",
    query: `query ($from: Date, $to: Date) {
      tenantContracts(first: 50, filter: { endDate: { gte: $from, lte: $to } }, orderBy: [{ field: END_DATE }]) {
        totalCount nodes { name endDate client { firstName lastName } rentalObject { name } } } }`,
    variables: (n) => ({ from: day(n % 90), to: day((n % 90) + 30) }),
  },
  sortedPage,
  {
    ...sortedPage,
    name: "filter, order, page of 50, explained",
    query: sortedPage.query.replace("{", "@explain {"),
  },
];

/** The reports that run during a refresh. */
export const reports: readonly Question[] = [
  {
    name: "10,000 contracts with client, rental object, building",
    query: `{ tenantContracts(first: 10000) { nodes {
      startDate endDate price client { firstName lastName } rentalObject { name building { name } } } } }`,
    variables: () => ({}),
  },
  {
    name: "10,000 contracts by price",
    query: `query ($least: Decimal) { tenantContracts(
      first: 10000, filter: { price: { gte: $least } }, orderBy: [{ field: PRICE }, { field: NAME }]
    ) { nodes { name price state } } }`,
    variables: (n) => ({ least: String(n) }),
  },
  {
    name: "all units and rooms of all buildings",
    query: `{ buildings(first: 10000) { nodes { name units(first: 1000) { nodes {
      name status rooms(first: 1000) { nodes { name status } } } } } } }`,
    variables: () => ({}),
  },
];
