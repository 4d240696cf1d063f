/** How many rooms of other servers may be joined, and how long their servers may take. */
export interface FederationSettings {
  /** ms for each answer that a join waits for. */
  readonly timeout: number
  /** Links to other servers, and how many of them one user may have. */
  readonly maxLinks: number
  readonly maxLinksPerUser: number
}
