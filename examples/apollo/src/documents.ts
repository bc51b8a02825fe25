import { graphql } from "./gql/index.ts";

/** A page of units. */
export const page = graphql(`
  query UnitPage($search: String, $status: String, $min: Decimal, $after: String) {
    units(
      first: 20
      after: $after
      filter: { isArchived: false, search: $search, status: { eq: $status }, goalRentCost: { gte: $min } }
      orderBy: [{ field: NAME }]
    ) {
      totalCount
      edges { node { id name goalRentCost } }
      pageInfo { hasNextPage endCursor }
    }
  }
`);

/** A unit, kept up to date, without fields that the token may not see. */
export const record = graphql(`
  query UnitRecord($id: ID!) @live @missingScopes(as: NULL) {
    unit(ref: { id: $id }) {
      id
      name
      header
      status
      goalRentCost
      photos { almaId url }
      tenantContracts(first: 20) { nodes { id state startDate endDate price client { id lastName email } } }
    }
  }
`);

/** The initial values of a unit's form, and, if the token may read it, who has changed it meanwhile. */
export const form = graphql(`
  query UnitForm($id: ID!) {
    viewer { scopes }
    unit(ref: { id: $id }) { id header goalRentCost }
  }
`);

export const update = graphql(`
  mutation UpdateUnit($id: ID!, $input: UpdateUnitInput!, $expected: UpdateUnitInput, $audit: Boolean!) {
    updateUnit(ref: { id: $id }, input: $input, expected: $expected) {
      unit { id header goalRentCost }
      userErrors { code field message now change { notAfter by @include(if: $audit) { name } } }
    }
  }
`);

export const addPhoto = graphql(`
  mutation AddPhoto($id: ID!, $file: Int!) {
    updateUnit(ref: { id: $id }, input: { photos: { add: [$file] } }) {
      unit { id photos { almaId url } }
      userErrors { code field message }
    }
  }
`);

/** The number of units per status, kept up to date. */
export const counts = graphql(`
  query UnitCounts @live {
    units(filter: { isArchived: false }) {
      totalCount
      groups(by: [STATUS]) { nodes { keys { status } count } }
    }
  }
`);

/** Changes from now on. */
export const follow = graphql(`
  subscription FollowUnits($after: String = "now") {
    changes(after: $after, kinds: [UNIT]) { cursor event recordId field after }
  }
`);
