/** What is worth noting of the relay front end. */

export type RelayFact =
  | { readonly fact: 'relay-joined'; readonly room: string; readonly username: string; readonly members: number }
  | { readonly fact: 'relay-left'; readonly room: string; readonly username: string; readonly members: number }
  | { readonly fact: 'relay-unauthorized'; readonly address: string; readonly why: UnauthorizedReason }
  | { readonly fact: 'relay-ignored'; readonly what: 'binary frame' | 'second authenticate' }
  | { readonly fact: 'relay-invalid-message'; readonly why: 'not an object' | 'no recipient' | 'second authenticate' }
  | { readonly fact: 'relay-closed'; readonly address: string; readonly why: keyof typeof import('./errors.ts').closes }

export type UnauthorizedReason = 'no authenticate' | 'wrong password' | 'unknown user' | 'nobody could say'
