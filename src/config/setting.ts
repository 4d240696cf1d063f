/** How a setting is declared: once, for reading, checking, suggesting and documenting it. */

import type { Kind, Reading } from './kinds.ts'

export interface Setting<V> {
  readonly kind: string
  readonly allowed: string
  readonly secret: boolean
  /** As an operator would write it. */
  readonly default: string | undefined
  /** The value while nothing is given. */
  readonly initial: V
  readonly meaning: string
  /** Whether a change is taken over on reload; else it waits for a restart. */
  readonly reload: boolean
  /** Values of sample files, which everybody knows. */
  readonly placeholders: readonly string[]
  read(text: string): Reading<V>
  /** What to warn of when the value asks for something that this build does not do. */
  notYet(text: string): string | undefined
}

/** What is said about a setting beside its kind and default. */
export interface About {
  readonly meaning: string
  readonly reload?: boolean
  readonly placeholders?: readonly string[]
  readonly notYet?: (text: string) => string | undefined
}

export type Settings = Readonly<Record<string, Setting<unknown>>>

export interface Section<S extends Settings> {
  readonly name: string
  readonly meaning: string
  readonly settings: S
  /** Whether this build reads and checks it, but does nothing with it. */
  readonly later?: boolean
  /** Where the operator chooses the keys, what a key and its value may be. */
  readonly freeKeys?: { readonly key: Kind<unknown>; readonly value: Kind<unknown> }
}

/** What a section's settings are once read. */
export type Values<S extends Settings> = {
  readonly [K in keyof S]: S[K] extends Setting<infer V> ? V : never
}

/** `fallback` is text as an operator would write it. */
export function setting<T>(kind: Kind<T>, fallback: string, about: About): Setting<T> {
  const reading = kind.read(fallback)
  if ('unusable' in reading) throw new Error(`the default ${fallback} is not a value of its own setting`)
  return { ...described(kind, about), default: fallback, initial: reading.value, read: (text) => kind.read(text) }
}

export function optional<T>(kind: Kind<T>, about: About): Setting<T | undefined> {
  return { ...described(kind, about), default: undefined, initial: undefined, read: (text) => kind.read(text) }
}

function described(kind: Kind<unknown>, about: About) {
  return {
    kind: kind.name,
    allowed: kind.allowed,
    secret: kind.secret,
    meaning: about.meaning,
    reload: about.reload ?? false,
    placeholders: about.placeholders ?? [],
    notYet: about.notYet ?? (() => undefined),
  }
}
