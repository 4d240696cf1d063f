/** Whether to let more datagrams come together before the next look at the sockets. */
export interface Pause {
  /** Called between two looks. */
  between(): void
}

export const noPause: Pause = { between: () => {} }
