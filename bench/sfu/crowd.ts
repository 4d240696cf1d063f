/** What the page of a crowd is told. */

export interface CrowdOptions {
  readonly people: number
  readonly room: string
  /** `screen`: offered to each of the others. `video`: asked for by each of the others. */
  readonly stream: 'screen' | 'video'
  readonly server: string
  readonly backend: string
}
