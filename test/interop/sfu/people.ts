/** The people of a call in Chromium, all in one page: brought in, told what to do, and asked what they saw. */
import type { Page } from 'playwright-core'
import type { BrowserUnderTest } from '../../support/chromium.ts'
import type { SfuStage } from '../../support/sfu-stage.ts'

/** What a person can be told beyond its name and where to go. */
export interface Manner {
  readonly send?: { readonly audio?: boolean; readonly video?: boolean }
  readonly streamType?: 'video' | 'audio'
  readonly publish?: { readonly simulcast?: boolean; readonly bitrate?: number }
  /** Of the pictures; 160 unless given. */
  readonly width?: number
  readonly relayOnly?: boolean
  readonly iceServers?: readonly { readonly urls: string; readonly username: string; readonly credential: string }[]
  /** Where the server is, if not where the stage has it: behind a cable that can be cut. */
  readonly through?: string
}

export interface People extends AsyncDisposable {
  readonly page: Page
  enter(name: string, manner?: Manner): Promise<void>
  /** Calls a method of the person in the page: `tell('anna', "sees('ben', 5)")`. Fails with everybody's story. */
  tell(name: string, what: string): Promise<unknown>
  /** Everybody named sees so many new pictures of everybody else named. */
  allSee(names: readonly string[], pictures: number): Promise<void>
  /** The same, on connections made after those of now have ended. */
  allSeeAnew(names: readonly string[], pictures: number, senders?: readonly string[]): Promise<void>
}

/** ms after which somebody who waits is asked what happened. */
const patience = 25_000

export async function people(stage: SfuStage, browser: BrowserUnderTest, room: string): Promise<People> {
  const page = await browser.open()

  const stories = () =>
    page.evaluate(`Promise.all([...people.values()].map((person) => person.report())).then((all) => all.join('\\n'))`)
  const tell = async (name: string, what: string): Promise<unknown> => {
    const limit = Promise.withResolvers<never>()
    const timer = setTimeout(() => {
      stories().then(
        (text) => limit.reject(new Error(`${name}.${what} has not ended:\n${text}`)),
        (thrown) => limit.reject(thrown),
      )
    }, patience)
    try {
      return await Promise.race([page.evaluate(`people.get('${name}').${what}`), limit.promise])
    } finally {
      clearTimeout(timer)
    }
  }

  const eachOther = (names: readonly string[], senders: readonly string[], what: (other: string) => string) =>
    Promise.all(
      names.flatMap((name) => senders.filter((other) => other !== name).map((other) => tell(name, what(`'${other}'`)))),
    )

  return {
    page,
    tell,
    async enter(name, { through, ...manner } = {}) {
      const settings = {
        server: through ? `http://${through}` : stage.server.url,
        backend: stage.talk.url(),
        helloAuthParams: { '1.0': { userid: name, ticket: 'good' } },
      }
      const options = { name, settings, room, send: { audio: true, video: true }, ...manner }
      await page.evaluate(`enter(${JSON.stringify(options)})`)
    },
    async allSee(names, pictures) {
      await eachOther(names, names, (other) => `sees(${other}, ${pictures})`)
    },
    async allSeeAnew(names, pictures, senders = names) {
      await eachOther(names, senders, (other) => `seesAnew(${other}, ${pictures})`)
    },
    async [Symbol.asyncDispose]() {
      await page.evaluate(`Promise.all([...people.values()].map((person) => person.leave().catch(() => {})))`)
      await page.close()
      await stage.isEmpty()
    },
  }
}
