/** Where a token comes from: given once, or asked for before every attempt. */

export interface TokenContext {
  /** Why a token is wanted: the first time, again after a lost connection, or because the last one was refused. */
  readonly why: 'first' | 'reconnect' | 'refused'
  /** Failed attempts so far. */
  readonly attempt: number
}

export interface TokenOptions {
  readonly token?: string | undefined
  /** Throw UnauthorizedError to end the attempts. */
  readonly getToken?: ((context: TokenContext) => string | Promise<string>) | undefined
}

export class TokenSource {
  readonly #get: TokenOptions['getToken']
  #token: string | undefined
  #hasAsked = false
  #wasRefused = false

  constructor({ token, getToken }: TokenOptions) {
    this.#token = token
    this.#get = getToken
  }

  /** True if asking again may lead to another token. */
  get mayChange(): boolean {
    return this.#get !== undefined
  }

  /** Holds until `getToken`, if there is one, is asked for the next. */
  set(token: string | undefined): void {
    this.#token = token
    this.#wasRefused = false
  }

  refused(): void {
    this.#wasRefused = true
  }

  async next(attempt: number): Promise<string | undefined> {
    if (!this.#get) return this.#token
    const why = this.#wasRefused ? 'refused' : this.#hasAsked ? 'reconnect' : 'first'
    if (why === 'first' && this.#token !== undefined) {
      this.#hasAsked = true
      return this.#token
    }
    this.#hasAsked = true
    this.#token = await this.#get({ why, attempt })
    this.#wasRefused = false
    return this.#token
  }
}
