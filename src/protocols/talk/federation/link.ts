/** A connection of our own to the signaling server of a federated Nextcloud, as the machine sees it. */

/** Numbered by the machine; never used twice. */
export type FederationLink = number

export type FederationCommand =
  /** Opens a WebSocket; `opened` or `closed` follows. */
  | { readonly do: 'dial'; readonly link: FederationLink; readonly url: string }
  | { readonly do: 'send'; readonly link: FederationLink; readonly text: string }
  /** `closed` does not follow. */
  | { readonly do: 'hang-up'; readonly link: FederationLink }

export type FederationEvent =
  | { readonly event: 'opened'; readonly link: FederationLink }
  | { readonly event: 'received'; readonly link: FederationLink; readonly text: string }
  | {
      readonly event: 'closed'
      readonly link: FederationLink
      /** `certificate`: the other end could not prove who it is. `forbidden`: we do not connect to such addresses. */
      readonly why: 'certificate' | 'network' | 'forbidden'
      readonly detail: string
    }
